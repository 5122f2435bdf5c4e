"""Hints to every console: "these tickets have changed", "the people have". They may be lost: a
console asks PostgreSQL every few seconds anyway."""

from collections.abc import Collection
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction

from apps.chat import events


def publish_tickets(ids: Collection[int]) -> None:
    """After the commit of the transaction that changed them."""
    if ids:
        told = {"type": "tickets", "ids": sorted(ids)}
        transaction.on_commit(partial(_tell, told))


def publish_people() -> None:
    """Somebody came, went, or chose to be away."""
    transaction.on_commit(partial(_tell, {"type": "people"}))


def _tell(message: dict[str, Any]) -> None:
    async_to_sync(events.tell)(events.TICKETS, message)
