"""The one way to a language model: every limit, every check and every reason are here.

A call goes through the breaker, takes a place, reserves its tokens, and ends by its deadline,
whatever the other side does. Nothing here touches the database or waits for Redis longer than
`quota.PATIENCE_S`; nobody else may import the client.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from apps.guard.outbound import Network
from apps.llm import faults, parsing, vectors
from apps.llm.asking import Asking, OnText, Tools
from apps.llm.breaker import Breakers
from apps.llm.clients import Clients, Request, tracked
from apps.llm.purse import Purse
from apps.llm.quota import Places, Quota
from apps.llm.streams import Clock
from apps.llm.values import (
    WAIT_FOR_PLACE_S,
    Answer,
    Ask,
    Embedded,
    Endpoint,
    GatewayError,
    Outcome,
    Usage,
)
from apps.llm.ways import Ways

if TYPE_CHECKING:
    from redis.asyncio import Redis

# Counting a call's tokens takes a tenth of a millisecond.
REDIS_CONNECTIONS = 8
# Our own limits, and what only one request is to blame for, say nothing about the model.
UNTOLD = frozenset({Outcome.QUOTA, Outcome.BUSY, Outcome.BREAKER})
# The server has read the texts, whatever became of its answer.
READ = frozenset(
    {Outcome.BAD_OUTPUT, Outcome.TOO_LARGE, Outcome.DEADLINE, Outcome.GAP, Outcome.CUT}
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was seen of models. It knows no event loop, so that the gateways of a process may share
    it, one after the other."""

    breakers: Breakers = field(default_factory=Breakers)
    ways: Ways = field(default_factory=Ways)


class Gateway:
    """For one event loop; `allow` are the networks that may be reached though they are not public,
    and without TLS. With no `redis_url` every process allows a quarter of a quota."""

    def __init__(
        self,
        redis_url: str | None,
        allow: Sequence[Network] = (),
        *,
        learnt: Learnt | None = None,
    ) -> None:
        learnt = learnt or Learnt()
        self._redis = _redis(redis_url) if redis_url else None
        self._breakers = learnt.breakers
        self._places = Places()
        self.purse = Purse(self._redis)
        self._tools = Tools(Clients(allow), Quota(self._redis), learnt.ways)
        self._sizes: dict[Any, int] = {}

    async def __aenter__(self) -> Self:
        await self._tools.clients.load()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        await asyncio.gather(self._tools.quota.close(), self.purse.close())
        await self._tools.clients.close()
        if self._redis is not None:
            with contextlib.suppress(Exception):
                await self._redis.aclose()

    async def ask(self, endpoint: Endpoint, ask: Ask, on_text: OnText | None = None) -> Answer:
        """An answer of `ask.schema`'s shape. Raises GatewayError, and nothing else.

        `on_text` gets the whole of what may be shown so far, as it grows. A text that does not go
        on from the one before replaces it: the first answer could not be used. It must not raise.
        """
        seconds = min(endpoint.deadline_s, ask.deadline_s)
        until = _now() + seconds
        async with self._let_in(endpoint, min(ask.wait_s, seconds), ask.asker):
            try:
                return await Asking(self._tools, endpoint, ask, on_text, until).run()
            except GatewayError as error:
                # A model that was not given its own time is not to blame for taking it.
                error.only_this |= (
                    error.outcome is Outcome.DEADLINE and seconds < endpoint.deadline_s
                )
                raise

    async def embed(
        self, endpoint: Endpoint, texts: Sequence[str], deadline_s: float | None = None
    ) -> Embedded:
        """All vectors of a model have the same length, also over several calls. `deadline_s` is of
        who asks, where that is less than the model's own. Raises GatewayError, and nothing else."""
        if not texts:
            return Embedded([], Usage())
        seconds = (
            endpoint.deadline_s if deadline_s is None else min(endpoint.deadline_s, deadline_s)
        )
        until = _now() + seconds
        async with self._let_in(endpoint, min(WAIT_FOR_PLACE_S, seconds)):
            try:
                return await self._embed(endpoint, texts, until)
            except GatewayError as error:
                # As in `ask`.
                error.only_this |= (
                    error.outcome is Outcome.DEADLINE and seconds < endpoint.deadline_s
                )
                raise

    @contextlib.asynccontextmanager
    async def _let_in(
        self, endpoint: Endpoint, wait_s: float, asker: Hashable = None
    ) -> AsyncIterator[None]:
        """Past the breaker and into a place; tells the breaker how it ended."""
        entry = self._breakers.of(endpoint.provider, endpoint.model).enter(asker)
        outcome, retry_after = None, None
        try:
            async with self._places.take(endpoint.model, endpoint.concurrency, wait_s):
                yield
            outcome = Outcome.OK
        except GatewayError as error:
            if error.outcome not in UNTOLD and not error.only_this:
                outcome, retry_after = error.outcome, error.retry_after
            raise
        finally:
            entry.leave(outcome, retry_after)

    async def _embed(self, endpoint: Endpoint, texts: Sequence[str], until: float) -> Embedded:
        guessed = Usage(sum(map(parsing.estimate, texts)), measured=False)
        reserved = await self._tools.quota.reserve(
            endpoint.model, guessed.tokens_in, endpoint.tokens_per_minute
        )
        room = vectors.BYTES_AROUND + len(texts) * vectors.BYTES_EACH
        request = Request(max(endpoint.most_bytes, room))
        usage: Usage | None = None
        try:
            raw = await self._embeddings(endpoint, texts, until, request)
            made, told = vectors.read(raw, len(texts), self._sizes.get(endpoint.model))
            usage = parsing.usage(told) or guessed
        except Exception as error:
            fault = faults.fault(error, request)
            if fault.sent and fault.outcome in READ:
                fault.usage = usage = guessed
            raise fault from error
        finally:
            self._tools.quota.settle(reserved, 0 if usage is None else usage.tokens_in)
        self._sizes[endpoint.model] = len(made[0])
        return Embedded(made, usage)

    async def _embeddings(
        self, endpoint: Endpoint, texts: Sequence[str], until: float, request: Request
    ) -> bytes:
        client = self._tools.clients.of(endpoint)
        # Some servers refuse base64, which the client would ask for, and some ignore it.
        call = client.embeddings.with_streaming_response.create(
            model=endpoint.name, input=list(texts), encoding_format="float"
        )
        async with Clock(until, until - _now(), endpoint.gap_s):
            with tracked(request):
                async with call as response:
                    return b"".join([chunk async for chunk in response.iter_bytes()])


def _now() -> float:
    return asyncio.get_running_loop().time()


def _redis(url: str) -> "Redis":
    from redis.asyncio import BlockingConnectionPool, Redis  # noqa: PLC0415 not in every process

    pool = BlockingConnectionPool.from_url(url, max_connections=REDIS_CONNECTIONS, timeout=None)
    return Redis(connection_pool=pool)
