"""A queue that is longer than anybody can work through."""

from dataclasses import replace

import pytest
from django.db import transaction

from apps.chat.models import Session, Visitor
from apps.chat.threads import in_thread
from apps.console import rows, seats
from apps.handoff.models import Priority, Ticket
from apps.handoff.services import claim, set_priority
from tests.handoff.talks import asks, say
from tests.handoff.team import nora, omar, sam

pytestmark = pytest.mark.django_db(transaction=True)


@transaction.atomic
def crowd(site, count, **values):
    """So many who wait on a site."""
    visitors = Visitor.objects.bulk_create(Visitor(site=site) for _ in range(count))
    sessions = Session.objects.bulk_create(
        Session(site=site, visitor=one, language="en", mode="queued") for one in visitors
    )
    tickets = Ticket.objects.bulk_create(
        Ticket(site=site, session=one, reason="asked", language="en", **values) for one in sessions
    )
    return [one.session_id for one in tickets]


async def snapshot(console):
    """All parts of a queue, in their order."""
    parts = [await console.until("queue")]
    while parts[-1]["more"]:
        parts.append(await console.hear())
        assert parts[-1]["type"] == "queue"
    return parts


async def test_a_long_queue_comes_in_parts_without_gaps(desks, make_session, monkeypatch):
    monkeypatch.setattr(seats, "PART", 4)
    site = (await in_thread(make_session)).site
    waiting = await in_thread(crowd, site, 10)
    console = await desks(await in_thread(nora))
    assert await console.connect()
    await console.write(type="hello", proto=1)
    parts = await snapshot(console)
    assert [part["seq"] for part in parts] == [1, 2, 3]
    assert {row["id"] for part in parts for row in part["rows"]} == set(map(str, waiting))
    await console.write(type="resnap")
    assert [part["seq"] for part in await snapshot(console)] == [4, 5, 6]


async def test_the_most_pressing_of_a_site_are_shown_and_all_are_counted(
    desks, make_session, monkeypatch
):
    monkeypatch.setattr(rows, "MOST_OPEN", 3)
    session = await in_thread(make_session)
    own = await in_thread(asks, session)
    nora_ = await in_thread(nora)
    await in_thread(claim, ticket_id=own.pk, operator=nora_)
    await in_thread(crowd, session.site, 3, priority=Priority.LOW)
    pressing = await in_thread(crowd, session.site, 2, priority=Priority.HIGH)
    console = await desks(nora_)
    await console.sit()
    shown = [row["id"] for row in console.heard[-1]["rows"]]
    assert len(shown) == 4
    assert set(shown) >= {str(session.pk), *map(str, pressing)}
    counts = await console.until("counts")
    assert (counts["waiting"], counts["mine"], counts["beyond"]) == (5, 1, 2)


async def test_whoever_leaves_makes_room_for_the_next(desks, make_session, monkeypatch, settings):
    monkeypatch.setattr(rows, "MOST_OPEN", 1)
    settings.CHAT = replace(settings.CHAT, heal_s=0.1)
    site = (await in_thread(make_session)).site
    [later] = await in_thread(crowd, site, 1, priority=Priority.LOW)
    [first] = await in_thread(crowd, site, 1, priority=Priority.URGENT)
    console = await desks(await in_thread(nora))
    await console.sit()
    assert [row["id"] for row in console.heard[-1]["rows"]] == [str(first)]
    ticket = await in_thread(Ticket.objects.get, session=first)
    await in_thread(claim, ticket_id=ticket.pk, operator=await in_thread(omar))
    await console.row(await in_thread(Session.objects.get, pk=later), kind="waiting")


async def test_one_more_than_there_is_room_for_stays_outside(
    desks, make_session, monkeypatch, settings
):
    monkeypatch.setattr(rows, "MOST_OPEN", 1)
    settings.CHAT = replace(settings.CHAT, heal_s=60)
    first, late = await in_thread(make_session), await in_thread(make_session)
    ticket = await in_thread(asks, first)
    await in_thread(set_priority, ticket_id=ticket.pk, operator=await in_thread(omar), priority=0)
    await in_thread(crowd, first.site, 1)
    console = await desks(await in_thread(nora))
    await console.sit()
    await in_thread(asks, late)
    await in_thread(set_priority, ticket_id=ticket.pk, operator=await in_thread(sam), priority=1)
    await console.row(first, priority=1)
    told = {row["id"] for frame in console.heard for row in frame.get("set", ())}
    assert told == {str(first.pk)}


async def test_live_the_bot_has_no_more_rows_than_at_first(
    desks, make_session, monkeypatch, settings
):
    monkeypatch.setattr(rows, "MOST_WITH_BOT", 1)
    settings.CHAT = replace(settings.CHAT, heal_s=0.1)
    first, next_ = await in_thread(make_session), await in_thread(make_session)
    await in_thread(say, first, "hello")
    console = await desks(await in_thread(nora))
    await console.sit()
    assert [row["id"] for row in console.heard[-1]["rows"]] == [str(first.pk)]
    await in_thread(say, next_, "hello")
    await console.row(next_, kind="bot")
    while str(first.pk) not in (await console.until("rows"))["gone"]:
        pass
