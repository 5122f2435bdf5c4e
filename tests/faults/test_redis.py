"""A Redis that is killed, emptied, frozen, absent or full: no reply is lost, and acks do not wait."""

import asyncio

import pytest

from tests.faults.house import QUEUE
from tests.faults.models import asked
from tests.faults.shop import LONG, near
from tests.faults.waiting import until

pytestmark = pytest.mark.stack

# Of the server's own heartbeats, one a second.
MOST_BEATS = 2


async def answered(talk, teller, line=""):
    visitor = await talk()
    await visitor.acked(line or near())
    await whole(teller, visitor)


async def whole(teller, visitor):
    told = await teller.over(visitor)
    assert (told.state, told.attempt, told.in_time, told.tickets) == ("done", 1, True, 0)
    assert (visitor.replies, visitor.notices) == ([LONG], [])


@pytest.fixture
def broker(house):
    """The tests' own, as it was before when the test is over."""
    yield house.broker
    if house.broker.process is None:
        house.broker.start()
    house.broker.thaw()
    house.redis().config_set("maxmemory", 0)


async def test_redis_killed_while_a_model_answers(
    talk, teller, house, models, fakellm, started, broker
):
    """F24: nothing of it was kept. What runs goes on, what comes meanwhile is answered, and so is
    what comes when it is back."""
    await models("good-1200ms")
    await asyncio.gather(started(house.worker), started(house.sweeper))
    visitor = await talk()
    await visitor.acked(near())
    await asked(fakellm, "good-1200ms")
    house.redis().set("before", 1)
    broker.kill()
    assert teller.turn(visitor).state == "running"
    await whole(teller, visitor)
    await models.become("good")
    await answered(talk, teller)
    broker.start()
    assert house.redis().get("before") is None
    await answered(talk, teller)


async def test_redis_emptied_before_a_worker_came(talk, teller, house, models, started, broker):
    """F25: the task is gone, and the turn is found."""
    await models("good")
    queues = house.redis()
    visitor = await talk()
    await visitor.acked(near())
    await until(lambda: queues.llen(QUEUE), "the turn is told")
    queues.flushall()
    worker = await started(house.worker)
    assert (queues.llen(QUEUE), teller.turn(visitor).state) == (0, "pending")
    assert not any("drain: started" in line for line in worker.lines)
    await started(house.sweeper)
    await whole(teller, visitor)


async def test_redis_frozen(talk, teller, house, models, started, broker):
    """F26: acks come as fast as ever, and the sweeper's own process answers."""
    await models("good")
    sweeper = await started(house.sweeper)
    visitors = [await talk() for _ in range(5)]
    house.redis()
    broker.freeze()
    for visitor in visitors:
        # What it has not read yet came before.
        await visitor.catch_up()
        before = visitor.beats
        await visitor.acked(near())
        assert visitor.beats - before <= MOST_BEATS
    for visitor in visitors:
        await whole(teller, visitor)
    await asyncio.to_thread(sweeper.wait_for, "drain: started")
    # Who comes meanwhile is let in.
    await answered(talk, teller)
    assert house.is_stopped(broker)


async def test_redis_that_never_was(talk, teller, house, web, models, started, tmp_path):
    """F27: a web process and a sweeper that begin without it."""
    nowhere = {"REDIS_URL": f"unix://{tmp_path}/nobody.sock?db=0"}
    await models("good")
    _, alone = await asyncio.gather(
        started(house.sweeper, **nowhere), started(house.web, **nowhere)
    )
    visitor = await talk(alone.base_url)
    await visitor.acked(near())
    await whole(teller, visitor)
    # In another process, which no hint of this one can reach.
    tab = await talk()
    tab.token, tab.session = visitor.token, visitor.session
    await tab.come_back()
    assert tab.view == visitor.view
    await visitor.acked("Do you sell gift cards?")
    await tab.until("message", text="At the till.")
    await tab.acked("How do I return a jacket?")
    for each in (visitor, tab):
        await each.until("message", text="Send it back.")
    assert tab.view == visitor.view


async def test_redis_full(talk, teller, house, models, started, broker):
    """F28: it takes no task; that is logged, and the turn is answered."""
    await models("good")
    queues = house.redis()
    queues.delete(QUEUE)
    queues.config_set("maxmemory-policy", "noeviction")
    queues.config_set("maxmemory", 1)
    queues.config_resetstat()
    full = await started(house.web)
    visitor = await talk(full.base_url)
    await visitor.acked(near())
    await asyncio.to_thread(full.child.wait_for, "turns: the broker is away")
    assert "errorstat_OOM" in queues.info("errorstats")
    assert (queues.llen(QUEUE), teller.turn(visitor).state) == (0, "pending")
    await started(house.sweeper)
    await whole(teller, visitor)
