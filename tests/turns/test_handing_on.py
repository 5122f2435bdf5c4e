"""How one drain follows another: somebody claims all the time."""

import asyncio

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database

from tests.turns.conversations import asks, database_url
from tests.turns.scripted import Held
from tests.turns.test_drain import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


async def test_it_claims_on_until_its_successor_does(
    make_session, started, watch, all_holds, caplog
):
    first, second = await in_database(lambda: [make_session() for _ in range(2)])()
    held, after = Held(), Held()
    await asks(first)
    async with started.drain(held, claim_s=0):
        one = await held.calls.get()
        while not started.successors:  # noqa: ASYNC110  # counted in a thread, which tells nobody
            await asyncio.sleep(0)
        await asks(second)
        two = await held.calls.get()
        async with started.drain(after):
            one.answer("to its end")
            two.answer("and this one")
            await until(watch)


async def test_a_drain_that_stops_claiming_hands_on_first_and_then_finishes(
    session, started, watch, all_holds
):
    held = Held()
    seen: asyncio.Queue[list[tuple[bool, int]]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    await asks(session)

    def succeed():
        with psycopg.connect(database_url(), autocommit=True) as looker:
            rows = looker.execute("SELECT claiming, held FROM dialogue_drain").fetchall()
        loop.call_soon_threadsafe(seen.put_nowait, rows)

    started.succeed = succeed
    async with started.drain(held, claim_s=0.2):
        call = await held.calls.get()
        assert await seen.get() == [(False, 1)]
        call.answer("to its end")
        await until(watch)
