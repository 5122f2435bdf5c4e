"""Work in threads of a test. Each has a connection to the database, which it gives back."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from apps.chat import threads as chat
from apps.chat.threads import THREADS, in_thread
from apps.dialogue.actions import threads as actions
from apps.dialogue.pulse import Pulse
from helpdesk import passwords


def in_own_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """What the work gives; for a thread to call."""
    try:
        return work(*arguments)
    finally:
        connection.close()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gives when all begin at the same moment. Raises what one of them raises."""
    together = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        together.wait()
        return in_own_thread(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


async def stopped(pulse: Pulse) -> None:
    """Ends it, and waits for what its threads still read: the tables are emptied next."""
    await pulse.stop()
    together = threading.Barrier(THREADS)
    await asyncio.gather(*(in_thread(together.wait, 15) for _ in range(THREADS)))


def at_rest(seconds: float) -> bool:
    """Waits until the threads of this process that work on the database have done what they were
    given. False if they have not within `seconds`."""
    return all(_rests(pool, seconds) for pool in (chat._pool, actions._pool, passwords.posting))


def _rests(pool: ThreadPoolExecutor, seconds: float) -> bool:
    if not pool._threads:
        return True
    together = threading.Barrier(pool._max_workers)
    waits = [pool.submit(together.wait, seconds) for _ in range(pool._max_workers)]
    return not any(each.exception() for each in waits)
