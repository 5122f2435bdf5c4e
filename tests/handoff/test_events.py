"""Hints to consoles: sent after the commit, and nobody waits for Redis."""

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from apps.chat.events import Breaker
from apps.handoff import events
from apps.handoff.events import GROUP, publish, publish_tickets


class Away:
    async def group_send(self, group, message):
        raise ConnectionError("Redis is away")


async def test_a_hint_reaches_whoever_listens():
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    await publish({"type": "tickets", "ids": [1, 2]})
    assert await layer.receive(channel) == {"type": "tickets", "ids": [1, 2]}


async def test_without_redis_it_is_lost_and_after_a_while_not_even_tried(monkeypatch):
    monkeypatch.setattr(events, "breaker", Breaker("tickets"))
    monkeypatch.setattr(events, "get_channel_layer", Away)
    for _ in range(3):
        await publish({"type": "people"})
    assert events.breaker.is_open()


@pytest.mark.django_db
def test_it_is_sent_once_what_it_tells_of_can_be_read(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as told, transaction.atomic():
        publish_tickets([])
        publish_tickets([7, 3])
    [only] = told
    assert only.args == ({"type": "tickets", "ids": [3, 7]},)
