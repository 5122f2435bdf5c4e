"""How a person can be reached, typed as a line."""

import pytest

from apps.engine.addresses import address_in
from apps.engine.book import EMPTY_BOOK
from tests.engine.shop import BOOK


@pytest.mark.parametrize(
    ("text", "email", "phone"),
    [
        ("13800002567", "", "13800002567"),
        ("１３８００００２５６７", "", "13800002567"),
        ("+86 138-0000-2567", "", "+8613800002567"),
        ("＋８６　138 0000 2567", "", "+8613800002567"),
        ("我的电话是13800002567，谢谢", "", "13800002567"),
        ("021-12345678", "", "02112345678"),
        ("02112345678", "", "02112345678"),
        ("020 7946 0958", "", "02079460958"),
        ("5551234567", "", "5551234567"),
        ("(555) 123-4567", "", "5551234567"),
        ("please call me at 5551234567", "", "5551234567"),
        ("anna@gmail.com", "anna@gmail.com", ""),
        ("Anna.Lee@Gmail.com", "Anna.Lee@Gmail.com", ""),
        ("邮箱anna@gmail.com谢谢", "anna@gmail.com", ""),
        ("ａｎｎａ＠gmail.com", "anna@gmail.com", ""),
        ("mail jo@shop.example or ring +44 20 7946 0958", "jo@shop.example", "+442079460958"),
        ("order 202511040017 is late, write to jo@shop.example", "jo@shop.example", ""),
    ],
)
def test_is_found_in_a_line(text, email, phone):
    found = address_in(text, EMPTY_BOOK)
    assert found is not None
    assert (found.email, found.phone) == (email, phone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is it?",
        "202511040017",
        "order 13800002567",
        "订单号 13800002567",
        "快递单号 13800002567",
        "手机尾号 2567",
        "it cost 1,380.00",
        "@anna",
        "a..b@shop.example",
        "jo@-shop.example",
        f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example",
    ],
)
def test_is_not_seen_where_none_is(text):
    assert address_in(text, EMPTY_BOOK) is None


def test_what_has_the_shape_of_the_shops_own_orders_is_an_order():
    own = BOOK.flows[0].slots[0].model_copy(update={"patterns": (r"1[38]\d{9}", r"[25]\d{9}")})
    flow = BOOK.flows[0].model_copy(update={"slots": (own,)})
    book = type(BOOK)(flows=(flow,))
    assert address_in("13800002567", book) is None
    assert address_in("5551234567", book) is None
    assert address_in("call +44 20 7946 0958", book).phone == "+442079460958"
