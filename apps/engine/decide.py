"""From ranked passages to what is done with them. "No answer" is a result."""

from dataclasses import dataclass

from apps.engine.types import Passage, Policy

OFFERED = 3
# A question less likely than this only takes up a button.
SHOWN_FROM = 0.03


@dataclass(frozen=True, slots=True)
class Answer:
    passage: Passage


@dataclass(frozen=True, slots=True)
class Offer:
    """Up to three questions the visitor may have meant."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """A high-risk entry is the nearest, and not surely enough: a person decides."""

    passage: Passage


@dataclass(frozen=True, slots=True)
class NoAnswer:
    pass


Decision = Answer | Offer | Unsure | NoAnswer


def decide(passages: tuple[Passage, ...], policy: Policy) -> Decision:
    """`passages` come best first; confidences are on the calibrated scale, 0..1."""
    if not passages:
        return NoAnswer()
    best = passages[0]
    if best.high_risk and policy.risk_from <= best.confidence < policy.high_risk_at:
        return Unsure(best)
    if best.confidence >= policy.answer_at:
        return Answer(best)
    near = _near(tuple(passage for passage in passages if not passage.high_risk), policy)
    return Offer(near) if near else NoAnswer()


def _near(passages: tuple[Passage, ...], policy: Policy) -> tuple[Passage, ...]:
    likely = [passage for passage in passages[:OFFERED] if passage.confidence >= SHOWN_FROM]
    if sum(passage.confidence for passage in likely) < policy.offer_at:
        likely = []
    return tuple(
        passage
        for passage in passages
        if passage in likely or passage.coverage >= policy.covered_at
    )[:OFFERED]
