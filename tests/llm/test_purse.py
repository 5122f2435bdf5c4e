"""What a day may cost, reserved before it is spent: over all processes, and in one alone."""

import os
import time
from datetime import date
from decimal import Decimal

import pytest
from redis.asyncio import Redis

from apps.llm.caps import Account
from apps.llm.purse import NOTHING, Purse
from apps.llm.quota import ALONE_SHARE
from tests.redis_child import RedisChild

CAP = Decimal(1)
ZERO = Decimal(0)


@pytest.fixture
async def redis():
    async with Redis.from_url(os.environ["REDIS_URL"]) as client:
        yield client


@pytest.fixture
def account():
    return Account(time.time_ns(), date(2026, 1, 1), "USD")


async def held(purse, account, cost="0.4", rows=ZERO):
    return await purse.hold(account, rows, Decimal(cost), CAP)


async def test_processes_count_together(redis, account):
    one, other = Purse(redis), Purse(redis)
    found = [await held(each, account) for each in (one, other, one, other)]
    assert [each is not None for each in found] == [True, True, True, False]


async def test_a_call_that_cost_less_gives_back(redis, account):
    purse = Purse(redis)
    first = await held(purse, account, "1")
    assert await held(purse, account) is None
    purse.settle(first, Decimal("0.5"))
    await purse.close()
    assert await held(purse, account, "0.5")
    assert await held(purse, account) is None


async def test_what_the_rows_hold_counts_once(redis, account):
    """A call stands in both once it is written."""
    purse = Purse(redis)
    first = await held(purse, account, "0.6")
    purse.settle(first, Decimal("0.6"))
    await purse.close()
    assert await held(purse, account, rows=Decimal("0.6"))
    assert await held(purse, account, rows=Decimal("0.9")) is None


async def test_days_and_sites_are_apart(redis, account):
    purse = Purse(redis)
    assert await held(purse, account, "2")
    assert await held(purse, account) is None
    assert await held(purse, account._replace(day=date(2026, 1, 2)))
    assert await held(purse, account._replace(site_id=account.site_id + 1))


async def test_what_costs_nothing_is_not_held(redis, account):
    assert await held(Purse(redis), account, "0") is NOTHING


async def test_alone_a_process_spends_a_quarter_of_what_is_left(account, tmp_path):
    child = RedisChild(tmp_path)
    child.start()
    async with Redis.from_url(child.url) as client:
        purse = Purse(client)
        assert await held(purse, account, "0.1")
        child.kill()
        rows = CAP - ALONE_SHARE * Decimal("0.1")
        first = await held(purse, account, "0.1", rows)
        assert first is not None
        assert await held(purse, account, "0.1", rows) is None
        purse.settle(first, ZERO)
        assert await held(purse, account, "0.1", rows)
        assert await held(purse, account._replace(day=date(2026, 1, 2)), "0.1", rows)
