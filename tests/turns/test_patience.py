"""Nobody waits in silence: what a drain says before the first word of an answer."""

import asyncio
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Message, Turn
from apps.dialogue import phrases, services
from tests.turns.conversations import ALL_DONE, adds, asks, reads, turns_of
from tests.turns.scripted import Held

pytestmark = pytest.mark.django_db(transaction=True)
LOOKING = {tag: phrases.in_language(phrases.LOOKING, tag) for tag in ("en", "zh-Hans")}


@pytest.fixture(autouse=True)
def _impatient(settings):
    settings.TURNS = replace(settings.TURNS, patience_s=0.05)


@pytest.fixture
def session(make_session):
    return make_session()


async def until(watch, statement=ALL_DONE, *values):
    await asyncio.to_thread(watch.until, statement, *values)


async def shown(started):
    async with asyncio.timeout(30):
        found = await started.shown.get()
    return found.attempt, found.text


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_who_waits_is_told_so_and_then_answered(
    make_session, started, watch, all_holds, language
):
    session = await in_database(make_session)(language=language)
    held = Held()
    async with started.drain(held):
        await asks(session)
        call = await held.calls.get()
        assert await shown(started) == (999, LOOKING[language])
        assert not (await Turn.objects.aget()).shown
        call.show(1, "It")
        assert await shown(started) == (1_001, "It")
        call.answer("It is one")
        await until(watch)
    assert (await reads(session))[-1] == ("bot", "It is one")
    assert not await Message.objects.filter(text=LOOKING[language]).aexists()
    assert started.shown.empty(), "said once"


async def test_a_line_that_comes_meanwhile_joins_and_who_goes_on_waiting_is_told_again(
    session, started, watch, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session, "first")
        await held.calls.get()
        assert await shown(started) == (999, LOOKING["en"])
        await adds(session, "second")
        two = await held.calls.get()
        assert two.texts == ["first", "second"]
        assert await shown(started) == (1_999, LOOKING["en"])
        two.answer("both")
        await until(watch)
    assert await turns_of(session) == [("done", 2, 1, 2)]


async def test_a_turn_that_was_lost_before_has_let_its_visitor_wait_enough(
    session, started, watch, all_holds, settings
):
    settings.TURNS = replace(settings.TURNS, patience_s=1000)
    held = Held()
    async with started.drain(held):
        turn = await asks(session)
        await held.calls.get()
        await Turn.objects.filter(pk=turn).aupdate(lease_until="2000-01-01T00:00Z")
        other = Held()
        async with started.drain(other, alone=True):
            second = await other.calls.get()
            assert await shown(started) == (1_999, LOOKING["en"])
            second.answer("late")
            await until(watch)


async def test_a_turn_that_somebody_has_ended_says_nothing_more(session, started, settings):
    settings.TURNS = replace(settings.TURNS, patience_s=1000, renew_s=1000)
    held = Held()
    async with started.drain(held) as drain:
        await asks(session)
        call = await held.calls.get()
        drain._patience.begin(call.claimed, now=True)
        assert await shown(started) == (999, LOOKING["en"])
        assert await in_database(services.stop_turn)(session_id=session.id)
        drain._patience.begin(call.claimed, now=True)
        await drain._ask_for_patience()
    assert started.shown.empty()


async def test_from_the_first_word_on_nobody_waits(session, started, watch, all_holds, settings):
    settings.TURNS = replace(settings.TURNS, patience_s=1000)
    held = Held()
    async with started.drain(held) as drain:
        await asks(session)
        call = await held.calls.get()
        drain._patience.begin(call.claimed, now=True)
        due = drain._patience.due()
        call.show(1, "It")
        assert (due, drain._patience.due()) == ([call.claimed], [])
        assert drain._patience.take(due) == [], "not even who was found waiting just before"
        assert await shown(started) == (1_001, "It")
        call.answer("It is one")
        await until(watch)
    assert started.shown.empty()
