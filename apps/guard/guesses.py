"""How often somebody may try to guess a secret."""

import hashlib
import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from apps.guard.limits import AWAY_S

FIRST_S = 60
LONGEST_S = 15 * 60
MOST_HOLDERS = 10_000
# Counted here while Redis is away; the processes then do not know of each other.
alone = LocMemCache("guesses", {"OPTIONS": {"MAX_ENTRIES": MOST_HOLDERS}})


class Guesses:
    """Attempts of each holder, counted in Redis for all processes. The first `free` are, then each
    one makes the wait for the next twice as long. Counts are forgotten after `kept_s`."""

    def __init__(self, name: str, *, free: int, kept_s: int) -> None:
        self.free = free
        self._name = name
        self._kept_s = kept_s
        self._ask_again_at = 0.0

    def take(self, holder: str) -> float:
        """0.0 when one more may be made, else the seconds until it may."""
        if time.monotonic() >= self._ask_again_at:
            wait = self._take(cache, self._key(holder))
            if wait is not None:
                return wait
            # A frozen Redis costs a thread its timeouts.
            self._ask_again_at = time.monotonic() + AWAY_S
        return self._take(alone, self._key(holder)) or 0.0

    def clear(self, holder: str) -> None:
        """Forgets what was counted: the holder knows the secret."""
        key = self._key(holder)
        for store in self._stores():
            store.delete_many([f"{key}:count", f"{key}:until"])

    def give_back(self, holder: str) -> None:
        """The attempt that was taken last does not count."""
        key = self._key(holder)
        for store in self._stores():
            store.delete(f"{key}:until")
            if store.get(f"{key}:count"):
                _moved(store, f"{key}:count", -1)

    def _take(self, store: Any, key: str) -> float | None:
        """As `take`, None with Redis away."""
        wait = (store.get(f"{key}:until") or 0.0) - time.time()
        if wait > 0:
            return float(wait)
        store.add(f"{key}:count", 0, self._kept_s)
        count = _moved(store, f"{key}:count", 1)
        if count is None:
            return None
        if count < self.free:
            return 0.0
        pause = int(min(FIRST_S * 2 ** min(count - self.free, 10), LONGEST_S))
        # Of several at once one is let through: whose key it is.
        is_ours = store.add(f"{key}:until", time.time() + pause, pause)
        return 0.0 if is_ours else float(pause)

    def _stores(self) -> list[Any]:
        return [cache, alone] if time.monotonic() >= self._ask_again_at else [alone]

    def _key(self, holder: str) -> str:
        """Neither names nor addresses are kept."""
        named = f"{settings.SECRET_KEY}:{self._name}:{holder}".encode(errors="surrogatepass")
        return f"guesses:{hashlib.sha256(named).hexdigest()[:32]}"


def _moved(store: Any, key: str, by: int) -> int | None:
    try:
        counted: int | None = store.incr(key, by)
    except ValueError:  # gone meanwhile, or Redis is away
        return None
    return counted
