"""What may stand in a slot, and what is made of a detail that names no slot."""

from datetime import date
from typing import Any

import pytest

from apps.engine.checks import problem_of
from apps.engine.commands import CorrectSlot, SetSlot
from apps.engine.filling import value_of
from apps.engine.flows import LONGEST_VALUE, SlotKind, SlotSpec
from apps.engine.types import Policy, SlotValue, Snapshot, Source
from tests.engine.shop import AMOUNT, BOOK, DAY, NOTE, ORDER, PROOF, REASON

SNAPSHOT = Snapshot(Policy(0.7, 0.3), book=BOOK, today=date(2026, 11, 23))


def slot(kind: SlotKind, **more: Any) -> SlotSpec:
    return SlotSpec(name="x", kind=kind, labels={}, prompts={}, **more)


OWN_ORDER = slot(SlotKind.ORDER_ID, patterns=(r"[a-z]{2}\d{4}", r"\d{6}"))
PRODUCT = slot(SlotKind.PRODUCT)
FREE_DAY = slot(SlotKind.DATE)
FREE_AMOUNT = slot(SlotKind.AMOUNT)


@pytest.mark.parametrize(
    ("spec", "value", "problem"),
    [
        (NOTE, "gift", ""),
        (NOTE, "  ", "shape"),
        (NOTE, "x" * 40, ""),
        (NOTE, "x" * 41, "too_long"),
        (slot(SlotKind.TEXT, longest=LONGEST_VALUE), "x" * 501, "too_long"),
        (NOTE, "<script>", ""),
        (ORDER, "202580668968", ""),
        (ORDER, "AB-1234/5", ""),
        (ORDER, "number", "shape"),
        (ORDER, "12", "shape"),
        (ORDER, "1234 5678", "shape"),
        (OWN_ORDER, "AB1234", ""),
        (OWN_ORDER, "123456", ""),
        (OWN_ORDER, "202580668968", "shape"),
        (REASON, "broken", ""),
        (REASON, "faulty", "unknown"),
        (PRODUCT, "WH-1000", ""),
        (PRODUCT, "headphones", "unknown"),
        (DAY, "2026-11-24", ""),
        (DAY, "2026-11-23", "past"),
        (DAY, "2026-12-23", ""),
        (DAY, "2026-12-24", "future"),
        (DAY, "next Blursday", "shape"),
        (DAY, "20261124", "shape"),
        (FREE_DAY, "1999-01-01", ""),
        (AMOUNT, "1", ""),
        (AMOUNT, "0.99", "too_small"),
        (AMOUNT, "1000", ""),
        (AMOUNT, "1000.01", "too_large"),
        (AMOUNT, "1e400", "too_large"),
        (AMOUNT, "NaN", "shape"),
        (AMOUNT, "Infinity", "shape"),
        (AMOUNT, "much", "shape"),
        (FREE_AMOUNT, "-1", "too_small"),
        (FREE_AMOUNT, "100000000", ""),
        (slot(SlotKind.PHONE), "+8613800138000", ""),
        (slot(SlotKind.PHONE), "1234", "shape"),
        (PROOF, "2567", ""),
        (PROOF, "25678", "shape"),
        (slot(SlotKind.EMAIL), "a@b.cn", ""),
        (slot(SlotKind.EMAIL), "a@b", "shape"),
    ],
)
def test_a_value_stands_in_a_slot_or_there_is_a_reason_why_not(spec, value, problem):
    assert problem_of(spec, value, SNAPSHOT) == problem


def test_without_a_date_of_the_shop_no_day_is_too_early_or_too_late():
    nowhen = Snapshot(Policy(0.7, 0.3))
    assert problem_of(DAY, "1999-01-01", nowhen) == ""


def test_a_shop_without_a_catalogue_takes_any_product():
    assert problem_of(PRODUCT, "a blue bicycle", Snapshot(Policy(0.7, 0.3))) == ""


def test_every_kind_of_slot_is_checked_or_free_text():
    for kind in set(SlotKind) - {SlotKind.TEXT, SlotKind.PRODUCT}:
        assert problem_of(slot(kind), "\N{BICYCLE} <b>", SNAPSHOT), kind


def test_a_value_keeps_the_visitors_wording_where_it_says_something_else():
    assert value_of(SetSlot("x", "2026-11-24", "tomorrow", 3, 11)) == SlotValue(
        "2026-11-24", "tomorrow", Source.SAID
    )
    assert value_of(CorrectSlot("x", "12", "12", 0, 2)) == SlotValue("12", "", Source.SAID)
    assert value_of(SetSlot("x", "12")) == SlotValue("12", "", Source.TYPED)
    assert len(value_of(SetSlot("x", "12", "x" * 9999, 0, 9)).said) == LONGEST_VALUE
