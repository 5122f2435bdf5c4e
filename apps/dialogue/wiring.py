"""Ports built from settings and rows: the engine's search over the site's index, its policy."""

from apps.engine.decide import OFFERED
from apps.engine.events import Search
from apps.engine.types import Passage, Policy
from apps.knowledge.confidence import ANSWER_AT, OFFER_AT
from apps.knowledge.index import library

# Until a shop has labelled turns of its own the shipped cuts hold, and say so.
POLICY = Policy(answer_at=ANSWER_AT, offer_at=OFFER_AT, badge="default")
# Up to here a search was measured (1.2 ms of CPU at the 95th percentile); what is larger may pass
# the 2 ms that the sockets' loop can spare, and goes to a thread.
SLOW_ENTRIES = 10_000


def search(site_id: int, fallback: str, request: Search) -> tuple[Passage, ...]:
    """The site's passages for a question: first in its own language, then in the others."""
    found = library.of(site_id).search(
        request.text, (request.language, fallback), enough=POLICY.offer_at, limit=OFFERED
    )
    return tuple(
        Passage(
            id=hit.entry.id,
            title=hit.entry.question,
            text=hit.entry.answer,
            confidence=hit.confidence,
            url=hit.entry.url,
            high_risk=hit.entry.high_risk,
        )
        for hit in found
    )


def is_slow(site_id: int) -> bool:
    return len(library.of(site_id)) > SLOW_ENTRIES


def versions(site_id: int) -> dict[str, int | str]:
    """What a replay of a turn must load to see the same."""
    return {"knowledge": library.of(site_id).version, "policy": POLICY.badge}
