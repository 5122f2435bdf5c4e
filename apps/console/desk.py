"""One operator's console over a socket: what each frame of its protocol does."""

import asyncio
import logging
from collections import deque
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat import codes
from apps.chat.codes import Code
from apps.chat.frames import Frame as ClientFrame
from apps.chat.frames import FrameError, VersionError
from apps.chat.models import Session
from apps.chat.sockets import Socket
from apps.chat.threads import in_thread
from apps.console import crew, frames, refusing
from apps.console.commands import run
from apps.console.hub import Hub
from apps.console.lines import Frame
from apps.console.people import Person
from apps.console.seats import Seat
from apps.console.threads import older
from apps.console.verbs.actors import Outcome
from apps.dialogue.running import running
from apps.guard.limits import LeakyBucket
from apps.handoff.models import Operator
from apps.handoff.refusals import Refused
from apps.handoff.services import presence

logger = logging.getLogger(__name__)

# A person with many keys and a bulk of rows, not a loop.
BURST, PER_SECOND = 60, 10
# Frames without a cid that are answered by what they ask for.
ASKED_FOR = (frames.Open, frames.Older, frames.Resnap)
# May be done twice, so that its answer, which is large or comes often, need not be kept.
LOOKS_UP = (frames.Search, frames.Macros, frames.Draft)
WAITING = 64
SOCKETS_OF_OPERATOR = 10
BUSY_RETRY_S = 1.0
ACTIVE_EACH_S = 20.0


class Desk:
    """Begins with `hello`. What is asked is done in the order it came."""

    def __init__(self, hub: Hub, socket: Socket, person: Person) -> None:
        self._hub = hub
        self._socket = socket
        self._seat = Seat(socket, person, hub.seen[person.operator])
        self._answered = hub.answered[person.operator]
        self._bucket = LeakyBucket(BURST, PER_SECOND)
        self._asked: deque[ClientFrame] = deque()
        self._is_working = False
        self._active_at = float("-inf")
        self._has_place = self._is_greeted = self._has_ended = False
        socket.on_gone = self.end
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(settings.CHAT.hello_s, self._no_hello)

    def end(self) -> None:
        """Once; commands that are under way are carried out."""
        if self._has_ended:
            return
        self._has_ended = True
        self._hello_timer.cancel()
        if self._has_place:
            self._hub.places.leave(self._holder)
            self._hub.leave(self._seat)

    def hear(self, text: str | None) -> None:
        """Takes one frame as it came; None stands for a binary one."""
        if self._socket.is_closed:
            return
        if text and len(text.encode(errors="replace")) > frames.FRAME_BYTES:
            self._socket.shut(codes.CLOSE_TOO_BIG)
            return
        try:
            self._take(frames.parse(text or ""))
        except frames.CommandError as error:
            self._seat.push(refusing.failed(error.cid, error.code, self._language))
        except VersionError as error:
            self._seat.push(refusing.error(error.code, self._language))
            self._socket.shut(codes.CLOSE_BAD_FRAMES)
        except FrameError as error:
            self._complain(error.code)

    @property
    def _language(self) -> str:
        return self._seat.person.language

    @property
    def _holder(self) -> str:
        return str(self._seat.person.operator)

    def _take(self, frame: ClientFrame) -> None:
        if not self._is_greeted:
            self._greet(frame)
        elif isinstance(frame, frames.Command):
            self._take_command(frame)
        elif isinstance(frame, ASKED_FOR):
            self._take_question(frame)
        elif self._socket.others.take() > 0:
            self._seat.push(refusing.error(Code.RATE_LIMITED, self._language))
        else:
            self._note(frame)

    def _take_command(self, command: frames.Command) -> None:
        if known := self._answered.get(command.cid):
            self._seat.push(known)
        elif no := self._has_no_room():
            self._seat.push(refusing.failed(command.cid, no[0], self._language, no[1]))
        else:
            self._ask(command)

    def _take_question(self, frame: ClientFrame) -> None:
        """The page asks again for what it was refused, so it is told which conversation it was."""
        if no := self._has_no_room():
            facts = {"retry_after": no[1]} | _named(frame)
            self._seat.push(refusing.error(no[0], self._language, **facts))
        else:
            self._ask(frame)

    def _has_no_room(self) -> tuple[Code, float] | None:
        """Why nothing more is taken now, and in how many seconds it may be asked again."""
        if wait := self._bucket.take():
            return Code.RATE_LIMITED, wait
        return (Code.BUSY, BUSY_RETRY_S) if len(self._asked) >= WAITING else None

    def _note(self, frame: ClientFrame) -> None:
        """Frames that nobody waits for."""
        seat = self._seat
        match frame:
            case frames.Typing(session=session):
                self._hub.type(seat, session)
            case frames.Viewing(session=session):
                self._hub.place(seat, session)
            case frames.Close(session=session):
                seat.watching.pop(session, None)
            case frames.Read(session=session, seq=seq):
                self._hub.read(seat, session, seq)
            case frames.Hello():
                raise FrameError(Code.BAD_FRAME)
            case _ if len(self._asked) < WAITING:
                self._ask(frame)

    def _greet(self, frame: ClientFrame) -> None:
        if not isinstance(frame, frames.Hello):
            raise FrameError(Code.BAD_FRAME)
        self._hello_timer.cancel()
        self._is_greeted = True
        self._has_place = self._hub.places.take(self._holder, SOCKETS_OF_OPERATOR)
        if self._has_place:
            self._ask(frame)
        else:
            self._seat.push(refusing.error(Code.TOO_MANY_SOCKETS, self._language))
            self._socket.shut(codes.CLOSE_TOO_MANY)

    def _ask(self, frame: ClientFrame) -> None:
        self._asked.append(frame)
        if not self._is_working:
            self._is_working = True
            self._hub.spawn(self._work_through())

    async def _work_through(self) -> None:
        try:
            while self._asked:
                frame = self._asked.popleft()
                if isinstance(frame, frames.Command):
                    await self._carry_out(frame)
                elif not self._socket.is_closed:
                    await self._show(frame)
        finally:
            self._is_working = False

    async def _show(self, frame: ClientFrame) -> None:
        """A frame that is answered by what it asks for."""
        try:
            await self._look_up(frame)
        except Session.DoesNotExist:
            self._seat.push(refusing.error(Code.NOT_FOUND, self._language, **_named(frame)))
        except (DatabaseError, TimeoutError) as error:
            logger.warning("console: no database (%s)", type(error).__name__)
            self._socket.shut(codes.CLOSE_RESTART)
        except Exception:  # a fault of ours: what the console shows may be wrong from here on
            logger.exception("console: a frame broke the code")
            self._socket.shut(codes.CLOSE_RESTART)

    async def _look_up(self, frame: ClientFrame) -> None:
        board, seat = self._hub.board, self._seat
        match frame:
            case frames.Hello():
                await self._welcome()
            case frames.Resnap():
                await board.sit(seat)
            case frames.Open(session=session):
                await board.open(seat, session)
            case frames.Older(session=session, before=before):
                await self._older(session, before)
            case frames.Active():
                await self._be_active()

    async def _welcome(self) -> None:
        person = self._seat.person
        await in_thread(_come, person.operator)
        await self._hub.recall(person.operator)
        self._seat.push(await in_thread(crew.welcome, person, running().epoch))
        await self._hub.board.sit(self._seat)
        self._hub.board.look(people=True)

    async def _older(self, session: UUID, before: int) -> None:
        await self._hub.board.check(self._seat, session)
        mark = self._seat.watching[session]
        found = await in_thread(older, session, before, mark.oldest, self._seat.person.operator)
        mark.oldest = found.oldest
        self._seat.push(found.frame)

    async def _be_active(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._active_at >= ACTIVE_EACH_S:
            self._active_at = now
            await in_thread(_be_active, self._seat.person.operator)

    async def _carry_out(self, command: frames.Command) -> None:
        """Answers by `done` or `refused`, whatever happens. One command of an operator after the
        other: the same may come over two sockets."""
        async with self._answered.in_turn:
            answer = self._answered.get(command.cid) or await self._answer(command)
        self._seat.push(answer)

    async def _answer(self, command: frames.Command) -> Frame:
        language = self._language
        try:
            found = await in_thread(run, command, self._seat.person)
            answer = refusing.done(command.cid, self._facts(found))
            self._hub.tell(found.sessions, people=found.people)
        except Refused as refusal:
            answer = refusing.refused(command.cid, refusal, language)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("console: a command has to wait (%s)", type(error).__name__)
            return refusing.failed(command.cid, Code.BUSY, language, BUSY_RETRY_S)
        except Exception:  # a fault of ours must not leave the operator in silence
            logger.exception("console: a command broke the code")
            return refusing.failed(command.cid, Code.BUSY, language)
        if not isinstance(command, LOOKS_UP):
            self._answered.keep(command.cid, answer)
        return answer

    def _facts(self, outcome: Outcome) -> Frame:
        if outcome.rows is None:
            return outcome.facts
        signs = self._hub.board.signs
        return {"rows": [self._seat.row_frame(row, signs) for row in outcome.rows]}

    def _no_hello(self) -> None:
        if not self._is_greeted:
            self._socket.shut(codes.CLOSE_NO_HELLO)

    def _complain(self, code: Code) -> None:
        self._seat.push(refusing.error(code, self._language))
        if self._socket.bad_frames.take() > 0:
            self._socket.shut(codes.CLOSE_BAD_FRAMES)


def _named(frame: ClientFrame) -> dict[str, str]:
    return {"session": str(frame.session)} if isinstance(frame, frames.Look) else {}


def _come(operator: int) -> None:
    presence.come(operator=Operator.objects.get(pk=operator))


def _be_active(operator: int) -> None:
    presence.active(operator=Operator.objects.get(pk=operator))
