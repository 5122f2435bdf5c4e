"""Numbers are told apart by the word before them and by their shape, each digit once."""

from datetime import date

import pytest

from apps.engine.book import Book, Product
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.recognise import line
from apps.engine.recognise.hearing import hear, without
from apps.engine.recognise.line import READ_AT_MOST, read
from apps.engine.recognise.numbers import numbers
from apps.engine.recognise.patterns import usable
from apps.engine.recognise.prepared import prepare

TODAY = date(2026, 11, 23)


def found(text, *patterns, asked=None):
    """(kind, value, the visitor's own wording) of each number, in order."""
    seen = read(text)
    own = usable(patterns)
    mentions = numbers(seen.folded, own, asked=asked, today=TODAY)
    return [
        (
            mention.kind and mention.kind.value,
            mention.value,
            slice(*seen.span(mention.start, mention.end)),
        )
        for mention in sorted(mentions, key=lambda one: one.start)
    ]


def said(text, *patterns, asked=None):
    return [
        (kind, value, text[place]) for kind, value, place in found(text, *patterns, asked=asked)
    ]


ORDERS = {
    "#W1234567": "W1234567",
    "where is w7654321?": "W7654321",
    "Order ORD-12345 please": "ORD-12345",
    "D7944061219": "D7944061219",
    "order id 1513042756": "1513042756",
    "my order is 20481": "20481",
    "order number: A17-9920": "A17-9920",
    "订单号：ORD-88213-2": "ORD-88213-2",
    "单号202686293314呢": "202686293314",
    "订单13812345678": "13812345678",
    "112-3456789-7654321": "112-3456789-7654321",
    "取消669203993073，谢谢": "669203993073",
    "#55231": "55231",
    "order VQ8F1TRU77": "VQ8F1TRU77",
    "订单 １２３４５６７８９０１２": "123456789012",
    "订单2025\u200b80668968": "202580668968",
}


@pytest.mark.parametrize(("text", "value"), ORDERS.items())
def test_orders(text, value):
    assert [found for kind, found, _ in said(text) if kind == "order_id"] == [value][: bool(value)]


NO_ORDERS = {
    "call me at 5551234567": "phone",
    "我的电话是15469647569": "phone",
    "+44 20 7946 0958": "phone",
    "0044 20 7946 0958": "phone",
    "+86 138-1234-5678": "phone",
    "010-12345678": "phone",
    "(555) 123-4567": "phone",
    "555-123-4567": "phone",
    "400-800-1234": "phone",
    "快递单号SF1234567890123": None,
    "tracking number is 9400111899223": None,
    "运单号：75512345678901": None,
    "my account id is 88231234": None,
    "coupon code 20261111": None,
    "item id: 6259501109": None,
    "身份证110105194912310021": None,
    "11010519491231002x": None,
    "3月23号": "date",
    "2026-08-05": "date",
    "12/31/2026": "date",
    "31/12/2026": "date",
    "花了1,299.50元": "amount",
    "rmb 20000": "amount",
    "2万": "amount",
    "mail me: ann.lee+shop@example.co.uk, 3 items": "email",
    "尾号 1234": "phone_tail",
    "the last four digits of my phone are 0042": "phone_tail",
}


@pytest.mark.parametrize(("text", "kind"), NO_ORDERS.items())
def test_what_only_looks_like_an_order(text, kind):
    assert [kind for kind, _, _ in said(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "size 42", "8113 Circle Drive Baltimore, MI 80017", "rtx4090", "iphone15"),
        *(
            "gift_card_1725971",
            "paypal_2417743",
            "3 pieces",
            "call 911",
            "2026",
            "user77@",
            "99999999",
        ),
        *("13月40号", "1.2.3.4", "0.5"),
    ],
)
def test_what_is_no_number_of_anything(text):
    assert said(text) == []


def test_values_are_canonical_and_wording_is_the_visitors():
    assert said("ＯＲＤ－１２３４５ 和 +86 138 1234 5678") == [
        ("order_id", "ORD-12345", "ＯＲＤ－１２３４５"),
        ("phone", "+8613812345678", "+86 138 1234 5678"),
    ]
    assert said("Mail A@B.com 1 x")[0] == ("email", "a@b.com", "A@B.com")


def test_an_id_number_needs_its_check_digit():
    assert said("110105194912310021") == [("order_id", "110105194912310021", "110105194912310021")]


def test_two_orders_are_two():
    assert [value for _, value, _ in said("W1234567 or W7654321")] == ["W1234567", "W7654321"]


def test_the_shops_own_shapes_come_first_and_alone():
    assert said("kd-77 and W1234567", r"kd-\d+") == [
        ("order_id", "KD-77", "kd-77"),
        (None, "W1234567", "W1234567"),
    ]
    assert said("tracking kd-77", r"kd-\d+") == []
    assert said("x" * 70 + "1 KD-77", r"kd-\d+") == [("order_id", "KD-77", "KD-77")]
    assert said("akd-77", r"kd-\d+") == []


def test_what_was_asked_for_is_taken_in_looser_shapes():
    assert said("123456", asked=SlotKind.ORDER_ID) == [("order_id", "123456", "123456")]
    assert said("ab12cd34", asked=SlotKind.ORDER_ID) == [("order_id", "AB12CD34", "ab12cd34")]
    assert said("13812345678", asked=SlotKind.ORDER_ID)[0][0] == "phone"
    assert said("0042", asked=SlotKind.PHONE_TAIL) == [("phone_tail", "0042", "0042")]
    assert said("12345", asked=SlotKind.PHONE_TAIL) == []
    assert said("about 94.50", asked=SlotKind.AMOUNT) == [("amount", "94.5", "94.50")]
    assert said("phone ab1234", asked=SlotKind.ORDER_ID) == [(None, "AB1234", "ab1234")]


def slot(kind):
    return SlotSpec(name=kind.value, kind=kind, labels={"en": "x"}, prompts={"en": "x"})


def shop(*kinds, products=()):
    flow = FlowSpec(key="f", version=1, names={"en": "f"}, slots=tuple(map(slot, kinds)))
    return prepare(Book(flows=(flow,), products=products))


def test_a_line_gives_each_place_once():
    prepared = shop(SlotKind.DATE, SlotKind.AMOUNT, products=(Product("p", ("台灯", "desk lamp")),))
    text = "昨天买的台灯，三百块，订单202686293314，another Desk  Lamps"
    seen = read(text)
    mentions = hear(seen.folded, prepared, today=TODAY)
    assert [(mention.kind.value, mention.value) for mention in mentions] == [
        ("date", "2026-11-22"),
        ("product", "p"),
        ("amount", "300"),
        ("order_id", "202686293314"),
        ("product", "p"),
    ]
    masked = without(seen.folded, mentions)
    assert len(masked) == len(text)
    assert "台灯" not in masked


def test_days_and_amounts_in_words_are_heard_where_a_flow_asks_for_them():
    assert hear("昨天花了三百块", shop(SlotKind.ORDER_ID), today=TODAY) == []
    alone = hear("三百", shop(SlotKind.AMOUNT), asked=SlotKind.AMOUNT, today=TODAY)
    assert [mention.value for mention in alone] == ["300"]


def test_a_day_in_digits_is_heard_once():
    prepared = shop(SlotKind.DATE)
    mentions = hear("8月5号 or aug 5", prepared, today=TODAY)
    assert [mention.value for mention in mentions] == ["2026-08-05", "2026-08-05"]
    mentions = hear("2026-08-05", prepared, today=TODAY)
    assert len(mentions) == 1


def test_a_line_is_read_at_its_start_and_found_in_the_original():
    assert read("x" * 100_000).folded == "x" * READ_AT_MOST
    assert len(read("ﷺ" * 900).folded) == READ_AT_MOST
    seen = read("ﬁ\u200b\u202eＡ\tÅ😀 \u0301x")
    assert seen.folded == "fia å😀 x"
    assert seen.text[slice(*seen.span(2, 3))] == "Ａ"
    assert read("ＡＢ").span(0, 2) == (0, 2)


def test_rare_characters_do_not_pile_up_in_memory():
    for start in range(0x10000, 0x10000 + (1 << 14) + 2000, 1000):
        assert read("".join(map(chr, range(start, start + 1000)))).folded
    assert len(line._TABLE) <= 1 << 14
