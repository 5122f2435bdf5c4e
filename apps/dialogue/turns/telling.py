"""Passes on what grows: of each answer only what has come since the last time."""

from collections import OrderedDict
from uuid import UUID

from apps.chat import events
from apps.chat.events import Grown
from apps.dialogue.turns.passing import Shown

# More than a drain runs at once.
KEPT = 2_000


class Teller:
    """For one drain."""

    def __init__(self) -> None:
        # By turn, the attempt and how much of it was told, in characters.
        self._told: OrderedDict[UUID, tuple[int, int]] = OrderedDict()

    async def tell(self, shown: list[Shown]) -> None:
        await events.publish_grown([self._grown(one) for one in shown])

    def _grown(self, shown: Shown) -> Grown:
        turn = shown.claimed.turn
        attempt, length = self._told.pop(turn, (0, 0))
        offset = length if attempt == shown.attempt else 0
        self._told[turn] = (shown.attempt, len(shown.text))
        if len(self._told) > KEPT:
            self._told.popitem(last=False)
        text = shown.text[offset:]
        return Grown(shown.claimed.session, turn, shown.attempt, offset, text)
