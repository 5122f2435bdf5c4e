"""What the flows do in the demo shop, and to whom it is refused."""

from dataclasses import replace

import pytest
from django.utils import timezone

from apps.demo.actions import cancel_order, exchange_order, order_status, orders_of, return_order
from apps.demo.models import Item, Order, Request
from apps.dialogue.actions.registry import Done, Refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("orders")]

ALL = [return_order, exchange_order, cancel_order, order_status]
TWO = "202611140150"
LARK, SPEAKERS, UNDER_WAY, OLD, ENGRAVED = (
    "202611040017",
    "202611190042",
    "202611150108",
    "202608120003",
    "202610280077",
)


class TestWhoseOrder:
    @pytest.mark.parametrize("run", ALL)
    @pytest.mark.parametrize(
        "slots",
        [
            {"order_id": "999999999999"},
            {"phone_tail": "2568"},
            {"phone_tail": ""},
            {"phone_tail": "7"},
            {"order_id": ""},
            {"order_id": "202611060233"},
        ],
    )
    def test_a_foreign_and_an_absent_order_get_the_same_answer(self, call, run, slots):
        answer = run(call(**slots))
        assert answer == Refused(slot="order_id", not_found=True)
        assert not Request.objects.exists()

    def test_who_the_shop_has_signed_needs_no_proof(self, call):
        assert isinstance(order_status(call(person="mei", phone_tail="")), Done)

    def test_and_gets_nobody_elses_with_the_right_proof(self, call):
        refused = order_status(call(person="jonas"))
        assert isinstance(refused, Refused)
        assert refused.not_found

    @pytest.mark.parametrize("tail", ["4831", "0190"])
    def test_spaces_in_the_stored_number_do_not_matter(self, call, tail):
        found = order_status(call(order_id="202611060233", phone_tail=tail))
        assert isinstance(found, Done) is (tail == "4831")


class TestOwnOrders:
    @pytest.mark.parametrize(
        ("person", "flow", "numbers"),
        [
            ("mei", "order_status", [SPEAKERS, UNDER_WAY, LARK, OLD]),
            ("mei", "cancel", [SPEAKERS]),
            ("mei", "return", [LARK, OLD]),
            ("mei", "exchange", [LARK, OLD]),
            ("ana", "cancel", []),
            ("nobody", "order_status", []),
            ("", "order_status", []),
        ],
    )
    def test_those_that_fit_the_wish_are_told_newest_first(self, call, person, flow, numbers):
        asked = replace(call(person=person), flow=flow, key="", slots={})
        assert [own.number for own in orders_of(asked)] == numbers

    @pytest.mark.parametrize(
        ("language", "label"),
        [("en", f"Lark 2, Wren · {TWO}"), ("zh-Hans", f"云雀 2、鹪鹩 · {TWO}")],
    )
    def test_they_are_called_by_what_was_bought(self, call, language, label):
        asked = replace(call(person="ana", language=language), flow="order_status")
        assert orders_of(asked)[0].label == label


class TestReturn:
    def test_is_arranged(self, call):
        asked = call(reason="not_working")
        answer = return_order(asked)
        assert isinstance(answer, Done)
        assert LARK in answer.text
        assert "m***@customer.example" in answer.text
        assert Order.objects.get(number=LARK).status == Order.Status.RETURNING
        request = Request.objects.get()
        assert (str(request.key), request.kind, request.reason) == (
            asked.key,
            Request.Kind.RETURN,
            "not_working",
        )

    @pytest.mark.parametrize("again", [return_order, exchange_order])
    def test_once(self, call, again):
        return_order(call())
        answer = again(call())
        assert isinstance(answer, Refused)
        assert "already under way" in answer.text
        assert Request.objects.count() == 1

    @pytest.mark.parametrize(
        ("number", "why"), [(SPEAKERS, "not been delivered"), (OLD, "30 days ago")]
    )
    def test_is_refused(self, call, number, why):
        answer = return_order(call(order_id=number, reason="no_longer_needed"))
        assert isinstance(answer, Refused)
        assert why in answer.text
        assert not answer.not_found
        assert not Request.objects.exists()

    @pytest.mark.parametrize(("reason", "taken"), [("no_longer_needed", False), ("damaged", True)])
    def test_engraved_ones_come_back_only_when_faulty(self, call, reason, taken):
        answer = return_order(call(order_id=ENGRAVED, phone_tail="4831", reason=reason))
        assert isinstance(answer, Done) is taken

    def test_a_fault_is_taken_back_after_the_days_too(self, call):
        assert isinstance(return_order(call(order_id=OLD, reason="not_working")), Done)

    def test_is_told_in_the_visitors_language(self, call):
        answer = return_order(call(language="zh-Hans"))
        assert "退货" in answer.text


class TestWhichProduct:
    """An order is proved before anything in it is named."""

    @pytest.mark.parametrize("run", [return_order, exchange_order, cancel_order])
    @pytest.mark.parametrize(
        ("language", "says"),
        [
            ("en", "Order 202611140150 has no Wren in it. What was bought: Lark 2, Heron."),
            ("zh-Hans", "云雀 2、苍鹭"),
        ],
    )
    def test_one_that_is_not_in_the_order_is_asked_for_again(self, call, run, language, says):
        Item.objects.filter(order__number=TWO, product="wren").update(product="heron")
        Order.objects.update(status=Order.Status.DELIVERED, delivered_at=timezone.now())
        answer = run(call(order_id=TWO, phone_tail="7190", product="wren", language=language))
        assert isinstance(answer, Refused)
        assert (answer.slot, answer.not_found) == ("product", False)
        assert says in answer.text
        assert not Request.objects.exists()

    def test_one_that_is_in_it_comes_back(self, call):
        assert isinstance(return_order(call(product="lark")), Done)

    def test_whoever_proves_nothing_learns_nothing_of_it(self, call):
        refused = return_order(call(product="wren", phone_tail="0000"))
        assert isinstance(refused, Refused)
        assert refused.not_found
        assert "Lark" not in refused.text

    def test_one_that_is_not_sold_any_more_is_named_as_it_was_given(self, call):
        refused = return_order(call(product="kiwi"))
        assert isinstance(refused, Refused)
        assert "no kiwi in it" in refused.text


def test_an_exchange_notes_what_is_wanted(call):
    assert isinstance(exchange_order(call(wanted="size L tips")), Done)
    assert Request.objects.get().wanted == "size L tips"


class TestCancel:
    def test_before_it_is_sent(self, call):
        assert isinstance(cancel_order(call(order_id=SPEAKERS)), Done)
        assert Order.objects.get(number=SPEAKERS).status == Order.Status.CANCELLED

    @pytest.mark.parametrize("number", [LARK, UNDER_WAY])
    def test_not_afterwards(self, call, number):
        answer = cancel_order(call(order_id=number))
        assert isinstance(answer, Refused)
        assert "can no longer be cancelled" in answer.text


@pytest.mark.parametrize(
    ("number", "says"),
    [(SPEAKERS, "being packed"), (UNDER_WAY, "SF Express"), (LARK, "was delivered on")],
)
def test_the_status_says_where_it_is(call, number, says):
    answer = order_status(call(order_id=number))
    assert isinstance(answer, Done)
    assert says in answer.text
    assert number in answer.text
