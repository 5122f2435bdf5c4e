"""How a site's index answers the engine: the same for the live chat and for trying it out."""

from apps.engine.decide import OFFERED
from apps.engine.events import Search
from apps.engine.types import Passage, Policy
from apps.knowledge.confidence import ANSWER_AT, COVERED_AT, OFFER_AT, SHARED_FROM
from apps.knowledge.dense.matrix import Meaning
from apps.knowledge.index import Found, SiteIndex

# Until a shop has labelled turns of its own the shipped cuts hold, and say so.
POLICY = Policy(answer_at=ANSWER_AT, offer_at=OFFER_AT, covered_at=COVERED_AT, badge="default")

# How many entries that cover a question are looked for besides the likeliest.
NEAR = OFFERED


def passages(
    index: SiteIndex, fallback: str, request: Search, meaning: Meaning | None = None
) -> tuple[Passage, ...]:
    """The passages for a question: first in its own language, then in the others. `meaning` is the
    question's, where it is known."""
    languages = (request.language, fallback)
    if request.exact:
        found = index.exact(request.text, languages)
    else:
        found = index.search(
            request.text,
            languages,
            enough=POLICY.offer_at,
            limit=OFFERED,
            near=NEAR,
            meaning=meaning,
        )
    if any(hit.coverage is not None for hit in found):
        found = _worth_showing(found)
    return tuple(
        Passage(
            id=hit.entry.id,
            title=hit.entry.question,
            text=hit.entry.answer,
            confidence=hit.confidence,
            url=hit.entry.url,
            high_risk=hit.entry.high_risk,
            coverage=hit.coverage or 0.0,
        )
        for hit in found
    )


def is_unsure(found: tuple[Passage, ...]) -> bool:
    """Whether words alone do not answer, so that it is worth asking what was meant."""
    return not found or found[0].confidence < ANSWER_AT


def _worth_showing(found: list[Found]) -> list[Found]:
    """Without those that share nothing with the question but function words or bits of words.

    The first stays when nothing covers the question better: bits of words may be a typo. One of
    high risk stays: it may call for a person. One that is near by meaning needs no words.
    """
    covered = any((hit.coverage or 0.0) >= COVERED_AT for hit in found)
    return [
        hit
        for place, hit in enumerate(found)
        if (place == 0 and not covered)
        or hit.entry.high_risk
        or hit.meant
        or (hit.coverage or 0.0) >= SHARED_FROM
    ]
