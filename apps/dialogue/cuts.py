"""From where on a model's answer is said on a site."""

from dataclasses import replace

from apps.dialogue import wiring
from apps.dialogue.play import Played
from apps.engine.policy import Condition, Step
from apps.engine.types import Policy


def cuts_of(played: Played) -> Policy:
    """The site's own rows may be stricter, never laxer; what is of high risk has to be as sure as
    both say."""
    policy = wiring.POLICY
    rules = played.snapshot.book.rules
    own = [rule.at for rule in rules if (rule.when, rule.then) == (Condition.SURE, Step.ANSWER)]
    answer_at = max(at for at in (policy.answer_at, *own) if at is not None)
    return replace(policy, answer_at=answer_at, high_risk_at=max(policy.high_risk_at, answer_at))
