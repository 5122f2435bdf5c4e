"""A visitor whom the shop has signed chooses among their own orders where a flow asks for one."""

import logging
import uuid

import pytest
from django.db import connection

from apps.chat.frames import Send
from apps.chat.models import Session, Visitor
from apps.chat.threads import in_thread
from apps.dialogue.actions import execute, registry
from apps.dialogue.actions.registry import Call, OwnOrder, Refused, TwiceError
from apps.dialogue.models import ActionRun
from apps.dialogue.services import load
from tests.dialogue.refunds import ORDER, Counter, acts, last, opened, send

pytestmark = pytest.mark.django_db(transaction=True)
OWN = [OwnOrder(ORDER, "Heron headphones"), OwnOrder("202580668969")]
BUTTONS = [
    {"label": "Heron headphones", "text": ORDER, "fields": {"order_id": ORDER}},
    {"label": "202580668969", "text": "202580668969", "fields": {"order_id": "202580668969"}},
]


class Shop:
    """Tells the orders of whoever is signed."""

    def __init__(self, told: object) -> None:
        self.told = told
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> object:
        self.calls.append(call)
        return self.told() if callable(self.told) else self.told


@pytest.fixture(autouse=True)
def _shop(site, monkeypatch, nobody_starts):
    opened(site, monkeypatch)


@pytest.fixture
def tells(monkeypatch):
    def told(orders):
        shop = Shop(orders)
        monkeypatch.setattr(registry, "_orders", [shop])
        return shop

    return told


@pytest.fixture
def signed(session):
    Visitor.objects.filter(pk=session.visitor_id).update(external_id="ann")
    return Session.objects.get(pk=session.pk)


def buttons(session):
    return last(session).meta.get("quick_replies", [])


def test_they_stand_as_buttons_beside_the_question(signed, tells):
    shop = tells(OWN)
    send(signed, flow="refund")
    assert last(signed).meta["form"]["slot"] == "order_id"
    assert buttons(signed) == BUTTONS
    (call,) = shop.calls
    assert (call.person, call.flow, call.key, call.slots) == ("ann", "refund", "", {})
    assert (call.session, call.language) == (signed.pk, "en")


def test_the_one_that_is_chosen_is_taken(signed, tells):
    tells(OWN)
    send(signed, flow="refund")
    send(signed, ORDER, order_id=ORDER)
    assert last(signed).meta["form"]["slot"] == "reason"
    assert buttons(signed) == []


def test_a_strangers_orders_are_asked_of_nobody(session, tells):
    shop = tells(OWN)
    send(session, flow="refund")
    assert buttons(session) == []
    assert shop.calls == []


def test_a_shop_that_cannot_tell_is_not_asked(signed, monkeypatch):
    monkeypatch.setattr(registry, "_orders", [])
    send(signed, flow="refund")
    assert buttons(signed) == []


def test_they_are_offered_again_when_the_answer_was_none(signed, tells):
    tells(OWN)
    send(signed, flow="refund")
    send(signed, "12")
    assert buttons(signed)[:2] == BUTTONS


def test_and_when_the_shop_wants_another(signed, tells, monkeypatch):
    tells(OWN)
    acts(monkeypatch, Counter(Refused("Refunded already.", slot="order_id")))
    send(signed, flow="refund")
    send(signed, order_id=ORDER)
    send(signed, reason="broken")
    send(signed, "Yes", confirm=last(signed).meta["confirm"]["id"], answer="yes")
    execute.carry_out(ActionRun.objects.get().key)
    assert buttons(signed)[:2] == BUTTONS


def test_five_at_most_and_none_that_could_not_be_taken(signed, tells):
    numbers = ["no number", *(f"2025806689{n}" for n in range(60, 70))]
    tells([OwnOrder(number) for number in numbers])
    send(signed, flow="refund")
    assert [button["text"] for button in buttons(signed)] == numbers[1:6]


def broken():
    raise RuntimeError("nobody is to read this")


def in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def slow():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")


@pytest.mark.parametrize("fault", [broken, in_the_database, slow, None, "orders", [1]])
def test_the_question_is_asked_without_them_where_the_shop_fails(
    signed, tells, fault, caplog, monkeypatch
):
    monkeypatch.setattr("apps.dialogue.actions.own_orders.LONGEST_MS", 50)
    tells(fault)
    with caplog.at_level(logging.WARNING):
        send(signed, flow="refund")
    assert last(signed).meta["form"]["slot"] == "order_id"
    assert buttons(signed) == []
    assert "own orders" in caplog.text
    assert "nobody is to read" not in caplog.text


def test_what_they_are_asked_under_does_not_outlast_the_question(signed, tells):
    tells(OWN)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        before = cursor.fetchone()
    send(signed, flow="refund")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == before


def test_only_one_function_may_tell_them(monkeypatch):
    monkeypatch.setattr(registry, "_orders", [])

    def other(call):
        return []

    def one(call):
        return []

    registry.own_orders(one)
    registry.own_orders(one)
    with pytest.raises(TwiceError):
        registry.own_orders(other)


async def test_the_loop_leaves_it_to_a_thread(driver, signed, tells):
    """Told through the sockets' driver as well."""
    tells(OWN)
    handle = driver.hold(await in_thread(load, signed.pk))
    await driver.send(handle, Send(cmid=uuid.uuid4(), text="", fields={"flow": "refund"}))
    assert await in_thread(buttons, signed) == BUTTONS
