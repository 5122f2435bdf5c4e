"""A model's server that sends bytes which no library would write."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
LENGTH = b"content-length:"
HALF = '{"why": "it stands there", "cmds": [], "enough": true, "cites": ["1"], "conf": "high", "re'


def piece(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"model": "raw", "choices": [choice]}).encode() + b"\n\n"


ANSWERS = {
    # Neither a start nor a continuation in UTF-8.
    "invalid-utf8": piece(HALF).replace(b"stands", b"\xff\xfe") + piece("", "stop"),
    "unknown-finish": piece(HALF) + piece("", "because"),
}


@dataclass
class Raw:
    """`asked` counts its requests."""

    base_url: str
    asked: int = 0


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[Raw]:
    """Answers so whatever it is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            (length,) = (line for line in head.split(b"\r\n") if line.startswith(LENGTH))
            await reader.readexactly(int(length.removeprefix(LENGTH)))
            made.asked += 1
            writer.write(HEAD + answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Raw(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    async with server:
        yield made
