"""Hints to consoles: sent after the commit, and to the group that consoles hear."""

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from apps.chat import events
from apps.handoff.events import publish_people, publish_tickets


@pytest.mark.django_db
def test_it_is_sent_once_what_it_tells_of_can_be_read(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as told, transaction.atomic():
        publish_tickets([])
        publish_tickets([7, 3])
        publish_people()
    assert [each.args for each in told] == [
        ({"type": "tickets", "ids": [3, 7]},),
        ({"type": "people"},),
    ]


async def test_it_reaches_whoever_listens_to_tickets():
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(events.TICKETS, channel)
    await events.tell(events.TICKETS, {"type": "people"})
    assert await layer.receive(channel) == {"type": "people"}
