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
from apps.dialogue.turns.port import Claimed, Finish
from apps.knowledge.index import library

logger = logging.getLogger(__name__)


class Home:
    """Runs the engine again from the start, over what this process knows now."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish:
        await self.refresh()
        standing, said = claimed.standing, claimed.said()
        if wiring.is_slow(standing.site):
            return Finish.of(await in_thread(play, standing, said))
        return Finish.of(play(standing, said))

    async def close(self) -> None:
        """Holds nothing."""

    async def refresh(self) -> None:
        """Takes over what staff have changed, at most once in `watch_s`."""
        async with self._looking:
            if time.monotonic() - self._looked_at < settings.KNOWLEDGE.watch_s:
                return
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
