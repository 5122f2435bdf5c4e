"""What is stored of a session comes back as it was, and what cannot be read is forgotten."""

import json
from typing import Any

import pytest

from apps.engine.memory import dump, load, with_last
from apps.engine.types import ActiveFlow, Memory, SlotValue, Source

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
        agreed=True,
        running="r",
        after="status",
        paused=True,
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
        {"heard": {"order_id": None}},
        {"heard": 3},
    ],
)
def test_what_cannot_be_read_is_forgotten_but_for_what_the_team_was_told(stored: dict[str, Any]):
    assert load({"told": True, "reachable": True, **stored}) == Memory(told=True, reachable=True)


def test_an_empty_flow_is_none():
    assert load({"active": None}) == Memory()


def test_the_last_answer_changes_nothing_else():
    assert with_last(FULL, "13", 1) == Memory(
        FULL.told, FULL.reachable, FULL.active, FULL.heard, FULL.wrong, "13", 1
    )
