"""A bound on request bodies, and on the time they take, that is kept while they arrive.

Django reads a body whole, to disk if it is long, before a view can look at its length or at who
has sent it.
"""

import asyncio
from collections.abc import Awaitable
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils import translation

from apps.chat import frames, services
from apps.chat.codes import Code, detail
from apps.chat.threads import in_thread
from apps.sites.models import CHINESE, ENGLISH
from helpdesk.policies import PLAIN

CHAT = "/api/v1/chat/"
UPLOAD = "/api/v1/chat/attachments"
ADMIN = reverse_lazy("admin:index")
IMPORT = reverse_lazy("admin:knowledge_faqimport_add")
OPERATORS_UPLOAD = reverse_lazy("console:attachments")
TOO_LATE, TOO_LONG = 408, 413
# Django's own bound on the fields of a form is 2.5 MB, without what stands around them.
FORM_BYTES = 3 * 2**20
FILE_MARGIN = 2**20
BODY_S = 20.0
BYTES_A_SECOND = 100_000
DIGITS = 18


class Bodies:
    """Answers 413 to requests that announce or send more than their address takes, and 408 to
    those that take too long, without reading on."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        most = await _most(scope)
        if (_announced(scope) or 0) > most:
            await _refuse(TOO_LONG, scope, send)
            return
        body = Body(receive, most)
        await self._application(scope, body.receive, send)
        # Nothing was answered: Django reads to the end of a body before it does anything else.
        if body.fault:
            await _refuse(body.fault, scope, send)


class Body:
    """Ends the request, as if its sender had gone, once it has sent too much or for too long."""

    def __init__(self, receive: Any, most: int) -> None:
        self.fault = 0
        self.ended = False
        self._receive = receive
        self._left = most
        seconds = BODY_S + most / BYTES_A_SECOND
        self._until = asyncio.get_running_loop().time() + seconds

    async def receive(self) -> Any:
        if self.ended:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            return self._end(TOO_LATE)
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            return self._end(TOO_LONG)
        self.ended = not message.get("more_body", False)
        return message

    def _end(self, fault: int) -> Any:
        self.fault = fault
        return {"type": "http.disconnect"}


async def _most(scope: Any) -> int:
    """Bytes. A stranger gets a form's worth everywhere."""
    path = scope["path"]
    few: int = settings.CHAT.frame_bytes
    if path == UPLOAD and await _is_visitor(scope):
        return int(settings.ATTACHMENTS.file_bytes) + FILE_MARGIN
    if not path.startswith(str(ADMIN)) or not _session(scope):
        return few
    length = _announced(scope)
    is_large = length is None or length > FORM_BYTES
    files: dict[str, int] = {
        str(IMPORT): settings.SHEETS.file_bytes,
        str(OPERATORS_UPLOAD): settings.ATTACHMENTS.file_bytes,
    }
    if path in files and is_large and await _is_signed_in(scope):
        return files[path] + FILE_MARGIN
    return FORM_BYTES


def _announced(scope: Any) -> int | None:
    """The length that the request names, None without one."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    if not length.isdigit():
        return None
    return int(length) if len(length) <= DIGITS else 10**DIGITS


def _session(scope: Any) -> str:
    """What stands in the session's cookie; anybody can write it."""
    header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    try:
        kept = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return kept.value if kept else ""


def _token(scope: Any) -> str:
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    return str(header.partition(" ")[2].strip())


async def _is_signed_in(scope: Any) -> bool:
    return await _answered(in_thread(_has_user, _session(scope)))


async def _is_visitor(scope: Any) -> bool:
    return await _answered(in_thread(_has_session, _token(scope)))


async def _answered(question: Awaitable[bool]) -> bool:
    try:
        return await question
    except (DatabaseError, TimeoutError):
        # Whatever it is, it could not be stored.
        return False


def _has_session(token: str) -> bool:
    try:
        services.recognise(token=token)
    except (services.TokenUnknownError, services.TokenExpiredError):
        return False
    return True


def _has_user(key: str) -> bool:
    return bool(key) and "\0" not in key and SESSION_KEY in SessionStore(key)


async def _refuse(status: int, scope: Any, send: Any) -> None:
    language = translation.get_language_from_request(ASGIRequest(scope, BytesIO()))
    if scope["path"] == str(OPERATORS_UPLOAD) and status == TOO_LONG:
        told = {"code": Code.FILE_TOO_BIG, "detail": detail(Code.FILE_TOO_BIG, language)}
        kind, body = "application/json", frames.encode(told)
    elif scope["path"].startswith(CHAT):
        long = Code.FILE_TOO_BIG if scope["path"] == UPLOAD else Code.TOO_LONG
        code = long if status == TOO_LONG else Code.BUSY
        spoken = CHINESE if language.startswith("zh") else ENGLISH
        kind, body = "application/json", frames.encode(frames.error(code, spoken))
    else:
        with translation.override(language):
            kind, body = "text/html; charset=utf-8", render_to_string(f"{status}.html")
    headers = [
        (b"content-type", kind.encode()),
        (b"content-security-policy", PLAIN.encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
