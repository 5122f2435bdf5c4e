"""What a visitor says while a turn is open, through the driver: no engine answers beside the model."""

import uuid

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import transaction

from apps.chat.frames import Contact, Handoff, Send, Stop
from apps.chat.items import Item, Line, Verdict
from apps.chat.journal import append
from apps.chat.models import Session, Turn
from apps.dialogue import services
from apps.dialogue.driver import Driver
from apps.dialogue.play import Said, Standing
from apps.dialogue.turns.opening import opening
from apps.engine.types import Author
from apps.handoff.models import Ticket
from apps.knowledge.index import library
from tests.dialogue.ears import listening
from tests.turns.conversations import ALL_DONE, ask, asks, reads, turns_of
from tests.turns.scripted import Echo, Held

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(transactional_db, make_session, monkeypatch):
    monkeypatch.setattr(library, "_indexes", {})
    return make_session()


@pytest.fixture
async def driver():
    driver = Driver()
    yield driver
    await driver.close()


@pytest.fixture
async def handle(driver, session):
    """Of a session that waits for a model."""
    await asks(session)
    fresh = await in_database(
        lambda: Standing.of(Session.objects.select_related("site", "visitor").get(pk=session.pk))
    )()
    return driver.hold(fresh)


def line(text="hello"):
    return Send(cmid=uuid.uuid4(), text=text)


async def test_lines_left_to_a_model_are_one_pending_turn(
    driver, session, started, watch, all_holds
):
    standing = await in_database(services.load)(session.id)
    said = Said.joined([Said(uuid.uuid4(), "a hard"), Said(uuid.uuid4(), "question")])
    outcome = await driver.journal.submit(opening(standing, said))
    assert (outcome.verdict, outcome.last_seq) == (Verdict.OK, 2)
    assert await turns_of(session) == [("pending", 0, 1, 2)]
    async with started.drain(Echo()):
        await in_database(watch.until)(ALL_DONE)
    assert (await reads(session))[-1] == ("bot", "echo: a hard / question")


async def test_a_line_is_acked_joins_and_is_answered_by_the_turn(
    driver, handle, session, started, watch, all_holds
):
    ears = listening(handle)
    answer = await driver.send(handle, line(), ears)
    assert (answer["type"], answer["seq"]) == ("ack", 2)
    assert await turns_of(session) == [("pending", 0, 1, 2)]
    assert handle.standing.last_seq == 2
    again = line("more")
    assert (await driver.send(handle, again, ears))["seq"] == 3
    assert (await driver.send(handle, again, ears))["seq"] == 3, "a resend is known"
    async with started.drain(Echo()):
        await in_database(watch.until)(ALL_DONE)
    assert (await reads(session))[-1] == ("bot", "echo: a riddle / hello / more")


async def test_a_line_whose_turn_ends_meanwhile_is_played(
    driver, handle, session, started, watch, all_holds, monkeypatch
):
    """The turn was open when the line was played, and over when it came to join it."""
    held = Held()
    submit = driver.journal.submit
    items = []

    async def finish_first(item):
        items.append(item)
        if item.joins:
            (await held.calls.get()).answer("just before")
            await in_database(watch.until)(ALL_DONE)
        return await submit(item)

    monkeypatch.setattr(driver.journal, "submit", finish_first)
    async with started.drain(held):
        answer = await driver.send(handle, line(), None)
    assert answer["type"] == "ack"
    assert [item.joins for item in items] == [False, True, False]
    assert [author for author, _ in await reads(session)] == ["visitor", "bot", "visitor", "bot"]


async def test_a_wish_for_a_person_ends_the_turn(
    driver, handle, session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        call = await held.calls.get()
        answer = await driver.hand_over(handle, Handoff(cmid=uuid.uuid4()), None)
        assert answer["type"] == "ack"
        await call.was_cancelled.wait()
    assert [state for state, *_ in await turns_of(session)] == ["cancelled", "done"]
    assert await in_database(Ticket.objects.count)() == 1
    assert handle.standing.mode == "queued"


async def test_a_wish_for_a_person_in_words_ends_it_too(driver, handle, session, all_holds):
    assert (await driver.send(handle, line("I want to talk to a human"), None))["type"] == "ack"
    assert [state for state, *_ in await turns_of(session)] == ["cancelled", "done"]


async def test_stop_ends_the_turn_that_is_meant(driver, handle, session, started):
    ears = listening(handle)
    for other in ("nonsense", str(uuid.uuid4())):
        await driver.stop(handle, Stop(turn=other))
        assert await turns_of(session) == [("pending", 0, 1, 1)]
    turn = await in_database(Turn.objects.get)()
    held = Held()
    async with started.drain(held):
        call = await held.calls.get()
        await driver.stop(handle, Stop(turn=str(turn.pk)))
        await call.was_cancelled.wait()
    await driver.stop(handle, Stop())
    assert await turns_of(session) == [("cancelled", 1, 1, 1)]
    assert [author for author, _ in await reads(session)] == ["visitor", "system"]
    assert [frame["text"] for frame in ears.frames] == ["All right, I have stopped."]


async def test_a_message_left_for_the_team_ends_it(driver, handle, session, all_holds):
    frame = Contact(cmid=uuid.uuid4(), text="Call me", email="ann@example.org")
    assert (await driver.contact(handle, frame, None))["type"] == "ack"
    assert [state for state, *_ in await turns_of(session)] == ["cancelled", "done"]


async def test_under_the_lock_a_line_joins_as_well(driver, handle, session, monkeypatch):
    """Three races lost against other writers."""
    submit = driver.journal.submit

    @in_database
    @transaction.atomic
    def interfere():
        append(Item(session.id, None, (Line(Author.SYSTEM, "a notice"),)))

    async def lose(item):
        await interfere()
        return await submit(item)

    monkeypatch.setattr(driver.journal, "submit", lose)
    assert (await driver.send(handle, line(), None))["type"] == "ack"
    turn = await in_database(Turn.objects.get)()
    assert (turn.state, turn.to_seq) == ("pending", 5)


def test_ask_opens_one_turn_only(session):
    ask(session)
    with pytest.raises(AssertionError):
        ask(session)
