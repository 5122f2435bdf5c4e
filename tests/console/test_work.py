"""Operators at work beside each other."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.chat import events
from apps.chat.models import Message, Session, Visitor
from apps.chat.threads import in_thread
from apps.console import rows
from apps.console import running as console_running
from apps.handoff.models import Macro, Operator, Presence, Ticket
from apps.handoff.services import claim, presence, suggest
from apps.sites.models import Site
from tests.handoff.talks import asks, say
from tests.handoff.team import nora, omar, operator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def pair(desks):
    """Nora's and Omar's consoles."""
    hers, his = await desks(await in_thread(nora)), await desks(await in_thread(omar))
    await hers.sit()
    await his.sit()
    return hers, his


async def test_colleagues_see_who_looks_and_who_writes(pair, make_session):
    hers, his = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.row(session, kind="waiting")
    await his.write(type="open", session=str(session.pk))
    await his.until("thread")
    who = {"id": (await in_thread(Operator.objects.get, name="Nora")).pk, "name": "Nora"}
    await hers.write(type="viewing", session=str(session.pk))
    await his.row(session, viewers=[{**who, "doing": "viewing"}])
    await hers.write(type="typing", session=str(session.pk))
    await his.row(session, viewers=[{**who, "doing": "replying"}])
    assert (await his.until("typing"))["who"] == who
    await hers.leave()
    await his.row(session, viewers=[])


async def test_a_visitor_who_writes_is_seen(pair, make_session):
    hers, _ = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.write(type="open", session=str(session.pk))
    await hers.until("thread")
    await events.publish_typing(events.Typing(session.pk, "visitor"))
    assert (await hers.until("typing"))["who"] == "visitor"


async def test_what_was_read_is_not_counted_any_longer(pair, make_session):
    hers, his = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.row(session, unread=1)
    await hers.write(type="read", session=str(session.pk), seq=1)
    await hers.row(session, unread=0)
    await in_thread(say, session, "hello?")
    await hers.row(session, unread=1)
    await his.row(session, unread=2)


async def test_what_was_read_stays_read_on_another_process(desks, make_session):
    operator = await in_thread(nora)
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await in_thread(say, session, "hello?")
    console = await desks(operator)
    await console.sit()
    await console.write(type="read", session=str(session.pk), seq=1)
    await console.row(session, unread=1)
    # As a process that has not met her yet.
    await console_running.hub().stop()
    console_running.start()
    elsewhere = await desks(operator)
    await elsewhere.sit()
    [row] = elsewhere.heard[-1]["rows"]
    assert row["unread"] == 1


async def test_one_of_many_gets_a_chat_and_the_others_hear_who(desks, make_session):
    team = [await in_thread(operator, f"Op{number}") for number in range(8)]
    consoles = [await desks(one) for one in team]
    await asyncio.gather(*(console.sit() for console in consoles))
    session = await in_thread(make_session)
    await in_thread(asks, session)
    answers = await asyncio.gather(
        *(console.ask("claim", session=session.pk) for console in consoles)
    )
    assert [one["type"] for one in answers].count("done") == 1
    lost = [one for one in answers if one["type"] == "refused"]
    ticket = await in_thread(Ticket.objects.select_related("operator").get)
    assert {one["code"] for one in lost} == {"taken"}
    assert {one["facts"]["by"] for one in lost} == {ticket.operator.name}
    joined = await in_thread(
        lambda: Message.objects.filter(author="system", text__contains="has joined").count()
    )
    assert joined == 1


async def test_many_at_once_each_by_itself(pair, make_session):
    hers, _ = pair
    sessions = [await in_thread(make_session) for _ in range(3)]
    for session in sessions[:2]:
        await in_thread(asks, session)
    his = await in_thread(Operator.objects.get, name="Omar")
    ticket = await in_thread(Ticket.objects.get, session=sessions[1])
    await in_thread(claim, ticket_id=ticket.pk, operator=his)
    done = await hers.ask("bulk", verb="claim", sessions=[str(one.pk) for one in sessions])
    assert done["ok"] == [str(sessions[0].pk)]
    assert {one["session"]: one["code"] for one in done["failed"]} == {
        str(sessions[1].pk): "taken",
        str(sessions[2].pk): "not_found",
    }
    done = await hers.ask("bulk", verb="priority", value=0, sessions=[str(sessions[0].pk)])
    assert done["failed"] == []
    refused = await hers.ask("bulk", verb="priority", sessions=[str(sessions[0].pk)])
    assert refused["failed"][0]["code"] == "bad_value"


async def test_a_session_is_found_by_what_is_remembered_of_it(pair, make_session):
    hers, _ = pair
    session = await in_thread(make_session)
    ticket = await in_thread(asks, session)
    await in_thread(say, session, "my parcel from Lund")
    await in_thread(Visitor.objects.filter(sessions=session).update, name="Åsa Lind")
    for query in ("åsa", "parcel from", f"#{ticket.pk}", str(session.pk)):
        [row] = (await hers.ask("search", query=query))["rows"]
        assert (query, row["id"]) == (query, str(session.pk))
    for query in ("", " ", "x", "nobody said this"):
        assert (await hers.ask("search", query=query))["rows"] == []


async def test_presence_is_told_to_everybody(pair):
    hers, his = pair
    done = await hers.ask("presence", state="away")
    assert done["presence"] == "away"
    people: dict[str, str] = {}
    while people.get("Nora") != "away":
        told = await his.until("people")
        people = {one["name"]: one["presence"] for one in told["operators"]}
    refused = await hers.ask("presence", state="asleep")
    assert refused["code"] == "bad_value"


async def test_who_closes_the_last_console_is_gone(desks):
    console_running.hub().gone_after_s = 0.01
    first = await in_thread(nora)
    hers, his = await desks(first), await desks(await in_thread(omar))
    await hers.sit()
    await his.sit()
    await hers.leave()
    people: dict[str, str] = {}
    while people.get("Nora") != "offline":
        told = await his.until("people")
        people = {one["name"]: one["presence"] for one in told["operators"]}
    there = await in_thread(Presence.objects.get, operator=first)
    assert there.seen_at is None


def test_who_has_a_console_on_another_process_is_not_gone():
    """As after a reload that met another one."""
    operator = nora()
    presence.come(operator=operator)
    left_at = timezone.now()
    presence.seen(operators=[operator.pk])
    presence.leave(operator=operator.pk, at=left_at)
    assert Presence.objects.get(operator=operator).state() == "available"
    presence.leave(operator=operator.pk, at=timezone.now())
    assert Presence.objects.get(operator=operator).state() == "offline"


async def test_who_was_taken_for_gone_is_back_with_the_next_sign(pair):
    _, his = pair
    first = await in_thread(Operator.objects.get, name="Nora")
    await in_thread(presence.leave, operator=first.pk, at=timezone.now())
    assert (await _state_of("Nora", his, "offline")) == "offline"
    await in_thread(presence.seen, operators=[first.pk])
    assert (await _state_of("Nora", his, "available")) == "available"


async def _state_of(name, console, awaited):
    """As the console is told, once it is what is awaited."""
    state = ""
    while state != awaited:
        told = await console.until("people")
        [state] = [one["presence"] for one in told["operators"] if one["name"] == name]
    return state


async def test_macros_come_filled(pair, make_session):
    hers, _ = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    text = "Hello, {operator.name} here. About {order_id}"
    await in_thread(Macro.objects.create, name="你好", name_en="Hello", text_en=text)
    [found] = (await hers.ask("macros", session=session.pk, query="hel"))["macros"]
    assert found["text"].startswith("Hello, Nora here.")
    assert found["unfilled"] == ["order_id"]
    assert (await hers.ask("used_macro", id=found["id"]))["type"] == "done"


async def test_a_resolved_chat_can_be_brought_back_for_a_moment(pair, make_session):
    hers, his = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.ask("claim", session=session.pk)
    done = await hers.ask("resolve", session=session.pk, outcome="answered", text="Bye")
    await his.row(session, kind="done")
    assert done["until"]
    assert (await his.ask("undo", token=done["undo"]))["code"] == "not_yours"
    assert (await hers.ask("undo", token=done["undo"]))["type"] == "done"
    assert (await his.row(session, kind="other"))["operator"]["name"] == "Nora"


async def test_a_chat_goes_back_to_the_bot(pair, make_session):
    hers, his = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.ask("claim", session=session.pk)
    assert (await hers.ask("return", session=session.pk, instruction="be kind"))["type"] == "done"
    row = await his.row(session, mode="bot")
    # Nobody has said anything since, and it is not settled: the bot has it.
    assert (row["kind"], row["last"]["author"], row["operator"]["name"]) == (
        "bot",
        "system",
        "Nora",
    )
    settled = await hers.ask("resolve", session=session.pk, outcome="returned")
    assert settled["code"] in {"bad_value", "closed"}


async def test_lost_hints_are_made_good(desks, make_session, settings, monkeypatch):
    """Redis may be away for as long as it likes."""

    async def lost(group, message):
        return None

    settings.CHAT = replace(settings.CHAT, heal_s=0.1)
    monkeypatch.setattr(events, "tell", lost)
    monkeypatch.setattr("apps.handoff.events._tell", lambda message: None)
    console = await desks(await in_thread(nora))
    await console.sit()
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await console.row(session, kind="waiting")
    await console.write(type="open", session=str(session.pk))
    await console.until("thread")
    await in_thread(say, session, "still here")
    told = await console.until("message")
    assert told["message"]["text"] == "still here"


def test_five_hundred_rows_cost_a_handful_of_queries(site):
    visitors = Visitor.objects.bulk_create(Visitor(site=site) for _ in range(500))
    sessions = Session.objects.bulk_create(
        Session(site=site, visitor=visitor, language="en", mode="queued", last_seq=2)
        for visitor in visitors
    )
    Ticket.objects.bulk_create(
        Ticket(site=site, session=session, reason="asked", language="en") for session in sessions
    )
    Message.objects.bulk_create(
        Message(session=session, seq=seq, author="visitor", text="Hello", cmid=uuid.uuid4())
        for session in sessions
        for seq in (1, 2)
    )
    with CaptureQueriesContext(connection) as asked:
        found = rows.read(list(rows.places()))
    assert len(asked) == 5
    assert len(found) == 500
    assert {row.behind for row in found.values()} == {(1, 2)}


async def test_what_became_of_a_drafted_answer_is_kept(pair, make_session):
    hers, his = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    seq = await in_thread(lambda: Session.objects.get(pk=session.pk).last_seq)
    made = await in_thread(
        suggest, session_id=session.pk, text="30 days.", basis=[], route="model", to_seq=seq
    )
    await hers.write(type="open", session=str(session.pk))
    thread = await hers.until("thread")
    assert thread["suggestion"] == {"id": made.pk, "text": "30 days.", "sources": [], "to_seq": seq}
    elsewhere = await in_thread(Site.objects.create, key="other", name="Other")
    omar_ = await in_thread(Operator.objects.get, name="Omar")
    await in_thread(omar_.sites.set, [elsewhere])
    assert (await his.ask("suggestion", id=made.pk, choice="inserted"))["code"] == "not_found"
    assert (await hers.ask("suggestion", id=made.pk, choice="inserted"))["type"] == "done"
    assert await hers.fact("suggestion") is None
    assert (await hers.ask("suggestion", id=made.pk, choice="edited"))["code"] == "too_late"
    assert (await hers.ask("suggestion", id=made.pk, choice="eaten"))["code"] == "bad_value"
    # There is no model here.
    assert (await hers.ask("suggest", session=session.pk))["code"] == "not_available"


@pytest.mark.parametrize(("sent", "choice"), [("30 days!", "edited"), ("30 days.", "inserted")])
async def test_what_was_made_of_a_drafted_answer_goes_with_the_reply(
    pair, make_session, sent, choice
):
    hers, _ = pair
    session = await in_thread(make_session)
    await in_thread(asks, session)
    await hers.ask("claim", session=session.pk)
    await hers.write(type="open", session=str(session.pk))
    seq = (await hers.until("thread"))["last_seq"]
    draft = {"text": "30 days.", "basis": [], "route": "model", "to_seq": seq}
    made = await in_thread(suggest, session_id=session.pk, **draft)
    on = {"session": session.pk, "cmid": uuid.uuid4(), "seen_seq": seq}
    assert (await hers.ask("send", **on, text=sent, suggestion=made.pk))["type"] == "done"
    await in_thread(made.refresh_from_db)
    assert (made.choice, made.used_text) == (choice, sent)
    assert made.chosen_by_id


async def test_what_only_looks_something_up_is_not_kept(pair, make_session):
    hers, _ = pair
    session = await in_thread(make_session)
    cid = uuid.uuid4()
    assert (await hers.ask("search", cid=cid, query="agent"))["rows"] == []
    await in_thread(asks, session)
    assert len((await hers.ask("search", cid=cid, query="agent"))["rows"]) == 1
