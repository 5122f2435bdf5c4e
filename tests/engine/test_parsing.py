"""What is given for one slot, typed or said, and what it is worth."""

from dataclasses import replace

import pytest

from apps.engine.book import Book
from apps.engine.commands import SetSlot, Unfit
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.recognise import parse
from tests.engine.standard import BOOK, FLOWS, heard, inside, outside, spec


def one_slot(kind, **more):
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(spec(kind, **more),))
    return Book(flows=(flow,), products=more.pop("products", ()))


CHOICE = spec(
    SlotKind.CHOICE, options=({"value": "red", "labels": {"en": "Red", "zh-Hans": "红色"}},)
)
PARSED = [
    (SlotKind.ORDER_ID, " w1234567 ", SetSlot("order_id", "W1234567", "w1234567", 1, 9)),
    (SlotKind.PHONE, "+86 138-1234-5678", "+8613812345678"),
    (SlotKind.PHONE, "x", "shape"),
    (SlotKind.PHONE_TAIL, "13812345678", "5678"),
    (SlotKind.EMAIL, "me: A@b.com", "a@b.com"),
    (SlotKind.DATE, "上周三", "2026-11-18"),
    (SlotKind.DATE, "next Blursday", "shape"),
    (SlotKind.AMOUNT, "1,200", "1200"),
    (SlotKind.AMOUNT, "两万", "20000"),
    (SlotKind.TEXT, "  so  be it ", SetSlot("text", "so be it", "so  be it", 2, 11)),
    (SlotKind.TEXT, " \u200b ", "shape"),
    (SlotKind.TEXT, "x" * 201, "too_long"),
    (SlotKind.PRODUCT, "desk lamps", "lamp"),
    (SlotKind.PRODUCT, " buds ", SetSlot("product", "buds", "buds", 1, 5)),
    (SlotKind.PRODUCT, "chair", "unknown"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), PARSED)
def test_what_is_typed_for_a_slot(kind, text, expected):
    slot = spec(kind)
    book = Book(
        flows=(FlowSpec(key="one", version=1, names={"en": "one"}, slots=(slot,)),),
        products=BOOK.products,
    )
    found = parse(slot, text, outside(book))
    if isinstance(expected, SetSlot):
        assert found == expected
    else:
        assert getattr(found, "value", "") == expected or getattr(found, "problem", "") == expected


def test_a_reason_is_typed_in_free_words():
    slot = FLOWS[0].by_name["reason"]
    assert parse(slot, "左耳没声音", outside()) == SetSlot(
        "reason", "not_working", "左耳没声音", 0, 5
    )
    assert parse(slot, "Quality", outside()).value == "quality"


def test_without_a_catalogue_a_product_is_what_is_said():
    slot = spec(SlotKind.PRODUCT)
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(slot,))
    snapshot = inside("one", "product", book=Book(flows=(flow,)))
    assert parse(slot, "chair", snapshot) == SetSlot("product", "chair", "chair", 0, 5)
    assert heard("the green chair", snapshot) == ["SetSlot product=the green chair"]


CHOICES = {
    "Red": "SetSlot choice=red",
    "the red one": "SetSlot choice=red",
    "红色的": "SetSlot choice=red",
    "blue": "Unfit choice unknown",
    "is it nice?": "AskFaq is it nice?",
}


@pytest.mark.parametrize(("text", "command"), CHOICES.items())
def test_a_choice_was_asked_for(text, command):
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(CHOICE,))
    assert heard(text, inside("one", "choice", book=Book(flows=(flow,)))) == [command]
    assert parse(CHOICE, "nothing like it", outside()) == Unfit("choice", "unknown")


def test_an_option_called_no_is_no_refusal():
    options = ({"value": "none", "labels": {"en": "No"}}, {"value": "all", "labels": {"en": "Yes"}})
    flow = FlowSpec(
        key="one", version=1, names={"en": "one"}, slots=(spec(SlotKind.CHOICE, options=options),)
    )
    snapshot = inside("one", "choice", book=Book(flows=(flow,)))
    assert heard("No.", snapshot) == ["SetSlot choice=none"]
    assert heard("yes", snapshot) == ["SetSlot choice=all"]


def test_a_reason_without_a_fitting_option_is_asked_again():
    options = ({"value": "red", "labels": {"en": "Red"}},)
    flow = FlowSpec(
        key="one",
        version=1,
        names={"en": "one"},
        slots=(spec(SlotKind.CHOICE, "reason", options=options), spec(SlotKind.ORDER_ID)),
    )
    snapshot = inside("one", "reason", book=Book(flows=(flow,)))
    assert heard("it broke", snapshot) == ["Unfit reason unknown"]
    assert heard("W1234567", snapshot) == ["SetSlot order_id=W1234567"]
    assert heard("我只是觉得它放在客厅里面看起来有一点点不协调而已", snapshot) == [
        "AskFaq 我只是觉得它放在客厅里面看起来有一点点不协调而已"
    ]


def test_a_snapshot_without_a_day_knows_no_days():
    slot = spec(SlotKind.DATE)
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(slot,))
    snapshot = replace(outside(Book(flows=(flow,))), today=None)
    assert parse(slot, "yesterday", snapshot) == Unfit("date", "shape")
