"""Counts that all processes share through Redis. With Redis away each process counts for itself."""

import hashlib
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

AWAY_S = 5.0
MOST_KEYS = 10_000


class Counts:
    """Where the counts of one kind are kept, under names that tell no holder."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._alone = LocMemCache(f"{kind} {uuid4()}", {"OPTIONS": {"MAX_ENTRIES": MOST_KEYS}})
        self._ask_again_at = 0.0

    def ask(self, question: Callable[[BaseCache], float | None]) -> float:
        """The answer from Redis, or where that is None, as it is with Redis away, from the counts
        of this process. A frozen Redis costs a thread its timeouts: after one failure it is left
        alone for AWAY_S."""
        if time.monotonic() >= self._ask_again_at:
            answer = question(cache)
            if answer is not None:
                return answer
            self._ask_again_at = time.monotonic() + AWAY_S
        return question(self._alone) or 0.0

    def stores(self) -> list[BaseCache]:
        """All that may hold a count now."""
        return [cache, self._alone] if time.monotonic() >= self._ask_again_at else [self._alone]

    def is_alone(self, store: BaseCache) -> bool:
        """Whether the store is this process' own."""
        return store is self._alone

    def key(self, holder: str) -> str:
        named = f"{settings.SECRET_KEY}:{holder}".encode(errors="surrogatepass")
        return f"{self._kind}:{hashlib.sha256(named).hexdigest()[:32]}"


def counted(store: BaseCache, key: str, by: int = 1) -> int | None:
    """The count after it has moved; None when there is none, or Redis is away."""
    try:
        return store.incr(key, by)
    except ValueError:
        return None


def counted_for(store: BaseCache, key: str, kept_s: int) -> int | None:
    """One more, of a count that is forgotten `kept_s` after its first; None with Redis away."""
    store.add(key, 0, kept_s)
    return counted(store, key)
