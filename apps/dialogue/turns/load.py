"""How busy this process is."""

import time

# Shorter looks would take one burst for a load.
LOOK_S = 1.0


class Load:
    """`share`: of one core, over the last second or more; 0.0 at first."""

    def __init__(self) -> None:
        self.share = 0.0
        self._at, self._used = time.monotonic(), time.process_time()

    def look(self) -> float:
        """The share, anew if it is old enough."""
        at, used = time.monotonic(), time.process_time()
        if at - self._at >= LOOK_S:
            self.share = (used - self._used) / (at - self._at)
            self._at, self._used = at, used
        return self.share
