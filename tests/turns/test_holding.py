"""What bounds how long a drain holds turns, and what one turn may cost."""

import asyncio
import time

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Turn
from apps.dialogue.turns import drain
from tests.turns.conversations import adds, asks, turns_of
from tests.turns.scripted import Held
from tests.turns.test_drain import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


# Renewed, or given back.
NEXT = "SELECT lease_until IS NULL OR lease_until > %s FROM chat_turn"


class Later:
    """The drain's clock, put forward by `by` seconds."""

    def __init__(self) -> None:
        self.by = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.by


async def test_a_turn_claimed_late_is_finished_however_long_the_drain_has_claimed(
    session, started, watch, all_holds, monkeypatch
):
    """As `manage.py drain` does, which claims for minutes."""
    clock, held = Later(), Held()
    monkeypatch.setattr(drain, "time", clock)
    async with started.drain(held, claim_s=300):
        await asks(session)
        call = await held.calls.get()
        clock.by = 301
        while not started.successors:  # noqa: ASYNC110  # counted in a thread, which tells nobody
            await asyncio.sleep(0)
        lease = (await Turn.objects.aget()).lease_until
        await until(watch, NEXT, lease)
        assert not call.was_cancelled.is_set()
        call.answer("to its end")
        await until(watch)
    assert await turns_of(session) == [("done", 1, 1, 1)]


async def test_a_visitor_who_goes_on_and_on_starts_a_turn_again_three_times(
    session, started, watch, all_holds
):
    """Also where a drain is lost meanwhile: what waits does not join by being claimed anew."""
    held = Held()
    async with started.drain(held):
        await asks(session, "0")
        for number in range(4):
            call = await held.calls.get()
            assert call.texts == [f"{each}" for each in range(number + 1)]
            await adds(session, f"{number + 1}")
        await adds(session, "5")
        await in_database(Turn.objects.update)(lease_until="2000-01-01T00:00Z")
        async with started.drain(held, alone=True):
            again = await held.calls.get()
            assert again.texts == call.texts
            again.answer("to the first four")
            last = await held.calls.get()
            assert last.texts == ["4", "5"]
            last.answer("to the rest")
            await until(watch)
        assert held.calls.empty()
    assert await turns_of(session) == [("done", 5, 1, 4), ("done", 1, 5, 6)]
