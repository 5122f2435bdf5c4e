"""How often somebody may try to guess a secret."""

import time
from functools import partial

from django.core.cache.backends.base import BaseCache

from apps.guard.counts import Counts, counted, counted_for

FIRST_S = 60
LONGEST_S = 15 * 60


class Guesses:
    """Attempts of each holder, counted for all processes. The first `free` are, then each one makes
    the wait for the next twice as long. Counts are forgotten after `kept_s`."""

    def __init__(self, name: str, *, free: int, kept_s: int) -> None:
        self.free = free
        self._name = name
        self._kept_s = kept_s
        self._counts = Counts("guesses")

    def take(self, holder: str) -> float:
        """0.0 when one more may be made, else the seconds until it may."""
        return self._counts.ask(partial(self._take, self._key(holder)))

    def clear(self, holder: str) -> None:
        """Forgets what was counted: the holder knows the secret."""
        key = self._key(holder)
        for store in self._counts.stores():
            store.delete_many([f"{key}:count", f"{key}:until"])

    def give_back(self, holder: str) -> None:
        """The attempt that was taken last does not count."""
        key = self._key(holder)
        for store in self._counts.stores():
            store.delete(f"{key}:until")
            if store.get(f"{key}:count"):
                counted(store, f"{key}:count", -1)

    def _take(self, key: str, store: BaseCache) -> float | None:
        """As `take`, None with Redis away."""
        wait = (store.get(f"{key}:until") or 0.0) - time.time()
        if wait > 0:
            return float(wait)
        count = counted_for(store, f"{key}:count", self._kept_s)
        if count is None:
            return None
        if count < self.free:
            return 0.0
        pause = int(min(FIRST_S * 2 ** min(count - self.free, 10), LONGEST_S))
        # Of several at once one is let through: whose key it is.
        is_ours = store.add(f"{key}:until", time.time() + pause, pause)
        return 0.0 if is_ours else float(pause)

    def _key(self, holder: str) -> str:
        return self._counts.key(f"{self._name}:{holder}")
