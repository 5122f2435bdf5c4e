"""The start and the end of a web process, as the ASGI server announces them."""

import asyncio
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from apps.chat import collector
from apps.console import running as console
from apps.dialogue import running

# How long the frames that say goodbye may take before the server is told to stop.
GOODBYE_S = 0.5
SIGNALS = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[int, FrameType | None], Any]


class Lifespan:
    """Starts the chat before the first request and stops it after the last.

    ASGI tells of the shutdown only after every socket is closed, too late for `going_away`. So
    the server's own signal handlers are wrapped: sockets are told first, then the server is.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await running.start()
                console.start()
                collector.spare()
                self._say_goodbye_first()
                await send({"type": "lifespan.startup.complete"})
            else:
                await console.stop()
                await running.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _say_goodbye_first(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            stop = signal.getsignal(number)
            if callable(stop):
                signal.signal(number, _Goodbye(loop, stop))


class _Goodbye:
    """A signal handler that tells the sockets, then calls the server's. The second time at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, stop: Handler) -> None:
        self._loop = loop
        self._stop = stop
        self._said = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._said:
            self._stop(number, frame)
            return
        self._said = True
        self._loop.call_soon_threadsafe(running.running().pulse.say_going_away)
        self._loop.call_soon_threadsafe(console.hub().say_going_away)
        self._loop.call_soon_threadsafe(self._loop.call_later, GOODBYE_S, self._stop, number, None)
