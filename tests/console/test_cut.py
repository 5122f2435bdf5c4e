"""An operator whose network is away for a while, and one who may not come back."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from apps.chat.models import Message
from apps.chat.threads import in_thread
from apps.console.hub import Hub
from apps.handoff.models import Presence
from apps.handoff.services import claim, note
from tests.handoff.talks import asks, say
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN_S = 10


def long_unheard_of(operator):
    """No sign of them has come for a minute."""
    then = timezone.now() - timedelta(seconds=61)
    Presence.objects.filter(operator=operator).update(seen_at=then)


async def presence_of(name, console, wanted):
    """Hears what is told of an operator until it is this."""
    people: dict[str, str] = {}
    while people.get(name) != wanted:
        told = await console.until("people")
        people = {one["name"]: one["presence"] for one in told["operators"]}


async def test_what_was_missed_in_a_minute_without_network_comes_once(
    desks, make_session, settings
):
    settings.CHAT = replace(settings.CHAT, heal_s=0.1)
    who, colleague = await in_thread(nora), await in_thread(omar)
    hers, his = await desks(who), await desks(colleague)
    await hers.sit()
    await his.sit()
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(claim, ticket_id=ticket.pk, operator=who)
    await hers.write(type="open", session=str(session.pk))
    before = await hers.until("thread")
    said = {"text": "Just a moment", "cmid": uuid.uuid4(), "seen_seq": before["last_seq"]}
    cid = uuid.uuid4()
    # Sent, and the network is gone before the answer comes.
    await hers.command("send", cid=cid, session=session.pk, **said)
    await his.row(session, kind="other")
    await hers.until("done", cid=str(cid))
    await hers.leave()
    await in_thread(long_unheard_of, who)
    await presence_of("Nora", his, "offline")
    await in_thread(say, session, "are you there?")
    await in_thread(note, session_id=session.pk, operator=colleague, text="Be quick")
    waiting = await in_thread(make_session)
    await in_thread(asks, waiting)
    again = await desks(who)
    await again.sit()
    await presence_of("Nora", his, "available")
    rows = {row["id"]: row for row in again.heard[-1]["rows"]}
    assert rows[str(session.pk)]["kind"] == "mine"
    assert rows[str(waiting.pk)]["kind"] == "waiting"
    assert (await again.ask("send", cid=cid, session=session.pk, **said))["type"] == "done"
    fresh = uuid.uuid4()
    assert (await again.ask("send", cid=fresh, session=session.pk, **said))["type"] == "done"
    await again.write(type="open", session=str(session.pk))
    thread = await again.until("thread")
    missed = [one["text"] for one in thread["messages"] if one["seq"] > before["last_seq"]]
    assert missed == ["Just a moment", "are you there?"]
    assert [one["text"] for one in thread["notes"]] == ["Be quick"]
    mine = Message.objects.filter(session=session, author="operator")
    assert await in_thread(mine.count) == 1


def test_who_may_stay_is_looked_at_often_enough(monkeypatch):
    """As shipped: a login that has ended closes its consoles within ten seconds."""
    each: dict[str, float] = {}
    hub = Hub()
    monkeypatch.setattr(hub, "spawn", lambda work: work.close())
    monkeypatch.setattr(hub, "_every", lambda seconds, work: _noted(each, seconds, work.__name__))
    hub.start()
    assert configured.CHAT.heal_s == WITHIN_S
    assert each["_inspect"] <= WITHIN_S / 2


def _noted(each, seconds, name):
    each[name] = seconds

    async def nothing():
        """In place of a loop."""

    return nothing()
