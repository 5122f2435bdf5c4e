"""Passes on what may be shown of answers under way, of many turns at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from apps.dialogue.turns.claims import Key
from apps.dialogue.turns.port import Claimed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of an answer that grows: the text so far. A higher attempt takes the place of all
    before it; "" takes back."""

    claimed: Claimed
    attempt: int
    text: str


Tell = Callable[[list[Shown]], Awaitable[None]]


class Passing:
    """Of one drain. Nothing is shown of a turn before the database knows that something is: a line
    that comes meanwhile either starts the turn again, and nothing was shown, or waits for the next.

    `mark` tells the database, and gives those of the turns that are still the drain's. `tell` may
    fail: who looks on may be away, and the answer goes on.
    """

    def __init__(self, mark: Callable[[list[Key]], Awaitable[set[Key]]], tell: Tell) -> None:
        self._mark = mark
        self._tell = tell
        self._waiting: dict[Key, Shown] = {}
        self._marked: set[Key] = set()
        self.news = asyncio.Event()

    def add(self, shown: Shown) -> None:
        self._waiting[shown.claimed.key] = shown
        self.news.set()

    def forget(self, key: Key) -> None:
        self._waiting.pop(key, None)
        self._marked.discard(key)

    async def pass_on(self) -> None:
        self.news.clear()
        batch, self._waiting = self._waiting, {}
        new = [key for key in batch if key not in self._marked]
        if new:
            self._marked |= await self._mark(new)
        await self.tell([batch[key] for key in batch if key in self._marked])

    async def tell(self, shown: list[Shown]) -> None:
        try:
            await self._tell(shown)
        except Exception as error:  # noqa: BLE001  # see above
            logger.info("drain: nothing is shown (%s)", type(error).__name__)
