"""A thread on a console: whole when it is opened, then live."""

import uuid
from datetime import datetime

import pytest

from apps.chat import events, satisfaction, services
from apps.chat.frames import Context
from apps.chat.items import Item, Line
from apps.chat.journal import Journal, conninfo
from apps.chat.threads import in_thread
from apps.engine.types import Author
from apps.handoff.models import Ticket
from apps.handoff.services import answer, note
from apps.handoff.services.sweeping import SILENT_FOR
from tests.handoff.talks import fresh, long_ago, say
from tests.handoff.team import omar

pytestmark = pytest.mark.django_db(transaction=True)


async def opened(console, session):
    await console.write(type="open", session=str(session.pk))
    return await console.until("thread")


async def test_a_thread_holds_what_was_said_and_what_is_known(taken):
    session, operator, console = taken
    await in_thread(note, session_id=session.pk, operator=operator, text="VIP")
    thread = await opened(console, session)
    assert thread["row"]["kind"] == "mine"
    assert thread["messages"][0]["text"] == "agent"
    assert thread["last_seq"] == thread["messages"][-1]["seq"]
    assert not thread["more"]
    assert [one["text"] for one in thread["notes"]] == ["VIP"]
    assert thread["transitions"][-1]["to"] == "HANDOFF"
    assert [one["kind"] for one in thread["events"]][-1] == "noted"
    assert thread["visitor"]["verified"] is False
    assert thread["drafts"]["reply"] == {"text": "", "stamp": 0}
    assert thread["packet"]["why_stopped"].startswith("Visitor asked for a person")
    assert thread["packet"]["next_step"]


async def test_lines_come_live_and_once(taken):
    session, operator, console = taken
    thread = await opened(console, session)
    await in_thread(say, session, "are you there?")
    first = await console.until("message")
    assert first["message"]["text"] == "are you there?"
    assert first["message"]["seq"] == thread["last_seq"] + 1
    cmid = uuid.uuid4()
    done = await console.ask(
        "send", session=session.pk, text="Yes!", cmid=cmid, seen_seq=first["message"]["seq"]
    )
    assert done["type"] == "done"
    mine = next(
        (one for one in console.heard if one["type"] == "message" and one["message"].get("own")),
        None,
    ) or await console.until("message")
    assert mine["message"]["text"] == "Yes!"
    assert mine["message"]["cmid"] == str(cmid)
    assert mine["message"]["operator"] == operator.pk
    seqs = [one["message"]["seq"] for one in console.heard if one["type"] == "message"]
    assert len(seqs) == len(set(seqs))


async def test_two_consoles_of_two_operators_see_the_same_line_each_in_their_way(taken, desks):
    session, _, console = taken
    other = await desks(await in_thread(omar))
    await other.sit()
    thread = await opened(other, session)
    await opened(console, session)
    await console.ask(
        "send", session=session.pk, text="Hi", cmid=uuid.uuid4(), seen_seq=thread["last_seq"]
    )
    heard = await other.until("message")
    assert heard["message"]["text"] == "Hi"
    assert "own" not in heard["message"]


async def test_a_colleagues_line_behind_what_was_seen_stops_a_send(taken):
    session, _, console = taken
    thread = await opened(console, session)
    seen = thread["last_seq"]
    other = await in_thread(omar)
    said = Line(Author.OPERATOR, "From Omar", name="Omar", meta={"operator": other.pk})
    journal = Journal(conninfo(), on_commit=lambda _moved: None)
    await journal.submit(Item(session.pk, None, (said,)))
    await journal.close()
    refused = await console.ask(
        "send", session=session.pk, text="Mine", cmid=uuid.uuid4(), seen_seq=seen
    )
    assert refused["code"] == "unseen"
    assert refused["facts"]["message"]["text"] == "From Omar"
    assert refused["detail"]
    done = await console.ask(
        "send", session=session.pk, text="Mine", cmid=uuid.uuid4(), seen_seq=seen, anyway=True
    )
    assert done["type"] == "done"


async def test_a_note_reaches_the_colleagues_who_look(taken, desks):
    session, _, console = taken
    other = await desks(await in_thread(omar))
    await other.sit()
    await opened(other, session)
    await console.ask("note", session=session.pk, text="check it", cmid=uuid.uuid4())
    told = await other.until("note")
    assert told["session"] == str(session.pk)
    assert told["note"]["text"] == "check it"
    assert told["note"]["operator"]["name"] == "Nora"


async def test_a_correction_shows_where_the_line_stands(taken):
    session, operator, console = taken
    said = await in_thread(
        answer,
        session_id=session.pk,
        operator=operator,
        text="Tuseday",
        cmid=uuid.uuid4(),
        seen_seq=99,
    )
    await opened(console, session)
    await console.command("correct", session=session.pk, message=said.pk, text="Tuesday")
    told = await console.until("corrected")
    assert told["message"]["id"] == str(said.pk)
    assert told["message"]["text"] == "Tuesday"
    assert told["message"]["edited_at"]
    assert "edited" not in told["message"]["meta"]


async def test_facts_follow_when_they_change(taken):
    session, _, console = taken
    await opened(console, session)
    await console.command("priority", session=session.pk, value=0)
    facts = await console.until("facts")
    assert facts["events"][-1]["kind"] == "priority"
    assert "slots" not in facts


async def test_a_rating_is_told_while_the_thread_is_open(taken):
    session, _, console = taken
    assert (await opened(console, session))["csat"] is None
    await in_thread(satisfaction.score, session=session.pk, value=2, comment="slow")
    await events.publish([(session.pk, 0)])
    assert (await console.until("facts"))["csat"] == {"score": 2, "comment": "slow"}


async def test_a_row_says_when_silence_costs_the_chat(taken):
    session, _, console = taken
    ticket = await in_thread(Ticket.objects.get, session=session)
    await in_thread(long_ago, ticket, 3, "waiting_since")
    await events.publish([(session.pk, 0)])
    row = (await opened(console, session))["row"]
    claimed_at = (await in_thread(fresh, ticket)).claimed_at
    assert claimed_at
    assert datetime.fromisoformat(row["back_at"]) == claimed_at + SILENT_FOR


async def test_an_answer_that_grows_is_seen_growing(taken):
    session, _, console = taken
    await opened(console, session)
    turn = uuid.uuid4()
    await events.publish_grown([events.Grown(session.pk, turn, 1, 0, "Your ord")])
    delta = await console.until("delta")
    assert delta == {
        "type": "delta",
        "session": str(session.pk),
        "turn": str(turn),
        "attempt": 1,
        "offset": 0,
        "text": "Your ord",
    }


async def test_how_far_the_visitor_has_read_is_told(taken):
    session, _, console = taken
    thread = await opened(console, session)
    await in_thread(services.mark_read, session=session.pk, seq=thread["last_seq"])
    await events.publish([(session.pk, thread["last_seq"])])
    assert (await console.until("read"))["seq"] == thread["last_seq"]


async def test_older_lines_come_in_pages(taken):
    session, _, console = taken
    journal = Journal(conninfo(), on_commit=lambda _moved: None)
    for first in range(0, 150, 50):
        lines = tuple(Line(Author.SYSTEM, str(n)) for n in range(first, first + 50))
        await journal.submit(Item(session.pk, None, lines))
    await journal.close()
    thread = await opened(console, session)
    assert len(thread["messages"]) == 100
    assert thread["more"]
    before = thread["messages"][0]["seq"]
    await console.write(type="older", session=str(session.pk), before=before)
    older = await console.until("older")
    assert older["messages"][-1]["seq"] == before - 1
    assert older["messages"][0]["seq"] == 1
    assert not older["more"]


async def test_a_sixth_thread_takes_the_place_of_the_first(taken, make_session):
    _, _, console = taken
    sessions = [await in_thread(make_session) for _ in range(6)]
    for session in sessions:
        await in_thread(say, session, "hello")
        await opened(console, session)
    await in_thread(say, sessions[0], "unheard")
    await in_thread(say, sessions[5], "heard")
    told = await console.until("message")
    assert told["message"]["text"] == "heard"


async def test_what_is_no_session_of_ones_own_is_as_if_it_were_not_there(taken):
    _, _, console = taken
    nowhere = str(uuid.uuid4())
    await console.write(type="open", session=nowhere)
    told = await console.until("error")
    assert (told["code"], told["session"]) == ("not_found", nowhere)


async def test_where_the_visitor_goes_is_seen_at_once_and_once(taken):
    session, _operator, console = taken
    await opened(console, session)
    goes = Context(url="https://shop.example/cart", title="Cart", locale="en")
    noted = await in_thread(lambda: services.note_context(session=session.pk, context=goes))
    assert noted.is_new
    await events.publish([(session.pk, session.last_seq)])
    page = (await console.fact("visitor"))["page"]
    assert page == {"url": "https://shop.example/cart", "title": "Cart"}
    assert not (
        await in_thread(lambda: services.note_context(session=session.pk, context=goes))
    ).is_new
