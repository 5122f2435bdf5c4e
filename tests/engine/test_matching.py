"""Which flow a line wants, learnt from examples that anybody could have written."""

from dataclasses import replace

import pytest

from apps.engine.book import Book
from apps.engine.commands import AskFaq, StartFlow
from apps.engine.matching import background, learn, terms
from apps.engine.reading import START_AT, learn_book, matcher, phrases
from apps.engine.recognise.prepared import prepare
from apps.engine.text import is_han
from apps.engine.understand import understand
from tests.engine.standard import BOOK, outside
from tests.stack import ROOT

LINES = [
    line.split("\t")
    for line in (ROOT / "tests/engine/lines/wishes.tsv").read_text("utf-8").splitlines()
]


def intent(text):
    first = understand(text, outside())[0]
    sure = isinstance(first, StartFlow) and first.confidence >= START_AT
    return first.flow if sure else "other"


@pytest.mark.parametrize("chinese", [False, True])
def test_most_lines_of_a_shop_are_understood(chinese):
    """None of these lines is an example of a flow."""
    lines = [(wanted, text) for wanted, text in LINES if any(map(is_han, text)) is chinese]
    wrong = [(wanted, text) for wanted, text in lines if intent(text) != wanted]
    assert len(lines) > 100
    assert len(wrong) <= 0.07 * len(lines), wrong


def test_no_line_of_the_test_is_an_example():
    known = {
        line.lower() for flow in BOOK.flows for lines in flow.examples.values() for line in lines
    } | set(background())
    assert [text for _, text in LINES if text.lower() in known] == []


INVOICE = (
    "I need an invoice", "send me the invoice", "can I have an invoice for my order", "发票怎么开",
    "我要发票", "给我开一张发票",
)  # fmt: skip
REPAIR = (
    "my lamp needs a repair",
    "can you repair it",
    "please fix my lamp",
    "帮我修一下",
    "能修吗",
)


def test_staff_may_make_a_flow_of_what_others_only_ask_about():
    """The list of general questions holds lines about invoices and repairs too."""
    learnt = learn([("invoice", INVOICE), ("repair", REPAIR)], background())
    for text, flow in {
        "could you send an invoice": "invoice",
        "开发票": "invoice",
        "repair my lamp please": "repair",
        "帮我修台灯": "repair",
    }.items():
        assert learnt.rank(text)[0].flow == flow
        assert learnt.rank(text)[0].confidence > START_AT
    assert all(wish.confidence < START_AT for wish in learnt.rank("do you have parking"))


def test_without_flows_nothing_is_wanted():
    assert learn([], background()).rank("I want to return it") == []


def test_a_book_is_learnt_once(monkeypatch):
    """Whatever other books are read meanwhile."""
    book = replace(BOOK)
    learn_book(book)
    learnt = matcher(book), phrases(book), prepare(book)
    for _ in range(40):
        phrases(Book()), prepare(Book())
    monkeypatch.setattr("apps.engine.reading.learn", None)
    learn_book(book)
    assert all(
        one is other
        for one, other in zip(learnt, (matcher(book), phrases(book), prepare(book)), strict=True)
    )


def test_of_two_clauses_the_one_that_asks_counts():
    wishes = matcher(BOOK).rank("还没收到货,能取消吗")
    assert [wish.flow for wish in wishes] == ["cancel", "order_status"]
    assert wishes[0].confidence < wishes[1].confidence


def test_thanks_for_something_want_nothing():
    assert matcher(BOOK).rank("thanks for the return") == []


def test_terms_mark_what_is_denied_and_drop_how_a_wish_is_put():
    assert set(terms("how do i return it")) == {"return", "^ return", "retur*"}
    assert "¬cancel" in terms("don't cancel")
    assert "cancel" in terms("i don't know how to cancel")
    assert {"¬退", "¬退货"} <= set(terms("不想退货"))
    assert "退" in terms("能不能退")
    assert "@cost" in terms("how much is it")
    assert terms("w12 gift_card_7") == []


def test_a_question_about_a_wish_is_none():
    assert understand("What is your return policy?", outside())[-1] == AskFaq(
        "What is your return policy?"
    )
