"""A client written from the wire protocol alone, for tests over real sockets."""

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from typing import Any, cast

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Origin

PATIENCE_S = 60

Frame = dict[str, Any]


def call(url: str, body: object = None, token: str = "", **headers: str) -> tuple[int, Frame]:
    """Status and JSON of a request; a POST when there is a body."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        text = error.read()
        return error.code, json.loads(text) if text.startswith(b"{") else {}


async def acall(*arguments: Any, **named: Any) -> tuple[int, Frame]:
    return await asyncio.to_thread(call, *arguments, **named)


def new_cmid() -> str:
    return str(uuid.uuid4())


class Visitor:
    """One browser: a token, and a socket when connected."""

    def __init__(self, base_url: str, locale: str = "en") -> None:
        self.base_url = base_url
        self.locale = locale
        self.token = ""
        self.session = ""
        self.epoch = ""
        self.heard: list[Frame] = []
        self._socket: ClientConnection | None = None

    async def begin(self, site: str = "demo") -> "Visitor":
        url = f"{self.base_url}/api/v1/chat/sessions"
        status, body = await acall(url, {"site": site, "locale": self.locale})
        assert status == 200, body
        self.token, self.session, self.epoch = body["token"], body["session"], body["epoch"]
        return self

    async def connect(self, last_seq: int = 0, *, epoch: str | None = None) -> Frame:
        """Opens a socket and says hello; returns the welcome once everything is synced."""
        await self.open()
        await self.say_hello(last_seq, epoch)
        welcome = await self.until("welcome")
        await self.until("synced")
        return welcome

    async def open(self, origin: str | None = "") -> None:
        url = self.base_url.replace("http", "ws", 1) + "/ws/chat/"
        origin = self.base_url if origin == "" else origin
        self._socket = await websockets.connect(
            url, origin=cast("Origin | None", origin), max_queue=None
        )

    async def say_hello(self, last_seq: int = 0, epoch: str | None = None) -> None:
        await self.write(type="hello", proto=1, token=self.token, last_seq=last_seq, epoch=epoch)

    async def write(self, raw: str | bytes | None = None, **frame: Any) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps(frame) if raw is None else raw)

    async def send(self, text: str, cmid: str = "", **more: Any) -> str:
        cmid = cmid or new_cmid()
        await self.write(type="send", cmid=cmid, text=text, **more)
        return cmid

    async def hear(self) -> Frame:
        assert self._socket is not None
        frame: Frame = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE_S))
        self.heard.append(frame)
        return frame

    async def until(self, kind: str, **fields: Any) -> Frame:
        """Hears frames up to one of this type with these fields."""
        while True:
            frame = await self.hear()
            if frame["type"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                return frame

    async def ask(self, text: str) -> Frame:
        """Sends a line; the bot's reply to it."""
        await self.send(text)
        return await self.until("message", author="bot")

    async def closed(self) -> int:
        """The code with which the server closes."""
        assert self._socket is not None
        try:
            while True:
                frame = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE_S))
                self.heard.append(frame)
        except websockets.ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 0

    def cut(self) -> None:
        """Drops the connection without a word, as a lost network does."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def leave(self) -> None:
        if self._socket:
            await self._socket.close()
