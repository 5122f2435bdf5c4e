"""The demo's flows from the first word to what the shop did, with the examples that they show."""

import pytest

from apps.chat.models import Message, Session, Visitor
from apps.demo.models import Order, Request
from apps.dialogue import books
from apps.dialogue.actions import execute, threads
from apps.dialogue.models import ActionRun
from apps.knowledge.index import library
from apps.sites.models import Site
from tests.dialogue.refunds import last, send

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["en", "zh-Hans"])
def session(request, monkeypatch, shop_of_module):
    monkeypatch.setattr(library, "_indexes", {})
    monkeypatch.setattr(books, "_books", {})
    monkeypatch.setattr(threads, "_start", lambda key: None)
    books.refresh()
    library.refresh()
    site = Site.objects.get(key="demo")
    visitor = Visitor.objects.create(site=site, locale=request.param)
    return Session.objects.create(site=site, visitor=visitor, language=request.param)


def agree(session: Session, **fields: str) -> Message:
    """Yes to the card; what the shop says to it."""
    card = last(session).meta["confirm"]["id"]
    send(session, "Yes", None, confirm=card, answer="yes", **fields)
    execute.carry_out(ActionRun.objects.get(key=card).key)
    return last(session)


def test_a_product_that_is_not_in_the_order_is_put_right(session):
    send(session, flow="return")
    number = last(session).meta["form"]["example"]
    send(session, number)
    send(session, product="wren")
    send(session, reason="no_longer_needed")
    refused = agree(session, phone_tail="2567")
    assert refused.meta["form"]["slot"] == "product"
    assert {"en": "Lark 2", "zh-Hans": "云雀 2"}[session.language] in refused.text
    assert not Request.objects.exists()
    send(session, product="lark")
    assert number in agree(session).text
    assert Order.objects.get(number=number).status == Order.Status.RETURNING


def test_headphones_are_not_heard_in_a_polite_question(session):
    """A nickname of theirs was the plural of "can"."""
    send(session, "Can you cancel my order please")
    send(session, last(session).meta["form"]["example"])
    assert [row["slot"] for row in last(session).meta["confirm"]["rows"]] == ["order_id"]


def test_a_product_goes_by_the_first_word_of_its_name(session):
    said = {
        "en": "I want to return the Lark, the left one is silent, order 202611040017",
        "zh-Hans": "云雀想退货，左耳没声音，订单 202611040017",
    }
    send(session, said[session.language])
    rows = {row["slot"]: row["value"] for row in last(session).meta["confirm"]["rows"]}
    assert rows["product"] == {"en": "Lark 2", "zh-Hans": "云雀 2"}[session.language]
