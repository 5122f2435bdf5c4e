"""The runner that needs no model: what can be answered at home by now, is."""

import asyncio
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat.threads import in_thread
from apps.dialogue import books, dropped, ladders, wiring
from apps.dialogue.play import play
from apps.dialogue.turns.listening import ended
from apps.dialogue.turns.port import Claimed, Finish
from apps.knowledge.index import library

logger = logging.getLogger(__name__)


class Home:
    """Runs the engine again from the start, over what this process knows now."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._look: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        await self.refresh()

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish:
        await self.refresh()
        standing, said = claimed.standing, claimed.said()
        if wiring.is_slow(standing.site):
            return Finish.of(await in_thread(play, standing, said))
        return Finish.of(play(standing, said))

    async def close(self) -> None:
        if self._look:
            await ended(self._look)

    async def refresh(self) -> None:
        """Takes over what staff have changed, about once in `watch_s`. A turn waits for it only where
        what is known is older than two of them.

        All who wait do so for one task. Queued on a lock they would go on one a turn of the loop: more
        come meanwhile, and under load the queue never ends.
        """
        age = time.monotonic() - self._looked_at
        if age < settings.KNOWLEDGE.watch_s:
            return
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._take_over())
        if age >= 2 * settings.KNOWLEDGE.watch_s:
            await asyncio.shield(self._look)

    async def _take_over(self) -> None:
        try:
            await in_thread(_refresh)
        except (DatabaseError, TimeoutError) as error:
            logger.warning("turns: knowledge is behind (%s)", type(error).__name__)
        self._looked_at = time.monotonic()


def _refresh() -> None:
    library.refresh()
    books.refresh()
    ladders.refresh()
    dropped.refresh()
