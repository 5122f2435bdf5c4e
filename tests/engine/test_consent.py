"""What counts as a yes to a card: a line of nothing but a yes. Whatever else is said does nothing."""

import sys
import unicodedata
from dataclasses import replace
from itertools import product

import pytest

from apps.engine import turn
from apps.engine.commands import Affirm, AskFaq
from apps.engine.events import Act, Reply, Say, Search
from apps.engine.flows import Option, SlotKind
from apps.engine.text import normalise
from apps.engine.types import ActiveFlow, Memory, SlotValue, Snapshot, State
from apps.engine.understand import understand
from tests.engine.at_random import AGREED, BESIDE_THE_POINT
from tests.engine.standard import BOOK, outside, spec

RETURN = {"order_id": "W1234567", "product": "lamp", "reason": "damaged"}
CANCEL = {"order_id": "W1234567"}


def card(flow: str, proof: str = "2567", **slots: str) -> Snapshot:
    """A session at an open card that a yes would carry out."""
    given = (RETURN if flow == "return" else CANCEL) | {"phone_tail": proof} | slots
    values = {name: SlotValue(value) for name, value in given.items() if value}
    active = ActiveFlow(flow, 1, values, confirmation="card", shown=2)
    return replace(
        outside(), state=State.CONFIRM, memory=Memory(active=active), fresh="new", reply_at=4
    )


def played(snapshot: Snapshot, line: str) -> list[object]:
    steps = turn.run(snapshot, line)
    events: list[object] = []
    answer = None
    while True:
        try:
            event = steps.send(answer)
        except StopIteration:
            return events
        answer = () if isinstance(event, Search) else None
        events.append(event)


def acts(events: list[object]) -> bool:
    return any(isinstance(event, Act) for event in events)


def said(events: list[object]) -> list[Say]:
    return [part.say for event in events if isinstance(event, Reply) for part in event.parts]


@pytest.mark.parametrize("line", AGREED)
def test_a_plain_yes_acts(line):
    assert acts(played(card("return"), line))


@pytest.mark.parametrize(
    "line",
    [
        "yes cancel it",
        "yes, cancel",
        "好的，取消订单",
        "好的，取消吧",
        "Yes, cancel my order please",
    ],
)
def test_what_the_flow_does_may_be_said_with_the_yes(line):
    assert acts(played(card("cancel"), line))


@pytest.mark.parametrize("line", BESIDE_THE_POINT)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_a_yes_with_more_in_it_never_acts(line, flow):
    assert not acts(played(card(flow), line))


@pytest.mark.parametrize(
    "line",
    [
        *("yes, postpone the return", "yes return half of it", "yes, return it next week"),
        *("好的，撤回退货", "好的，退货缓一缓", "确认，明天退货", "可以退货一半", "ok i see"),
        *("👎 ok", "¬yes", "yeah right", "sure 🙄", "yes but wait", "yes, W7777777 and more"),
    ],
)
def test_who_says_more_is_shown_the_card_and_told_how_to_say_yes(line):
    snapshot = card("return", order_id="W7777777")
    assert understand(line, snapshot) == [Affirm(unsure=True)]
    assert said(played(snapshot, line)) == [Say.JUST_YES, Say.CONFIRM]


@pytest.mark.parametrize(
    "line", ["yes 2567", "好的，尾号2567", "2567, yes please", "ok, it's 2567"]
)
def test_a_yes_may_stand_beside_the_proof(line):
    assert acts(played(card("return", proof=""), line))


@pytest.mark.parametrize("line", ["no 2567", "yes 2567 tomorrow", "yes?? 2567", "2567 ❌ yes"])
def test_the_proof_alone_is_no_yes(line):
    assert not acts(played(card("return", proof=""), line))


QUESTION_MARKS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if {"QUESTION", "QUESTIONED", "INTERROBANG"} & set(unicodedata.name(chr(code), "").split())
]


@pytest.mark.parametrize("mark", QUESTION_MARKS, ids=unicodedata.name)
def test_every_kind_of_question_mark_asks(mark):
    assert not acts(played(card("return"), f"yes{mark}"))
    if unicodedata.category(mark) == "Cf":
        return  # a tag is not seen
    assert "?" in normalise(f"a{mark}")
    assert understand(f"yes {mark}", card("return")) == [AskFaq(f"yes {mark}")]


def test_no_other_sign_stands_beside_a_yes():
    """One of each kind, before it, behind it, and in it."""
    kinds: dict[str, str] = {}
    for code in range(0x21, sys.maxunicode + 1):
        kinds.setdefault(unicodedata.category(chr(code)), chr(code))
    for kind in ("Ll", "Lu", "Lt", "Lo", "Cn", "Zs", "Zl", "Zp", "Po"):
        kinds.pop(kind)
    for sign, shape in product(kinds.values(), ("{}yes", "yes {} yes", "yes{}", "y{}es")):
        if sign not in "-":
            line = shape.format(sign)
            assert not acts(played(card("return"), line)), (line, unicodedata.name(sign, "?"))


def test_only_names_on_the_card_are_words_of_a_yes():
    """A free text, another option's name, or a name that holds back agrees to nothing."""
    assert acts(played(card("return", reason="wrong_item", product="coat"), "yes, the wool coat"))
    assert not acts(played(card("return", product="coat"), "yes, the desk lamp"))
    kept = Option(value="kept", labels={"en": "stop it"}, synonyms=("blue one",))
    reason = spec(
        SlotKind.CHOICE, "why", options=(kept, Option(value="b", labels={"en": "red one"}))
    )
    note = spec(SlotKind.TEXT, "note")
    flow = BOOK.by_key["cancel"].model_copy(update={"key": "own", "slots": (reason, note)})
    book = replace(BOOK, flows=(flow,))
    slots = {"why": SlotValue("kept"), "note": SlotValue("tomorrow")}
    active = ActiveFlow("own", 1, slots, confirmation="card", shown=2)
    snapshot = replace(card("cancel"), book=book, memory=Memory(active=active))
    assert acts(played(snapshot, "yes, the blue one"))
    for line in ("yes, the red one", "yes, stop it", "yes, tomorrow"):
        assert not acts(played(snapshot, line))


def test_a_second_yes_waits_for_the_proof_as_the_first_did():
    shown = card("return", proof="")
    assert shown.memory.active
    active = replace(shown.memory.active, agreed=True, pending="phone_tail")
    events = played(replace(shown, memory=Memory(active=active)), "ok")
    assert Say.CONFIRM not in said(events)
    assert not acts(events)


def test_a_yes_that_is_long_is_none():
    assert not acts(played(card("return"), "yes " * 40))
