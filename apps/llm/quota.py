"""Tokens that a model may use up within a minute, over all processes: reserve, call, settle.

Redis keeps what was reserved in each of the last sixty seconds, so that no minute, whenever it
begins, has more than the quota. With Redis away each process counts for itself and allows a
quarter: neither open nor closed. A call waits for Redis once, for `PATIENCE_S` at most, and after a
few such calls nobody waits for a while.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from apps.guard.pauses import Pause
from apps.guard.timely import within
from apps.llm.values import GatewayError, Outcome

if TYPE_CHECKING:
    from redis.asyncio import Redis

logger = logging.getLogger(__name__)

WINDOW_S = 60
# A frozen Redis may cost a call 200 ms.
PATIENCE_S = 0.15
ALONE_SHARE = 4
KEY = "helpdesk:llm:tokens:{model}"

# KEYS[1]: a hash from second to tokens. ARGV: tokens, quota, the second to settle (0: reserve).
# Time is Redis' own: the processes' clocks may differ. What is reserved counts in the second of
# its reservation, and so does what turns out to be more or less. Answers {second, 0} or
# {0, seconds to wait}.
SCRIPT = """
local now = tonumber(redis.call('TIME')[1])
local tokens, quota, settle = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = 60
if settle > 0 then
  if settle > now - window and redis.call('HEXISTS', KEYS[1], settle) == 1 then
    redis.call('HINCRBY', KEYS[1], settle, tokens)
  end
  return {settle, 0}
end
local kept, total = {}, 0
local all = redis.call('HGETALL', KEYS[1])
for at = 1, #all, 2 do
  local second, count = tonumber(all[at]), tonumber(all[at + 1])
  if second <= now - window then
    redis.call('HDEL', KEYS[1], all[at])
  else
    total = total + count
    kept[#kept + 1] = {second, count}
  end
end
if total + tokens > quota then
  table.sort(kept, function(one, other) return one[1] < other[1] end)
  for _, pair in ipairs(kept) do
    total = total - pair[2]
    if total + tokens <= quota then return {0, pair[1] + window - now} end
  end
  return {0, window}
end
redis.call('HINCRBY', KEYS[1], now, tokens)
redis.call('EXPIRE', KEYS[1], window)
return {now, 0}
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """`second` is the one it counts in, of Redis' clock or, with `is_alone`, of our own."""

    model: UUID
    tokens: int
    second: int
    is_alone: bool = False


NOTHING = Reservation(UUID(int=0), 0, 0)


@dataclass(slots=True)
class Window:
    """The same in one process."""

    counts: dict[int, int] = field(default_factory=dict)

    def reserve(self, tokens: int, quota: int, now: int) -> int:
        """0 when they fit, else the seconds until they do."""
        self.counts = {at: count for at, count in self.counts.items() if at > now - WINDOW_S}
        total = sum(self.counts.values())
        if total + tokens <= quota:
            self.counts[now] = self.counts.get(now, 0) + tokens
            return 0
        for at in sorted(self.counts):
            total -= self.counts[at]
            if total + tokens <= quota:
                return at + WINDOW_S - now
        return WINDOW_S

    def settle(self, second: int, more: int) -> None:
        if second in self.counts:
            self.counts[second] += more


class Shared:
    """A count that all processes have in Redis, as far as it is there. For one event loop."""

    def __init__(self, redis: "Redis | None", clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._clock = clock
        self._pause = Pause("llm", clock)
        self._settling: set[asyncio.Task[object]] = set()

    async def close(self) -> None:
        """Waits for what is being settled, at most as long as Redis may take."""
        if self._settling:
            await asyncio.wait(self._settling, timeout=2 * PATIENCE_S)

    def _later(self, work: Coroutine[Any, Any, object]) -> None:
        """Nobody waits for it: `close` does."""
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _run(self, script: str, key: str, *values: int) -> Any:
        """None with Redis away."""
        if self._redis is None or self._pause.is_on():
            return None
        began = self._pause.now()
        try:
            asked = cast("Coroutine[Any, Any, Any]", self._redis.eval(script, 1, key, *values))
            answered = await within(PATIENCE_S, asked)
        except Exception as error:  # noqa: BLE001 whatever Redis throws, we count for ourselves
            logger.info("llm: no count from Redis (%s)", type(error).__name__)
            self._pause.failed(began)
            return None
        self._pause.succeeded()
        return answered


class Quota(Shared):
    def __init__(self, redis: "Redis | None", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(redis, clock)
        self._alone: dict[UUID, Window] = {}

    async def reserve(self, model: UUID, tokens: int, per_minute: int | None) -> Reservation:
        """Raises GatewayError with QUOTA, and when to come back. A call that is larger than the
        whole quota gets through when nothing else has."""
        if per_minute is None:
            return NOTHING
        wanted = min(tokens, per_minute)
        answered = await self._ask(model, wanted, per_minute, 0)
        if answered is None:
            return self._reserve_alone(model, tokens, per_minute)
        second, wait = answered
        if wait:
            raise GatewayError(Outcome.QUOTA, "our quota is used up", retry_after=float(wait))
        return Reservation(model, wanted, second)

    def settle(self, reservation: Reservation, tokens: int) -> None:
        """Counts what was really used."""
        more = tokens - reservation.tokens
        if reservation is NOTHING or not more:
            return
        if reservation.is_alone:
            self._alone[reservation.model].settle(reservation.second, more)
            return
        self._later(self._ask(reservation.model, more, 0, reservation.second))

    async def _ask(
        self, model: UUID, tokens: int, quota: int, settle: int
    ) -> tuple[int, int] | None:
        """None with Redis away."""
        found = await self._run(SCRIPT, KEY.format(model=model), tokens, quota, settle)
        return None if found is None else (int(found[0]), int(found[1]))

    def _reserve_alone(self, model: UUID, tokens: int, per_minute: int) -> Reservation:
        allowed = max(1, per_minute // ALONE_SHARE)
        wanted, now = min(tokens, allowed), int(self._clock())
        wait = self._alone.setdefault(model, Window()).reserve(wanted, allowed, now)
        if wait:
            raise GatewayError(Outcome.QUOTA, "our quota is used up", retry_after=float(wait))
        return Reservation(model, wanted, now, is_alone=True)


class Places:
    """How many calls a model is asked at once, in this process. Those who wait come in order."""

    def __init__(self) -> None:
        self._places: dict[UUID, asyncio.Semaphore] = {}
        self._sizes: dict[UUID, int] = {}

    @contextlib.asynccontextmanager
    async def take(self, model: UUID, most: int | None, wait_s: float) -> AsyncIterator[None]:
        """Raises GatewayError with BUSY if none becomes free within `wait_s`."""
        if most is None:
            yield
            return
        if self._sizes.get(model) != most:
            # Who is in keeps the old one: for the length of a call there may be both.
            self._places[model], self._sizes[model] = asyncio.Semaphore(most), most
        places = self._places[model]
        try:
            async with asyncio.timeout(wait_s):
                await places.acquire()
        except TimeoutError:
            raise GatewayError(Outcome.BUSY, "all places are taken") from None
        try:
            yield
        finally:
            places.release()
