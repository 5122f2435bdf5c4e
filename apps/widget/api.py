"""The HTTP twin of the socket, for networks that break WebSockets: same driver, same answers."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.views.decorators.csrf import csrf_exempt

from apps.chat import frames, services
from apps.chat.admission import UNSTORABLE
from apps.chat.codes import TOO_MANY_CHATS, Code, words
from apps.chat.models import Session
from apps.chat.threads import in_thread
from apps.dialogue.handles import Handle, known_slots, read_after
from apps.dialogue.play import Standing
from apps.dialogue.running import running
from apps.guard import limits
from apps.sites.models import Site
from apps.widget.signing_in import NotIdentifiedError, SignIn, sign_in

View = Callable[[HttpRequest], Coroutine[Any, Any, JsonResponse]]
F = TypeVar("F", bound=frames.Frame)

STATUS = {
    Code.TOKEN_UNKNOWN: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.IDENTITY_CHANGED: 401,
    Code.NOT_FOUND: 404,
    Code.CMID_CONFLICT: 409,
    Code.TOO_LONG: 413,
    Code.RATE_LIMITED: 429,
    Code.BUSY: 429,
}
POLLS_PER_SESSION = 3
DIGITS = 16
HEARTBEAT = '{"type":"heartbeat"'


class ApiError(Exception):
    """Ends the request with an error frame."""

    def __init__(
        self,
        code: Code,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        words: str | Promise = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status or STATUS.get(code, 400)
        self.retry_after = retry_after
        self.words = words

    def frame(self, language: str) -> frames.Encodable:
        frame = frames.error(self.code, language)
        return {**frame, "detail": words(self.words, language)} if self.words else frame


class Poll:
    """A feed that ends a long poll: whatever comes but a heartbeat; the rows are read then."""

    token = ""

    def __init__(self, cursor: int) -> None:
        self.cursor = cursor
        self.came = asyncio.Event()

    def push(self, frame: str) -> None:
        if not frame.startswith(HEARTBEAT):
            self.came.set()

    def shut(self, code: int) -> None:
        self.came.set()

    async def settle(self) -> None:
        """A poll sends nothing by itself."""


def endpoint(*methods: str) -> Callable[[View], View]:
    """A JSON view without cookies, so without CSRF: the bearer token is what is checked."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest) -> JsonResponse:
            if request.method in methods:
                response = await _answered(view, request)
            else:
                response = _answer(frames.error(Code.NOT_FOUND, _language(request)), status=405)
                response["Allow"] = ", ".join(methods)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


async def _answered(view: View, request: HttpRequest) -> JsonResponse:
    language = _language(request)
    try:
        return await view(request)
    except ApiError as error:
        frame = error.frame(language)
        return _answer(frame, status=error.status, retry_after=error.retry_after)
    except frames.FrameError as error:
        return _answer(frames.error(error.code, language), status=400)
    except Session.DoesNotExist:
        return _answer(frames.error(Code.TOKEN_UNKNOWN, language), status=401)
    except (DatabaseError, TimeoutError):
        return _answer(frames.error(Code.BUSY, language), status=503, retry_after=1)


@endpoint("POST")
async def sessions(request: HttpRequest) -> JsonResponse:
    """Makes a visitor with a session: `{"site", "locale"}` to `{"token", "session", "epoch"}`."""
    body = _body(request)
    key, locale = body.get("site"), body.get("locale", "")
    if not isinstance(key, str) or not isinstance(locale, str):
        raise ApiError(Code.BAD_FRAME)
    site = await in_thread(_find_site, key)
    if wait := await in_thread(limits.new_sessions.take, _address(request)):
        raise ApiError(Code.RATE_LIMITED, retry_after=wait, words=TOO_MANY_CHATS)
    started = await in_thread(services.start_session, site=site, locale=locale)
    return JsonResponse(
        {
            "token": started.token,
            "session": str(started.session.id),
            "epoch": running().epoch,
        }
    )


@endpoint("POST", "GET")
async def messages(request: HttpRequest) -> JsonResponse:
    """POST takes a `send` frame; GET gives the lines after `since`, waiting for them if asked."""
    if request.method == "GET":
        return await _messages_after(request)
    frame = _frame(request, frames.Send)
    async with _handle(request) as handle:
        return _outcome(await running().driver.send(handle, frame))


@endpoint("POST")
async def handoff(request: HttpRequest) -> JsonResponse:
    frame = _frame(request, frames.Handoff)
    async with _handle(request) as handle:
        return _outcome(await running().driver.hand_over(handle, frame))


@endpoint("POST")
async def contact(request: HttpRequest) -> JsonResponse:
    frame = _frame(request, frames.Contact)
    async with _handle(request) as handle:
        return _outcome(await running().driver.contact(handle, frame))


@endpoint("POST")
async def rate(request: HttpRequest) -> JsonResponse:
    frame = _frame(request, frames.Rate)
    session = await _session(request)
    found = await in_thread(
        services.rate, session=session.id, seq=frame.seq, value=frame.value, reason=frame.reason
    )
    if not found:
        raise ApiError(Code.NOT_FOUND)
    return JsonResponse({})


@endpoint("POST")
async def csat(request: HttpRequest) -> JsonResponse:
    frame = _frame(request, frames.Csat)
    session = await _session(request)
    await in_thread(services.score, session=session.id, value=frame.score, comment=frame.comment)
    return JsonResponse({})


@endpoint("POST")
async def identify(request: HttpRequest) -> JsonResponse:
    frame = _frame(request, frames.Identify)
    trusted = limits.is_trusted(_address(request))
    async with _handle(request) as handle:
        try:
            answer = await sign_in(handle, SignIn(_token(request), frame.jwt, trusted=trusted))
        except NotIdentifiedError as error:
            raise ApiError(error.code, retry_after=error.retry_after, words=error.words) from error
        except services.TokenUnknownError as error:
            raise ApiError(Code.TOKEN_UNKNOWN) from error
        return JsonResponse(answer)


async def _messages_after(request: HttpRequest) -> JsonResponse:
    since, wait = _number(request, "since"), _number(request, "wait")
    async with _handle(request) as handle:
        session = handle.standing.session
        rows = await in_thread(read_after, session, since)
        if not rows and wait:
            # A line stored while the rows were read is there already: read again, wait not.
            if since >= handle.standing.last_seq:
                await _wait(handle, since, min(wait, settings.CHAT.long_poll_s))
                await _session(request)  # it may have been closed meanwhile
            rows = await in_thread(read_after, session, since)
        last_seq = max(handle.standing.last_seq, rows[-1].seq if rows else 0)
        return JsonResponse(
            {
                "messages": [row.frame() for row in rows],
                "state": str(handle.standing.state),
                "mode": str(handle.standing.mode),
                "slots": known_slots(handle.standing),
                "last_seq": last_seq,
                "epoch": running().epoch,
                "more": len(rows) == frames.PAGE and rows[-1].seq < last_seq,
            }
        )


async def _wait(handle: Handle, since: int, seconds: float) -> None:
    if len([feed for feed in handle.feeds if isinstance(feed, Poll)]) >= POLLS_PER_SESSION:
        raise ApiError(Code.TOO_MANY_SOCKETS, status=429, retry_after=seconds)
    poll = Poll(since)
    handle.feeds.add(poll)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(poll.came.wait(), seconds)
    finally:
        handle.feeds.discard(poll)


@contextlib.asynccontextmanager
async def _handle(request: HttpRequest) -> AsyncIterator[Handle]:
    session = await _session(request)
    driver = running().driver
    trusted = limits.is_trusted(_address(request))
    handle = driver.hold(Standing.of(session), trusted=trusted)
    try:
        if handle.standing.version < session.version:
            await driver.refresh(handle)
        yield handle
    finally:
        driver.desk.give_back(handle)


def _token(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise ApiError(Code.TOKEN_UNKNOWN)
    return token.strip()


async def _session(request: HttpRequest) -> Session:
    try:
        return await in_thread(services.recognise, token=_token(request))
    except services.TokenUnknownError as error:
        raise ApiError(Code.TOKEN_UNKNOWN) from error
    except services.TokenExpiredError as error:
        raise ApiError(Code.TOKEN_EXPIRED) from error


def _find_site(key: str) -> Site:
    site = (
        Site.objects.active().filter(key=key[:50]).first() if not UNSTORABLE.search(key) else None
    )
    if site is None:
        raise ApiError(Code.NOT_FOUND)
    return site


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise ApiError(Code.BAD_FRAME, status=415)
    most = settings.CHAT.frame_bytes
    if int(request.headers.get("Content-Length") or 0) > most or len(request.body) > most:
        raise ApiError(Code.TOO_LONG, status=413)
    return frames.decode(request.body)


def _frame(request: HttpRequest, model: type[F]) -> F:
    return frames.shape(model, _body(request))


def _number(request: HttpRequest, name: str) -> int:
    """A whole number of the query, 0 when it is not there."""
    value = request.GET.get(name, "0")
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS):
        raise ApiError(Code.BAD_FRAME)
    return int(value)


def _address(request: HttpRequest) -> str:
    return limits.client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        settings.TRUSTED_PROXIES,
    )


def _language(request: HttpRequest) -> str:
    return getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)


def _outcome(answer: dict[str, Any]) -> JsonResponse:
    if answer["type"] == "ack":
        return _answer(answer, status=200)
    return _answer(
        answer,
        status=STATUS.get(Code(answer["code"]), 400),
        retry_after=answer.get("retry_after"),
    )


def _answer(
    frame: dict[str, Any], *, status: int, retry_after: float | None = None
) -> JsonResponse:
    response = JsonResponse(frame, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(math.ceil(retry_after))
    return response
