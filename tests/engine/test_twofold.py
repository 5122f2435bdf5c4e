"""Two wishes in one line, and whether a line is about another order than the one before."""

import pytest

from apps.engine.another import names_another
from apps.engine.commands import SetSlot, StartFlow
from apps.engine.understand import understand
from tests.engine.standard import heard, outside

A, B = "202580668968", "202580668969"
TWO = {
    "return the earbuds and where is my other order?": ("return", "order_status"),
    "return my earbuds, and also cancel my other order": ("return", "cancel"),
    "where is my order and I want a refund": ("order_status", "return"),
    f"I want to return order {A}. Also, where is order {B}?": ("return", "order_status"),
    "return the desk lamp, exchange the wool coat": ("return", "exchange"),
    "退货，另外帮我查一下订单到哪了": ("return", "order_status"),
    "我要退货，顺便查一下另一个订单的物流": ("return", "order_status"),
    "我要退耳机，还有帮我取消另一个订单": ("return", "cancel"),
    f"帮我取消订单{A}，再查下{B}到哪了": ("cancel", "order_status"),
    f"退货{A}，查一下{B}到哪了": ("return", "order_status"),
}
ONE = """
where is my order? I want to cancel it|cancel my order and refund me|cancel my order, I want my money back
|I want to return this and get my money back|return it or also exchange the other order
|I don't want to return it, I want to exchange it|exchange it instead, and where is my order
|Hi, and where is my order?|return the desk lamp and the wool coat|return the desk lamp and return the wool coat
|I want to return the desk lamp, the left one is silent, order 202580668968
|return the desk lamp and my order number is 202580668968|return the desk lamp, order 202580668968
|return order 202580668968 and the order number of the wool coat is 202580668969
|退台灯，另外订单号是202580668968|我要退台灯，订单202580668968，还有这是订单号202580668968
|order 202580668968, the desk lamp is broken and I want to return it
|订单202580668968，台灯坏了，另外我要退货|I'd like to return the desk lamp and the wool coat from my recent order
|Hi, and where is my order? I want to cancel it|我想查一下订单，还有退货怎么退|我的订单到哪了，等太久了，我要退货|退货，另外运费谁出|我想退货退款，谢谢|你好，另外我要退货
"""
ANOTHER = """
where is my other order|track another package|cancel a different order|and the other one?
|另一个订单呢|查一下另外那单|还有一个包裹没到|别的订单
"""
THE_SAME = """
exchange it|exchange it for another one|swap it for the other one|where is it|another question
|换另一个颜色|另外帮我查一下物流|换成别的|还有运费谁出
"""


def each(table):
    return [line.strip() for line in table.split("|")]


def wishes(line):
    return tuple(one.flow for one in understand(line, outside()) if isinstance(one, StartFlow))


@pytest.mark.parametrize(("line", "flows"), TWO.items())
def test_two_wishes_are_heard_in_their_order(line, flows):
    assert wishes(line) == flows


@pytest.mark.parametrize("line", each(ONE))
def test_one_wish_stays_one(line):
    assert len(wishes(line)) == 1


def test_each_wish_has_what_is_said_with_it():
    first, mine, second = understand(f"cancel order {A} and return order {B}", outside())
    assert (first.flow, mine.value, second.flow) == ("cancel", A, "return")
    (given,) = second.given
    assert isinstance(given, SetSlot)
    assert given.value == B


def test_a_reason_goes_with_the_wish_that_it_stands_by():
    assert heard("return the desk lamp, it is broken, and where is my other order", outside()) == [
        "StartFlow return",
        "SetSlot product=lamp",
        "SetSlot reason=not_working",
        "StartFlow order_status",
    ]


def test_a_reason_that_the_second_has_no_use_for_is_the_firsts():
    said = heard("return the desk lamp and where is my other order, it is broken", outside())
    assert "SetSlot reason=not_working" in said


def test_a_reason_beside_the_second_is_not_the_firsts():
    said = heard("exchange the desk lamp and return the wool coat, it is broken", outside())
    assert said == ["StartFlow exchange", "SetSlot product=lamp", "StartFlow return"]


@pytest.mark.parametrize("line", each(ANOTHER))
def test_another_order_is_heard(line):
    assert names_another(line)


@pytest.mark.parametrize("line", each(THE_SAME))
def test_the_order_before_may_be_meant(line):
    assert not names_another(line)
