"""The demo shop's own tables. A real shop has its own, in its own app; the desk never sees them."""

import re
from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

RETURN_DAYS = 30
TAIL = 4


class Customer(models.Model):
    """Who bought. `person` is the shop's name for them when its server signs who is logged in."""

    person = models.CharField(_("ID"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=20)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_tail(self) -> str:
        """The last four digits, however the number is written."""
        return re.sub(r"\D", "", self.phone)[-TAIL:]


class OrderQuerySet(models.QuerySet["Order"]):
    def newest_first(self) -> Self:
        return self.order_by("-placed_at", "-pk")

    def of_person(self, person: str) -> Self:
        return self.filter(customer__person=person)


class Order(models.Model):
    """One order. What may still be done with it follows from where it stands."""

    class Status(models.TextChoices):
        PAID = "paid", _("Paid, being packed")
        SHIPPED = "shipped", _("On its way")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled, money on its way back")
        RETURNING = "returning", _("Return arranged")
        EXCHANGING = "exchanging", _("Exchange arranged")

    number = models.CharField(_("order number"), max_length=20, unique=True)
    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="orders", verbose_name=_("customer")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status)
    placed_at = models.DateTimeField(_("ordered"))
    shipped_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    carrier = models.CharField(_("carrier"), max_length=40, blank=True)
    tracking = models.CharField(_("tracking number"), max_length=40, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at"]

    def __str__(self) -> str:
        return self.number

    @property
    def can_be_cancelled(self) -> bool:
        return self.status == self.Status.PAID

    @property
    def is_with_customer(self) -> bool:
        return self.status == self.Status.DELIVERED

    def is_within_return_days(self) -> bool:
        """Whether today is at most RETURN_DAYS after its delivery."""
        if self.delivered_at is None:
            return False
        return timezone.now() - self.delivered_at <= timedelta(days=RETURN_DAYS)


class Item(models.Model):
    """One line of an order. `engraved` ones come back only when they are faulty."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items")
    product = models.SlugField(_("product"))
    quantity = models.PositiveSmallIntegerField(_("quantity"), default=1)
    cents = models.PositiveIntegerField(_("price in US cents"))
    engraved = models.BooleanField(_("engraved"), default=False)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class Request(models.Model):
    """A return, an exchange or a cancellation that the shop took on. `key` is what makes it one:
    the desk's key of the action that asked for it."""

    class Kind(models.TextChoices):
        RETURN = "return", _("Return")
        EXCHANGE = "exchange", _("Exchange")
        CANCEL = "cancel", _("Cancellation")

    key = models.UUIDField(primary_key=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="requests")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    wanted = models.CharField(_("wanted instead"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("time"), auto_now_add=True)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.order_id}"
