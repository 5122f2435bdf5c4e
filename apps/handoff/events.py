"""Hints to every console: "these tickets have changed", "the people have". They may be lost: a
console asks PostgreSQL every few seconds anyway."""

import logging
from collections.abc import Collection
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

from apps.chat.events import Breaker
from apps.guard.timely import within

logger = logging.getLogger(__name__)

GROUP = "tickets"

breaker = Breaker("tickets")


def publish_tickets(ids: Collection[int]) -> None:
    """After the commit of the transaction that changed them."""
    if ids:
        told = {"type": "tickets", "ids": sorted(ids)}
        transaction.on_commit(partial(_tell, told))


def publish_people() -> None:
    """Somebody came, went, or chose to be away."""
    transaction.on_commit(partial(_tell, {"type": "people"}))


def _tell(message: dict[str, Any]) -> None:
    async_to_sync(publish)(message)


async def publish(message: dict[str, Any]) -> None:
    """Tells every process, within 200 ms or not at all. Never raises for Redis' sake."""
    layer = get_channel_layer()
    if layer is None or breaker.is_open():
        return
    try:
        await within(settings.CHAT.hint_timeout_s, layer.group_send(GROUP, message))
    except Exception as error:  # noqa: BLE001 whatever Redis throws, a hint is only a hint
        logger.info("tickets: not published (%s)", type(error).__name__)
        breaker.record(ok=False)
    else:
        breaker.record(ok=True)
