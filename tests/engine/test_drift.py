"""Leaving the topic: what is drift, what never is, and that hostile lines cost nothing."""

import pytest

from apps.engine.drift import CUT, score, signals, strayed
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.types import ActiveFlow

RETURN = FlowSpec(
    key="return",
    version=1,
    names={"en": "Return", "zh-Hans": "退货"},
    examples={"en": ("I want to return my order",), "zh-Hans": ("我要退货",)},
    slots=(
        SlotSpec(
            name="order_id",
            kind=SlotKind.ORDER_ID,
            labels={"en": "Order number", "zh-Hans": "订单号"},
            prompts={"en": "What is your order number?", "zh-Hans": "请告诉我订单号。"},
        ),
    ),
)
TALK_EN = ("hi", "I want to return the headphones", "they hurt my ears")
TALK_ZH = ("你好", "我要退货", "耳机左边没有声音")


@pytest.mark.parametrize(
    ("line", "talk"),
    [
        ("can you tell me who won the football match last night", TALK_EN),
        ("I need a flight to Lisbon for two people", TALK_EN),
        ("《红楼梦》的作者是谁？", TALK_ZH),
        ("北京明天会下雨吗", TALK_ZH),
    ],
)
def test_another_subject_is_drift(line, talk):
    assert score(line, talk) >= CUT


@pytest.mark.parametrize(
    "line",
    [
        "ok", "2567", "thanks", "yes please", "no", "ok thank you so much", "Maria Lopez",
        "my name is Maria and the number is 4451", "W 88 41 20", "have a nice day, bye",
        "好的", "嗯嗯", "谢谢您", "是的", "202580668968", "没有了，谢谢", "我叫王小明", "尾号2567",
        "订单号是 202580668968", "", "   ", "🙂", "？？？",
    ],
)  # fmt: skip
def test_nods_and_details_never_are(line):
    assert score(line, TALK_EN) < CUT
    assert score(line, TALK_ZH) < CUT


@pytest.mark.parametrize(
    ("line", "talk"),
    [
        ("how long does the return of the headphones take", TALK_EN),
        ("is it possible to return only one of them", TALK_EN),
        ("耳机退货要多久", TALK_ZH),
        ("那退货的运费谁出呢", TALK_ZH),
    ],
)
def test_the_same_subject_is_not(line, talk):
    assert score(line, talk) < CUT


def test_what_the_flow_names_is_its_topic():
    active = ActiveFlow("return", 1, said=("hi",))
    assert not strayed("what is my order number for the return", active, RETURN, "en")
    assert strayed("can you recommend a restaurant in Rome", active, RETURN, "en")
    assert strayed("红楼梦的作者是谁", active, RETURN, "zh-Hans")


def test_a_line_that_only_nods_has_no_signals():
    assert signals("ok thanks", TALK_EN) is None
    assert signals("好的，谢谢您", TALK_ZH) is None


def test_a_line_that_names_nothing_leaves_nothing():
    found = signals("你们是什么", ())
    assert found
    assert (found.covered, found.new) == (1.0, 0.0)


@pytest.mark.parametrize(
    "line", ["a" * 100_000, "my my " * 20_000, "我" * 100_000, "\u202e\0\ud800x"]
)
def test_hostile_lines_are_judged_by_their_beginning(line):
    assert 0.0 <= score(line, (line,) * 100) <= 1.0
