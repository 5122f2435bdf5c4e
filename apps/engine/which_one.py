"""Digits alone, where it was asked which of several numbers is meant: the end of one of them, or
what proves the order. They are no number besides those."""

import re

from apps.engine.commands import SetSlot
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.reading import Reading
from apps.engine.recognise.parsing import TAIL, put
from apps.engine.types import ActiveFlow

DIGITS = re.compile(r"\d(?:[\d -]*\d)?")


def of_several(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> SetSlot | None:
    """The value that a line of bare digits gives; None when they fit neither."""
    found = next(DIGITS.finditer(reading.line.folded))
    digits = "".join(filter(str.isdigit, found[0]))
    ending = [one for one in active.candidates if one.endswith(digits)]
    if len(ending) == 1:
        return put(active.pending, ending[0], reading.line, *found.span())
    tails = (one.name for one in flow.slots if one.proof and one.kind is SlotKind.PHONE_TAIL)
    name = next(tails, "") if len(digits) == TAIL else ""
    return put(name, digits, reading.line, *found.span()) if name else None
