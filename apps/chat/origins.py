"""Which pages may open a socket: our own, and for visitors those listed. Anything else never gets
in."""

from collections.abc import Container
from typing import Any
from urllib.parse import urlsplit

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
from django.conf import settings
from django.http.request import validate_host


def is_allowed(scope: dict[str, Any], listed: Container[str]) -> bool:
    """Whether it is our own origin, or one of `listed`. Channels' own validator was rejected: it
    raises on malformed origins such as `https://[`."""
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").lower()
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    try:
        parts = urlsplit(origin)
        name, _ = parts.hostname, parts.port
        host_name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not name or not host_name:
        return False
    if origin != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        return False
    if origin in listed:
        return True
    bracketed = f"[{host_name}]" if ":" in host_name else host_name
    return parts.netloc == host and validate_host(bracketed, settings.ALLOWED_HOSTS)


class Origins:
    """Refuses the handshake with HTTP 403 unless `is_allowed`. `listed`: whether the origins of
    HELPDESK_WS_ORIGINS may come as well; never where a cookie says who somebody is."""

    def __init__(self, application: Any, *, listed: bool) -> None:
        self._application = application
        self._listed = listed

    async def __call__(
        self, scope: Any, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if is_allowed(scope, settings.WS_ALLOWED_ORIGINS if self._listed else ()):
            await self._application(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000, "reason": None})
