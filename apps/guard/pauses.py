"""Leaving another program alone for a while after it has failed."""

import logging
import math
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

FAILURES = 3
PAUSE_S = 5.0


class Pause:
    """PAUSE_S after FAILURES failures in a row. `whose` is told in the log."""

    def __init__(self, whose: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._whose = whose
        self._clock = clock
        self._failures = 0
        self._failed_at = self._until = -math.inf

    def now(self) -> float:
        """For `failed`."""
        return self._clock()

    def is_on(self) -> bool:
        return self._clock() < self._until

    def failed(self, began: float) -> None:
        """Of what was asked at that time. Those that waited side by side are one: perhaps only our
        own loop was late."""
        if began >= self._failed_at:
            self._failures += 1
        self._failed_at = self._clock()
        if self._failures >= FAILURES:
            self._failures = 0
            self._until = self._clock() + PAUSE_S
            logger.warning("%s: Redis does not answer, pausing for %s s", self._whose, PAUSE_S)

    def succeeded(self) -> None:
        self._failures = 0
