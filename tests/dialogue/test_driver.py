"""The driver against a real database: races with another process, resends, and what is away."""

import asyncio
import json
import threading
import uuid
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection, connections, transaction

from apps.chat import services as chat
from apps.chat.frames import Contact, Handoff, Send
from apps.chat.items import Item, Line
from apps.chat.journal import UnavailableError, append, conninfo
from apps.chat.models import Message, Turn, VisitorToken
from apps.dialogue import playing, services
from apps.dialogue.driver import WAITING_PLACES, Driver
from apps.dialogue.play import Standing, play
from apps.engine.types import Author, Mode, State
from apps.handoff.models import Ticket
from tests.dialogue.ears import Ears

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_bucket(settings):
    """Three lines fill it, and it leaks no other while a test runs."""
    settings.CHAT = replace(settings.CHAT, message_burst=3, messages_per_second=0.001)


def line(text="hello", cmid=None, fields=None):
    return Send(cmid=cmid or uuid.uuid4(), text=text, fields=fields)


@in_database
def stored(session):
    found = Message.objects.filter(session=session).order_by("seq")
    return [(line.seq, line.author, line.text) for line in found]


async def authors(session):
    return [author for _, author, _ in await stored(session)]


def write_as_other(session, text="a notice", **more):
    """What another process commits, from a thread and a connection of its own."""

    def write():
        try:
            with transaction.atomic():
                append(Item(session.id, None, (Line(Author.SYSTEM, text),), **more))
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


@pytest.fixture
def interfere(monkeypatch, session):
    """Lets the other write between the engine's turn and its commit, that many times."""

    def arm(times, **more):
        left = [times]

        def play_then_lose(standing, said, *, models):
            played = play(standing, said, models=models)
            if left[0]:
                left[0] -= 1
                write_as_other(session, f"notice {times - left[0]}", **more)
            return played

        monkeypatch.setattr(playing, "play", play_then_lose)

    return arm


@asynccontextmanager
async def locked(session):
    """Holds the session's row, so that lines to it have to wait."""
    async with await psycopg.AsyncConnection.connect(**conninfo()) as holder:
        await holder.execute("SELECT 1 FROM chat_session WHERE id = %s FOR UPDATE", [session.id])
        yield
        await holder.rollback()


@pytest.mark.parametrize("slow_from", [3_000, -1], ids=["on the loop", "in a thread"])
async def test_a_line_is_acked_then_answered_from_one_commit(
    driver, handle, session, ann, ben, monkeypatch, slow_from
):
    monkeypatch.setattr("apps.dialogue.wiring.SLOW_ENTRIES", slow_from)
    frame = line()
    answer = await driver.send(handle, frame, ann)
    assert (answer["type"], answer["cmid"], answer["seq"]) == ("ack", str(frame.cmid), 1)
    assert ann.frames[0] == answer
    assert ann.lines == [("ack", 1), ("message", 2)]
    assert ben.lines == [("message", 1), ("message", 2)]
    assert await authors(session) == ["visitor", "bot"]
    assert (handle.standing.version, handle.standing.last_seq) == (1, 2)


@pytest.mark.parametrize("times", [1, 2])
async def test_a_lost_race_is_played_again_over_what_the_other_wrote(
    driver, handle, session, ann, interfere, times
):
    interfere(times)
    answer = await driver.send(handle, line(), ann)
    assert answer["seq"] == times + 1
    assert await authors(session) == ["system"] * times + ["visitor", "bot"]
    assert ann.lines == [
        *(("message", seq) for seq in range(1, times + 1)),
        ("ack", times + 1),
        ("message", times + 2),
    ]


async def test_three_lost_races_end_under_the_row_lock(
    driver, handle, session, ann, ben, interfere
):
    interfere(3)
    answer = await driver.send(handle, line(), ann)
    assert (answer["type"], answer["seq"]) == ("ack", 4)
    assert await authors(session) == ["system"] * 3 + ["visitor", "bot"]
    assert ann.lines == [("message", 1), ("message", 2), ("message", 3), ("ack", 4), ("message", 5)]
    assert [kind for kind, _ in ben.lines] == ["message"] * 5
    assert await in_database(Turn.objects.count)() == 1


async def test_a_takeover_between_play_and_commit_silences_the_bot(
    driver, handle, session, ann, interfere
):
    interfere(1, mode=Mode.HUMAN, state=State.HANDOFF)
    await driver.send(handle, line(), ann)
    assert await authors(session) == ["system", "visitor"]
    assert ann.frames[1]["mode"] == "human"


@pytest.mark.usefixtures("small_bucket")
async def test_a_resend_of_a_stored_line_gets_the_first_ack_and_costs_nothing(driver, session):
    handle = driver.hold(Standing.of(session))
    frame = line()
    first = await driver.send(handle, frame)
    for _ in range(10):
        assert await driver.send(handle, frame) == first
    assert (await driver.send(handle, line("hello again")))["type"] == "ack"
    assert len(await stored(session)) == 4


async def test_a_resend_after_a_reconnect_elsewhere_gets_the_first_ack(driver, handle, session):
    frame = line()
    first = await driver.send(handle, frame)
    other = Driver()
    again = await other.send(other.hold(Standing.of(session)), frame)
    await other.close()
    assert again == first
    assert len(await stored(session)) == 2


@pytest.mark.usefixtures("small_bucket")
async def test_an_empty_bucket_says_when_to_come_back_but_knows_a_resend(driver, session):
    handle = driver.hold(Standing.of(session))
    frames = [line(f"hello {number}") for number in range(4)]
    answers = [await driver.send(handle, frame) for frame in frames]
    assert [answer["type"] for answer in answers] == ["ack"] * 3 + ["refused"]
    assert answers[3]["code"] == "rate_limited"
    assert 0 < answers[3]["retry_after"] <= 1_000
    assert await driver.send(handle, frames[0]) == answers[0]
    assert len(await stored(session)) == 6


@pytest.mark.usefixtures("small_bucket")
async def test_a_new_handle_does_not_bring_a_new_bucket(driver, session):
    for number in range(4):
        handle = driver.hold(Standing.of(session))
        answer = await driver.send(handle, line(f"hello {number}"))
        driver.desk.give_back(handle)
    assert answer["code"] == "rate_limited"


async def test_the_same_cmid_with_another_body_is_a_conflict(driver, handle, session, cmid):
    await driver.send(handle, line("one", cmid))
    for frame in (line("two", cmid), line("one", cmid, {"a": "b"})):
        answer = await driver.send(handle, frame)
        assert (answer["code"], "retry_after" in answer) == ("cmid_conflict", False)
    assert len(await stored(session)) == 2


async def test_a_twin_of_a_line_under_way_waits_for_the_first_and_stores_nothing(
    driver, handle, session, cmid, ann, ben
):
    twins = [driver.send(handle, line("once", cmid), feed) for feed in (ann, ben, None, None)]
    answers = await asyncio.gather(*twins)
    assert {json.dumps(answer) for answer in answers} == {json.dumps(answers[0])}
    assert await authors(session) == ["visitor", "bot"]
    assert ann.lines == [("ack", 1), ("message", 2)]
    assert ("ack", 1) in ben.lines


async def test_a_twin_with_another_body_is_refused(driver, handle, cmid):
    answers = await asyncio.gather(
        driver.send(handle, line("one", cmid)), driver.send(handle, line("two", cmid))
    )
    assert [answer["type"] for answer in answers] == ["ack", "refused"]
    assert answers[1]["code"] == "cmid_conflict"


async def test_a_twin_of_a_line_that_failed_is_stored_itself(
    driver, handle, session, cmid, monkeypatch
):
    submit = driver.journal.submit
    failures = [UnavailableError("not stored in time")]

    async def fail_once(item):
        if failures:
            await asyncio.sleep(0)
            raise failures.pop()
        return await submit(item)

    monkeypatch.setattr(driver.journal, "submit", fail_once)
    answers = await asyncio.gather(*(driver.send(handle, line("x", cmid)) for _ in range(3)))
    assert [answer["type"] for answer in answers] == ["refused", "ack", "ack"]
    assert await authors(session) == ["visitor", "bot"]


async def test_one_line_in_flight_eight_wait_and_the_next_is_busy(driver, handle, session):
    frames = [line(f"hello {number}") for number in range(WAITING_PLACES + 1)]
    async with locked(session):
        sending = [asyncio.create_task(driver.send(handle, frame)) for frame in frames]
        await asyncio.sleep(0)
        assert handle.waiting == len(frames)
        tenth = await driver.send(handle, line("one too many"))
        assert (tenth["type"], tenth["code"]) == ("refused", "busy")
        assert tenth["retry_after"] > 0
        twin = asyncio.create_task(driver.send(handle, frames[-1]))
    answers = await asyncio.gather(*sending)
    assert [answer["type"] for answer in answers] == ["ack"] * len(frames)
    # The first was alone; those that waited meanwhile are answered once, at the end.
    assert [answer["seq"] for answer in answers] == [1, *range(3, 11)]
    assert await authors(session) == ["visitor", "bot", *["visitor"] * 8, "bot"]
    assert await twin == answers[-1]
    assert handle.waiting == 0


async def test_asking_for_a_person_makes_a_ticket_in_the_same_commit(driver, handle, session, ann):
    frame = Handoff(cmid=uuid.uuid4())
    first = await driver.hand_over(handle, frame, ann)
    assert first["type"] == "ack"
    assert [f["type"] for f in ann.frames] == ["ack", "message", "state"]
    assert ann.frames[2]["mode"] == handle.standing.mode == "queued"
    assert await driver.hand_over(handle, frame, ann) == first
    assert await in_database(Ticket.objects.count)() == 1
    assert (await stored(session))[0][2] == "Talk to a person"


async def test_asking_for_a_person_is_the_same_wish_in_another_language(driver, handle, session):
    """The button's words are ours: the page has changed its language between two tries."""
    frame = Handoff(cmid=uuid.uuid4())
    async with locked(session):
        sending = [asyncio.create_task(driver.hand_over(handle, frame))]
        await asyncio.sleep(0)
        handle.standing = replace(handle.standing, language="zh-Hans")
        sending.append(asyncio.create_task(driver.hand_over(handle, frame)))
        await asyncio.sleep(0)
    first, twin = await asyncio.gather(*sending)
    assert (first["type"], twin) == ("ack", first)
    assert await driver.hand_over(handle, frame) == first
    assert (await driver.send(handle, line("hello", frame.cmid)))["code"] == "cmid_conflict"
    assert await in_database(Ticket.objects.count)() == 1


SENDERS = {
    "send": lambda driver, handle, feed: driver.send(handle, line(), feed),
    "handoff": lambda driver, handle, feed: driver.hand_over(
        handle, Handoff(cmid=uuid.uuid4()), feed
    ),
    "contact": lambda driver, handle, feed: driver.contact(
        handle, Contact(cmid=uuid.uuid4(), text="Call me", phone="12345"), feed
    ),
}


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
async def test_an_erased_session_ends_the_visit(driver, handle, session, ann, sender):
    await in_database(session.delete)()
    answer = await sender(driver, handle, ann)
    assert (answer["type"], answer["code"]) == ("error", "token_unknown")
    assert ann.frames == [answer]


@in_database
def log_out(session):
    """In another tab: the session is closed and its tokens are gone."""
    VisitorToken.objects.create(
        digest=chat.digest("a token"), visitor=session.visitor, expires_at="2999-01-01T00:00Z"
    )
    chat.log_out(token="a token")


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
async def test_a_session_that_was_logged_out_elsewhere_takes_no_more_lines(
    driver, handle, session, ann, sender
):
    await log_out(session)
    answer = await sender(driver, handle, ann)
    assert (answer["type"], answer["code"]) == ("error", "token_unknown")
    assert await stored(session) == []


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
async def test_with_the_database_away_every_line_is_told_to_come_back(
    settings, monkeypatch, session, sender
):
    settings.CHAT = replace(settings.CHAT, journal_wait_s=0.01)
    with monkeypatch.context() as away:
        away.setitem(connections.settings["default"], "HOST", "/nowhere")
        driver, ears = Driver(), Ears()
        handle = driver.hold(Standing.of(session))
        answer = await sender(driver, handle, ears)
        await driver.close()
    assert (answer["type"], answer["code"]) == ("refused", "busy")
    assert answer["retry_after"] > 0
    assert ears.frames == [answer]
    assert (handle.waiting, handle.under_way) == (0, {})


@pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
async def test_a_line_on_which_the_code_breaks_is_refused_and_not_met_with_silence(
    driver, handle, ann, monkeypatch, sender
):
    def break_down(*_, **__):
        raise ZeroDivisionError

    for module in (playing, services):
        monkeypatch.setattr(module, "play", break_down)
    monkeypatch.setattr(services, "leave_message", break_down)
    answer = await sender(driver, handle, ann)
    assert answer["type"] == "refused"
    assert ann.frames == [answer]
    assert (handle.waiting, handle.under_way) == (0, {})


async def test_a_refresh_brings_what_others_wrote_and_comes_between_lines(
    driver, handle, session, ann
):
    await in_database(write_as_other)(session, mode=Mode.HUMAN, state=State.HANDOFF)
    handle.refreshing = True
    await driver.refresh(handle)
    assert ann.lines == [("message", 1)]
    assert (handle.refreshing, handle.standing.mode) == (False, Mode.HUMAN)


async def test_lines_refreshes_and_another_writer_at_once_give_every_feed_one_order(
    driver, handle, session, ann, ben
):
    async def other():
        for number in range(10):
            await in_database(write_as_other, thread_sensitive=False)(session, f"notice {number}")
            await driver.refresh(handle)

    async def talk(feed):
        for number in range(10):
            while (await driver.send(handle, line(f"hello {number}"), feed))["type"] != "ack":
                continue

    await asyncio.gather(other(), talk(ann), talk(ben))
    await driver.refresh(handle)
    lines = await stored(session)
    said = [author for _, author, _ in lines]
    assert (said.count("visitor"), said.count("system")) == (20, 10)
    # Two that waited at once share a reply.
    assert 10 <= said.count("bot") <= 20
    everything = list(range(1, len(lines) + 1))
    assert [seq for seq, _, _ in lines] == everything
    for feed in (ann, ben):
        assert [seq for _, seq in feed.lines] == everything
        assert [kind for kind, _ in feed.lines].count("ack") == 10
