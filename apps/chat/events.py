"""Hints between processes: "session S now stands at line N". They carry no text and may be lost.

Each process listens on one group and asks PostgreSQL for what its own visitors miss. Nothing here
waits on Redis: a publish has 200 ms, and after a few failures it is skipped for a while.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any, TypedDict, cast
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

GROUP = "hints"
FAILURES = 3
PAUSE_S = 5.0
RETRY_S = 1.0

Position = tuple[UUID, int]

# Beyond every line: whoever holds the session looks at it, and finds it closed.
ENDED = 2**53


class Hint(TypedDict):
    """What travels. Lists, not tuples, because that is what msgpack gives back."""

    type: str
    moved: list[list[Any]]


class Breaker:
    """Opens for PAUSE_S after FAILURES failures in a row."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def record(self, *, ok: bool) -> None:
        self._failures = 0 if ok else self._failures + 1
        if self._failures >= FAILURES:
            self._open_until = time.monotonic() + PAUSE_S
            self._failures = 0
            logger.warning("hints: Redis does not answer, pausing for %s s", PAUSE_S)


breaker = Breaker()


def _layer() -> BaseChannelLayer:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS has no default")
    return layer


async def publish(moved: list[Position]) -> None:
    """Tells every process, within 200 ms or not at all. Never raises for Redis' sake."""
    if breaker.is_open():
        return
    hint: Hint = {"type": "hint", "moved": [[str(session), seq] for session, seq in moved]}
    try:
        async with asyncio.timeout(settings.CHAT.hint_timeout_s):
            await _layer().group_send(GROUP, cast("dict[str, Any]", hint))
    except Exception as error:  # noqa: BLE001 whatever Redis throws, a hint is only a hint
        logger.info("hints: not published (%s)", type(error).__name__)
        breaker.record(ok=False)
    else:
        breaker.record(ok=True)


def announce(moved: list[Position]) -> None:
    """`publish` for synchronous callers, after their commit."""
    async_to_sync(publish)(moved)


async def listen(on_hint: Callable[[list[Position]], None]) -> None:
    """Calls `on_hint` for every hint, for ever. Subscribes again when Redis comes back."""
    while True:
        try:
            layer = _layer()
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            while True:
                hint = await layer.receive(channel)
                on_hint([(UUID(session), seq) for session, seq in hint["moved"]])
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 no failure of Redis may end the listening
            logger.info("hints: cannot listen (%s)", type(error).__name__)
            with contextlib.suppress(Exception):
                await _layer().flush()
            await asyncio.sleep(RETRY_S)
