"""One request and its answer over ASGI, recorded."""

import asyncio
import contextlib
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from tests.fakellm.refusals import Refused

PLAIN = (b"content-type", b"application/json")
EVENTS = (b"content-type", b"text/event-stream; charset=utf-8")
Header = tuple[bytes, bytes]


class Gone(Exception):  # noqa: N818 - what clients do
    """The client has hung up."""


class Cut(Exception):  # noqa: N818 - a wish
    """The connection has to end within the answer."""


@dataclass
class Call:
    """A request as it came. `gone`: the client hung up before the answer's end. `sent`: bytes of
    the answer's body."""

    path: str
    headers: dict[str, str]
    body: Any
    gone: bool = False
    sent: int = 0
    ended: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Exchange:
    """Writes the answer; `pause` raises Gone as soon as the client hangs up."""

    def __init__(self, call: Call, receive: Any, send: Any) -> None:
        self.call = call
        self._send = send
        self._gone: asyncio.Future[Any] = asyncio.ensure_future(receive())

    @property
    def is_gone(self) -> bool:
        return self._gone.done()

    async def start(self, status: int, *headers: Header) -> None:
        await self._send(
            {"type": "http.response.start", "status": status, "headers": list(headers)}
        )

    async def write(self, data: bytes, *, more: bool = True) -> None:
        if self._gone.done() and not self.call.ended:
            raise Gone
        self.call.sent += len(data)
        self.call.ended = not more
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def whole(self, status: int, data: bytes, *headers: Header) -> None:
        """An answer in one piece, JSON unless a header says otherwise."""
        named = any(name == b"content-type" for name, _ in headers)
        length = (b"content-length", str(len(data)).encode())
        await self.start(status, *headers, *(() if named else (PLAIN,)), length)
        await self.write(data, more=False)

    async def json(self, status: int, body: Any, *headers: Header) -> None:
        await self.whole(status, orjson.dumps(body), *headers)

    async def refuse(self, refused: Refused, *headers: Header) -> None:
        await self.json(refused.status, refused.body, *headers)

    async def pause(self, seconds: float | None) -> None:
        """None: until the client hangs up. Even 0 lets the news of that come in."""
        if seconds == 0:
            await asyncio.sleep(0)
        else:
            await asyncio.wait({self._gone}, timeout=seconds)
        if self._gone.done():
            raise Gone

    def drop(self) -> None:
        """Closes the connection. ASGI has no word for it, and uvicorn would send a 500."""
        self._send.__self__.transport.close()

    async def close(self) -> None:
        self._gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._gone
