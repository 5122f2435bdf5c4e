"""Models for embeddings, as the knowledge asks for them.

The gateway belongs to an event loop, and neither jobs have one nor may the sockets' own read
thousands of numbers: so a process speaks to these models in a thread of its own, begun when first
needed.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from apps.dialogue import ladders
from apps.guard.personal import Mask
from apps.knowledge.embedding import Embedder, EmbedderError, Problem
from apps.llm.caps import counts
from apps.llm.endpoints import Route
from apps.llm.gateway import Gateway
from apps.llm.models import Model
from apps.llm.parsing import estimate
from apps.llm.services import Attempt, cap_reached, save_calls
from apps.llm.values import Embedded, Endpoint, GatewayError, Outcome, Tier, Usage

T = TypeVar("T")

# Beyond the model's own deadline: for the thread to begin, and a place to be free.
LATE_S = 10.0
# Of the four threads with a connection that serve all sockets' reads, vectors take no more.
TABLES_AT_ONCE = 2


class EmbeddingThread:
    """The thread, its loop, and a gateway for each embedder: one holds a model to the length of
    vectors that it has seen, and another name of the same model may have another. `tables` is held
    by who searches vectors in the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gateways: dict[str, Gateway] = {}
        self.tables = asyncio.Semaphore(TABLES_AT_ONCE)

    def call(self, work: Callable[[], Coroutine[object, object, T]]) -> "Future[T]":
        """Runs it over there."""
        with self._lock:
            # A child that was forked has no threads of its parent.
            if self._loop is None or self._pid != os.getpid():
                self._pid, self._loop, self._gateways = os.getpid(), asyncio.new_event_loop(), {}
                self.tables = asyncio.Semaphore(TABLES_AT_ONCE)
                threading.Thread(
                    target=self._loop.run_forever, name="embedders", daemon=True
                ).start()
            return asyncio.run_coroutine_threadsafe(work(), self._loop)

    async def embed(
        self, endpoint: Endpoint, texts: Sequence[str], deadline_s: float | None = None
    ) -> Embedded:
        """In the thread's loop only; `deadline_s` as in the gateway's. Raises GatewayError."""
        gateway = self._gateways.get(name_of(endpoint))
        if gateway is None:
            made = Gateway(settings.REDIS_URL or None, settings.LLM_ALLOWED_NETWORKS)
            gateway = self._gateways.setdefault(name_of(endpoint), await made.__aenter__())
        return await gateway.embed(endpoint, texts, deadline_s)

    def close(self) -> None:
        """Ends the thread and its connections."""
        with self._lock:
            loop, self._loop = self._loop, None
            if loop is None or self._pid != os.getpid():
                return
            asyncio.run_coroutine_threadsafe(self._close(), loop).result(LATE_S)
            loop.call_soon_threadsafe(loop.stop)

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        gateways, self._gateways = self._gateways, {}
        for gateway in gateways.values():
            await gateway.close()


line = EmbeddingThread()


def name_of(endpoint: Endpoint) -> str:
    """Of the function, so that vectors of two are never taken for each other."""
    return f"{endpoint.model}/{endpoint.name}"


@dataclass(slots=True)
class Went:
    """A call as it goes. `began` by the monotonic clock; `usage` None while it took nothing."""

    outcome: Outcome = Outcome.DEADLINE
    usage: Usage | None = None
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class GatewayEmbedder:
    """A model behind the port. Every call of it stands in the ledger, and counts for the day's
    cap."""

    endpoint: Endpoint
    site_id: int
    route: Route = field(default_factory=Route)

    @property
    def name(self) -> str:
        return name_of(self.endpoint)

    @property
    def label(self) -> str:
        return self.endpoint.name

    @property
    def size(self) -> int | None:
        """Read when it is needed: a look at whether there is anything to do needs none."""
        rows = Model.objects.filter(pk=self.endpoint.model)
        return rows.values_list("dimensions", flat=True).first()

    def embed(self, texts: Sequence[str], within_s: float | None = None) -> list[list[float]]:
        """Personal data stays in the house; entries and questions are masked alike."""
        if is_capped(self.endpoint, self.route, site_id=self.site_id):
            raise EmbedderError(Problem.FAILED, "cap: what the site may cost today is spent")
        sent = [to_send(self.endpoint, text) for text in texts]
        went = Went(usage=guessed(sent))
        made = line.call(lambda: line.embed(self.endpoint, sent))
        try:
            found = made.result(within_s or self.endpoint.deadline_s + LATE_S)
            went.outcome, went.usage = Outcome.OK, found.usage
        except GatewayError as error:
            went.outcome, went.usage = error.outcome, error.usage
            raise EmbedderError(Problem.FAILED, str(error)) from error
        except LateError as error:
            made.cancel()
            raise EmbedderError(Problem.FAILED, "no answer in time") from error
        finally:
            book(self.endpoint, went, sent, site_id=self.site_id)
        return found.vectors


def is_capped(
    endpoint: Endpoint, route: Route, *, site_id: int, session: UUID | None = None
) -> bool:
    """Whether what the chat, or the day, may cost is spent. Blocking, where a cap holds."""
    return counts(endpoint) and bool(cap_reached(session=session, site_id=site_id, route=route))


def guessed(texts: Sequence[str]) -> Usage:
    return Usage(tokens_in=sum(map(estimate, texts)), measured=False)


def to_send(endpoint: Endpoint, text: str) -> str:
    """What a model may see of a text."""
    return text if endpoint.tier is Tier.LOCAL else Mask().mask(text)


def book(
    endpoint: Endpoint,
    went: Went,
    texts: Sequence[str],
    *,
    site_id: int,
    session: UUID | None = None,
) -> None:
    """A row of the ledger. `texts` as they were sent; they are kept only if they are of a chat and
    left the house."""
    left = session is not None and endpoint.tier is not Tier.LOCAL
    attempt = Attempt(
        endpoint,
        went.outcome,
        session=session,
        site_id=site_id,
        why="embedding",
        usage=went.usage or Usage(),
        total_ms=round((time.monotonic() - went.began) * 1000),
        sent=[{"role": "user", "content": text} for text in texts] if left else None,
    )
    save_calls(attempts=[attempt])


def of_site(site_id: int) -> Embedder | None:
    """The first model for embeddings that the site may ask."""
    steps = ladders.embedding(site_id)
    return GatewayEmbedder(steps[0], site_id, ladders.route(site_id)) if steps else None
