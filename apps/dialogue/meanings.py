"""Vectors of visitors' questions, and what stands near them in the database's tables where a site
has too many texts for memory: asked only where words alone do not answer, and not waited for longer
than `HELPDESK_MEANING_SECONDS`. Until that is there, words answer.

What comes too late is there for the next who asks the same.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat.threads import in_thread
from apps.dialogue import embedders, ladders
from apps.dialogue.embedders import Went, name_of
from apps.dialogue.turns.faults import place
from apps.guard.personal import find
from apps.knowledge.dense import cache
from apps.knowledge.dense.matrix import Dense, Meaning
from apps.knowledge.embedding import EmbedderError, digest, spelt
from apps.knowledge.index import library
from apps.knowledge.models import EmbeddingCount
from apps.knowledge.postings import Floats
from apps.llm.values import Endpoint, GatewayError, Outcome

logger = logging.getLogger(__name__)

Key = tuple[str, bytes]

KEPT = 2_000
AT_ONCE = 32
# A question that nobody waits for any more is not worth a model's whole deadline.
MOST_S = 5.0


class NobodyError(Exception):
    """No model may be asked for this site's vectors now."""


@dataclass(frozen=True, slots=True)
class Question:
    site: int
    session: UUID
    text: str


@dataclass
class Meanings:
    """What this process knows. Sockets read it, the embedders' thread writes."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _meanings: OrderedDict[Key, Meaning] = field(default_factory=OrderedDict)
    _under_way: dict[Key, "Future[None]"] = field(default_factory=dict)

    def of(self, dense: Dense, text: str) -> Meaning | None:
        """By the embedder that made this index, and what its tables hold; never waits."""
        found = self._kept((dense.embedder, digest(text)))
        return None if found and dense.tables and found.version != dense.version else found

    def _kept(self, key: Key) -> Meaning | None:
        with self._lock:
            found = self._meanings.get(key)
            if found is not None:
                self._meanings.move_to_end(key)
        return found

    async def ask(self, question: Question) -> bool:
        """Whether the meaning is known now, and was not before."""
        dense = library.of(question.site).dense
        if (
            not dense
            or not settings.KNOWLEDGE.meaning_s
            or self.of(dense, question.text) is not None
        ):
            return False
        work = self._begun(dense, question)
        if work is None:
            return False
        try:
            async with asyncio.timeout(settings.KNOWLEDGE.meaning_s):
                # Shielded: whoever waits gives up, the call goes on.
                await asyncio.shield(asyncio.wrap_future(work))
        except TimeoutError:
            return False
        return self.of(dense, question.text) is not None

    def _begun(self, dense: Dense, question: Question) -> "Future[None] | None":
        """The same question by two visitors is asked once; None when too many are under way."""
        key = (dense.embedder, digest(question.text))
        with self._lock:
            work = self._under_way.get(key)
            if work is None and len(self._under_way) < AT_ONCE:
                work = embedders.line.call(lambda: self._find(key, dense, question))
                self._under_way[key] = work
        return work

    async def _find(self, key: Key, dense: Dense, question: Question) -> None:
        try:
            kept = self._kept(key)
            vector = kept.vector if kept else await self._vector(dense, question)
            meaning = await self._meaning(dense, question, vector)
            with self._lock:
                self._meanings[key] = meaning
                while len(self._meanings) > KEPT:
                    self._meanings.popitem(last=False)
        except (GatewayError, EmbedderError, NobodyError, DatabaseError, TimeoutError) as error:
            # An EmbedderError tells of lengths, a GatewayError of outcomes: neither of the question.
            logger.info("meaning: words alone answer (%s)", type(error).__name__)
        except Exception as error:  # noqa: BLE001  # it runs where nobody would hear of it
            logger.error("meaning: a question broke the code (%s)", place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote
        finally:
            with self._lock:
                self._under_way.pop(key, None)

    async def _meaning(self, dense: Dense, question: Question, vector: Floats) -> Meaning:
        """A table that does not answer in time is asked again with the next question."""
        if not dense.tables:
            return Meaning(vector, dense.version)
        async with embedders.line.tables:
            index = library.of(question.site)
            return await in_thread(index.meaning, question.text, vector)

    async def _vector(self, dense: Dense, question: Question) -> Floats:
        endpoint = await in_thread(self._endpoint, dense.embedder, question)
        sent = spelt(embedders.to_send(endpoint, question.text))
        name, own = dense.embedder, digest(sent)
        stored = (await in_thread(cache.stored, name, [own])).get(own)
        await in_thread(EmbeddingCount.add, name, 1, int(stored is not None))
        if stored is not None and len(stored) == dense.size:
            return stored
        vector = await self._embedded(endpoint, sent, question, dense.size)
        if not find(question.text):
            # Of what holds personal data not even the vector is kept.
            await in_thread(cache.keep, name, {own: vector})
        return vector

    async def _embedded(
        self, endpoint: Endpoint, sent: str, question: Question, size: int
    ) -> Floats:
        went = Went()
        try:
            made = await embedders.line.embed(endpoint, [sent], MOST_S)
            went.outcome, went.usage = Outcome.OK, made.usage
        except GatewayError as error:
            went.outcome, went.usage = error.outcome, error.usage
            raise
        finally:
            await in_thread(
                embedders.book,
                endpoint,
                went,
                [sent],
                site_id=question.site,
                session=question.session,
            )
        vector: Floats = cache.checked(made.vectors, 1, size)[0]
        return vector

    def _endpoint(self, embedder: str, question: Question) -> Endpoint:
        """The model that made the index, if the site may still ask it. Blocking."""
        for endpoint in ladders.embedding(question.site):
            if name_of(endpoint) == embedder:
                route = ladders.route(question.site)
                if embedders.is_capped(
                    endpoint, route, site_id=question.site, session=question.session
                ):
                    break
                return endpoint
        raise NobodyError


meanings = Meanings()
