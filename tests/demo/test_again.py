"""One thing after the other with the same order, as the demo's customers do it."""

import pytest

from apps.chat.models import Session, Visitor
from apps.demo.models import Order
from apps.dialogue.actions import execute
from apps.dialogue.models import ActionRun
from tests.demo.test_talk import agree, session  # noqa: F401 the fixture
from tests.dialogue.refunds import last, send

pytestmark = pytest.mark.django_db
LARK = "202611040017"
AGAIN = {"en": "where is it?", "zh-Hans": "那帮我查一下物流"}
INSTEAD = {"en": "now exchange it instead", "zh-Hans": "还是换货吧"}


@pytest.fixture
def returned(session):  # noqa: F811 as above
    send(session, flow="return")
    send(session, LARK)
    send(session, reason="not_working")
    agree(session, phone_tail="2567")
    assert Order.objects.get(number=LARK).status == Order.Status.RETURNING
    return session


def carry_out():
    for run in ActionRun.objects.open():
        execute.carry_out(run.key)


def test_who_asks_where_it_is_is_told_at_once(returned):
    send(returned, AGAIN[returned.language])
    carry_out()
    assert LARK in last(returned).text
    assert "form" not in last(returned).meta


def test_who_wants_something_else_is_not_asked_for_it_again(returned):
    send(returned, INSTEAD[returned.language])
    assert LARK in last(returned).text
    assert last(returned).meta["form"]["slot"] not in ("order_id", "phone_tail")
    (button,) = last(returned).meta["quick_replies"]
    assert button["fields"] == {"change": "order_id"}


def test_whom_the_shop_has_signed_chooses_among_their_own(session):  # noqa: F811 as above
    Visitor.objects.filter(pk=session.visitor_id).update(external_id="mei")
    signed = Session.objects.get(pk=session.pk)
    send(signed, flow="cancel")
    (button,) = last(signed).meta["quick_replies"]
    assert (
        button["label"]
        == {
            "en": "Wren · 202611190042",
            "zh-Hans": "鹪鹩 · 202611190042",
        }[signed.language]
    )
    send(signed, button["text"], **button["fields"])
    assert last(signed).meta["confirm"]["rows"][0]["value"] == "202611190042"
