"""What is typed into forms and pressed, as commands."""

from dataclasses import replace
from datetime import date

import pytest

from apps.engine.commands import Affirm, CancelFlow, Deny, Lack, SetSlot, Stale, StartFlow, Unfit
from apps.engine.flows import LONGEST_VALUE
from apps.engine.turn import typed
from apps.engine.types import ActiveFlow, Memory, Policy, Snapshot
from tests.engine.shop import BOOK

OUTSIDE = Snapshot(Policy(0.7, 0.3), book=BOOK, today=date(2026, 11, 23))
ASKED = replace(OUTSIDE, memory=Memory(active=ActiveFlow("return", 2, pending="order_id")))


def test_a_typed_value_is_read_as_a_said_one_and_keeps_no_place():
    assert typed(ASKED, {"order_id": " 202580668968 "}) == (
        SetSlot("order_id", "202580668968", "202580668968"),
    )
    [full_width] = typed(ASKED, {"phone_tail": "２５６７"})
    assert isinstance(full_width, SetSlot)
    assert full_width.value == "2567"


@pytest.mark.parametrize(
    ("field", "text", "problem"),
    [
        ("order_id", "", "shape"),
        ("order_id", "  ", "shape"),
        ("order_id", "none", "shape"),
        ("reason", "because", "unknown"),
        ("note", "x" * (LONGEST_VALUE + 1), "too_long"),
    ],
)
def test_what_cannot_be_taken_says_why(field, text, problem):
    assert typed(ASKED, {field: text}) == (Unfit(field, problem),)


def test_values_come_before_the_answer_to_the_card():
    fields = {"confirm": "id", "answer": "yes", "phone_tail": "2567"}
    value, yes = typed(ASKED, fields)
    assert isinstance(value, SetSlot)
    assert yes == Affirm("id")
    assert typed(ASKED, {"confirm": "id", "answer": "no"}) == (Deny("id"),)


def test_buttons():
    assert typed(ASKED, {"lack": "order_id"}) == (Lack(),)
    assert typed(ASKED, {"change": "reason"}) == (Unfit("reason", "wrong"),)
    assert typed(OUTSIDE, {"flow": "status"}) == (StartFlow("status"),)
    assert typed(ASKED, {"stop": "return"}) == (CancelFlow(),)


def test_a_proof_may_be_said_to_be_lacking_while_the_card_asks_for_it():
    shown = replace(OUTSIDE, memory=Memory(active=ActiveFlow("return", 2, confirmation="card")))
    assert typed(shown, {"lack": "phone_tail"}) == (Lack(),)
    assert typed(shown, {"lack": "order_id"}) == (Stale(),)


@pytest.mark.parametrize("fields", [{}, {"strange": "x"}, {"flow": "gone"}])
def test_what_means_nothing_here_is_passed_over(fields):
    assert typed(ASKED, fields) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"lack": "reason"},
        {"lack": ""},
        {"change": "strange"},
        {"stop": "status"},
        {"stop": ""},
        {"confirm": "id"},
        {"confirm": "id", "answer": "perhaps"},
        {"confirm": "", "answer": "yes"},
        {"answer": "yes"},
    ],
)
def test_a_button_of_no_open_question_is_no_typed_line(fields):
    assert typed(ASKED, fields) == (Stale(),)


def test_outside_of_a_flow_there_are_no_slots():
    assert typed(OUTSIDE, {"order_id": "202580668968"}) == ()
    assert typed(OUTSIDE, {"lack": "", "change": "x", "stop": ""}) == (Stale(),)


def test_a_flow_that_is_gone_has_none_either():
    gone = replace(OUTSIDE, memory=Memory(active=ActiveFlow("gone", 1, pending="x")))
    assert typed(gone, {"x": "1", "change": "x"}) == (Stale(),)
    assert typed(gone, {"lack": "x"}) == (Lack(),)
