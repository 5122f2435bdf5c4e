"""Waits for what no row tells of; for rows there is `Watch` of tests/turns/conversations.py."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Longer than the turns of these tests may take.
PATIENCE_S = 90
# Between two looks, so that who is looked at can go on.
PAUSE_S = 0.02


async def until(look: Callable[[], T], what: str) -> T:
    """For what no row, frame or line of a log tells of: what `look` returns once that is true. It
    runs in a thread. Raises AssertionError with `what` if it never is."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := await asyncio.to_thread(look)):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(PAUSE_S)
            return found
    except TimeoutError:
        raise AssertionError(f"it never came to this: {what}") from None
