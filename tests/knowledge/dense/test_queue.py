"""Embedding takes turns with what else waits in its queue: an action that a visitor has agreed to."""

from collections.abc import Callable
from functools import partial

import pytest
from celery.beat import Scheduler
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.dialogue.tasks import run_actions
from apps.knowledge.dense import jobs
from apps.knowledge.dense.jobs import refresh_all
from apps.knowledge.models import DenseIndex, EmbeddedEntry, Faq, IndexState
from apps.sites.models import Site
from helpdesk import env
from helpdesk.celery import app
from tests.redis_child import RedisChild

pytestmark = pytest.mark.django_db

ROUNDS = 20
EMBED = "apps.knowledge.tasks.refresh_embeddings"


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """The queue of jobs, in a broker of the test's own."""
    child = RedisChild(tmp_path)
    child.start()
    for name in ("broker_url", "broker_read_url", "broker_write_url"):
        monkeypatch.setattr(app.conf, name, env.broker(child.url))
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    with app.connection_for_read() as connection:
        yield connection.SimpleQueue("default")
    child.kill()


@pytest.fixture
def beat() -> Callable[[], None]:
    """A round of the schedule: embeddings are due."""
    scheduler = Scheduler(app, lazy=True)
    scheduler.setup_schedule()
    return partial(scheduler.apply_async, scheduler.schedule["refresh-embeddings"], advance=False)


@pytest.fixture
def long_work(site, write, embedder, monkeypatch):
    """More entries than slices: each ends after one of them."""
    for number in range(ROUNDS + 5):
        write(f"Question {number}?")
    monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 1)
    monkeypatch.setattr(jobs, "refresh_all", partial(refresh_all, -1))


def take(queue) -> str:
    """What a worker does with the next one."""
    message = queue.get_nowait()
    message.ack()
    name: str = message.headers["task"]
    if name == EMBED:
        app.tasks[name].run()
    return name


def test_an_action_waits_for_one_slice_though_there_is_more_to_embed(queue, beat, long_work):
    for _ in range(ROUNDS):
        beat()
        take(queue)
    assert EmbeddedEntry.objects.count() == ROUNDS
    beat()
    run_actions.delay()
    assert [take(queue), take(queue)] == [EMBED, "apps.dialogue.tasks.run_actions"]
    with pytest.raises(queue.Empty):
        take(queue)


def test_what_no_worker_has_taken_is_void_when_the_next_is_due(queue, beat):
    beat()
    assert queue.get_nowait().headers["expires"]
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]


def test_a_slice_is_for_all_sites_together(site, shop, embedder, monkeypatch):
    monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 1)
    for number in range(3):
        other = Site.objects.create(key=f"other{number}", name="Other")
        Faq.objects.create(site=other, question="A?", answer="B.", language="en", status="live")
        IndexState.objects.want(other.pk)
    refresh_all(-1)
    assert len(embedder.asked) == 1
    for _ in range(40):
        refresh_all(-1)
    assert set(DenseIndex.objects.values_list("embedder", flat=True)) == {"words"}
    assert DenseIndex.objects.count() == 4


def test_sites_with_nothing_to_do_cost_one_look_together(site, shop, embedder):
    refresh_all()

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            refresh_all()
        return len(found)

    before = queries()
    for number in range(5):
        IndexState.objects.want(Site.objects.create(key=f"other{number}", name="Other").pk)
    refresh_all()
    assert queries() == before
