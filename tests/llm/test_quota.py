"""Tokens per minute, over all processes and in one alone, whatever Redis does."""

import asyncio
import os
import time
import uuid
from functools import partial

import pytest
from redis.asyncio import Redis

from apps.guard.pauses import PAUSE_S
from apps.llm import quota as quotas
from apps.llm.gateway import Gateway
from apps.llm.quota import ALONE_SHARE, KEY, NOTHING, WINDOW_S, Quota, Window
from apps.llm.values import GatewayError, Outcome
from tests.llm.asked import LOOPBACK, REPLY, ask, endpoint, reply
from tests.llm.test_gateway_faults import give_up
from tests.redis_child import RedisChild

LIMIT = 1000


class Clock:
    """The real one, that can be put forward."""

    ahead = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead


@pytest.fixture
async def redis():
    async with Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture
def model():
    return uuid.uuid4()


async def counted(redis, model) -> int:
    return sum(int(count) for count in await redis.hvals(KEY.format(model=model)))


async def refused(quota, model, tokens, per_minute=LIMIT) -> float:
    with pytest.raises(GatewayError) as raised:
        await quota.reserve(model, tokens, per_minute)
    assert raised.value.outcome is Outcome.QUOTA
    assert not raised.value.sent
    assert raised.value.retry_after is not None
    return raised.value.retry_after


async def test_no_more_than_the_quota_is_reserved(redis, model):
    quota = Quota(redis)
    await quota.reserve(model, 600, LIMIT)
    await quota.reserve(model, 400, LIMIT)
    assert 0 < await refused(quota, model, 1) <= WINDOW_S
    assert await counted(redis, model) == LIMIT


async def test_all_processes_share_it(redis, model):
    one, other = Quota(redis), Quota(redis)
    answers = await asyncio.gather(
        *(quota.reserve(model, 100, LIMIT) for quota in (one, other) for _ in range(20)),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, GatewayError) for answer in answers) == 10


async def test_what_was_not_used_is_given_back(redis, model):
    quota = Quota(redis)
    reserved = await quota.reserve(model, 1000, LIMIT)
    quota.settle(reserved, 150)
    await quota.close()
    assert await counted(redis, model) == 150
    await quota.reserve(model, 850, LIMIT)
    await refused(quota, model, 1)


async def test_what_was_used_beyond_it_counts(redis, model):
    quota = Quota(redis)
    quota.settle(await quota.reserve(model, 100, LIMIT), 950)
    await quota.close()
    await refused(quota, model, 51)


async def test_a_minute_later_it_is_free_again(redis, model):
    """The seconds are Redis' own, so an old one is put there by hand."""
    quota = Quota(redis)
    now = (await redis.time())[0]
    key = KEY.format(model=model)
    await redis.hset(key, mapping={str(now - WINDOW_S): 900, str(now - WINDOW_S + 20): 800})
    wait = await refused(quota, model, 300)
    assert 15 <= wait <= 20
    await quota.reserve(model, 200, LIMIT)
    assert not await redis.hexists(key, str(now - WINDOW_S))
    assert 0 < await redis.ttl(key) <= WINDOW_S


async def test_a_call_larger_than_the_quota_waits_for_all_of_it(redis, model):
    quota = Quota(redis)
    await quota.reserve(model, 5 * LIMIT, LIMIT)
    await refused(quota, model, 5 * LIMIT)


async def test_no_quota_asks_nobody(redis, model):
    quota = Quota(redis)
    assert await quota.reserve(model, 5000, None) is NOTHING
    quota.settle(NOTHING, 5000)
    assert await counted(redis, model) == 0


async def test_models_have_their_own(redis, model):
    quota = Quota(redis)
    await quota.reserve(model, LIMIT, LIMIT)
    await quota.reserve(uuid.uuid4(), LIMIT, LIMIT)


async def test_without_redis_a_process_allows_a_quarter(model):
    quota = Quota(None)
    quarter = LIMIT // ALONE_SHARE
    reserved = await quota.reserve(model, quarter, LIMIT)
    assert await refused(quota, model, 1)
    quota.settle(reserved, quarter - 50)
    await quota.reserve(model, 50, LIMIT)
    await refused(quota, model, 1)


def test_alone_the_minute_moves_as_well():
    window = Window()
    assert window.reserve(600, LIMIT, 100) == 0
    assert window.reserve(400, LIMIT, 130) == 0
    assert window.reserve(500, LIMIT, 140) == 20
    assert window.reserve(1000, LIMIT, 140) == 50
    assert window.reserve(600, LIMIT, 160) == 0


@pytest.fixture
def wait_s(monkeypatch):
    """Sets how long a call waits for Redis."""
    return partial(monkeypatch.setattr, quotas, "PATIENCE_S")


async def test_a_redis_that_stands_still_costs_few_calls_little(tmp_path, model, wait_s):
    """And after that none: it is left alone a while. If all of them waited it took 40 s."""
    child = RedisChild(tmp_path)
    child.start()
    try:
        async with Redis.from_url(child.url) as client:
            clock = Clock()
            quota = Quota(client, clock)
            await quota.reserve(model, 100, LIMIT)
            child.freeze()
            wait_s(0.2)
            async with asyncio.timeout(20):
                for _ in range(200):
                    await quota.reserve(model, 1, LIMIT)
            child.thaw()
            wait_s(10)
            clock.ahead += PAUSE_S
            assert not (await quota.reserve(model, 10, LIMIT)).is_alone
    finally:
        child.kill()


async def test_many_that_wait_at_once_are_one_failure(tmp_path, model, wait_s):
    """A loop that was late once must not halve anybody's quota for seconds."""
    child = RedisChild(tmp_path)
    child.start()
    try:
        async with Redis.from_url(child.url) as client:
            quota = Quota(client, Clock())
            child.freeze()
            wait_s(0.2)
            made = await asyncio.gather(*(quota.reserve(model, 1, LIMIT) for _ in range(20)))
            assert all(reservation.is_alone for reservation in made)
            child.thaw()
            wait_s(10)
            assert not (await quota.reserve(model, 1, LIMIT)).is_alone
    finally:
        child.kill()


async def test_a_redis_that_stands_still_within_a_call_does_not_hold_its_answer(
    tmp_path, fakellm, wait_s
):
    """Neither the next reservation nor the close waits for ever."""
    child = RedisChild(tmp_path)
    child.start()
    given = endpoint(fakellm, "good-100ms", tokens_per_minute=50_000)
    frozen: list[str] = []

    def freeze(text):
        if not frozen:
            child.freeze()
            wait_s(0.2)
        frozen.append(text)

    try:
        async with asyncio.timeout(20), Gateway(child.url, LOOPBACK) as gateway:
            assert reply(await gateway.ask(given, ask(), freeze)) == REPLY
            assert reply(await gateway.ask(given, ask(), freeze)) == REPLY
        assert frozen
    finally:
        child.thaw()
        child.kill()


async def test_a_redis_that_dies_stops_no_call(tmp_path, fakellm):
    child = RedisChild(tmp_path)
    child.start()
    given = endpoint(fakellm, "good", tokens_per_minute=50_000)
    async with Gateway(child.url, LOOPBACK) as gateway:
        assert reply(await gateway.ask(given, ask())) == REPLY
        child.kill()
        assert reply(await gateway.ask(given, ask())) == REPLY


async def test_a_call_counts_what_it_used(redis, fakellm):
    given = endpoint(fakellm, "good", tokens_per_minute=50_000)
    async with Gateway(os.environ["REDIS_URL"], LOOPBACK) as gateway:
        answer = await gateway.ask(given, ask())
    used = answer.usage.tokens_in + answer.usage.tokens_out
    assert await counted(redis, given.model) == used


@pytest.mark.parametrize("name", ["500", "401", "429-3"])
async def test_a_call_that_was_refused_counts_nothing(redis, fakellm, name):
    given = endpoint(fakellm, name, tokens_per_minute=50_000)
    async with Gateway(os.environ["REDIS_URL"], LOOPBACK) as gateway:
        with pytest.raises(GatewayError):
            await gateway.ask(given, ask())
    assert await counted(redis, given.model) == 0


async def test_a_call_that_is_given_up_counts_what_can_be_told(redis, fakellm):
    given = endpoint(fakellm, "one-by-one-5ms", tokens_per_minute=50_000)
    async with Gateway(os.environ["REDIS_URL"], LOOPBACK) as gateway:
        await give_up(gateway, given)
    assert 0 < await counted(redis, given.model) < given.most_tokens + 1000


async def test_over_the_quota_nothing_is_sent(gateway, fakellm):
    given = endpoint(fakellm, "good", tokens_per_minute=100)
    await gateway.ask(given, ask())
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(given, ask())
    assert raised.value.outcome is Outcome.QUOTA
    assert raised.value.retry_after
    assert len(fakellm.calls()) == 1
