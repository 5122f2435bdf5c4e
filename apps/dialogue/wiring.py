"""Ports built from settings and rows: the engine's search over the site's index, its policy, and
the site's book of flows."""

from apps.dialogue import books
from apps.engine.book import Book
from apps.engine.events import Search
from apps.engine.types import Passage
from apps.knowledge import answering
from apps.knowledge.index import library

POLICY = answering.POLICY
# Up to here a search was measured (1.2 ms of CPU at the 95th percentile); what is larger may pass
# the 2 ms that the sockets' loop can spare, and goes to a thread.
SLOW_ENTRIES = 10_000


def search(site_id: int, fallback: str, request: Search) -> tuple[Passage, ...]:
    """The site's passages for a question: first in its own language, then in the others."""
    return answering.passages(library.of(site_id), fallback, request)


def book(site_id: int) -> Book:
    """As this process knows it; never waits."""
    return books.of(site_id)


def is_slow(site_id: int) -> bool:
    return len(library.of(site_id)) > SLOW_ENTRIES


def versions(site_id: int) -> dict[str, int | str]:
    """What a replay of a turn must load to see the same."""
    found: dict[str, int | str] = {"knowledge": library.of(site_id).version, "policy": POLICY.badge}
    flows = books.of(site_id).version
    return {**found, "flows": flows} if flows else found
