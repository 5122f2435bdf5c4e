"""From ranked passages to what is done with them. "No answer" is a result."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.engine.policy import DEFAULT, Condition, Rule, Step, fired
from apps.engine.types import Passage, Policy

OFFERED = 3
# A question less likely than this only takes up a button.
SHOWN_FROM = 0.03
# What can be done about a question; answering is possible only where the best entry may answer.
UNSURE_STEPS = frozenset({Step.OFFER_NEAR, Step.SAY_UNKNOWN, Step.HANDOFF, Step.OFFER_PERSON})
STEPS = UNSURE_STEPS | {Step.ANSWER}


@dataclass(frozen=True, slots=True)
class Answer:
    """`rule` is the row of the policy that decided, here and below; None when none did."""

    passage: Passage
    rule: Rule | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """Up to three questions the visitor may have meant."""

    passages: tuple[Passage, ...]
    rule: Rule | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unsure:
    """A person decides: a high-risk entry is the nearest, and not surely enough, or another row of
    the policy wants it so."""

    passage: Passage | None = None
    rule: Rule | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    rule: Rule | None = field(default=None, compare=False)


Decision = Answer | Offer | Unsure | NoAnswer


def decide(
    passages: tuple[Passage, ...],
    policy: Policy,
    rules: Sequence[Rule] = DEFAULT,
    *,
    high_value: bool = False,
) -> Decision:
    """`passages` come best first; confidences are on the calibrated scale, 0..1.

    No row answers with a high-risk entry below its own cut, or offers one.
    """
    cuts = {Condition.SURE: policy.answer_at, Condition.NEAR: policy.offer_at}
    facts = _facts(passages, policy) if passages else {Condition.ALWAYS: True}
    among = STEPS if Condition.SURE in facts else UNSURE_STEPS
    rule = fired(rules, facts, among=among, cuts=cuts, high_value=high_value)
    if rule is None:
        return NoAnswer()
    match rule.then:
        case Step.ANSWER:
            return Answer(passages[0], rule)
        case Step.HANDOFF:
            return Unsure(passages[0] if passages else None, rule)
        case Step.OFFER_NEAR if near := _near(passages, policy, _cut(rule, policy)):
            return Offer(near, rule)
    return NoAnswer(rule)


def _cut(rule: Rule, policy: Policy) -> float:
    return rule.at if rule.when is Condition.NEAR and rule.at is not None else policy.offer_at


def _facts(passages: tuple[Passage, ...], policy: Policy) -> dict[Condition, float | bool]:
    best = passages[0]
    facts: dict[Condition, float | bool] = {Condition.ALWAYS: True}
    if not best.high_risk or best.confidence >= policy.high_risk_at:
        facts[Condition.SURE] = best.confidence
    elif best.confidence >= policy.risk_from:
        facts[Condition.HIGH_RISK] = True
    facts[Condition.NEAR] = _nearness(passages, policy)
    return facts


def _nearness(passages: tuple[Passage, ...], policy: Policy) -> float:
    """The summed confidence of what could be offered; whatever covers the question is near."""
    total, places = 0.0, OFFERED
    for passage in passages:
        if passage.high_risk:
            continue
        if passage.coverage >= policy.covered_at:
            return 1.0
        if places and passage.confidence >= SHOWN_FROM:
            total += passage.confidence
        places -= places > 0
    return total


def _near(passages: tuple[Passage, ...], policy: Policy, at: float) -> tuple[Passage, ...]:
    passages = tuple(passage for passage in passages if not passage.high_risk)
    likely = [passage for passage in passages[:OFFERED] if passage.confidence >= SHOWN_FROM]
    if sum(passage.confidence for passage in likely) < at:
        likely = []
    return tuple(
        passage
        for passage in passages
        if passage in likely or passage.coverage >= policy.covered_at
    )[:OFFERED]
