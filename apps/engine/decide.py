"""From ranked passages to what is done with them. "No answer" is a result."""

from dataclasses import dataclass

from apps.engine.types import Passage, Policy

OFFERED = 3


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
    if not passages or passages[0].confidence < policy.offer_at:
        return NoAnswer()
    best = passages[0]
    if best.confidence >= policy.answer_at:
        sure = not best.high_risk or best.confidence >= policy.high_risk_at
        return Answer(best) if sure else Unsure(best)
    near = [p for p in passages if p.confidence >= policy.offer_at and not p.high_risk]
    return Offer(tuple(near[:OFFERED])) if near else Unsure(best)
