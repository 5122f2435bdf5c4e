"""One web process and one Redis for all fault tests; workers and sweepers as each test needs them.

The rows are committed before the web process starts, and models are never without a successor: so
what it knows of them, that there are some, is always true.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.dialogue.actions.webhooks import make_secret
from apps.dialogue.flows.services import publish
from apps.dialogue.models import Webhook
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, IndexState
from apps.llm.models import Mode, Routing
from apps.llm.services import ladder_changed
from apps.llm.values import Tier
from apps.sites.models import Site
from tests.databases import TABLES, beside, create
from tests.dialogue.flow_rows import return_flow
from tests.emptying import empty_with
from tests.faults import shop
from tests.faults.house import House
from tests.faults.models import FAKE, Models
from tests.faults.talker import Talker, disagreements
from tests.faults.told import Teller
from tests.faults.waiting import PATIENCE_S
from tests.llm.rows import model, provider
from tests.redis_child import RedisChild
from tests.stack import Stack
from tests.turns.conversations import ALL_DONE, Watch
from tests.turns.invariants import broken

ROWS = "SELECT seq, author, text, cmid, id FROM chat_message WHERE session_id = %s ORDER BY seq"
# Wakes a `Watch` for these as well.
WATCHED = """CREATE OR REPLACE TRIGGER told_changed AFTER INSERT ON llm_call
FOR EACH STATEMENT EXECUTE FUNCTION tell_changed()"""


# Each run has ended, and was told in one line.
ACTIONS = """SELECT r.key, r.state, count(m.id) FROM dialogue_actionrun r
LEFT JOIN chat_message m ON m.turn_id = r.turn AND m.author = 'bot' GROUP BY r.key
HAVING r.state IN ('pending', 'running') OR count(m.id) <> 1"""
NAME = "faults"


@pytest.fixture(scope="package")
def database(django_db_blocker) -> Iterator[str]:
    """One of their own, whose rows stay from test to test; this process' models are in it too. It
    goes with its server, or before the next run: nobody may end a vacuum that just looks at it."""
    given = os.environ["DATABASE_URL"]
    url = beside(given, NAME)
    if not create(given, NAME, TABLES):
        Stack(url, os.environ["REDIS_URL"]).manage("migrate", "--verbosity", "0")
    with django_db_blocker.unblock():
        connection.close()
        before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], NAME
        yield url
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="package")
def northbird(database, fakellm_server) -> Site:
    site = Site.objects.create(
        key=shop.KEY, name="Northbird", allowed_pages=["http://localhost:8000"]
    )
    for question, answer in shop.ENTRIES.items():
        Faq.objects.create(
            site=site, language="en", question=question, answer=answer, status="live"
        )
    IndexState.objects.want(site.pk)
    build_index(site.pk)
    Routing.objects.create(site=site, mode=Mode.LOCAL_THEN_CLOUD)
    model(provider(FAKE, fakellm_server.base_url), "good", tier=Tier.LOCAL)
    ladder_changed()
    return site


@pytest.fixture(scope="package")
def southwind(database) -> Site:
    """A shop without models, whose returns a webhook carries out."""
    site = Site.objects.create(
        key=shop.RETURNS, name="Southwind", allowed_pages=["http://localhost:8000"]
    )
    webhook = Webhook(site=site, name="The shop")
    make_secret(webhook=webhook)
    webhook.save()
    flow = return_flow(site, action=f"webhook:{webhook.pk}")
    publish(flow=flow, author=None)
    return site


@pytest.fixture(scope="package")
def house(database, tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("f")
    later = folder / "later"
    later.touch()
    broker = RedisChild(folder)
    broker.start()
    yield House(database, broker, later)
    if broker.process:
        broker.kill()


@pytest.fixture(scope="package")
def web(house, northbird, southwind) -> Iterator[Any]:
    made = house.web()
    yield made
    house.end(made.child)


@pytest.fixture
def watch(database) -> Iterator[Watch]:
    watch = Watch(database, PATIENCE_S)
    watch.run(WATCHED)
    yield watch
    watch.run("DROP TRIGGER told_changed ON llm_call")
    watch.close()


@pytest.fixture
def started(house) -> Iterator[Callable[..., Awaitable[Any]]]:
    """Starts a process of the house, which ends with the test and all that it has started."""
    children = []

    async def start(make: Callable[..., Any], *words: str, **more: str) -> Any:
        made = await asyncio.to_thread(make, *words, **more)
        children.append(getattr(made, "child", made))
        return made

    yield start
    for child in reversed(children):
        house.end(child)
    house.tidy()


@pytest.fixture
def models(northbird, fakellm) -> Models:
    return Models()


@pytest.fixture
def teller(house, watch) -> Teller:
    return Teller(house, watch)


@pytest.fixture
async def talk(web, house, watch, started) -> Any:
    """Begins a visitor's chat. When the test is over every turn has ended, the invariants hold, and
    each visitor has seen what is stored, in its order."""
    talkers: list[Talker] = []

    async def begin(base_url: str = "", site: str = shop.KEY, locale: str = "en") -> Talker:
        talker = await Talker(base_url or web.base_url, locale).begin(site)
        await talker.connect()
        talkers.append(talker)
        return talker

    yield begin
    try:
        await asyncio.to_thread(watch.until, ALL_DONE)
        found = []
        for talker in talkers:
            await talker.catch_up()
            found.append(disagreements(talker, house.query(ROWS, talker.session)))
            await talker.leave()
        assert [each for each in found if each] == []
        assert broken(house.database_url) == {}
        assert house.query(ACTIONS) == []
    finally:
        # Not what the next test must answer for.
        with psycopg.connect(house.database_url, autocommit=True) as own:
            empty_with(own, "chat_session")
