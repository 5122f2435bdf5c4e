"""Reading a line takes so many steps for each of its characters, whatever it repeats; what lies behind
the part that is read takes none."""

import sys
from types import FrameType
from typing import Any

import pytest

from apps.engine.reading import learn_book
from apps.engine.recognise.hearing import MOST_MENTIONS, hear
from apps.engine.recognise.line import READ_AT_MOST
from apps.engine.recognise.prepared import prepare
from apps.engine.types import State
from apps.engine.understand import understand
from tests.engine.standard import BOOK, inside, outside

ITEM_ASKED = inside("return", "product", order_id="W1234567", reason="damaged")
CARD_SHOWN = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
PLACES = {"outside": outside(), "item": ITEM_ASKED, "card": CARD_SHOWN}
# Instructions of the engine's own for each character; 273 are the most that were counted.
STEPS = 300
ROWS = (
    *("别台灯", "台灯", "not desk lamp ", "desk lamp,", "no earbuds, ", "instead of desk lamp "),
    *("不是2026-11-04 ", "别昨天，", "not yesterday ", "不要W1234567 ", "no 202611040017 "),
    *("别12元", "not $12 ", "不是13800002567 ", "not a@b.cd ", "不是坏了", "isn't broken "),
    *(
        "台灯吗",
        "what desk lamp ",
        "还是，",
        "我,",
        "好的,",
        "yes, ",
        "取消，",
        "还是退货，",
        "换成台灯",
        "退货，另外",
        "return it and ",
        "cancel it, then ",
        "and ",
        "退货W1234567，查物流",
    ),
)


def steps(line: str, snapshot: Any) -> int:
    """Instructions of the engine's own that understanding the line takes."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "/apps/engine/" not in frame.f_code.co_filename:
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        understand(line, snapshot)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("place", PLACES)
def test_a_character_takes_so_many_steps_however_long_the_line(row, place):
    learn_book(BOOK)
    snapshot = PLACES[place]
    row *= READ_AT_MOST
    whole = steps(row[:READ_AT_MOST], snapshot)
    assert whole <= STEPS * READ_AT_MOST
    assert steps(row[: 4 * READ_AT_MOST], snapshot) <= 1.1 * whole


def test_of_many_things_named_the_first_are_kept():
    line = "desk lamp W1234567 " * MOST_MENTIONS
    found = hear(line, prepare(BOOK))
    assert len(found) == MOST_MENTIONS
    assert found == sorted(found, key=lambda one: one.start)
