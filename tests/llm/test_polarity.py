"""What turns round an entry is heard, what only sounds so is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.llm.grounding import check
from apps.llm.polarity import Polarity
from apps.llm.prompts import Passage
from apps.llm.written import fold

CONTRARY = [
    ("The return is free of charge.", "The return is not free of charge."),
    ("Opened boxes cannot be returned.", "Opened boxes can be returned."),
    ("Opened boxes can't be returned.", "Yes, you can return opened boxes."),
    ("We deliver to islands.", "Sorry, we don't deliver to islands."),
    ("We never deliver to islands.", "Certainly. We deliver to islands!"),
    ("Gift cards are not refundable. Ask us.", "All is well: gift cards are refundable."),
    ("You may return a parcel within 30 days.", "You may not return a parcel within 30 days."),
    ("退货免运费。", "退货不免运费。"),
    ("拆封商品不支持退货。", "您好，拆封商品支持退货。"),
    ("拆封商品不支持退货。", "拆封商品支持退货的。"),
    ("会员可以使用优惠券。", "会员不可以使用优惠券。"),
    ("支持7天无理由退货", "不支持7天无理由退货"),
    ("礼品卡不能兑换现金，请妥善保管。", "礼品卡能兑换现金。"),
]
SAME = [
    ("The return is free of charge.", "Returning is free of charge."),
    ("Opened boxes cannot be returned.", "No, you can't return opened boxes."),
    ("Opened boxes cannot be returned.", "Opened boxes are not to be returned."),
    ("Opened boxes cannot be returned.", "Only unopened boxes can be returned."),
    ("You may return a parcel within 30 days of its arrival.", "You cannot return it any more."),
    ("You may return a parcel within 30 days.", "After that you cannot return a parcel."),
    ("You may return a parcel.", "If it is damaged, you may not return a parcel."),
    ("You may return a parcel.", "May you not return a parcel?"),
    ("Sale items can be returned, but cannot be exchanged.", "Sale items cannot be exchanged."),
    ("Boxes can be returned. Opened boxes cannot be returned.", "Boxes can be returned."),
    ("Delivery takes three days.", "Delivery takes no more than three days."),
    ("Return it by post.", "No problem, return it by post."),
    ("Members only can use it.", "Nobody but members can use it."),
    ("送货不超过3天。", "送货3天。"),
    ("退货免运费。", "没问题，退货免运费。"),
    ("退货免运费。", "不好意思，请问退不退货？退货免运费。"),
    ("拆封商品不支持退货。", "抱歉，拆封商品没法支持退货。"),
    ("支持7天无理由退货", "7天内支持无理由退货"),
    ("退货免运费。", "逾期退货不免运费。"),
    ("", "退货不免运费。"),
]


@pytest.mark.parametrize(("entry", "reply"), CONTRARY)
def test_what_turns_an_entry_round_is_a_fault(entry, reply):
    (fault,) = check(reply, (), [Passage("", entry)]).faults
    assert fault.kind == "negation"
    assert fault.said.casefold() in reply.casefold()


@pytest.mark.parametrize(("entry", "reply"), SAME)
def test_what_does_not_is_none(entry, reply):
    assert [*Polarity.of([entry]).contrary(fold(reply))] == []


def test_a_question_for_a_title_says_nothing():
    passage = Passage("Can opened boxes be returned?", "Opened boxes cannot be returned.")
    assert check("Opened boxes can be returned.", (), [passage]).faults
    assert check("Opened boxes cannot be returned.", (), [passage]).holds


def test_of_two_entries_that_differ_either_may_be_repeated():
    entries = [
        Passage("", "Opened boxes cannot be returned."),
        Passage("", "Opened boxes can be returned."),
    ]
    for reply in ("Opened boxes can be returned.", "Opened boxes cannot be returned."):
        assert check(reply, (), entries).holds


@given(
    st.lists(
        st.sampled_from(
            [
                "opened",
                "boxes",
                "can",
                "cannot",
                "be",
                "returned",
                "not",
                ",",
                ".",
                "?",
                "but",
                "if",
                "退货",
                "不",
                "免",
                "运费",
                "没",
                "，",
                "。",
                "\n",
                "no",
                "never",
            ]
        ),
        max_size=30,
    )
)
def test_nothing_turns_itself_round(words):
    text = " ".join(words)
    assert [*Polarity.of([text]).contrary(fold(text))] == []
