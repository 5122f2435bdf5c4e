"""What staff have changed reaches the turns of a drain without holding them up."""

import asyncio
import threading

import pytest

from apps.dialogue.turns import home
from apps.dialogue.turns.home import Home

TURNS = 300
# Turns of the loop from the end of a look to those who waited for it.
SOME = 10


class Looks:
    """Stands where the database is read, and ends when the test says so."""

    def __init__(self):
        self.count = 0
        self.go = threading.Event()

    def __call__(self):
        self.count += 1
        assert self.go.wait(20)


@pytest.fixture
def looks(monkeypatch):
    made = Looks()
    monkeypatch.setattr(home, "_refresh", made)
    yield made
    made.go.set()


@pytest.fixture
async def at_home():
    made = Home()
    yield made
    await made.close()


async def ended_look(at_home):
    await asyncio.wait([at_home._look])
    for _ in range(SOME):
        await asyncio.sleep(0)


async def test_all_who_wait_go_on_together(at_home, looks):
    turns = [asyncio.create_task(at_home.refresh()) for _ in range(TURNS)]
    await asyncio.sleep(0)
    looks.go.set()
    await ended_look(at_home)
    assert [turn.done() for turn in turns] == [True] * TURNS
    assert looks.count == 1


async def test_what_is_known_of_late_is_gone_by_meanwhile(at_home, looks, settings):
    looks.go.set()
    await at_home.refresh()
    looks.go.clear()
    at_home._looked_at -= settings.KNOWLEDGE.watch_s
    await at_home.refresh()
    assert not at_home._look.done()
    looks.go.set()
    await ended_look(at_home)
    assert looks.count == 2


async def test_what_is_older_is_not(at_home, looks, settings):
    looks.go.set()
    await at_home.refresh()
    looks.go.clear()
    at_home._looked_at -= 2 * settings.KNOWLEDGE.watch_s
    turn = asyncio.create_task(at_home.refresh())
    await asyncio.sleep(0)
    assert not turn.done()
    looks.go.set()
    await turn


async def test_one_who_gives_up_takes_the_look_from_nobody(at_home, looks):
    first, second = (asyncio.create_task(at_home.refresh()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    looks.go.set()
    await second
    assert first.cancelled()
    assert looks.count == 1
