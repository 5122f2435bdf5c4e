"""What counts as a yes to a card: a line of nothing but a yes. Whatever else is said does nothing."""

import sys
import unicodedata
from dataclasses import replace
from itertools import product

import pytest

from apps.engine import turn
from apps.engine.commands import Affirm, AskFaq
from apps.engine.events import Act, Reply, Say, Search
from apps.engine.flows import FlowSpec, Option, SlotKind
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
        "好的，取消订单",
        "好的，取消它吧",
        "Yes, cancel my order please",
    ],
)
def test_what_the_flow_does_may_be_said_with_the_yes(line):
    assert acts(played(card("cancel"), line))


@pytest.mark.parametrize("line", ["yes, cancel", "ok cancel", "好的，取消", "好，取消吧"])
def test_what_may_stop_the_talk_as_well_has_to_say_what_it_is_about(line):
    events = played(card("cancel"), line)
    assert not acts(events)
    assert said(events)[0] in {Say.JUST_YES, Say.OR_STOP}
    assert said(events)[1:] == [Say.CONFIRM]


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


@pytest.mark.parametrize(
    "line",
    [
        *("yes, continue with my order", "ok proceed with the order", "confirm my order"),
        *("yes process my order", "ok, order it", "sure, order this now please", "Order confirmed"),
        *("I confirm the order", "right, my order", "yes the order", "ok the order is right"),
        *("confirm order W1234567", "确认订单W1234567", "确认订单", "确认我的订单", "订单没问题"),
        *("好的，我想要这个订单", "好的，继续处理订单", "订单是对的", "请办理订单，好的"),
        *("is the number W1234567 right", "is it fine W1234567", "right, is it for W1234567"),
        *("I'd like to confirm my order number W1234567", "is order number W1234567 correct"),
        *("please confirm", "confirm it please", "can you confirm", "麻烦您确认", "请确认"),
        *("麻烦您确认一下", "请帮我确认订单号W1234567", "请您核对", "可以退货", "可以取消订单"),
        *("耳机没问题", "my lamp is fine thanks", "the lamp sounds great now", "it sounds great"),
        *("everything is fine now", "it's fine thanks", "that's it, thanks", "that's ok thanks"),
        *("那就这样吧谢谢", "就这样吧", "就是", "好的，我需要帮忙", "好，那我想请您帮忙"),
        *("嗯，我需要处理一下", "ok I need", "i do it", "return it to me ok", "ok 2567 ꙮ", "yes ꙮ"),
        *("yes, the desk lamp", "yes, damaged", "ok then now what", "yes W1234567 W1234567"),
    ],
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_harmless_words_in_another_order_never_act(line, flow):
    assert not acts(played(card(flow), line))


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("no_longer_needed", "yes, I changed my mind"),
        ("no_longer_needed", "好的，我后悔了"),
        ("no_longer_needed", "改主意了，好"),
        ("late", "ok too late"),
        ("by_mistake", "yes duplicate order"),
        ("by_mistake", "好的，拍错了"),
        ("other", "ok something else"),
    ],
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_the_reason_on_the_card_is_no_word_of_a_yes(flow, reason, line):
    assert not acts(played(card(flow, reason=reason), line))


@pytest.mark.parametrize(
    "line",
    [
        *("y", "yes", "Yep", "yeah", "yup", "ok", "okay", "sure", "sure thing", "alright", "right"),
        *("fine", "great", "perfect", "correct", "exactly", "absolutely", "of course", "agreed"),
        *("I agree", "confirmed", "I confirm", "confirm", "yes, confirm", "ok thanks", "go ahead"),
        *("yes go on", "please do", "do it", "do it now", "please go ahead", "submit", "proceed"),
        *("that's right", "that is correct", "everything is correct", "all correct", "looks good"),
        *(
            "looks good to me",
            "sounds good",
            "yes it is correct",
            "let's do it",
        ),
        *(
            "yes then",
            "yes yes",
            "yes, go ahead and do it",
            "谢谢您，确认",
            "ok, yes",
            "yes, submit it",
            "yes for W1234567",
            "Aye aye",
        ),
        *(
            "是",
            "是的",
            "是啊",
            "对",
            "对的",
            "对对对",
            "好",
            "好的",
            "好吧",
            "好呀",
            "可以",
            "可以的",
        ),
        *(
            "行",
            "行吧",
            "嗯",
            "嗯嗯",
            "成",
            "没错",
            "没问题",
            "确认",
            "确定",
            "同意",
            "我同意",
            "我确认",
        ),
        *("办吧", "办理吧", "提交", "确认无误", "信息无误", "核对无误", "就这么办", "就这么办吧"),
        *(
            "那就办吧",
            "那好吧",
            "好，就这样",
            "嗯，就这样吧",
            "确认，谢谢",
            "行，麻烦帮我办理一下",
            "妥了",
        ),
        *("好的，订单号W1234567", "是的是的", "好 的", "可以 办吧", "照办"),
    ],
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_ordinary_yeses_act(line, flow):
    assert acts(played(card(flow), line))


@pytest.mark.parametrize(
    ("flow", "line"),
    [
        ("return", "退吧"),
        ("return", "退了吧"),
        ("return", "那就退吧"),
        ("return", "yes, go ahead with the return"),
        ("return", "好，退货"),
        ("return", "嗯，我想退货"),
        ("return", "ok, return this please"),
        ("cancel", "yes, I'd like to cancel it"),
        ("cancel", "yes, cancel this order, for order number W1234567"),
        ("cancel", "好的，帮我取消这个订单"),
        ("cancel", "确认取消"),
    ],
)
def test_the_flows_own_verb_may_stand_behind_the_yes(flow, line):
    assert acts(played(card(flow), line))


@pytest.mark.parametrize(
    ("name", "line", "agrees"),
    [
        ("Order swap", "yes, order it", False),
        ("Order swap", "yes, swap it", True),
        ("Order swap", "yes, the order swap", True),
        ("Cancel a return", "yes, return it", False),
        ("Cancel a return", "yes, cancel the return", True),
        ("Order cancellation", "yes, cancel it", True),
        ("The", "yes, the", False),
        ("订单取消", "好的，取消它", True),
        ("订单取消", "好的，取消", False),
        ("订单取消", "好的，订单", False),
        ("送货上门", "好的，送货上门", True),
        ("送货上门", "好的，送货", False),
        ("", "yes", True),
    ],
)
def test_of_a_name_only_the_verb_may_stand_alone(name, line, agrees):
    flow = FlowSpec(**BOOK.by_key["cancel"].model_dump() | {"key": "own", "names": {"en": name}})
    book = replace(BOOK, flows=(flow,))
    active = ActiveFlow("own", 1, card("cancel").memory.active.slots, confirmation="c", shown=2)
    snapshot = replace(card("cancel"), book=book, memory=Memory(active=active))
    assert acts(played(snapshot, line)) is agrees


def test_no_value_but_the_orders_number_is_a_word_of_a_yes():
    """An option, a product or a free text may say anything."""
    option = Option(value="kept", labels={"en": "stop it"}, synonyms=("blue one",))
    reason, note = spec(SlotKind.CHOICE, "why", options=(option,)), spec(SlotKind.TEXT, "note")
    flow = FlowSpec(**BOOK.by_key["cancel"].model_dump() | {"key": "own", "slots": (reason, note)})
    book = replace(BOOK, flows=(flow,))
    slots = {"why": SlotValue("kept"), "note": SlotValue("tomorrow")}
    active = ActiveFlow("own", 1, slots, confirmation="card", shown=2)
    snapshot = replace(card("cancel"), book=book, memory=Memory(active=active))
    for line in ("yes, the blue one", "yes, stop it", "yes, tomorrow", "yes, the desk lamp"):
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
