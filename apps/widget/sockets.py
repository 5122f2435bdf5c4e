"""One visitor's socket as a feed: an outbox that never waits, and what a socket may send."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from django.conf import settings

from apps.chat.codes import CLOSE_SLOW
from apps.guard.limits import LeakyBucket

logger = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]

MINUTE_S = 60
# Frames that store no line: generous for a person, dull for a loop.
OTHER_BURST = 30
OTHER_PER_SECOND = 5
SETTLE_FROM = 16


class Socket:
    """A feed over `send`. A reader that is too slow is closed with 4008 and resumes by seq."""

    def __init__(self, send: Send, close: Close) -> None:
        self.cursor = 0
        bad = settings.CHAT.bad_frames_per_minute
        self.bad_frames = LeakyBucket(bad - 1, bad / MINUTE_S)
        self.others = LeakyBucket(OTHER_BURST, OTHER_PER_SECOND)
        self._send = send
        self._close = close
        self._unsent: deque[str] = deque()
        self._unsent_bytes = 0
        self._sender: asyncio.Task[None] | None = None
        self._closed = False
        self.on_slow: Callable[[], None] = lambda: None

    @property
    def is_closed(self) -> bool:
        return self._closed

    def push(self, frame: str) -> None:
        if self._closed:
            return
        self._unsent.append(frame)
        self._unsent_bytes += len(frame.encode())
        chat = settings.CHAT
        if len(self._unsent) > chat.unsent_frames or self._unsent_bytes > chat.unsent_bytes:
            self.shut(CLOSE_SLOW)
        elif self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._drain())

    async def settle(self) -> None:
        """Waits for the sending; a reader that takes nothing for a while is too slow."""
        if self._sender is None or self._sender.done() or len(self._unsent) < SETTLE_FROM:
            return
        # wait() raises nothing of the sender's: a socket that is gone ends elsewhere.
        done, _ = await asyncio.wait({self._sender}, timeout=settings.CHAT.heartbeat_s)
        if not done:
            self.shut(CLOSE_SLOW)

    def shut(self, code: int) -> None:
        """Closes once, after what is being sent; what waits is read again after the resume."""
        if self._closed:
            return
        self._closed = True
        sender = self._sender
        if code == CLOSE_SLOW:
            self._unsent.clear()
            # The close waits behind what is never read; places are given back now.
            self.on_slow()
        self._sender = asyncio.create_task(self._end(sender, code))

    def drop(self) -> None:
        """The other side is gone."""
        self._closed = True
        self._unsent.clear()
        if self._sender:
            self._sender.cancel()

    async def _drain(self) -> None:
        try:
            while self._unsent:
                frame = self._unsent.popleft()
                await self._send(frame)
                self._unsent_bytes -= len(frame.encode())
        except Exception as error:  # noqa: BLE001 whatever the server throws, the socket is gone
            logger.debug("socket: gone while sending (%s)", type(error).__name__)
            self._closed = True
            self._unsent.clear()

    async def _end(self, sender: "asyncio.Task[None] | None", code: int) -> None:
        if code == CLOSE_SLOW and sender:
            sender.cancel()
        elif sender:
            await asyncio.gather(sender, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._close(code)
