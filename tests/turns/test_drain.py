"""The drain in this process, with runners that wait for the test: who answers, once, and to what."""

import asyncio
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import transaction

from apps.chat.cancelling import cancelled
from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Session, Turn
from apps.dialogue import services
from apps.dialogue.models import Drain as DrainRow
from apps.dialogue.turns.drain import Drain
from apps.dialogue.turns.watching import Watcher
from apps.engine.events import Reason
from apps.engine.types import Author, Memory, Mode, State
from apps.handoff.models import Ticket
from tests.turns.conversations import (
    ALL_DONE,
    adds,
    asks,
    reads,
    turns_of,
    until_told,
)
from tests.turns.scripted import Echo, Held

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


@in_database
@transaction.atomic
def write(session, text="a notice", **more):
    """What another process commits."""
    append(Item(session.id, None, (Line(Author.SYSTEM, text),), **more))


@in_database
def fresh(session):
    return Session.objects.get(pk=session.pk)


async def until(watch, statement=ALL_DONE, *values):
    await asyncio.to_thread(watch.until, statement, *values)


async def test_a_pending_turn_is_answered_once(session, started, watch, all_holds):
    async with started.drain(Echo()):
        await asks(session)
        await until(watch)
    assert await reads(session) == [("visitor", "a riddle"), ("bot", "echo: a riddle")]
    turn = await Turn.objects.aget()
    assert (turn.state, turn.attempt, turn.route, turn.lease_until) == ("done", 1, "model", None)
    assert await DrainRow.objects.acount() == 0


async def test_a_finish_stores_state_memory_and_a_ticket(session, started, watch, all_holds):
    held = Held()
    async with started.drain(held):
        turn = await asks(session)
        call = await held.calls.get()
        call.answer(
            "a person will see to it",
            state=State.HANDOFF,
            mode=Mode.QUEUED,
            memory=Memory(told=True),
            handoff=Reason.LOW_CONFIDENCE,
            confidence=0.4,
            understood=[["small_talk", "", ""]],
        )
        await until(watch)
    assert (await Turn.objects.aget()).understood == [["small_talk", "", ""]]
    stored = await fresh(session)
    assert (stored.state, stored.mode, stored.memory) == ("HANDOFF", "queued", {"told": True})
    ticket = await Ticket.objects.aget()
    assert (ticket.turn, ticket.reason) == (turn, "low_confidence")


async def test_a_second_line_restarts_a_turn_that_has_shown_nothing(
    session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session, "first")
        one = await held.calls.get()
        await adds(session, "second")
        two = await held.calls.get()
        await one.was_cancelled.wait()
        assert (one.claimed.attempt, two.claimed.attempt) == (1, 2)
        assert two.texts == ["first", "second"]
        assert abs(two.claimed.until - one.claimed.until) < 1, "the deadline is kept"
        two.answer("both")
        await until(watch)
    assert (await reads(session))[-1] == ("bot", "both")


async def test_after_the_first_word_a_line_is_answered_by_a_turn_of_its_own(
    session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session, "first")
        one = await held.calls.get()
        one.show(1, "It")
        assert (await started.shown.get()).text == "It"
        await adds(session, "second")
        one.answer("It is one")
        two = await held.calls.get()
        assert two.texts == ["second"]
        assert two.claimed.standing.last_seq == 1
        two.answer("and two")
        await until(watch)
    texts = [text for _, text in await reads(session)]
    assert texts == ["first", "second", "It is one", "and two"]
    assert await turns_of(session) == [("done", 1, 1, 1), ("done", 1, 2, 2)]


async def test_a_session_that_moved_without_changing_keeps_the_answer(
    session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
        await write(session)
        call.answer("still right")
        await until(watch)
        assert held.calls.empty()
    assert [author for author, _ in await reads(session)] == ["visitor", "system", "bot"]


async def test_a_session_that_changed_is_run_again_and_at_last_answered_as_it_is(
    session, started, watch, all_holds
):
    held = Held()
    modes = [Mode.QUEUED, Mode.BOT, Mode.QUEUED]
    async with started.drain(held):
        await asks(session)
        for number, mode in enumerate(modes):
            call = await held.calls.get()
            assert call.claimed.attempt == 1
            await write(session, mode=mode)
            call.answer(f"answer {number}", mode=Mode.BOT)
        await until(watch)
    assert (await reads(session))[-1] == ("bot", "answer 2")
    assert (await fresh(session)).mode == "queued", "what the other has set stays"


@pytest.mark.parametrize("way", ["takeover", "stop"])
async def test_whoever_ends_the_turn_is_not_answered_by_the_bot(session, started, watch, way):
    held = Held()

    @in_database
    @transaction.atomic
    def end():
        if way == "stop":
            assert services.stop_turn(session_id=session.id)
            return
        ending = cancelled(Session.objects.select_for_update().get(pk=session.pk))
        append(Item(session.id, None, (), mode=Mode.HUMAN, finish=ending))

    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
        await end()
        await call.was_cancelled.wait()
    assert await turns_of(session) == [("cancelled", 1, 1, 1)]
    assert "bot" not in [author for author, _ in await reads(session)]


async def test_a_broken_runner_ends_in_a_notice_and_a_ticket(
    session, started, watch, all_holds, caplog
):
    held = Held()
    async with started.drain(held):
        turn = await asks(session, "my secret")
        (await held.calls.get()).fail(ValueError("my secret"))
        await until(watch)
    assert await turns_of(session) == [("fallback", 1, 1, 1)]
    ticket = await Ticket.objects.aget()
    assert (ticket.turn, ticket.reason) == (turn, "model_down")
    assert "broken (ValueError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_turn_out_of_time_is_left_to_the_sweeper(session, started, all_holds):
    held = Held()
    watcher = Watcher()
    async with started.drain(held):
        await asks(session, deadline_s=3.5)
        call = await held.calls.get()
        await call.was_cancelled.wait()
        assert [state for state, *_ in await turns_of(session)] == ["running"]
        assert await in_database(watcher.look)() == 1
    watcher.resign()
    assert await turns_of(session) == [("fallback", 1, 1, 1)]


async def test_past_a_pooler_it_listens_all_the_same(
    session, started, watch, all_holds, settings, url
):
    settings.DATABASE_DIRECT_URL = url
    async with started.drain(Echo()):
        await asks(session)
        await until(watch)
    watcher = Watcher()
    assert await in_database(watcher._leads)() is True
    watcher.resign()


async def test_what_cannot_be_stored_ends_in_a_notice(session, started, watch, all_holds):
    held = Held()
    async with started.drain(held):
        await asks(session)
        (await held.calls.get()).answer("half \ud800 a pair")
        await until(watch)
    assert await turns_of(session) == [("fallback", 1, 1, 1)]


async def test_a_drain_that_is_told_to_stop_gives_its_turns_back(
    session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
    assert call.was_cancelled.is_set()
    assert await turns_of(session) == [("pending", 1, 1, 1)]
    assert started.successors == 1
    async with started.drain(Echo()):
        await until(watch)
    assert await turns_of(session) == [("done", 2, 1, 1)]
    assert (await Turn.objects.aget()).losses == 0


async def test_a_late_finish_of_a_revived_drain_is_refused(
    session, started, watch, all_holds, settings, caplog
):
    """Its loop never came to renew: the turn was taken by another when the lease had ended, and runs
    there still."""
    settings.TURNS = replace(settings.TURNS, renew_s=1000)
    held, other = Held(), Held()
    async with started.drain(held):
        turn = await asks(session)
        call = await held.calls.get()
        await Turn.objects.filter(pk=turn).aupdate(lease_until="2000-01-01T00:00Z")
        async with started.drain(other, alone=True):
            second = await other.calls.get()
            call.answer("too late")
            await until_told(caplog, "stale, dropped (attempt 1)")
            second.answer("in time")
            await until(watch)
    assert second.claimed.key == (turn, 2)
    assert [text for _, text in await reads(session)] == ["a riddle", "in time"]


async def test_five_deliveries_of_the_task_give_one_reply_each(
    make_session, started, watch, all_holds, settings
):
    settings.TURNS = replace(settings.TURNS, silence_s=0.3)
    sessions = await in_database(lambda: [make_session() for _ in range(20)])()
    for session in sessions:
        await asks(session)
    echo = Echo()
    drains = [started.drain(echo) for _ in range(5)]
    async with asyncio.timeout(60):
        for drain in drains:
            await drain.__aenter__()
        await until(watch)
        for drain in drains:
            await drain.__aexit__(None, None, None)
    assert len(echo.ran) == 20
    for session in sessions:
        assert [author for author, _ in await reads(session)] == ["visitor", "bot"]


async def test_a_drain_beside_one_with_places_has_nothing_to_do(started, caplog):
    async with started.drain(Echo()):
        await until_claiming(1)
        await Drain(Echo(), started.around()).run()
    assert "others have places enough" in caplog.text


async def until_claiming(count):
    async with asyncio.timeout(30):
        while await DrainRow.objects.filter(claiming=True).acount() < count:  # noqa: ASYNC110  # a row, and no event tells of it
            await asyncio.sleep(0)


async def test_beside_one_that_is_busy_another_claims(started, settings):
    settings.TURNS = replace(settings.TURNS, busy=0)
    async with started.drain(Echo()):
        await until_claiming(1)
        assert (await DrainRow.objects.aget()).places == 0
        async with started.drain(Echo()):
            await until_claiming(2)


class Loads(Echo):
    def __init__(self):
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def ready(self):
        self.asked.set()
        await self.go.wait()


async def test_it_claims_when_its_runner_is_ready(session, started, watch, all_holds):
    runner = Loads()
    await asks(session)
    async with started.drain(runner):
        await runner.asked.wait()
        assert not await DrainRow.objects.aexists()
        runner.go.set()
        await until(watch)


async def test_a_runner_that_cannot_be_ready_runs_all_the_same(session, started, watch, all_holds):
    class Broken(Echo):
        async def ready(self):
            raise RuntimeError

    async with started.drain(Broken()):
        await asks(session)
        await until(watch)
