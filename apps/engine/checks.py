"""Why a canonical value cannot stand in a slot."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from apps.engine.flows import LONGEST_VALUE, SlotKind, SlotSpec
from apps.engine.recognise.patterns import compiled
from apps.engine.types import Snapshot

SHAPES = {
    SlotKind.ORDER_ID: re.compile(r"(?=.*\d)[\w#/.-]{3,60}"),
    SlotKind.PHONE: re.compile(r"\+?\d{5,20}"),
    SlotKind.PHONE_TAIL: re.compile(r"\d{4}"),
    SlotKind.EMAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
}


def problem_of(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    """Why a canonical value cannot stand in a slot, in the words of Unfit; "" if it can."""
    if not value.strip():
        return "shape"
    if len(value) > min(spec.longest, LONGEST_VALUE):
        return "too_long"
    check = CHECKS.get(spec.kind)
    return check(spec, value, snapshot) if check else ""


def _shape(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    return "" if SHAPES[spec.kind].fullmatch(value) else "shape"


def _order_id(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    if not spec.patterns:
        return _shape(spec, value, snapshot)
    own = filter(None, map(compiled, spec.patterns))
    return "" if any(one.regex.fullmatch(value) for one in own) else "shape"


def _choice(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    return "" if any(option.value == value for option in spec.options) else "unknown"


def _product(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    """A shop without a catalogue takes what is said."""
    products = snapshot.book.products
    return "" if not products or any(one.value == value for one in products) else "unknown"


def _date(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return "shape"
    if day.isoformat() != value:
        return "shape"
    if snapshot.today is None:
        return ""
    days = (day - snapshot.today).days
    if spec.earliest_days is not None and days < spec.earliest_days:
        return "past"
    if spec.latest_days is not None and days > spec.latest_days:
        return "future"
    return ""


def _amount(spec: SlotSpec, value: str, snapshot: Snapshot) -> str:
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return "shape"
    if not amount.is_finite():
        return "shape"
    if amount < Decimal(str(spec.minimum or 0)):
        return "too_small"
    if spec.maximum is not None and amount > Decimal(str(spec.maximum)):
        return "too_large"
    return ""


CHECKS: dict[SlotKind, Callable[[SlotSpec, str, Snapshot], str]] = {
    SlotKind.ORDER_ID: _order_id,
    SlotKind.CHOICE: _choice,
    SlotKind.PRODUCT: _product,
    SlotKind.DATE: _date,
    SlotKind.AMOUNT: _amount,
    SlotKind.PHONE: _shape,
    SlotKind.PHONE_TAIL: _shape,
    SlotKind.EMAIL: _shape,
}
