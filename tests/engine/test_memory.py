"""What is stored of a session comes back as it was, and what cannot be read is forgotten."""

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.engine import turn
from apps.engine.commands import Affirm, SetSlot
from apps.engine.events import Ended, Judged, Reply, Result, Say
from apps.engine.memory import dump, load, with_last
from apps.engine.types import (
    ActiveFlow,
    Finished,
    Memory,
    Policy,
    Proven,
    SlotValue,
    Snapshot,
    Source,
    State,
)
from tests.engine.shop import BOOK

FULL = Memory(
    told=True,
    reachable=True,
    active=ActiveFlow(
        "return",
        2,
        slots={"order_id": SlotValue("202580668968", "订单 202580668968", Source.TYPED)},
        pending="reason",
        asked=1,
        confirmation="c",
        shown=7,
        agreed=True,
        running="r",
        after="status",
        another=True,
        paused=True,
        question="q",
        unfilled=1,
        strayed=2,
        steered=3,
        said=("我要退货", "202580668968"),
        language="zh-Hans",
    ),
    heard={"order_id": SlotValue("202580668969")},
    wrong=4,
    last="12",
    again=2,
    finished=Finished("status", 1, 12),
    proven=Proven("202580668968", "r", {"phone_tail": "phone_tail"}),
)


@pytest.mark.parametrize("memory", [Memory(), Memory(told=True), FULL])
def test_memory_survives_being_stored(memory):
    assert load(json.loads(json.dumps(dump(memory)))) == memory


def test_a_plain_session_stores_nothing():
    assert dump(Memory()) == {}


def test_what_a_later_version_wrote_is_left_out():
    stored = dump(FULL) | {"mood": "good"}
    stored["active"] |= {"colour": "blue"}
    assert load(stored) == FULL


@pytest.mark.parametrize(
    "stored",
    [
        {"active": {"flow": "return"}},
        {"active": ["return"]},
        {"active": {"flow": "return", "version": 1, "slots": {"x": {"value": "1", "source": "?"}}}},
        {"active": {"flow": "return", "version": 1, "slots": {"x": {}}}},
        {"active": {"flow": ["return"], "version": 1}},
        {"active": {"flow": "return", "version": "two"}},
        {"active": {"flow": "return", "version": 1, "slots": ["order_id"]}},
        {"active": {"flow": "return", "version": 1, "slots": {"order_id": {"value": 2}}}},
        {"active": {"flow": "return", "version": 1, "said": [1]}},
        {"active": {"flow": "return", "version": 1, "asked": None}},
        {"heard": {"order_id": None}},
        {"heard": 3},
        {"heard": []},
        {"last": {}},
        {"again": "often"},
    ],
)
def test_what_cannot_be_read_is_forgotten_but_for_what_the_team_was_told(stored: dict[str, Any]):
    assert load({"told": True, "reachable": True, **stored}) == Memory(told=True, reachable=True)


def test_an_empty_flow_is_none():
    assert load({"active": None}) == Memory()


@pytest.mark.parametrize(
    "stored", [[], ["told"], "told", 3, None, True, {"told": "?", "wrong": []}]
)
def test_what_is_no_memory_at_all_is_an_empty_one(stored: Any):
    assert load(stored) == Memory()


def test_what_was_tried_in_vain_is_not_forgotten_with_the_rest():
    """Or a row that cannot be read would be worth another five tries."""
    assert load({"wrong": 4, "heard": 3}) == Memory(wrong=4)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.sampled_from(["", "x", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
WHOLE: dict[str, Any] = dump(FULL)
KNOWN = (
    *((field.name,) for field in fields(Memory)),
    *(("active", field.name) for field in fields(ActiveFlow)),
    *(("active", "slots", "order_id"), ("active", "slots", "order_id", "value")),
    *(("finished", field.name) for field in fields(Finished)),
    *(("active", "slots", "order_id", "source"), ("heard", "order_id"), ("active", "said", 0)),
)


def spoilt(path: tuple[Any, ...], value: Any) -> Any:
    """A whole memory but for what stands at one place."""
    stored = json.loads(json.dumps(WHOLE))
    inside = stored
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    return stored


@settings(
    max_examples=400, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(
    stored=JSON | st.builds(spoilt, st.sampled_from(KNOWN), JSON),
    state=st.sampled_from(State),
    text=st.sampled_from(["hello", "yes", "好的", "202580668968", "stop"]),
)
def test_whatever_is_stored_a_line_and_a_result_are_answered(stored: Any, state: State, text: str):
    snapshot = Snapshot(
        Policy(0.7, 0.3),
        state,
        memory=load(stored),
        book=BOOK,
        fresh="fresh",
        today=date(2026, 11, 23),
    )
    assert load(json.loads(json.dumps(dump(snapshot.memory)))) == snapshot.memory
    for commands in ((), (Affirm(),), (SetSlot("order_id", "202580668968"),)):
        assert isinstance([*turn.run(snapshot, text, commands)][-1], Judged)
    assert isinstance([*turn.resume(snapshot, Result("r", Ended.DONE))][-1], Judged)


@pytest.mark.parametrize("state", [State.COLLECT, State.CONFIRM])
def test_a_visitor_whose_flow_was_forgotten_is_told_so(state: State):
    snapshot = Snapshot(Policy(0.7, 0.3), state, memory=load({"active": ["return"]}), book=BOOK)
    said = [event for event in turn.run(snapshot, "yes", (Affirm(),)) if isinstance(event, Reply)]
    assert said[0].say is Say.EXPIRED


def test_the_last_answer_changes_nothing_else():
    assert with_last(FULL, "13", 1) == replace(FULL, last="13", again=1)
