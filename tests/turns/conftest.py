"""Drains over the tests' own database; at the end of every test its invariants hold."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from celery import Task
from channels.db import database_sync_to_async as in_database

from apps.dialogue import ladders, tasks
from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing
from apps.dialogue.turns.drain import Around, Drain
from apps.dialogue.turns.passing import Shown
from apps.dialogue.turns.port import TurnRunner
from apps.knowledge.index import library
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, IndexState
from apps.llm.models import Mode, Routing
from apps.llm.services import ladder_changed
from apps.llm.values import Tier
from helpdesk import env
from helpdesk.celery import app
from tests.llm.asked import LOOPBACK
from tests.llm.rows import model, provider
from tests.redis_child import RedisChild
from tests.stack import ROOT, Child
from tests.turns.conversations import Watch, database_url
from tests.turns.gate import Gate
from tests.turns.invariants import broken
from tests.turns.shop import KNOWN

# Never: the tests use the process of their drains as well.
BUSY = 100.0


@dataclass
class Started:
    """Drains of this process, and what they asked of others."""

    successors: int = 0
    shown: "asyncio.Queue[Shown]" = field(default_factory=asyncio.Queue)

    def succeed(self) -> None:
        self.successors += 1

    async def tell(self, shown: list[Shown]) -> None:
        for each in shown:
            self.shown.put_nowait(each)

    def around(self) -> Around:
        return Around(self.succeed, lambda act: None, self.tell)

    @asynccontextmanager
    async def drain(self, runner: TurnRunner, **more: object) -> AsyncIterator[Drain]:
        """One that runs until the block ends; what it holds then goes back."""
        drain = Drain(runner, self.around(), **more)  # type: ignore[arg-type]  # the test knows them
        task = asyncio.create_task(drain.run())
        try:
            yield drain
        finally:
            drain.stop()
            await task


@pytest.fixture(autouse=True)
def _quick(settings) -> None:
    settings.TURNS = replace(settings.TURNS, lease_s=4, renew_s=0.2, stop_s=0, busy=BUSY)


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
def url(transactional_db) -> str:
    return database_url()


@pytest.fixture
def watch(url) -> Iterator[Watch]:
    watch = Watch(url)
    yield watch
    watch.close()


@pytest.fixture
def gate(tmp_path) -> Iterator[Gate]:
    gate = Gate(tmp_path / "gate.sock")
    yield gate
    gate.close()


@dataclass
class Children:
    """Processes over the tests' database. Leases are short and the sweeper looks often."""

    env: dict[str, str]
    stack: contextlib.ExitStack

    def start(self, *words: str, **more: str) -> Child:
        """`python -m` with these words, until the test ends."""
        child = Child([sys.executable, "-m", *words], {**self.env, **more})
        self.stack.callback(child.stop)
        return child

    def sweeper(self, **more: str) -> Child:
        return self.start("tests.turns.manage", "sweep", **more)

    def worker(self, name: str, **more: str) -> Child:
        return self._worker("tests.turns.worker", worker_words(), name, **more)

    def jobs(self, **more: str) -> Child:
        """The worker of everything but turns, of the product itself."""
        return self._worker("helpdesk", worker_words("jobs"), "jobs", **more)

    def _worker(self, app: str, words: list[str], name: str, **more: str) -> Child:
        child = self.start("celery", "-A", app, *words, "-n", f"{name}@%h", **more)
        child.wait_for("ready.")
        return child


def worker_words(process: str = "turns") -> list[str]:
    """Those of the Procfile, so that what is tested is what runs."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if name == process:
            words = command.split()
            cut = words.index("-n")
            return words[words.index("worker") : cut] + words[cut + 2 :]
    raise RuntimeError(f"the Procfile has no {process} process")


@pytest.fixture
def children(url, gate, tmp_path) -> Iterator[Children]:
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        "PYTHONUNBUFFERED": "1",
        "HELPDESK_TURN_LEASE_SECONDS": "4",
        "HELPDESK_TURN_RENEW_SECONDS": "1",
        "HELPDESK_TURN_QUIET_SECONDS": "0.5",
        "HELPDESK_DRAIN_SILENCE_SECONDS": "2",
        "HELPDESK_SWEEP_SECONDS": "0.2",
        "GATE": str(gate.path),
    }
    with contextlib.ExitStack() as stack:
        yield Children(env, stack)


@pytest.fixture
def broker(tmp_path) -> Iterator[RedisChild]:
    child = RedisChild(tmp_path)
    child.start()
    yield child
    if child.process:
        child.thaw()
        child.kill()


@pytest.fixture
def publish(broker, monkeypatch) -> Callable[..., None]:
    """Publishes to the test's own broker: `run_turns` with these arguments, or another `task`."""
    monkeypatch.setattr(app.conf, "broker_url", env.broker(broker.url))
    monkeypatch.setattr(app.conf, "broker_write_url", env.broker(broker.url))

    def send(*args: object, task: "Task[..., None]" = tasks.run_turns, **more: object) -> None:
        with app.connection_for_write(env.broker(broker.url)) as connection:
            task.apply_async(args, more, connection=connection)  # type: ignore[call-arg]  # its stubs do not know it

    return send


@pytest.fixture
def all_holds(url) -> Iterator[None]:
    """Use it in a test whose turns all end."""
    yield
    assert broken(url) == {}


@pytest.fixture
def shop(site, settings, monkeypatch):
    settings.LLM_ALLOWED_NETWORKS = LOOPBACK
    monkeypatch.setattr(library, "_indexes", {})
    monkeypatch.setattr(ladders, "_known", None)
    for question, answer in KNOWN.items():
        Faq.objects.create(
            site=site, language="en", question=question, answer=answer, status="live"
        )
    IndexState.objects.want(site.pk)
    build_index(site.pk)
    library.refresh()
    return site


@pytest.fixture
def models(shop, fakellm):
    """Makes rows of the fake server's models, in the order in which they are asked."""
    owner = provider("Fake", fakellm.base_url)
    Routing.objects.create(site=shop, mode=Mode.LOCAL_THEN_CLOUD)

    def make(*names, tier=Tier.LOCAL):
        rows = [model(owner, name, tier=tier) for name in names]
        ladder_changed()
        ladders.refresh()
        return rows

    return make


@pytest.fixture
async def driver():
    driver = Driver()
    yield driver
    await driver.close()


@pytest.fixture
def handle(driver, models, make_session):
    return driver.hold(Standing.of(make_session()))


@pytest.fixture
def comes(driver, make_session):
    """A further visitor of the shop."""

    async def come(of=driver, **values):
        session = await in_database(make_session)(**values)
        return of.hold(Standing.of(session))

    return come


@pytest.fixture
async def redis(tmp_path, settings):
    child = RedisChild(tmp_path)
    child.start()
    settings.REDIS_URL = child.url
    yield child
    child.kill()
