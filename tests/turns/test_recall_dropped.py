"""A model's answer that was of no use to a visitor is said to nobody else."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from channels.db import database_sync_to_async as in_database
from django.utils import timezone

from apps.chat.models import Message, Turn
from apps.chat.services import rate
from apps.dialogue import dropped
from apps.dialogue.driver import Driver
from apps.dialogue.pulse import Pulse
from apps.dialogue.turns.asking import Asker
from apps.engine.types import Rating
from apps.llm import tasks
from apps.llm.models import DroppedAnswer
from tests.llm.rows import price
from tests.threads import at_once, stopped
from tests.turns.conversations import ALL_DONE
from tests.turns.shop import NEAR, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_dropped(monkeypatch):
    monkeypatch.setattr(dropped, "_known", frozenset())


@pytest.fixture
async def other(redis):
    """Another process: what it holds in memory is its own."""
    other = Driver()
    yield other
    await other.close()


@pytest.fixture
async def learned(redis, driver, handle, models, started, watch):
    """A model has answered the first who asked; their handle."""
    (row,) = await in_database(models)("good")
    await in_database(price)(row)
    await say(driver, handle, NEAR)
    await drained(started, watch)
    return handle


async def drained(started, watch):
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)


async def rated(handle, value, seq=2):
    """By the visitor whose answer it is, and noticed by all processes."""
    session = handle.standing.session
    assert await in_database(rate)(session=session, seq=seq, value=value, reason="")
    await in_database(dropped.refresh)()


async def route_of(handle):
    """ "" for a turn that waits for a model."""
    return (await in_database(Turn.objects.get)(session=handle.standing.session)).route


async def asked(driver, comes):
    """What becomes of the question of one more visitor; their handle and the route."""
    handle = await comes(driver)
    await say(driver, handle, NEAR)
    return handle, await route_of(handle)


async def test_one_rated_down_by_who_heard_it_first_is_said_no_more(learned, driver, comes):
    await rated(learned, -1)
    _, route = await asked(driver, comes)
    assert route == ""


async def test_one_rated_down_by_who_heard_it_from_the_cache_is_said_no_more(
    learned, driver, comes
):
    again, route = await asked(driver, comes)
    assert route == "model"
    await rated(again, -1)
    _, route = await asked(driver, comes)
    assert route == ""


async def test_not_even_out_of_the_memory_of_another_process_with_redis_gone(
    learned, redis, driver, other, comes
):
    for process in (driver, other):
        _, route = await asked(process, comes)
        assert route == "model"
    redis.kill()
    _, route = await asked(other, comes)
    assert route == "model", "it is in its memory"
    await rated(learned, -1)
    for process in (driver, other):
        _, route = await asked(process, comes)
        assert route == ""
    redis.start()


async def test_nor_out_of_redis_in_a_process_that_never_said_it(learned, other, comes):
    await rated(learned, -1)
    _, route = await asked(other, comes)
    assert route == ""


async def test_the_new_answer_takes_its_place_in_every_process(
    learned, driver, other, comes, started, watch, fakellm
):
    for process in (driver, other):
        await asked(process, comes)
    await rated(learned, -1)
    waiting, _ = await asked(driver, comes)
    await drained(started, watch)
    assert len(fakellm.calls("good")) == 2
    for process in (driver, other):
        again, route = await asked(process, comes)
        assert route == "model"
        turn = await in_database(Turn.objects.get)(session=again.standing.session)
        first = await in_database(Turn.objects.get)(session=waiting.standing.session)
        assert turn.answered_in == first.pk


async def test_one_that_is_taken_back_is_said_again(learned, driver, comes):
    await rated(learned, -1)
    await rated(learned, -1)
    await rated(learned, 1)
    _, route = await asked(driver, comes)
    assert route == "model"
    assert not await in_database(DroppedAnswer.objects.exists)()


async def test_whoever_takes_theirs_back_does_not_speak_for_others(learned, driver, comes):
    again, _ = await asked(driver, comes)
    third, _ = await asked(driver, comes)
    await rated(learned, -1)
    await rated(again, -1)
    await rated(again, 1)
    await rated(third, 1)
    _, route = await asked(driver, comes)
    assert route == ""
    await rated(learned, 1)
    _, route = await asked(driver, comes)
    assert route == "model"


async def test_of_two_verdicts_at_once_the_later_one_decides_on_both(learned):
    session = learned.standing.session

    def rate_at_once():
        at_once(
            *[partial(rate, session=session, seq=2, value=value, reason="") for value in (1, -1)]
        )
        line = Message.objects.get(session=session, seq=2)
        return line.rating == Rating.DOWN, DroppedAnswer.objects.exists()

    for _ in range(5):
        is_down, is_dropped = await in_database(rate_at_once)()
        assert is_down is is_dropped


async def test_what_no_model_has_said_drops_nothing(driver, handle):
    await say(driver, handle, "Do you sell gift cards?")
    await rated(handle, -1)
    assert await in_database(Message.objects.filter(rating=-1).count)() == 1
    assert not await in_database(DroppedAnswer.objects.exists)()


async def test_a_worker_notices_by_itself(learned, driver, comes, started, watch, fakellm):
    """The socket's process knew it; the worker reads it before it looks for an answer."""
    waiting = await comes()
    await in_database(rate)(session=learned.standing.session, seq=2, value=-1, reason="")
    await in_database(dropped.refresh)()
    await say(driver, waiting, NEAR)
    dropped._known = frozenset()
    await drained(started, watch)
    assert len(fakellm.calls("good")) == 2


async def test_a_process_of_sockets_notices_by_itself(driver, monkeypatch):
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    monkeypatch.setattr(dropped, "refresh", lambda: loop.call_soon_threadsafe(came.set))
    pulse = Pulse(driver)
    pulse.start()
    try:
        await asyncio.wait_for(came.wait(), 30)
    finally:
        await stopped(pulse)


async def test_a_day_later_nothing_is_left_of_it(learned, driver, comes):
    again, _ = await asked(driver, comes)
    await rated(learned, -1)
    await rated(again, -1)
    old = timezone.now() - timedelta(hours=25, minutes=1)
    row = DroppedAnswer.objects.filter(said__in=await turns_of(learned))
    await in_database(row.update)(at=old)
    await in_database(tasks.empty_texts)()
    kept = await in_database(DroppedAnswer.objects.get)()
    assert [kept.said] == await turns_of(again)


async def turns_of(handle):
    rows = Turn.objects.filter(session=handle.standing.session).values_list("pk", flat=True)
    return await in_database(lambda: list(rows))()
