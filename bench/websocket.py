"""A WebSocket client small enough not to be what is measured: text frames, no extensions."""

import asyncio
import base64
import os
import struct

FINAL_TEXT = 0x81
MASKED = 0x80
SHORT = 126
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class ClosedError(Exception):
    """The server ended the conversation."""


class WebSocket:
    """One connection. `send` and `receive` whole text messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, host: str, port: int, path: str) -> "WebSocket":
        """Raises ClosedError when the handshake is refused."""
        reader, writer = await asyncio.open_connection(host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ClosedError(head.split(b"\r\n")[0].decode())
        return cls(reader, writer)

    def send(self, text: str) -> None:
        """A mask of zeros leaves the bytes as they are; servers must still unmask them."""
        data = text.encode()
        if len(data) < SHORT:
            head = struct.pack("!BB", FINAL_TEXT, MASKED | len(data))
        else:
            head = struct.pack("!BBH", FINAL_TEXT, MASKED | SHORT, len(data))
        self._writer.write(head + bytes(4) + data)

    async def receive(self) -> bytes:
        """The next text message; pings are answered on the way. Raises ClosedError."""
        while True:
            try:
                first, second = await self._reader.readexactly(2)
                data = await self._reader.readexactly(await self._length(second))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise ClosedError(str(error)) from error
            kind = first & 0x0F
            if kind == TEXT:
                return data
            if kind == CLOSE:
                raise ClosedError(str(struct.unpack("!H", data[:2])[0]) if data else "")
            if kind == PING:
                head = struct.pack("!BB", 0x80 | PONG, MASKED | len(data))
                self._writer.write(head + bytes(4) + data)

    async def _length(self, second: int) -> int:
        length = second & 0x7F
        if length < SHORT:
            return length
        size, form = (2, "!H") if length == SHORT else (8, "!Q")
        return int(struct.unpack(form, await self._reader.readexactly(size))[0])

    def close(self) -> None:
        self._writer.close()
