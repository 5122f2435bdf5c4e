"""A turn's deadline over several models, and a turn that is given up."""

import asyncio
import os

import pytest

from apps.llm import patience
from apps.llm.ladder import climb
from apps.llm.values import GatewayError, Outcome, Usage
from tests.llm.asked import LOOPBACK, endpoint
from tests.llm.climbs import LONG, Noting, Watched, go, ladder, terms, told, whys

IN_TIME_S = 20.0


@pytest.fixture
async def noting():
    async with Noting(os.environ["REDIS_URL"], LOOPBACK) as made:
        yield made


@pytest.mark.parametrize(
    ("left", "is_further", "seconds"),
    [
        (30.0, False, 20.0),
        (20.0, False, 16.0),
        (20.0, True, 16.0),
        (8.0, True, 4.0),
        (7.9, True, None),
        (7.9, False, 3.9),
        (4.0, False, None),
        (-1.0, False, None),
    ],
)
def test_the_time_of_one_model(left, is_further, seconds):
    given = endpoint("http://nowhere", "any", deadline_s=20.0)
    found = patience.own_time(given, left, is_further=is_further)
    assert found == (seconds if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("outcome", "retry_after", "left", "is_last", "seconds"),
    [
        (Outcome.RATE_LIMITED, 3.0, 30.0, False, 3.0),
        (Outcome.RATE_LIMITED, 5.1, 30.0, False, None),
        (Outcome.RATE_LIMITED, 5.1, 30.0, True, 5.1),
        (Outcome.RATE_LIMITED, 22.0, 30.0, True, 22.0),
        (Outcome.RATE_LIMITED, 22.1, 30.0, True, None),
        (Outcome.RATE_LIMITED, 3.0, 10.9, False, None),
        (Outcome.RATE_LIMITED, None, 30.0, True, None),
        (Outcome.RATE_LIMITED, 0.0, 30.0, True, None),
        (Outcome.QUOTA, 1.0, 30.0, True, None),
        (Outcome.BREAKER, 1.0, 30.0, True, None),
        (Outcome.UNREACHABLE, None, 30.0, True, None),
    ],
)
def test_who_is_waited_for(outcome, retry_after, left, is_last, seconds):
    error = GatewayError(outcome, retry_after=retry_after)
    assert patience.pause(error, left, is_last=is_last) == seconds


async def test_each_model_gets_what_is_left(noting, fakellm):
    watched = Watched(30.0)

    def book(tried):
        watched.tried.append(tried)
        watched.seconds -= 10.0

    steps = ladder(fakellm, "500", "500~b", "good", deadline_s=25.0)
    found = await climb(noting, steps, told(), terms(), watched.ports(book=book))
    assert noting.given == [("500", 25.0), ("500~b", 16.0), ("good", 6.0)]
    assert found.said


async def test_a_further_model_without_time_for_it_is_not_asked(noting, fakellm):
    watched = Watched(29.0)

    def book(tried):
        watched.tried.append(tried)
        watched.seconds = 7.0

    steps = ladder(fakellm, "500", "good")
    found = await climb(noting, steps, told(), terms(), watched.ports(book=book))
    assert whys(found) == [("local", "server_error"), ("cloud", "no_time")]
    assert found.handed[1].facts == {"left": 7.0}
    assert watched.rows[1] == ("good", "no_time", "server_error")
    assert fakellm.calls("good") == []


async def test_models_that_took_no_time_leave_it_to_the_next(noting, fakellm):
    """Nothing was sent to the first, so the second is the first that is asked."""
    watched = Watched(7.0)
    steps = [*ladder("http://127.0.0.1:9/v1", "good"), *ladder(fakellm, "", "good")]
    assert (await go(noting, steps, watched)).said
    assert noting.given[1] == ("good", 3.0)


async def test_without_time_nobody_is_asked(noting, fakellm):
    watched = Watched(3.9)
    found = await go(noting, ladder(fakellm, "good", "good~b"), watched)
    assert whys(found) == [("local", "no_time"), ("cloud", "no_time")]
    assert noting.given == []
    assert fakellm.calls() == []


async def test_the_turns_deadline_ends_a_call(gateway, fakellm):
    watched = Watched(patience.RESERVE_S + 0.5)
    found = await go(gateway, ladder(fakellm, "one-by-one-50ms"), watched)
    assert whys(found) == [("local", "deadline")]


async def cancelled(gateway, steps, watched, started, **values):
    ports = watched.ports(**values)
    call = asyncio.create_task(climb(gateway, steps, told(passages=[LONG]), terms(), ports))
    async with asyncio.timeout(IN_TIME_S):
        await started.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_turn_that_is_given_up_is_booked(gateway, fakellm):
    started, watched = asyncio.Event(), Watched()
    steps = ladder(fakellm, "one-by-one-5ms", "good")
    await cancelled(gateway, steps, watched, started, show=lambda *_shown: started.set())
    (row,) = watched.tried
    assert row.outcome is Outcome.CANCELLED
    assert row.sent
    assert row.usage.tokens_in > 100
    assert row.usage.tokens_out > 0
    assert not row.usage.measured
    assert fakellm.calls("good") == []
    async with asyncio.timeout(IN_TIME_S):
        while not (await asyncio.to_thread(fakellm.calls, "one-by-one-5ms"))[0]["gone"]:
            pass


async def test_a_turn_that_is_given_up_in_a_queue_has_sent_and_cost_nothing(gateway, fakellm):
    waits, watched = asyncio.Event(), Watched()
    (step,) = ladder(fakellm, "good", concurrency=1)
    async with gateway._places.take(step.model, 1, 1.0):
        asyncio.get_running_loop().call_later(0.2, waits.set)
        await cancelled(gateway, [step], watched, waits)
    (row,) = watched.tried
    assert (row.outcome, row.sent, row.usage) == (Outcome.CANCELLED, (), Usage())
    assert fakellm.calls() == []


async def test_a_turn_that_is_given_up_in_a_pause_asks_nobody(gateway, fakellm):
    started, watched = asyncio.Event(), Watched()

    async def pause(_seconds):
        started.set()
        await asyncio.Event().wait()

    await cancelled(gateway, ladder(fakellm, "429-3", "good"), watched, started, pause=pause)
    assert watched.rows == [("429-3", "rate_limited", "")]
    assert fakellm.calls("good") == []
