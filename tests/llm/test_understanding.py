"""From what a model proposes to commands: what it may not say is not heard."""

import pytest

from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    CorrectSlot,
    Courtesy,
    Deny,
    SetSlot,
    SmallTalk,
    StartFlow,
    WantHuman,
)
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.llm.prompts import TurnAnswer
from apps.llm.understanding import commands


def slot(name, kind):
    return SlotSpec(name=name, kind=kind, labels={"en": name}, prompts={"en": name})


RETURN = FlowSpec(
    key="return",
    version=1,
    names={"en": "Return"},
    slots=(
        slot("order", SlotKind.ORDER_ID),
        slot("why", SlotKind.TEXT),
        slot("amount", SlotKind.AMOUNT),
        slot("mail", SlotKind.EMAIL),
        slot("bought", SlotKind.DATE),
        slot("phone", SlotKind.PHONE),
        slot("tail", SlotKind.PHONE_TAIL),
    ),
)
STATUS = FlowSpec(
    key="status", version=1, names={"en": "Status"}, slots=(slot("number", SlotKind.ORDER_ID),)
)
LINE = "Send back A1001, it is broken. I paid 三百元, mail me at ann@shop.example"


def answer(*cmds):
    return TurnAnswer(
        why="",
        cmds=[{"op": op, "key": key, "val": val} for op, key, val in cmds],
        enough=False,
        cites=[],
        conf="mid",
        reply="",
    )


def heard(*cmds, text=LINE, open_flow=None, may_affirm=False):
    return commands(answer(*cmds), text, [RETURN, STATUS], open_flow, may_affirm=may_affirm)


def test_a_flow_and_its_details_at_once():
    found = heard(("start", "return", ""), ("set", "order", "A1001"), ("set", "why", "broken"))
    at, why = LINE.index("A1001"), LINE.index("broken")
    assert found == [
        StartFlow("return"),
        SetSlot("order", "A1001", "A1001", at, at + 5),
        SetSlot("why", "broken", "broken", why, why + 6),
    ]


@pytest.mark.parametrize(
    "cmd",
    [
        ("start", "no_such_flow", ""),
        ("set", "no_such_slot", "A1001"),
        ("set", "number", "A1001"),  # a slot of a flow that is not in question
        ("set", "order", ""),
        ("chitchat", "poetry", ""),
        ("yes", "", ""),
        ("no", "", ""),
        ("cancel", "", ""),
    ],
)
def test_what_does_not_exist_is_dropped(cmd):
    assert heard(cmd, may_affirm=True) == []
    assert heard(("start", "return", ""), cmd, may_affirm=True) == [StartFlow("return")]


@pytest.mark.parametrize(
    ("name", "value", "is_heard"),
    [
        ("order", "A1001", True),
        ("order", "a-1001", True),
        ("order", "A1002", False),
        ("order", "1001", False),
        ("amount", "300", True),
        ("amount", "3000", False),
        ("mail", "ann@shop.example", True),
        ("mail", "eve@shop.example", False),
        ("why", "does not work", True),
        ("bought", "2026-05-01", True),
    ],
)
def test_what_names_something_must_stand_in_the_line(name, value, is_heard):
    assert bool(heard(("set", name, value), open_flow=RETURN)) is is_heard


@pytest.mark.parametrize(
    ("name", "value", "text", "is_heard"),
    [
        ("mail", "evil@пример.рф", "please do it", False),
        ("mail", "evil@пример.рф", "write to evil@пример.рф", True),
        ("mail", "ann@shop.example", "write to joann@shop.example", False),
        ("mail", "ann@shop.ex", "write to ann@shop.example", False),
        ("mail", "Ann@shop.example", "邮箱ann@shop.example。", True),
        ("mail", "ann@shop.example", "13800138000/ann@shop.example", True),
        ("phone", "13800138000", "13800138000/ann@shop.example", True),
        ("order", "1234", "my parcel 202611040017, flat 12, 3400", False),
        ("order", "0017", "my parcel 202611040017, flat 12, 3400", False),
        ("order", "202611", "my parcel 202611040017, flat 12, 3400", False),
        ("order", "202611040017", "my parcel 202611040017, flat 12, 3400", True),
        ("order", "202611040017", "订单202611040017到哪了", True),
        ("order", "202611040017", "订单2026 1104 0017到哪了", True),
        ("order", "2026", "on 2026-11-04", False),
        ("order", "1234", "it cost 1,234 dollars", False),
        ("order", "A1001", "order a 1001.", True),
        ("order", "ORDER-A", "please do it", False),
        ("order", "9527", "订单号九五二七", True),
        ("order", "二零二六", "订单号 1234", False),
        ("phone", "13800138000", "I am at 138-0013-8000", True),
        ("phone", "0138000", "I am at 13800138000", False),
        ("tail", "8000", "尾号8000", True),
        ("tail", "8000", "尾号 八零零零", True),
        ("tail", "8000", "I am at 13800138000", False),
        ("amount", "five thousand", "please do it", False),
        ("amount", "一千", "please do it", False),
        ("amount", "五千", "三万五千元", False),
        ("amount", "五千", "五千元吧", True),
        ("amount", "5000", "五千", True),
        ("amount", "1234", "it cost 1,234 dollars", True),
        ("amount", "1234", "it cost 1234.50", False),
        ("amount", "2026", "on 2026-11-04", False),
    ],
)
def test_what_names_something_is_a_whole_word_of_the_line(name, value, text, is_heard):
    assert bool(heard(("set", name, value), text=text, open_flow=RETURN)) is is_heard


def test_a_value_in_other_words_has_no_place_in_the_line():
    (found,) = heard(("correct", "why", "does not work"), open_flow=RETURN)
    assert found == CorrectSlot("why", "does not work", "does not work", 0, 0)


def test_a_yes_is_taken_only_where_it_may_be():
    assert heard(("yes", "", ""), open_flow=RETURN) == []
    assert heard(("yes", "", ""), open_flow=RETURN, may_affirm=True) == [Affirm()]


def test_an_open_flow_is_not_started_again():
    assert heard(("start", "return", ""), open_flow=RETURN) == []
    assert heard(("start", "status", ""), open_flow=RETURN) == [StartFlow("status")]


def test_the_rest():
    found = heard(
        ("no", "", ""),
        ("cancel", "", ""),
        ("ask_kb", "", "rewritten by the model"),
        ("chitchat", "thanks", ""),
        ("human", "", ""),
        ("human", "", ""),
        open_flow=RETURN,
    )
    assert found == [
        Deny(),
        CancelFlow(),
        AskFaq(LINE),
        SmallTalk(Courtesy.THANKS),
        WantHuman(),
    ]
