"""What every request of the HTTP twin goes through: who asks, what it says, how it is answered."""

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.views.decorators.csrf import csrf_exempt

from apps.chat import frames, services
from apps.chat.codes import TOO_FAST, Code, words
from apps.chat.models import Session
from apps.chat.sockets import OTHER_BURST, OTHER_PER_SECOND
from apps.chat.threads import in_thread
from apps.dialogue.handles import Handle
from apps.dialogue.play import Standing
from apps.dialogue.running import running
from apps.guard import limits

View = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]
F = TypeVar("F", bound=frames.Frame)

STATUS = {
    Code.TOKEN_UNKNOWN: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.IDENTITY_CHANGED: 401,
    Code.NOT_FOUND: 404,
    Code.CMID_CONFLICT: 409,
    Code.TOO_LONG: 413,
    Code.FILE_TOO_BIG: 413,
    Code.FILE_TYPE: 415,
    Code.TOO_MANY_FILES: 429,
    Code.RATE_LIMITED: 429,
    Code.BUSY: 429,
}
DIGITS = 16
# For requests that store no line, by token: of a socket each has its own.
others = limits.Buckets()


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


def endpoint(*methods: str) -> Callable[[View], View]:
    """A JSON view without cookies, so without CSRF: the bearer token is what is checked.

    Without `methods` it takes any.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest) -> HttpResponse:
            response: HttpResponse
            if not methods or request.method in methods:
                response = await _answered(view, request)
            else:
                response = _answer(frames.error(Code.NOT_FOUND, _language(request)), status=405)
                response["Allow"] = ", ".join(methods)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


async def _answered(view: View, request: HttpRequest) -> HttpResponse:
    language = _language(request)
    try:
        return await view(request)
    except ApiError as error:
        frame = error.frame(language)
        return _answer(frame, status=error.status, retry_after=error.retry_after)
    except frames.FrameError as error:
        return _answer(frames.error(error.code, language), status=400)
    except (Session.DoesNotExist, services.TokenUnknownError):
        return _answer(frames.error(Code.TOKEN_UNKNOWN, language), status=401)
    except services.TokenExpiredError:
        return _answer(frames.error(Code.TOKEN_EXPIRED, language), status=401)
    except (DatabaseError, TimeoutError):
        return _answer(frames.error(Code.BUSY, language), status=503, retry_after=1)


@contextlib.asynccontextmanager
async def handle_of(request: HttpRequest) -> AsyncIterator[Handle]:
    session = await session_of(request)
    driver = running().driver
    handle = driver.hold(Standing.of(session))
    try:
        if handle.standing.version < session.version:
            await driver.refresh(handle)
        yield handle
    finally:
        driver.desk.give_back(handle)


def token_of(request: HttpRequest) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise ApiError(Code.TOKEN_UNKNOWN)
    return token.strip()


def is_trusted(request: HttpRequest) -> bool:
    return limits.is_trusted(limits.address_of(request))


async def session_of(request: HttpRequest) -> Session:
    return await in_thread(services.recognise, token=token_of(request))


def take_turn(request: HttpRequest) -> None:
    """Before the database is asked for anything."""
    if is_trusted(request):
        return
    holder = services.digest(token_of(request))
    if wait := others.of(holder, OTHER_BURST, OTHER_PER_SECOND).take():
        raise ApiError(Code.RATE_LIMITED, retry_after=wait, words=TOO_FAST)


def body_of(request: HttpRequest) -> dict[str, Any]:
    if request.content_type != "application/json":
        raise ApiError(Code.BAD_FRAME, status=415)
    most = settings.CHAT.frame_bytes
    if int(request.headers.get("Content-Length") or 0) > most or len(request.body) > most:
        raise ApiError(Code.TOO_LONG, status=413)
    return frames.decode(request.body)


def frame_of(request: HttpRequest, model: type[F]) -> F:
    return frames.shape(model, body_of(request))


def number(request: HttpRequest, name: str) -> int:
    """A whole number of the query, 0 when it is not there."""
    value = request.GET.get(name, "0")
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS):
        raise ApiError(Code.BAD_FRAME)
    return int(value)


def outcome(answer: dict[str, Any]) -> JsonResponse:
    if answer["type"] == "ack":
        return _answer(answer, status=200)
    return _answer(
        answer,
        status=STATUS.get(Code(answer["code"]), 400),
        retry_after=answer.get("retry_after"),
    )


def _language(request: HttpRequest) -> str:
    return getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE)


def _answer(
    frame: dict[str, Any], *, status: int, retry_after: float | None = None
) -> JsonResponse:
    response = JsonResponse(frame, status=status)
    if retry_after is not None:
        response["Retry-After"] = str(math.ceil(retry_after))
    return response
