"""Who looks at which session, and who writes there. A sign that is not said again goes out."""

import time
from collections.abc import Callable
from uuid import UUID

from apps.console.events import Sign

LASTS_S = 6.0
REPEAT_S = 3.0
VIEWING, REPLYING = "viewing", "replying"


class Signs:
    """Those of all processes, as this one knows them."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._signs: dict[UUID, dict[int, tuple[Sign, float]]] = {}

    def take(self, sign: Sign) -> bool:
        """Whether it tells anything new."""
        there = self._signs.setdefault(sign.session, {})
        before = there.pop(sign.operator, None)
        if sign.doing:
            there[sign.operator] = (sign, self._now() + LASTS_S)
        if not there:
            del self._signs[sign.session]
        return (before[0].doing if before else "") != sign.doing

    def expire(self) -> set[UUID]:
        """The sessions in which a sign went out."""
        now = self._now()
        changed = set()
        for session, there in list(self._signs.items()):
            for operator, (_, until) in list(there.items()):
                if until <= now:
                    del there[operator]
                    changed.add(session)
            if not there:
                del self._signs[session]
        return changed

    def of(self, session: UUID, besides: int) -> list[dict[str, object]]:
        """For a row: everybody but the operator who reads it."""
        return [
            {"id": sign.operator, "name": sign.name, "doing": sign.doing}
            for sign, _ in self._signs.get(session, {}).values()
            if sign.operator != besides
        ]
