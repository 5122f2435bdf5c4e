"""What the four flows do in the demo shop: the model of a shop's own actions.

Each runs in one transaction with the desk's note that it ran, so its work is done exactly once. An
order that is not there and one of somebody else get the same answer.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.demo.data import KEY
from apps.demo.models import RETURN_DAYS, Order, Request
from apps.demo.shop import BY_SLUG
from apps.dialogue.actions.registry import (
    Call,
    Done,
    OwnOrder,
    Refused,
    action,
    lookup,
    own_orders,
)
from apps.sites.models import CHINESE

# Options of the flows' `reason` that say that something is wrong with what came.
FAULTS = frozenset(
    {"damaged", "not_working", "wrong_item", "not_as_described", "quality", "missing"}
)

MOST_ORDERS = 5
# Where an order has to stand for a flow to do anything with it.
FITTING = {
    "return": [Order.Status.DELIVERED],
    "exchange": [Order.Status.DELIVERED],
    "cancel": [Order.Status.PAID],
}
Answer = Done | Refused


def _on_own_order(
    work: Callable[[Call, Order], Answer],
) -> Callable[[Call], Answer]:
    """Hands the locked order to `work`, in the visitor's language, if it is the visitor's own:
    bought by whom the shop's server signed, or with a phone that ends as they say."""

    @wraps(work)
    def guarded(call: Call) -> Answer:
        with translation.override(call.language.lower()):
            order = (
                Order.objects.select_for_update(of=("self",))
                .select_related("customer")
                .filter(number=call.slots.get("order_id", ""))
                .first()
            )
            if order is None or not _is_own(order, call):
                return Refused(slot="order_id", not_found=True)
            return work(call, order)

    return guarded


def _is_own(order: Order, call: Call) -> bool:
    if call.person:
        return order.customer.person == call.person
    return call.slots.get("phone_tail") == order.customer.phone_tail


def _in_the_order(
    work: Callable[[Call, Order], Answer],
) -> Callable[[Call, Order], Answer]:
    """For orders that are proved: one that does not hold the product that was named is not what the
    visitor means."""

    @wraps(work)
    def guarded(call: Call, order: Order) -> Answer:
        named = call.slots.get("product", "")
        bought = list(dict.fromkeys(order.items.values_list("product", flat=True)))
        if not named or named in bought:
            return work(call, order)
        names = _listed(bought, call.language)
        sentence = _("Order %(number)s has no %(product)s in it. What was bought: %(bought)s.")
        told = {"number": order.number, "product": _name(named), "bought": names}
        return Refused(sentence % told, slot="product")

    return guarded


@own_orders
def orders_of(call: Call) -> list[OwnOrder]:
    """Those with which the flow can do something, newest first, by what was bought."""
    orders = Order.objects.of_person(call.person).newest_first().prefetch_related("items")
    if call.flow in FITTING:
        orders = orders.filter(status__in=FITTING[call.flow])
    with translation.override(call.language.lower()):
        return [
            OwnOrder(order.number, f"{_listed(_bought(order), call.language)} · {order.number}")
            for order in orders[:MOST_ORDERS]
        ]


def _bought(order: Order) -> list[str]:
    return list(dict.fromkeys(item.product for item in order.items.all()))


def _listed(slugs: list[str], language: str) -> str:
    return ("、" if language == CHINESE else ", ").join(map(_name, slugs))


def _name(slug: str) -> str:
    product = BY_SLUG.get(slug)
    return str(product.name) if product else slug


@action("demo.return_order", title=gettext_lazy("Northbird: arrange a return"), only_on=KEY)
@_on_own_order
@_in_the_order
def return_order(call: Call, order: Order) -> Answer:
    if refused := _cannot_come_back(call, order):
        return refused
    _take_on(call, order, Request.Kind.RETURN, Order.Status.RETURNING)
    return Done(
        _(
            "The return of order %(number)s is arranged. The label is on its way to %(email)s; "
            "send the parcel within 14 days. Your money comes back within 5 working days after "
            "it has arrived."
        )
        % {"number": order.number, "email": _masked(order.customer.email)}
    )


@action("demo.exchange_order", title=gettext_lazy("Northbird: arrange an exchange"), only_on=KEY)
@_on_own_order
@_in_the_order
def exchange_order(call: Call, order: Order) -> Answer:
    if refused := _cannot_come_back(call, order):
        return refused
    _take_on(call, order, Request.Kind.EXCHANGE, Order.Status.EXCHANGING)
    return Done(
        _(
            "The exchange for order %(number)s is arranged. The label is on its way to %(email)s; "
            "the replacement leaves as soon as your parcel has arrived."
        )
        % {"number": order.number, "email": _masked(order.customer.email)}
    )


@action("demo.cancel_order", title=gettext_lazy("Northbird: cancel an order"), only_on=KEY)
@_on_own_order
@_in_the_order
def cancel_order(call: Call, order: Order) -> Answer:
    if not order.can_be_cancelled:
        return Refused(
            _("Order %(number)s can no longer be cancelled. It stands at: %(status)s.")
            % {"number": order.number, "status": order.get_status_display()}
        )
    _take_on(call, order, Request.Kind.CANCEL, Order.Status.CANCELLED)
    return Done(
        _(
            "Order %(number)s is cancelled. Your money goes back to where it came from within "
            "3 working days."
        )
        % {"number": order.number}
    )


@lookup("demo.order_status", title=gettext_lazy("Northbird: where an order is"), only_on=KEY)
@_on_own_order
def order_status(_call: Call, order: Order) -> Answer:
    said = [
        _("Order %(number)s: %(status)s.")
        % {"number": order.number, "status": order.get_status_display()}
    ]
    if order.delivered_at:
        said.append(_("It was delivered on %(day)s.") % {"day": _day(order.delivered_at)})
    elif order.tracking:
        parcel = {"carrier": order.carrier, "tracking": order.tracking}
        said.append(_("It travels with %(carrier)s under %(tracking)s.") % parcel)
    return Done(" ".join(said))


def _cannot_come_back(call: Call, order: Order) -> Refused | None:
    number = {"number": order.number}
    if order.status in (Order.Status.RETURNING, Order.Status.EXCHANGING):
        return Refused(
            _("A return or an exchange of order %(number)s is already under way.") % number
        )
    if not order.is_with_customer:
        return Refused(
            _("Order %(number)s has not been delivered. It stands at: %(status)s.")
            % {**number, "status": order.get_status_display()}
        )
    is_faulty = call.slots.get("reason") in FAULTS
    if not order.is_within_return_days() and not is_faulty:
        return Refused(
            _("Order %(number)s was delivered more than %(days)d days ago.")
            % {**number, "days": RETURN_DAYS}
        )
    if not is_faulty and order.items.filter(engraved=True).exists():
        return Refused(
            _("Order %(number)s is engraved, and can only come back if it is faulty.") % number
        )
    return None


def _take_on(call: Call, order: Order, kind: Request.Kind, status: Order.Status) -> None:
    Request.objects.create(
        key=call.key,
        order=order,
        kind=kind,
        reason=call.slots.get("reason", "")[:200],
        wanted=call.slots.get("wanted", "")[:200],
    )
    order.status = status
    order.save(update_fields=["status"])


def _masked(email: str) -> str:
    """Enough to know one's own address by."""
    name, _at, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "DATE_FORMAT")
