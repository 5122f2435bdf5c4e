"""A bound on request bodies that is kept while they arrive.

Django reads a body whole, to disk if it is long, before a view can look at its length.
"""

from typing import Any

from django.conf import settings

from apps.chat import frames
from apps.chat.codes import Code
from apps.sites.models import CHINESE, ENGLISH

CHAT = "/api/v1/chat/"


class SmallBodies:
    """Answers 413 to chat requests that announce or send more than a frame may hold."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not scope["path"].startswith(CHAT):
            await self._application(scope, receive, send)
        elif _announced(scope) > settings.CHAT.frame_bytes:
            await _refuse(scope, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Any, receive: Any, send: Any) -> None:
        """A body without a length is counted as it comes, and answered before it ends."""
        counted = Counted(receive)
        await self._application(scope, counted.receive, send)
        if counted.is_over:
            await _refuse(scope, send)


class Counted:
    """Ends the request, as if its sender had gone, once it has sent too much."""

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._left = settings.CHAT.frame_bytes

    @property
    def is_over(self) -> bool:
        return self._left < 0

    async def receive(self) -> Any:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_over else message


def _announced(scope: Any) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _refuse(scope: Any, send: Any) -> None:
    wanted = dict(scope["headers"]).get(b"accept-language", b"").lower()
    language = CHINESE if wanted.startswith(b"zh") else ENGLISH
    body = frames.encode(frames.error(Code.TOO_LONG, language)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
