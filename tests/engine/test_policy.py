"""The policy's rows: which one decides, that each condition is looked at, and what a row can do."""

from dataclasses import replace
from typing import Any

import pytest

from apps.engine import turn
from apps.engine.commands import AskFaq, Deny, SetSlot, StartFlow, Unfit, WantHuman
from apps.engine.events import Ended, Event, Handoff, Judged, Reason, Reply, Result, Say, Search
from apps.engine.policy import DEFAULT, PERSON, Condition, Rule, Step, fired
from apps.engine.types import ActiveFlow, Memory, Passage, Policy, SlotValue, Snapshot, State
from tests.engine.shop import BOOK

POLICY = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.85)
SURE = (Passage("a", "t", "t", 0.9),)
RISKY = (Passage("r", "t", "t", 0.5, high_risk=True),)
NEAR = (Passage("n", "t", "t", 0.4),)
ASKING = ActiveFlow("return", 2, pending="order_id", language="en")
ORDER = {"order_id": SlotValue("202580668968")}
LOOKING = ActiveFlow("status", 1, slots=ORDER, running="key")


def play(
    commands: Any = (),
    *,
    rules: tuple[Rule, ...] = DEFAULT,
    found: tuple[Passage, ...] = (),
    active: ActiveFlow | None = None,
    result: Result | None = None,
    **memory: Any,
) -> list[Event]:
    snapshot = Snapshot(
        POLICY,
        state=State.COLLECT if active else State.INIT,
        memory=Memory(active=active, **memory),
        book=replace(BOOK, rules=rules),
        fresh="fresh",
    )
    steps: Any = turn.resume(snapshot, result) if result else turn.run(snapshot, "line", commands)
    events: list[Event] = []
    answer = None
    while True:
        try:
            event = steps.send(answer) if result is None else next(steps)
        except StopIteration:
            return events
        answer = found if isinstance(event, Search) else None
        if not isinstance(event, Search):
            events.append(event)


def rule_of(events: list[Event]) -> str:
    judged = events[-1]
    assert isinstance(judged, Judged)
    return judged.rule


def says(events: list[Event]) -> list[Say]:
    return [part.say for event in events if isinstance(event, Reply) for part in event.parts]


def reasons(events: list[Event]) -> list[Reason]:
    return [event.reason for event in events if isinstance(event, Handoff)]


def test_the_first_row_that_holds_decides():
    rules = (
        Rule("b", Condition.STALLED, Step.OFFER_PERSON, 3),
        Rule("a", Condition.STALLED, Step.HANDOFF, 2),
    )
    assert fired(rules, {Condition.STALLED: 3}) == rules[0]
    assert fired(rules, {Condition.STALLED: 2}) == rules[1]
    assert fired(rules, {Condition.STALLED: 1}) is None
    assert fired(rules, {}) is None


def test_a_row_whose_step_cannot_be_done_here_is_passed_over():
    rules = (
        Rule("steer", Condition.STRAYED, Step.STEER, 2),
        Rule("person", Condition.STRAYED, Step.OFFER_PERSON, 2),
    )
    assert fired(rules, {Condition.STRAYED: 2}, among=PERSON) == rules[1]


def test_a_row_for_high_value_flows_is_for_them_alone():
    rules = (Rule("dear", Condition.SLOT_MISSING, Step.HANDOFF, high_value_only=True),)
    assert fired(rules, {Condition.SLOT_MISSING: True}) is None
    assert fired(rules, {Condition.SLOT_MISSING: True}, high_value=True) == rules[0]


def test_a_row_without_a_number_takes_the_fitted_cut_or_the_bare_fact():
    sure = Rule("sure", Condition.SURE, Step.ANSWER)
    cuts = {Condition.SURE: 0.7}
    assert fired((sure,), {Condition.SURE: 0.7}, cuts=cuts) == sure
    assert fired((sure,), {Condition.SURE: 0.69}, cuts=cuts) is None
    own = replace(sure, at=0.6)
    assert fired((own,), {Condition.SURE: 0.69}, cuts=cuts) == own
    assert fired((sure,), {Condition.SURE: 0.01}) == sure


CASES: dict[Condition, tuple[Any, dict[str, Any], str]] = {
    Condition.ASKED_HUMAN: ([WantHuman()], {}, "asked"),
    Condition.HIGH_RISK: ([AskFaq("line")], {"found": RISKY}, "high-risk"),
    Condition.PROOFS_USED: ([StartFlow("status")], {"wrong": 5}, "proofs"),
    Condition.ACTION_FAILED: (
        [],
        {"active": LOOKING, "result": Result("key", Ended.FAILED)},
        "failed",
    ),
    Condition.REASKS_USED: (
        [Unfit("order_id", "shape")],
        {"active": replace(ASKING, asked=2)},
        "reasks",
    ),
    Condition.STRAYED: (
        [AskFaq("what is the weather in Paris")],
        {"active": replace(ASKING, strayed=1)},
        "strayed",
    ),
    Condition.LOOP: ([AskFaq("line")], {"found": SURE, "last": "a", "again": 1}, "loop"),
    Condition.STALLED: ([Deny()], {"active": replace(ASKING, unfilled=2)}, "stalled"),
    Condition.SLOT_MISSING: ([StartFlow("return")], {}, "missing"),
    Condition.SURE: ([AskFaq("line")], {"found": SURE}, "sure"),
    Condition.NEAR: ([AskFaq("line")], {"found": NEAR}, "near"),
    Condition.ALWAYS: ([AskFaq("line")], {}, "unknown"),
}


@pytest.mark.parametrize("condition", Condition)
def test_every_condition_decides_somewhere(condition, monkeypatch):
    commands, given, rule = CASES[condition]
    monkeypatch.setattr("apps.engine.settling.strayed", lambda *_: condition is Condition.STRAYED)
    assert {row.id: row.when for row in DEFAULT}[rule] is condition
    assert rule_of(play(commands, **given)) == rule


def test_on_the_third_time_off_the_topic_a_way_out_is_offered(monkeypatch):
    monkeypatch.setattr("apps.engine.settling.strayed", lambda *_: True)
    for strayed, steered, rule in [(0, 0, "unknown"), (1, 0, "strayed"), (2, 1, "strayed-on")]:
        active = replace(ASKING, strayed=strayed, steered=steered)
        assert rule_of(play([AskFaq("line")], active=active)) == rule
    # Twice brought back, at it again: the count of turns in a row has begun anew in between.
    active = replace(ASKING, strayed=1, steered=2)
    assert rule_of(play([AskFaq("line")], active=active)) == "strayed-on"


@pytest.mark.parametrize(
    ("row", "given", "reason"),
    [
        (Rule("x", Condition.NEAR, Step.HANDOFF), {"found": NEAR}, Reason.LOW_CONFIDENCE),
        (Rule("x", Condition.ALWAYS, Step.HANDOFF), {}, Reason.NO_KNOWLEDGE),
        (Rule("x", Condition.ALWAYS, Step.HANDOFF), {"found": NEAR}, Reason.NO_KNOWLEDGE),
        (Rule("x", Condition.SURE, Step.HANDOFF), {"found": SURE}, Reason.POLICY),
    ],
)
def test_a_row_may_leave_a_question_to_a_person(row, given, reason):
    events = play([AskFaq("line")], rules=(row,), **given)
    assert (reasons(events), rule_of(events)) == ([reason], "x")


def test_a_row_may_offer_a_person_where_nothing_is_known():
    events = play([AskFaq("line")], rules=(Rule("x", Condition.ALWAYS, Step.OFFER_PERSON),))
    assert says(events) == [Say.UNKNOWN, Say.OFFER_PERSON]


def test_a_row_with_a_cut_of_its_own_answers_and_offers_by_it():
    strict = (
        Rule("sure", Condition.SURE, Step.ANSWER, 0.95),
        Rule("n", Condition.NEAR, Step.OFFER_NEAR, 0.5),
    )
    assert says(play([AskFaq("line")], rules=strict, found=SURE)) == [Say.NEAR]
    assert says(play([AskFaq("line")], rules=strict, found=NEAR)) == [Say.UNKNOWN]


def test_no_row_answers_with_a_high_risk_entry_below_its_cut_or_offers_it():
    lax = (Rule("x", Condition.ALWAYS, Step.ANSWER), Rule("y", Condition.ALWAYS, Step.OFFER_NEAR))
    events = play([AskFaq("line")], rules=lax, found=RISKY)
    assert (says(events), rule_of(events)) == ([Say.UNKNOWN], "y")


def test_a_loop_may_be_left_to_a_person():
    rules = (Rule("x", Condition.LOOP, Step.HANDOFF, 2), Rule("s", Condition.SURE, Step.ANSWER))
    events = play([AskFaq("line")], rules=rules, found=SURE, last="a", again=1)
    assert (reasons(events), says(events)) == ([Reason.LOOP], [Say.ANSWER, Say.HANDOFF])


def test_a_card_may_be_left_to_a_person_or_come_after_a_reminder():
    complete = {**ORDER, "reason": SlotValue("broken")}
    active = replace(ASKING, slots=complete, pending="", unfilled=2)
    for step, said in [
        (Step.HANDOFF, [Say.HANDOFF]),
        (Step.STEER, [Say.STEER, Say.CONFIRM]),
        (Step.OFFER_PERSON, [Say.CONFIRM, Say.OFFER_PERSON]),
    ]:
        events = play([Deny()], active=active, rules=(Rule("x", Condition.STALLED, step, 3),))
        assert says(events) == said


def test_a_failed_action_always_ends_with_a_person_or_the_offer_of_one():
    given: dict[str, Any] = {"active": LOOKING, "result": Result("key", Ended.UNCLEAR)}
    assert reasons(play(rules=(), **given)) == [Reason.ACTION_FAILED]
    offer = (Rule("x", Condition.ACTION_FAILED, Step.OFFER_PERSON),)
    assert says(play(rules=offer, **given)) == [Say.FAILED, Say.OFFER_PERSON]


def test_without_any_row_a_person_still_comes_when_asked_and_a_slot_is_still_asked_for():
    assert reasons(play([WantHuman()], rules=())) == [Reason.ASKED]
    assert says(play([StartFlow("return")], rules=())) == [Say.ASK]
    assert says(play([AskFaq("line")], rules=(), found=SURE)) == [Say.UNKNOWN]
    assert says(play([StartFlow("refund", 0.5)], rules=())) == [Say.ASK]


def test_a_high_risk_flow_may_be_begun_with_a_person_on_offer():
    rules = (Rule("x", Condition.HIGH_RISK, Step.OFFER_PERSON),)
    events = play([StartFlow("refund", 0.5)], rules=rules)
    assert (says(events), rule_of(events)) == ([Say.ASK, Say.OFFER_PERSON], "x")


def test_a_row_for_high_value_flows_decides_in_them():
    dear = Rule("x", Condition.SLOT_MISSING, Step.HANDOFF, high_value_only=True)
    rules = (dear, Rule("y", Condition.SLOT_MISSING, Step.ASK))
    assert rule_of(play([StartFlow("refund")], rules=rules)) == "x"
    assert rule_of(play([StartFlow("return")], rules=rules)) == "y"


def test_after_five_wrong_tries_nothing_is_looked_up_however_it_is_asked():
    values = (SetSlot("order_id", "202580668968"), SetSlot("phone_tail", "2567"))
    events = play([StartFlow("status"), *values], wrong=5)
    assert (reasons(events), rule_of(events)) == ([Reason.SLOT_FAILED], "proofs")


def test_the_uppermost_call_for_a_person_is_the_one_that_is_stored():
    events = play([AskFaq("line")], found=SURE, active=replace(ASKING, unfilled=2))
    assert (says(events), rule_of(events)) == (
        [Say.ANSWER, Say.ASK, Say.OFFER_PERSON],
        "stalled",
    )
