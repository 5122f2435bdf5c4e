"""One visitor's conversation over a socket: what each frame of the protocol does."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.functional import Promise

from apps.chat import codes, events, frames, satisfaction, services
from apps.chat.codes import Code
from apps.chat.models import Session
from apps.chat.sockets import Socket
from apps.chat.threads import in_thread
from apps.dialogue import leaving
from apps.dialogue.handles import Handle, known_slots
from apps.dialogue.play import Standing
from apps.dialogue.running import running
from apps.engine.types import Author, Mode
from apps.guard import limits
from apps.widget.embed import site_info
from apps.widget.signing_in import NotIdentifiedError, SignIn, send_away, sign_in

logger = logging.getLogger(__name__)

NORMAL = 1000


class Conversation:
    """Begins with `hello`. Lines of one socket are stored in the order they came."""

    def __init__(self, socket: Socket, address: str) -> None:
        self._socket = socket
        self._address = address
        self._trusted = limits.is_trusted(address)
        self._language = settings.LANGUAGE_CODE
        self._handle: Handle | None = None
        self._visitor = ""
        self._has_place = False
        self._work: set[asyncio.Task[None]] = set()
        self._hello_timer: asyncio.TimerHandle | None = None
        self._has_ended = False
        socket.on_gone = self.end

    def open(self) -> None:
        self._has_place = self._take_place()
        if not self._has_place:
            self._fail(Code.TOO_MANY_SOCKETS, codes.CLOSE_TOO_MANY)
            return
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(settings.CHAT.hello_s, self._no_hello)

    def end(self) -> None:
        """Gives back what was taken, once; lines in flight are still stored."""
        if self._has_ended:
            return
        self._has_ended = True
        now = running()
        if self._hello_timer:
            self._hello_timer.cancel()
        if self._handle:
            self._handle.feeds.discard(self._socket)
            now.driver.desk.give_back(self._handle)
        if self._visitor:
            now.sockets_of_visitor.leave(self._visitor)
        if self._has_place:
            now.sockets -= 1
            now.sockets_of_address.leave(limits.holder(self._address))

    async def hear(self, text: str | None) -> None:
        """Takes one frame as it came; None stands for a binary one."""
        if self._socket.is_closed:
            return
        if text and len(text.encode(errors="replace")) > settings.CHAT.frame_bytes:
            self._socket.shut(codes.CLOSE_TOO_BIG)
            return
        try:
            await self._take(frames.parse(text or ""))
        except frames.VersionError as error:
            self._fail(error.code, codes.CLOSE_BAD_FRAMES, codes.OTHER_VERSION)
        except frames.FrameError as error:
            self._complain(error.code)
        except (Session.DoesNotExist, services.TokenUnknownError):
            self._fail(Code.TOKEN_UNKNOWN, codes.CLOSE_TOKEN)
        except services.TokenExpiredError:
            self._fail(Code.TOKEN_EXPIRED, codes.CLOSE_TOKEN)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("socket: no database (%s)", type(error).__name__)
            self._socket.shut(codes.CLOSE_RESTART)

    async def _take(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.Hello):
            await self._hello(frame)
        elif self._handle is None:
            raise frames.FrameError(Code.BAD_FRAME)
        elif isinstance(frame, frames.Keyed):
            self._spawn(self._store(self._handle, frame))
        elif self._socket.others.take() > 0:
            self._push(frames.error(Code.RATE_LIMITED, self._language))
        elif isinstance(frame, frames.Identify):
            await self._identify(self._handle, frame.jwt)
        else:
            await self._note(self._handle, frame)

    async def _store(self, handle: Handle, frame: frames.Keyed) -> None:
        """The answer is pushed by the driver, in order with the lines around it."""
        driver, trusted = running().driver, self._trusted
        match frame:
            case frames.Handoff():
                answer = await driver.hand_over(handle, frame, self._socket, trusted=trusted)
            case frames.Contact():
                answer = await driver.contact(handle, frame, self._socket, trusted=trusted)
            case frames.Send():
                answer = await driver.send(handle, frame, self._socket, trusted=trusted)
            case _:
                raise TypeError(type(frame).__name__)
        if answer["type"] == "error":
            self._socket.shut(codes.CLOSE_TOKEN)

    async def _note(self, handle: Handle, frame: frames.Frame) -> None:
        """Frames that store no line."""
        session = handle.standing.session
        match frame:
            case frames.Sync(since=since):
                await self._join(handle, since)
            case frames.Stop():
                await running().driver.stop(handle, frame)
            case frames.Typing():
                if handle.typing.take() == 0.0:
                    self._spawn(events.publish_typing(events.Typing(session, Author.VISITOR)))
            case frames.Context():
                self._language = await take_context(handle, frame)
            case frames.Logout():
                # Word of the end may come round by Redis before this task goes on.
                handle.feeds.discard(self._socket)
                await in_thread(leaving.log_out, token=self._socket.token)
                self._socket.shut(NORMAL)
                handle.end()
            case _:
                await _keep(handle, frame)

    async def _identify(self, handle: Handle, jwt: str) -> None:
        # Without a token meanwhile: nobody shall find it gone before the new one is here.
        token, self._socket.token = self._socket.token, ""
        try:
            answer = await sign_in(handle, SignIn(token, jwt, self._socket, self._trusted))
            token = answer.get("token", token)
            self._push(answer)
        except NotIdentifiedError as error:
            self._not_identified(handle, error)
        except services.TokenUnknownError:
            # Another tab was faster, as when a browser opens several at once.
            send_away(self._socket)
        finally:
            self._socket.token = token

    def _not_identified(self, handle: Handle, error: NotIdentifiedError) -> None:
        if error.code is Code.IDENTITY_CHANGED:
            handle.feeds.discard(self._socket)
            self._fail(error.code, codes.CLOSE_TOKEN)
            return
        frame = frames.error(error.code, self._language)
        words = {"detail": codes.words(error.words, self._language)} if error.words else {}
        wait = {"retry_after": error.retry_after} if error.retry_after else {}
        self._push({**frame, **words, **wait})

    async def _hello(self, hello: frames.Hello) -> None:
        if self._handle or not self._has_place:
            raise frames.FrameError(Code.BAD_FRAME)
        if self._hello_timer:
            self._hello_timer.cancel()
        entered = await in_thread(services.enter, token=hello.token)
        if self._has_ended:
            return
        self._socket.token = entered.token or hello.token
        self._language = entered.session.language
        if self._take_visitor_place(str(entered.session.visitor_id)):
            await self._welcome(hello, entered)

    async def _welcome(self, hello: frames.Hello, entered: services.Entered) -> None:
        now = running()
        standing = Standing.of(entered.session)
        self._handle = now.driver.hold(standing)
        self._push(
            {
                "type": "welcome",
                "session": str(standing.session),
                "epoch": now.epoch,
                "last_seq": standing.last_seq,
                "state": str(standing.state),
                "mode": str(standing.mode),
                "slots": known_slots(standing),
                **self._handle.told,
                "site": site_info(entered.session.site, standing.language),
            }
        )
        if entered.token:
            self._push(frames.token(entered.token))
        knows = hello.last_seq <= standing.last_seq and hello.epoch in {None, now.epoch}
        await self._join(self._handle, hello.last_seq if knows else 0)

    async def _join(self, handle: Handle, since: int) -> None:
        """Everything after `since`, then live. A number beyond ours is from before a restore."""
        self._socket.cursor = since if since <= handle.standing.last_seq else 0
        await handle.join(self._socket)
        if self._has_ended:
            handle.feeds.discard(self._socket)
        self._push({"type": "synced", "last_seq": self._socket.cursor})

    def _take_place(self) -> bool:
        now, chat = running(), settings.CHAT
        most = chat.sockets_per_process if self._trusted else chat.sockets_per_address
        if not now.has_room():
            return False
        if not now.sockets_of_address.take(limits.holder(self._address), most):
            return False
        now.sockets += 1
        return True

    def _take_visitor_place(self, visitor: str) -> bool:
        chat = settings.CHAT
        most = chat.sockets_per_process if self._trusted else chat.sockets_per_visitor
        if running().sockets_of_visitor.take(visitor, most):
            self._visitor = visitor
            return True
        self._fail(Code.TOO_MANY_SOCKETS, codes.CLOSE_TOO_MANY)
        return False

    def _no_hello(self) -> None:
        if self._handle is None:
            self._socket.shut(codes.CLOSE_NO_HELLO)

    def _complain(self, code: Code) -> None:
        if self._socket.bad_frames.take() > 0:
            self._fail(code, codes.CLOSE_BAD_FRAMES)
        else:
            self._push(frames.error(code, self._language))

    def _fail(self, code: Code, close: int, words: str | Promise = "") -> None:
        frame = frames.error(code, self._language)
        self._push({**frame, "detail": codes.words(words, self._language)} if words else frame)
        self._socket.shut(close)

    def _push(self, frame: frames.Encodable) -> None:
        self._socket.push(frames.encode(frame))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def _keep(handle: Handle, frame: frames.Frame) -> None:
    """What the visitor thinks and has seen."""
    session = handle.standing.session
    match frame:
        case frames.Rate(seq=seq, value=value, reason=reason):
            await in_thread(services.rate, session=session, seq=seq, value=value, reason=reason)
        case frames.Csat(score=value, comment=comment):
            if await in_thread(satisfaction.score, session=session, value=value, comment=comment):
                # An operator who has the thread open sees it.
                await events.publish([(session, handle.standing.last_seq)])
        case frames.Read(seq=seq):
            await in_thread(services.mark_read, session=session, seq=seq)
            if handle.standing.mode is Mode.HUMAN:
                # Somebody looks on who wants to know.
                await events.publish([(session, handle.standing.last_seq)])


async def take_context(handle: Handle, context: frames.Context) -> str:
    """Keeps where the visitor is; the language that the session speaks from here on."""
    session = handle.standing.session
    noted = await in_thread(services.note_context, session=session, context=context)
    if noted.language:
        handle.standing = replace(handle.standing, language=noted.language)
    if noted.is_new:
        # An operator who has the thread open sees where the visitor is.
        await events.publish([(session, handle.standing.last_seq)])
    return handle.standing.language
