"""Ports built from settings and rows: the engine's search over the site's index, its policy, and
the site's book of flows."""

from apps.dialogue import books, embedders
from apps.dialogue.meanings import meanings
from apps.engine.book import Book
from apps.engine.events import Search
from apps.engine.types import Passage
from apps.knowledge import answering, embedding
from apps.knowledge.index import library

POLICY = answering.POLICY
# Up to here a search was measured (1.2 ms of CPU at the 95th percentile); what is larger may pass
# the 2 ms that the sockets' loop can spare, and goes to a thread.
SLOW_ENTRIES = 10_000
# The same for the numbers that a search by meaning multiplies (half a millisecond for so many).
SLOW_NUMBERS = 5_000_000

embedding.provide(embedders.of_site)


def search(site_id: int, fallback: str, request: Search) -> tuple[Passage, ...]:
    """The site's passages for a question: first in its own language, then in the others. By its
    meaning as well once that is known to this process."""
    index = library.of(site_id)
    meaning = meanings.of(index.dense, request.text) if index.dense else None
    return answering.passages(index, fallback, request, meaning)


def is_vague(site_id: int, request: Search, found: tuple[Passage, ...]) -> bool:
    """Whether the question's meaning is worth asking for: words alone do not answer it."""
    dense = library.of(site_id).dense
    return bool(dense) and answering.is_unsure(found) and meanings.of(dense, request.text) is None


def book(site_id: int) -> Book:
    """As this process knows it; never waits."""
    return books.of(site_id)


def is_slow(site_id: int) -> bool:
    index = library.of(site_id)
    return len(index) > SLOW_ENTRIES or index.dense.numbers > SLOW_NUMBERS


def versions(site_id: int) -> dict[str, int | str]:
    """What a replay of a turn must load to see the same."""
    found: dict[str, int | str] = {"knowledge": library.of(site_id).version, "policy": POLICY.badge}
    if dense := library.of(site_id).dense:
        found["meaning"] = dense.version
    flows = books.of(site_id).version
    return {**found, "flows": flows} if flows else found
