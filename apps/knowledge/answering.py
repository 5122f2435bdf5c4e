"""How a site's index answers the engine: the same for the live chat and for trying it out."""

from apps.engine.decide import OFFERED
from apps.engine.events import Search
from apps.engine.types import Passage, Policy
from apps.knowledge.confidence import ANSWER_AT, OFFER_AT
from apps.knowledge.index import SiteIndex

# Until a shop has labelled turns of its own the shipped cuts hold, and say so.
POLICY = Policy(answer_at=ANSWER_AT, offer_at=OFFER_AT, badge="default")


def passages(index: SiteIndex, fallback: str, request: Search) -> tuple[Passage, ...]:
    """The passages for a question: first in its own language, then in the others."""
    found = index.search(
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
