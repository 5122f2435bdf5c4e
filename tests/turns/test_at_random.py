"""Many visitors, two drains, and chance: lines and buttons while turns run, answers shown and not,
takeovers, drains that stop and come back. Whatever happens, each line is answered once, or ended by a
person."""

import asyncio
import random
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import transaction

from apps.chat.cancelling import cancelled
from apps.chat.items import Item, Line, Verdict
from apps.chat.journal import append
from apps.chat.models import Session, Turn
from apps.engine.types import Author
from tests.turns.conversations import ALL_DONE, add, ask, until_told
from tests.turns.scripted import answer

pytestmark = pytest.mark.django_db(transaction=True)

VISITORS = 12
LINES = 8


class Moody:
    """Shows something or not, and lets others go first some times."""

    def __init__(self, chance):
        self._chance = chance

    async def run(self, claimed, show):
        for _ in range(self._chance.randrange(40)):
            await asyncio.sleep(0)
        if self._chance.random() < 0.5:
            show(1, "so far")
            for _ in range(self._chance.randrange(200)):
                await asyncio.sleep(0)
        texts = [line.text for line in claimed.covered]
        assert len(texts) == 1 or not any(line.fields for line in claimed.covered)
        return answer(" / ".join(texts))

    async def ready(self):
        """Nothing to load."""

    async def close(self):
        """Holds nothing."""


@in_database
def say(session, text, **fields):
    """As the driver does: joins the open turn, or opens one."""
    while add(session, text, **fields).verdict is Verdict.STALE:
        try:
            ask(session, text)
        except AssertionError:
            continue  # another was opened meanwhile
        return


@in_database
@transaction.atomic
def take_over(session):
    held = Session.objects.select_for_update(no_key=True).get(pk=session.pk)
    if ending := cancelled(held):
        append(Item(held.id, None, (Line(Author.OPERATOR, "I am here"),), finish=ending))


async def visit(session, chance):
    for number in range(LINES):
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        if chance.random() < 0.1:
            await take_over(session)
        await say(session, f"{number}", **({"flow": "refund"} if chance.random() < 0.3 else {}))


@pytest.mark.parametrize(("seed", "restarts", "characters"), [(3, 3, 4000), (17, 1, 2)])
async def test_every_line_is_answered_once(
    make_session, started, watch, all_holds, settings, caplog, seed, restarts, characters
):
    """Places are few, so that one drain is not enough."""
    settings.TURNS = replace(settings.TURNS, places=3)
    settings.CHAT = replace(settings.CHAT, turn_restarts=restarts, turn_characters=characters)
    chance = random.Random(seed)
    sessions = await in_database(lambda: [make_session() for _ in range(VISITORS)])()
    runner = Moody(chance)
    async with asyncio.timeout(90), started.drain(runner):
        # The one that stays comes first: of two that see nothing to do the second ends.
        await until_told(caplog, "drain: started")
        talks = asyncio.gather(*(visit(session, chance) for session in sessions))
        while not talks.done():
            async with started.drain(runner):
                for _ in range(chance.randrange(200)):
                    await asyncio.sleep(0)
        await talks
        await asyncio.to_thread(watch.until, ALL_DONE)
    states = await in_database(lambda: set(Turn.objects.values_list("state", flat=True)))()
    assert states <= {"done", "cancelled"}
