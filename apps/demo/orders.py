"""Orders that the demo shop begins with. Dates are counted back from now, so that there is always
one to cancel, one under way, one to return and one that came too long ago."""

from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from apps.demo.models import Customer, Item, Order

Status = Order.Status


class Sample(NamedTuple):
    """`days` ago it was ordered; (product, quantity, cents, engraved) of each item."""

    number: str
    person: str
    status: str
    days: int
    items: tuple[tuple[str, int, int, bool], ...]


CUSTOMERS = (
    ("mei", "林小美", "mei@customer.example", "13800002567"),
    ("jonas", "Jonas Weber", "jonas@customer.example", "+49 151 0000 4831"),
    ("ana", "Ana Ribeiro", "ana@customer.example", "+351 910 007 190"),
)
SAMPLES = (
    Sample("202611040017", "mei", Status.DELIVERED, 9, (("lark", 1, 7500, False),)),
    Sample("202611190042", "mei", Status.PAID, 1, (("wren", 2, 5900, False),)),
    Sample("202611150108", "mei", Status.SHIPPED, 4, (("heron", 1, 18900, False),)),
    Sample("202608120003", "mei", Status.DELIVERED, 95, (("swift", 1, 29900, False),)),
    Sample("202611060233", "jonas", Status.DELIVERED, 11, (("heron", 1, 18900, False),)),
    Sample("202611200311", "jonas", Status.PAID, 1, (("swift", 1, 29900, False),)),
    Sample("202610280077", "jonas", Status.DELIVERED, 17, (("heron", 1, 18900, True),)),
    Sample("202611140150", "ana", Status.SHIPPED, 5, (("lark", 1, 7500, False), ("wren", 1, 5900, False))),
    Sample("202611010198", "ana", Status.DELIVERED, 12, (("wren", 1, 5900, False),)),
)  # fmt: skip


def load_orders() -> None:
    """Stores the sample customers and orders anew; what was done to them is gone."""
    Customer.objects.all().delete()
    stored = Customer.objects.bulk_create(
        Customer(person=person, name=name, email=email, phone=phone)
        for person, name, email, phone in CUSTOMERS
    )
    customers = {customer.person: customer for customer in stored}
    orders = Order.objects.bulk_create(
        _order(sample, customers[sample.person]) for sample in SAMPLES
    )
    Item.objects.bulk_create(
        Item(order=order, product=product, quantity=quantity, cents=cents, engraved=engraved)
        for order, sample in zip(orders, SAMPLES, strict=True)
        for product, quantity, cents, engraved in sample.items
    )


def _order(sample: Sample, customer: Customer) -> Order:
    placed = timezone.now() - timedelta(days=sample.days)
    order = Order(number=sample.number, customer=customer, status=sample.status, placed_at=placed)
    if sample.status in (Status.SHIPPED, Status.DELIVERED):
        order.shipped_at = placed + timedelta(days=1)
        order.carrier, order.tracking = "SF Express", f"SF{sample.number[-9:]}CN"
    if sample.status == Status.DELIVERED:
        order.delivered_at = placed + timedelta(days=5)
    return order
