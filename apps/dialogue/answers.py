"""Answers of models, kept for whoever asks the same: in Redis for a day, and the latest in the
process.

Nobody waits for Redis longer than `PATIENCE_S`; where it is frozen or away there is no answer, and
after a few failures it is not asked for a while.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.dialogue import dropped
from apps.guard.pauses import Pause
from apps.guard.timely import Together, within

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

LIFE_S = 24 * 60 * 60
PATIENCE_S = 0.05
CONNECTIONS = 8
AT_ONCE = 100
KEPT = 1_000
KEY = "helpdesk:answers:{key}"


class Kept(BaseModel):
    """An answer as it was given. `cited`: by the id of each entry a digest of what it said then.
    `confidence` is calibrated as `badge` says. `model`, `name`, `tier` and `served` are of the one
    that answered, `turn` and `call` tell its row of the ledger."""

    model_config = ConfigDict(frozen=True)

    reply: str
    cited: dict[str, str]
    confidence: float
    badge: str
    model: UUID
    name: str
    tier: str
    served: str
    turn: UUID
    call: int
    prompt: str


class Answers:
    """For one event loop. A key must tell all that an answer depends on."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis = _redis(redis_url) if redis_url else None
        self._pause = Pause("answers")
        self._reads = Together(self._get, AT_ONCE)
        self._writes = Together(self._set, AT_ONCE)
        self._latest: OrderedDict[str, Kept] = OrderedDict()
        self._writing: set[asyncio.Task[None]] = set()

    async def get(self, key: str) -> Kept | None:
        """None too for one that was of no use to a visitor."""
        kept = self._latest.get(key)
        if kept and not dropped.has(kept.turn):
            self._latest.move_to_end(key)
            return kept
        # In place of one that was dropped another process may have kept a new one.
        raw = await self._reads.ask(KEY.format(key=key))
        kept = _read(raw) if raw else None
        if kept is None or dropped.has(kept.turn):
            return None
        self._remember(key, kept)
        return kept

    def keep(self, key: str, kept: Kept) -> None:
        """Nobody waits for it: `close` does."""
        self._remember(key, kept)
        write = self._writes.ask((KEY.format(key=key), kept.model_dump_json()))
        task = asyncio.create_task(write)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Waits for what is being written, as long as Redis may take."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        if self._redis is not None:
            await self._redis.aclose()

    def _remember(self, key: str, kept: Kept) -> None:
        self._latest[key] = kept
        self._latest.move_to_end(key)
        if len(self._latest) > KEPT:
            self._latest.popitem(last=False)

    async def _get(self, keys: Sequence[str]) -> dict[str, bytes]:
        found = await self._ask(lambda redis: redis.mget(keys))
        return dict(zip(keys, found, strict=True)) if found else {}

    async def _set(self, kept: Sequence[tuple[str, str]]) -> dict[tuple[str, str], None]:
        async def put(redis: "Redis") -> None:
            async with redis.pipeline(transaction=False) as pipe:
                for key, value in kept:
                    cast("Any", pipe).set(key, value, ex=LIFE_S)  # queued: no trip of its own
                await pipe.execute()

        await self._ask(put)
        return {}

    async def _ask(self, work: Callable[["Redis"], Any]) -> Any:
        """None with Redis away."""
        if self._redis is None or self._pause.is_on():
            return None
        began = self._pause.now()
        try:
            answered = await within(PATIENCE_S, work(self._redis))
        except Exception as error:  # noqa: BLE001 whatever Redis throws, a model can be asked
            logger.info("answers: no cache (%s)", type(error).__name__)
            self._pause.failed(began)
            return None
        self._pause.succeeded()
        return answered


def _read(raw: bytes) -> Kept | None:
    """None for what another release has written."""
    try:
        return Kept.model_validate_json(raw)
    except ValidationError:
        return None


def _redis(url: str) -> "Redis":
    from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415 not in every process

    # The wait for a connection is within ours, and so has no end of its own.
    pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=None)
    return Redis(connection_pool=pool)
