"""What a drain takes of the database's connections: the real runner, and a door that lets in no more
than it may have."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database

from apps.llm.models import Call, Mode, Routing
from apps.llm.services import ladder_changed
from apps.llm.values import Tier
from tests.faults.shop import near
from tests.faults.waiting import until
from tests.llm.rows import model, provider
from tests.turns.conversations import ALL_DONE, ask, lines, turns
from tests.turns.doors import held, narrow
from tests.turns.shop import ANSWER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]

TURNS = 50
# For claims, the journal's, and the one that listens. What a thread asks for it closes at once, and
# has to fit in as well.
MOST = 3
NAME = "hungry"
STANDS = "SELECT state, query FROM pg_stat_activity WHERE application_name = %s"
# Longer than the test holds them: it is about no limit of these.
PATIENT = {"first_token_s": 50.0, "gap_s": 50.0, "deadline_s": 55.0}
TIMES = {
    "HELPDESK_DRAIN_SILENCE_SECONDS": "60",
    "HELPDESK_LLM_ALLOWED_NETWORKS": "127.0.0.0/8",
    "PGAPPNAME": NAME,
}


@pytest.fixture
def folder():
    """A short path: that of a socket has a limit."""
    made = tempfile.mkdtemp(prefix="hd-")
    yield Path(made)
    shutil.rmtree(made)


@in_database
def opened(shop, make_session, address):
    """Visitors who wait for a model at this address."""
    model(provider("Held", address), "good", tier=Tier.LOCAL, **PATIENT)
    Routing.objects.create(site=shop, mode=Mode.LOCAL_THEN_CLOUD)
    ladder_changed()
    sessions = [make_session() for _ in range(TURNS)]
    for session in sessions:
        ask(session, near())
    return sessions


@in_database
def came_to(sessions):
    return [(turns(session), lines(session)[1:]) for session in sessions]


@in_database
def booked():
    return Call.objects.filter(outcome="ok").count()


async def test_fifty_models_are_awaited_with_three_connections(
    shop, make_session, children, fakellm, folder, url, watch, all_holds
):
    """No turn holds one while its model speaks, or most of the fifty could not go on: a fourth finds
    the door shut."""
    async with held(fakellm) as models, narrow(url, MOST, folder) as door:
        sessions = await opened(shop, make_session, models.base_url)
        start = children.start
        drain = await asyncio.to_thread(start, "manage", "drain", DATABASE_URL=door.url, **TIMES)
        await until(lambda: len(fakellm.calls("good")) == TURNS, "all of them are asked at once")
        with psycopg.connect(url, autocommit=True) as looker:
            stands = looker.execute(STANDS, [NAME]).fetchall()
        assert 1 < len(stands) <= MOST
        assert [row for row in stands if row[0].startswith("idle in transaction")] == []
        assert [row[1] for row in stands].count("LISTEN turns") == 1
        models.open.set()
        await asyncio.to_thread(watch.until, ALL_DONE)
        assert await asyncio.to_thread(drain.stop) == 0
    expected = ([("done", 1, 1, 1)], [("bot", ANSWER)])
    assert await came_to(sessions) == [expected] * TURNS
    assert await booked() == TURNS
