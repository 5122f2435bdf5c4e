"""A visitor who keeps what the protocol asks a client to keep, and can be compared with the rows."""

import asyncio
import contextlib
from typing import Any

import websockets

from tests.faults.shop import KEY
from tests.widget.visitor import Frame, Visitor, new_cmid

PATIENCE_S = 90
BROKEN = (websockets.WebSocketException, OSError, TimeoutError, asyncio.IncompleteReadError)


class Talker(Visitor):
    """`acks` by cmid, and in `view` each line by its seq, as a client applies them."""

    def __init__(self, base_url: str, locale: str = "en") -> None:
        super().__init__(base_url, locale)
        self.said: dict[str, str] = {}
        self.acks: dict[str, tuple[int, str]] = {}
        self.view: dict[int, tuple[str, str]] = {}
        self.beats = 0

    @property
    def cursor(self) -> int:
        return len(self.view)

    @property
    def replies(self) -> list[str]:
        return [text for author, text in self.view.values() if author == "bot"]

    @property
    def notices(self) -> list[str]:
        return [text for author, text in self.view.values() if author == "system"]

    async def begin(self, site: str = KEY) -> "Talker":
        await super().begin(site)
        return self

    async def send(self, text: str, cmid: str = "", **more: Any) -> str:
        cmid = cmid or new_cmid()
        self.said[cmid] = text
        return await super().send(text, cmid, **more)

    async def acked(self, text: str, cmid: str = "", **more: Any) -> Frame:
        return await self.until("ack", cmid=await self.send(text, cmid, **more))

    async def until(self, kind: str, **fields: Any) -> Frame:
        async with asyncio.timeout(PATIENCE_S):
            return await super().until(kind, **fields)

    async def hear(self) -> Frame:
        frame = await super().hear()
        match frame["type"]:
            case "ack":
                text = self.said[frame["cmid"]]
                self.acks.setdefault(frame["cmid"], (frame["seq"], frame["message"]))
                assert self.acks[frame["cmid"]] == (frame["seq"], frame["message"])
                self._apply(frame["seq"], "visitor", text)
            case "message":
                self._apply(frame["seq"], frame["author"], frame["text"])
            case "heartbeat":
                self.beats += 1
        return frame

    def _apply(self, seq: int, author: str, text: str) -> None:
        if seq == self.cursor + 1:
            self.view[seq] = (author, text)

    async def come_back(self, base_url: str = "") -> None:
        """On a new socket, to this process or another one, with what it has."""
        self.base_url = base_url or self.base_url
        with contextlib.suppress(*BROKEN):
            await self.leave()
        await self.connect(self.cursor)

    async def catch_up(self) -> None:
        await self.write(type="sync", since=self.cursor)
        await self.until("synced")


def disagreements(talker: Talker, rows: list[tuple[Any, ...]]) -> dict[str, object]:
    """With the session's rows (seq, author, text, cmid, id), oldest first; {} when there are none."""
    found: dict[str, object] = {}
    stored = {str(cmid): (seq, str(key)) for seq, _, _, cmid, key in rows if cmid}
    if lost := {cmid: ack for cmid, ack in talker.acks.items() if stored.get(cmid) != ack}:
        found["acked and not stored so"] = lost
    view = {seq: (author, text) for seq, author, text, _, _ in rows}
    if talker.view != view:
        found["another order than the server's"] = (talker.view, view)
    return found
