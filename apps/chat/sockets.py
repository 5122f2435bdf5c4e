"""One socket as a feed: an outbox that never waits, and what a socket may send."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from django.conf import settings

from apps.chat.codes import CLOSE_SLOW
from apps.chat.connections import Connection
from apps.guard.limits import LeakyBucket

logger = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]
Close = Callable[[int], Awaitable[None]]

MINUTE_S = 60
# Frames that store no line: generous for a person, dull for a loop.
OTHER_BURST = 30
OTHER_PER_SECOND = 5
SETTLE_FROM = 16
# Of our own frames the server holds some 64 KiB before it makes us wait.
MOST_UNREAD = 1_048_576


class Socket:
    """A feed over `send`. A reader that is too slow is closed with 4008 and resumes by seq.

    A close waits behind what was sent, and a peer that reads nothing would keep its connection
    and our memory for as long as it likes: after `close_s` the connection is reset.
    """

    def __init__(
        self, send: Send, close: Close, connection: Connection, unsent_bytes: int | None = None
    ) -> None:
        """`unsent_bytes`: how much may wait for a slow reader, in any number of frames, when not as
        much as for visitors."""
        self.cursor = 0
        self.token = ""
        bad = settings.CHAT.bad_frames_per_minute
        self.bad_frames = LeakyBucket(bad - 1, bad / MINUTE_S)
        self.others = LeakyBucket(OTHER_BURST, OTHER_PER_SECOND)
        self._send = send
        self._close = close
        self._connection = connection
        self._ending: asyncio.TimerHandle | None = None
        self._taken_at = 0.0
        self._unsent: deque[str] = deque()
        self._unsent_bytes = 0
        self._has_own_bound = unsent_bytes is not None
        self._most_bytes = unsent_bytes or settings.CHAT.unsent_bytes
        self._sender: asyncio.Task[None] | None = None
        self._closed = False
        self.on_gone: Callable[[], None] = lambda: None

    @property
    def is_closed(self) -> bool:
        return self._closed

    def push(self, frame: str) -> None:
        if self._closed:
            return
        self._unsent.append(frame)
        self._unsent_bytes += len(frame.encode())
        chat = settings.CHAT
        now = asyncio.get_running_loop().time()
        is_long = not self._has_own_bound and len(self._unsent) > chat.unsent_frames
        if is_long or self._unsent_bytes > self._most_bytes:
            self.shut(CLOSE_SLOW)
        elif self._sender is None or self._sender.done():
            self._taken_at = now
            self._sender = asyncio.create_task(self._drain())
        elif now - self._taken_at > chat.heartbeat_s:
            self.shut(CLOSE_SLOW)

    async def settle(self) -> None:
        """Waits for the sending; a reader that takes nothing for a while is too slow."""
        if self._sender is None or self._sender.done() or len(self._unsent) < SETTLE_FROM:
            return
        # wait() raises nothing of the sender's: a socket that is gone ends elsewhere.
        done, _ = await asyncio.wait({self._sender}, timeout=settings.CHAT.heartbeat_s)
        if not done:
            self.shut(CLOSE_SLOW)

    def relieve(self) -> None:
        """The server answers every ping by itself, and would keep the pongs of a peer that reads
        none of them."""
        if self._connection.unread() > MOST_UNREAD:
            self._connection.reset()

    def shut(self, code: int) -> None:
        """Closes once, after what is being sent; what waits is read again after the resume."""
        if self._closed:
            return
        self._closed = True
        sender = self._sender
        if code == CLOSE_SLOW:
            self._unsent.clear()
            # The close waits behind what is never read; places are given back now.
            self.on_gone()
        self._sender = asyncio.create_task(self._end(sender, code))
        self._reset_later()

    def drop(self) -> None:
        """The other side has said goodbye, or is gone."""
        self._closed = True
        self._unsent.clear()
        if self._sender:
            self._sender.cancel()
        self._reset_later()

    def _reset_later(self) -> None:
        if self._ending is None:
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(settings.CHAT.close_s, self._connection.reset)

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._unsent:
                frame = self._unsent.popleft()
                await self._send(frame)
                self._taken_at = loop.time()
                self._unsent_bytes -= len(frame.encode())
        except Exception as error:  # noqa: BLE001 whatever the server throws, the socket is gone
            logger.debug("socket: gone while sending (%s)", type(error).__name__)
            self._closed = True
            self._unsent.clear()
            # The server tells of a connection's end only when all that was sent has been read.
            self.on_gone()
            self._connection.reset()

    async def _end(self, sender: "asyncio.Task[None] | None", code: int) -> None:
        if code == CLOSE_SLOW and sender:
            sender.cancel()
        elif sender:
            await asyncio.gather(sender, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._close(code)
