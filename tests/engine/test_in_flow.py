"""What a line means to somebody who is inside a flow, and what a first line asks for."""

from dataclasses import replace

import pytest

from apps.engine.book import Book
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Courtesy,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    StartFlow,
    WantHuman,
)
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.types import State
from apps.engine.understand import understand
from tests.engine.standard import FLOWS, heard, inside, outside, short, spec

ORDER_ASKED = {
    "W1234567": ["SetSlot order_id=W1234567"],
    "订单号是 202611230001": ["SetSlot order_id=202611230001"],
    "123456": ["SetSlot order_id=123456"],
    "１２３４５６７８９０１２": ["SetSlot order_id=123456789012"],
    "13812345678": ["SetSlot phone_tail=5678"],
    "W1234567 or W7654321": ["Unfit order_id several"],
    "abc": ["Unfit order_id shape", "AskFaq abc"],
    "快递单号SF1234567890": ["Unfit order_id shape"],
    "i don't have it": ["Lack"],
    "没有": ["Lack"],
    "订单号忘了": ["Lack"],
    "not sure": ["Lack"],
    "cancel": ["CancelFlow"],
    "算了": ["CancelFlow"],
    "我不是要退货": ["CancelFlow"],
    "不退了，帮我换一个": ["CancelFlow", "StartFlow exchange"],
    "I want to cancel an order instead": ["CancelFlow", "StartFlow cancel"],
    "I want to return it": ["StartFlow return"],
    "转人工": ["WantHuman"],
    "captain": ["WantHuman"],
    "ok": ["Affirm"],
    "aye aye!": ["Unfit order_id shape"],
    "ok, just a sec": ["Affirm"],
    "ok but first": ["AskFaq ok but first"],
    "好的，算了": ["CancelFlow"],
    "你好": ["SmallTalk"],
    "ahoy": ["SmallTalk"],
    "thanks": ["SmallTalk"],
    "运费谁出？": ["AskFaq 运费谁出？"],
    "How do I find my order number?": [
        "StartFlow return",
        "AskFaq How do I find my order number?",
    ],
    "the weather was lovely in the mountains": ["AskFaq the weather was lovely in the mountains"],
    "W1234567, how long do refunds take?": [
        "SetSlot order_id=W1234567",
        "AskFaq how long do refunds take?",
    ],
    "W1234567, 左耳没声音": ["SetSlot order_id=W1234567", "SetSlot reason=not_working"],
    "W1234567 or W7654321, it leaks": [
        "Unfit order_id several",
        "SetSlot reason=damaged",
    ],
    "is it W1234567?": ["SetSlot order_id=W1234567"],
}


@pytest.mark.parametrize(("text", "commands"), ORDER_ASKED.items())
def test_an_order_was_asked_for(text, commands):
    assert heard(text, inside("return", "order_id")) == commands


REASON_ASKED = {
    "左耳没声音": ["SetSlot reason=not_working"],
    "太大了穿不了": ["SetSlot reason=wrong_size"],
    "Wrong size": ["SetSlot reason=wrong_size"],
    "damagd": ["SetSlot reason=damaged"],
    "其他": ["SetSlot reason=other"],
    "just because": ["SetSlot reason=other"],
    "I thought something else would come": ["SetSlot reason=other"],
    "不是这个订单，是W7654321": ["CorrectSlot order_id=W7654321"],
    "not W1234567 but W7654321": ["CorrectSlot order_id=W7654321"],
    "it does not work, order is W7654321": [
        "SetSlot reason=not_working",
        "CorrectSlot order_id=W7654321",
    ],
    "算了不退了": ["CancelFlow"],
    "yes, abort": ["CancelFlow"],
    "ok": ["Affirm"],
    "hello": ["SmallTalk"],
    "运费谁出": ["AskFaq 运费谁出"],
    "": ["AskFaq "],
    "x" * 300: ["Unfit reason too_long"],
}


@pytest.mark.parametrize(("text", "commands"), REASON_ASKED.items())
def test_a_reason_was_asked_for(text, commands):
    assert heard(text, inside("return", "reason", order_id="W1234567")) == commands


def test_the_span_is_the_visitors_wording():
    (command,) = understand("嗯，左耳没声音呢", inside("return", "reason"))
    assert command == SetSlot("reason", "not_working", "左耳没声音", 2, 7)


WISH_ASKED = {
    "换大一码": ["SetSlot wanted=大一码"],
    "the wool coat": ["SetSlot wanted=the wool coat"],
    "a size M  please": ["SetSlot wanted=a size M please"],
    "订单是W7654321，要黑色的": ["SetSlot wanted=要黑色的", "CorrectSlot order_id=W7654321"],
    "W7654321": ["CorrectSlot order_id=W7654321"],
    "W7654321, how much?": ["CorrectSlot order_id=W7654321", "AskFaq how much?"],
    "how much is it?": ["AskFaq how much is it?"],
    "I want to return it instead": ["CancelFlow", "StartFlow return"],
    "不换了": ["CancelFlow"],
    "x" * 201: ["Unfit wanted too_long"],
    "😀": ["SetSlot wanted=😀"],
    "\u200b": ["Unfit wanted shape"],
}


@pytest.mark.parametrize(("text", "commands"), WISH_ASKED.items())
def test_a_text_was_asked_for(text, commands):
    snapshot = inside("exchange", "wanted", order_id="W1234567", reason="wrong_size")
    assert heard(text, snapshot) == commands


YES = """
yes|Yes please|ok|OK, go ahead|sure, thanks|y|do it|i do|妥了|可以|好的|嗯嗯|确认|没问题|确认退货
|是的，订单W1234567|👍|👌🏽|Yes, please proceed with the return.
"""
NO = "no|not yet|不对|没有|等一下|别提交|不确认|👎|no, that is not what I meant"
STOP = "cancel|算了|belay that|never mind"
CARD_SHOWN = {
    **{line.strip(): ["Affirm"] for line in YES.split("|")},
    **{line: ["Deny"] for line in NO.split("|")},
    **{line: ["CancelFlow"] for line in STOP.split("|")},
    "no, I am not happy with the colour there": ["Deny"],
    "可以吗？": ["AskFaq 可以吗？"],
    "yes?": ["AskFaq yes?"],
    "yes but wait": ["AskFaq yes but wait"],
    "好的，不过运费谁出": ["AskFaq 好的，不过运费谁出"],
    "yes " + "very " * 30: ["AskFaq yes " + "very " * 30],
    "yes but the order is W7654321": ["CorrectSlot order_id=W7654321"],
    "不是W1234567，是W7654321": ["CorrectSlot order_id=W7654321"],
    "no, the order is W7654321": ["CorrectSlot order_id=W7654321"],
    "原因是太大了": ["CorrectSlot reason=wrong_size"],
    "对，但是我想换货": ["StartFlow exchange"],
    "the wool coat": ["CorrectSlot product=coat"],
    "do you have the wool coat too?": ["AskFaq do you have the wool coat too?"],
    "W1112223 or W7654321": ["Unfit order_id several"],
    "thanks": ["SmallTalk"],
    "12345": ["AskFaq 12345"],
    # A yes that is taken back is none.
    **{line: ["CancelFlow"] for line in ["嗯，算了", "好，停", "好的，放弃吧", "right, forget it"]},
    **{line: ["CancelFlow"] for line in ["yes, abort", "ok, keep it", "嗯算了", "no, stop it"]},
    **{line: ["Deny"] for line in ["是的，错了", "yes, hang on", "嗯，我想想", "ok wait"]},
    "yes, forget the return": ["StartFlow return"],
    "ok, the sky is blue": ["AskFaq ok, the sky is blue"],
    "是的，W1234567那单算了吧": ["AskFaq 是的，W1234567那单算了吧"],
    "好的，谢谢，退货": ["Affirm"],
    "yes, W1234567, thanks": ["Affirm"],
    "算了，我要退货": ["StartFlow return"],
    "算了，我要换货": ["CancelFlow", "StartFlow exchange"],
}


@pytest.mark.parametrize(("text", "commands"), CARD_SHOWN.items())
def test_the_card_is_shown(text, commands):
    snapshot = inside(
        "return", "", State.CONFIRM, order_id="W1234567", reason="damaged", product="lamp"
    )
    assert heard(text, snapshot) == commands


PROOF_ASKED = {
    "1234": ["SetSlot phone_tail=1234"],
    "尾号是5678": ["SetSlot phone_tail=5678"],
    "+86 138 1234 5678": ["SetSlot phone_tail=5678"],
    "12345": ["Unfit phone_tail shape"],
    "没有": ["Lack"],
    "yes": ["Unfit phone_tail shape"],
    "ok": ["Affirm"],
}


@pytest.mark.parametrize(("text", "commands"), PROOF_ASKED.items())
def test_a_proof_was_asked_for(text, commands):
    snapshot = inside("return", "phone_tail", State.CONFIRM, order_id="W1", reason="damaged")
    assert heard(text, snapshot) == commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("cancel", CancelFlow(unsure=True)),
        ("取消", CancelFlow(unsure=True)),
        ("cancel it please", CancelFlow(unsure=True)),
        ("yes cancel it", Affirm()),
        ("yes, cancel this", Affirm()),
        ("好的，取消订单", Affirm()),
        ("cancel this request", CancelFlow()),
        ("never mind", CancelFlow()),
        *((line, CancelFlow()) for line in ("stop", "stop it", "停", "算了", "ok, stop")),
        ("no, cancel", CancelFlow(unsure=True)),
        ("cancel my order", StartFlow("cancel", 1.0)),
    ],
)
@pytest.mark.parametrize("pending", ["", "order_id"])
def test_cancel_may_mean_the_order_where_orders_are_cancelled(text, commands, pending):
    state = State.COLLECT if pending else State.CONFIRM
    (found,) = understand(text, inside("cancel", pending, state))
    if isinstance(found, StartFlow):
        found = replace(found, confidence=round(found.confidence, 1))
    assert found == commands


FIRST_LINES = {
    "我昨天买的耳机想退，订单 202580668968，左耳没声音": [
        "StartFlow return",
        "SetSlot order_id=202580668968",
        "SetSlot product=buds",
        "SetSlot reason=not_working",
    ],
    "exchange the desk lamp for a wool coat, it is too small": [
        "StartFlow exchange",
        "SetSlot product=lamp",
        "SetSlot reason=wrong_size",
        "SetSlot wanted=a wool coat",
    ],
    "cancel W1234567 or W7654321": ["StartFlow cancel", "Unfit order_id several"],
    "订单W1234567，手机13812345678，羊毛大衣有现货吗": [
        "SetSlot order_id=W1234567",
        "SetSlot phone_tail=5678",
        "SetSlot product=coat",
        "AskFaq 订单W1234567，手机13812345678，羊毛大衣有现货吗",
    ],
    "退货运费谁出": ["AskFaq 退货运费谁出"],
    "How long do refunds take?": ["AskFaq How long do refunds take?"],
    "我不退，就换一个": ["StartFlow exchange"],
    "don't cancel my order": ["AskFaq don't cancel my order"],
    "运单号 SF1234567890123": ["AskFaq 运单号 SF1234567890123"],
    "": ["AskFaq "],
}


@pytest.mark.parametrize(("text", "commands"), FIRST_LINES.items())
def test_first_lines(text, commands):
    assert heard(text, outside()) == commands


def test_a_flow_that_is_only_likely_stands_beside_the_question():
    commands = understand("what about my order then", outside())
    kinds = [type(command) for command in commands]
    assert kinds[-1] is AskFaq
    starts = [
        one
        for text in ("order", "发货", "what about my order then", "shipping of mine")
        for one in understand(text, outside())
        if isinstance(one, StartFlow)
    ]
    assert any(one.confidence < 0.8 for one in starts)


def test_without_flows_a_line_is_a_question():
    assert understand("I want to return it", outside(Book())) == [AskFaq("I want to return it")]


def test_a_flow_that_is_gone_is_read_as_none():
    snapshot = inside("gone", "order_id")
    assert heard("W1234567", snapshot) == ["SetSlot order_id=W1234567", "AskFaq W1234567"]


def test_only_what_some_flow_asks_for_is_heard():
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(spec(SlotKind.ORDER_ID),))
    text = "a@b.com 13812345678 W1234567 快递单号SF12345678 2026-02-30"
    assert heard(text, outside(Book(flows=(flow,)))) == [
        "SetSlot order_id=W1234567",
        f"AskFaq {text}",
    ]


def test_courtesies_and_persons_stay_what_they_were():
    assert understand("hello", outside()) == [SmallTalk(Courtesy.GREETING)]
    assert understand("Ahoy!", outside()) == [SmallTalk(Courtesy.GREETING)]
    assert understand("talk to a human", outside()) == [WantHuman()]
    assert understand("yes", inside("return")) == [Affirm()]
    assert understand("no", inside("return")) == [Deny()]
    assert understand("没有", inside("return", "order_id")) == [Lack()]
    assert understand("算了", inside("return")) == [CancelFlow()]


def test_the_shipped_flows_can_be_told_apart_by_their_own_examples():
    """Each example starts the flow that it stands for."""
    lost = [
        (flow.key, line)
        for flow in FLOWS
        for lines in flow.examples.values()
        for line in lines
        if short(understand(line, outside())[0]) != f"StartFlow {flow.key}"
    ]
    assert lost == []
