"""The policy: rows read from the top, the first whose condition holds decides.

A row chooses among what the turn could do; it never makes possible what the table of moves or a
missing yes forbids.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Condition(StrEnum):
    """What a row looks at. The measure that its `at` is compared with stands in brackets."""

    ASKED_HUMAN = "asked_human"  # a person was asked for
    HIGH_RISK = "high_risk"  # a high-risk entry or flow is nearest, and not surely enough
    PROOFS_USED = "proofs_used"  # [wrong tries, from `at` on] orders that could not be proved
    REASKS_USED = "reasks_used"  # the pending slot was asked for as often as it may be
    ACTION_FAILED = "action_failed"  # an action failed, or nobody can tell whether it was done
    LOOP = "loop"  # [answers in a row, from `at` on] the same answer again
    STALLED = "stalled"  # [turns in a row, from `at` on] a flow made no progress
    # [turns in a row, from `at` on] the visitor talks of something else; whoever does so twice in a
    # row after having been brought back n times counts as n + 1 turns at least
    STRAYED = "strayed"
    SLOT_MISSING = "slot_missing"  # a flow lacks a required detail
    SURE = "sure"  # [confidence, from `at` on] the best entry
    NEAR = "near"  # [summed confidence, from `at` on] of the three best entries
    ALWAYS = "always"


class Step(StrEnum):
    """What is done then."""

    HANDOFF = "handoff"
    OFFER_PERSON = "offer_person"
    STEER = "steer"
    ASK = "ask"
    ANSWER = "answer"
    OFFER_NEAR = "offer_near"
    SAY_UNKNOWN = "say_unknown"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `id` is stored with every decision that the row makes."""

    id: str
    when: Condition
    then: Step
    at: float | None = None
    high_value_only: bool = False


DEFAULT = (
    Rule("asked", Condition.ASKED_HUMAN, Step.HANDOFF),
    Rule("high-risk", Condition.HIGH_RISK, Step.HANDOFF),
    Rule("proofs", Condition.PROOFS_USED, Step.HANDOFF, 5),
    Rule("failed", Condition.ACTION_FAILED, Step.HANDOFF),
    Rule("reasks", Condition.REASKS_USED, Step.OFFER_PERSON),
    Rule("strayed-on", Condition.STRAYED, Step.OFFER_PERSON, 3),
    Rule("strayed", Condition.STRAYED, Step.STEER, 2),
    Rule("loop", Condition.LOOP, Step.OFFER_PERSON, 2),
    Rule("stalled", Condition.STALLED, Step.OFFER_PERSON, 3),
    Rule("missing", Condition.SLOT_MISSING, Step.ASK),
    Rule("sure", Condition.SURE, Step.ANSWER),
    Rule("near", Condition.NEAR, Step.OFFER_NEAR),
    Rule("unknown", Condition.ALWAYS, Step.SAY_UNKNOWN),
)


EVERY_STEP = frozenset(Step)
PERSON = frozenset({Step.HANDOFF, Step.OFFER_PERSON})


def fired(
    rules: Sequence[Rule],
    facts: Mapping[Condition, float | bool],
    *,
    among: Collection[Step] = EVERY_STEP,
    cuts: Mapping[Condition, float] = MappingProxyType({}),
    high_value: bool = False,
) -> Rule | None:
    """The first row that holds for `facts`, passing over those whose step is not `among` what can
    be done here. A row without a number of its own takes that of `cuts`, or needs the bare fact.
    """
    for rule in rules:
        measure = facts.get(rule.when)
        if not measure or rule.then not in among or (rule.high_value_only and not high_value):
            continue
        at = rule.at if rule.at is not None else cuts.get(rule.when)
        if at is None or measure >= at:
            return rule
    return None
