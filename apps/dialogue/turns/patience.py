"""Who waits long for the first word of an answer is told that one is looked for."""

import time
from collections.abc import Iterable

from django.conf import settings

from apps.dialogue.turns.claims import Key
from apps.dialogue.turns.port import Claimed

# How often it is looked for those who wait: the word comes up to as much later.
LOOK_S = 0.25


class Patience:
    """Of one drain: the turns that have shown nothing yet."""

    def __init__(self) -> None:
        self._silent: dict[Key, tuple[float, Claimed]] = {}

    def begin(self, claimed: Claimed, *, now: bool = False) -> None:
        """`now`: whoever wrote has waited long enough already."""
        waits_s = 0.0 if now else settings.TURNS.patience_s
        self._silent[claimed.key] = (time.monotonic() + waits_s, claimed)

    def end(self, claimed: Claimed) -> None:
        """It has an answer, the first words of one, or nobody to give one any more."""
        self._silent.pop(claimed.key, None)

    def due(self) -> list[Claimed]:
        now = time.monotonic()
        return [claimed for at, claimed in self._silent.values() if at <= now]

    def take(self, due: Iterable[Claimed]) -> list[Claimed]:
        """Those of them that are silent still; each is given once."""
        return [claimed for claimed in due if self._silent.pop(claimed.key, None)]
