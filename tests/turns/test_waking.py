"""wake(): tells the broker when it must, and never holds anybody up."""

import threading
import time
from functools import partial

import pytest
from celery import Task

from apps.dialogue import tasks
from apps.dialogue.models import Drain
from apps.dialogue.turns import waking
from apps.dialogue.turns.waking import Waker
from helpdesk import env
from helpdesk.celery import app
from tests.redis_child import RedisChild
from tests.turns.conversations import ask

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(make_session):
    return make_session()


class Broker:
    """Takes what is published, or fails; `asked` is set each time."""

    def __init__(self) -> None:
        self.published = 0
        self.works = True
        self.asked = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def publish(self) -> bool:
        self.asked.set()
        self.may_go_on.wait()
        self.published += 1
        return self.works


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(waking, "enqueue_turns", broker.publish)
    return broker


@pytest.fixture
def waker():
    waker = Waker()
    yield waker
    waker._pool.shutdown()


def settled(waker):
    """Waits for what it has under way."""
    waker._pool.submit(lambda: None).result(60)


def test_it_publishes_when_no_drain_has_a_place(session, waker, broker):
    ask(session)
    waker.wake()
    settled(waker)
    assert broker.published == 1


def test_it_publishes_nothing_while_a_living_drain_has_places(session, waker, broker):
    Drain.objects.create(name="alive", places=2, held=1, claiming=True)
    ask(session)
    waker.wake()
    settled(waker)
    assert broker.published == 0
    Drain.objects.update(claiming=False)
    waker.wake()
    settled(waker)
    assert broker.published == 1


def test_without_pending_turns_there_is_nothing_to_tell(waker, broker, transactional_db):
    waker.wake()
    settled(waker)
    assert broker.published == 0


def test_many_wakes_while_one_publishes_cost_nobody_a_wait(session, waker, broker):
    ask(session)
    broker.may_go_on.clear()
    waker.wake()
    assert broker.asked.wait(60)
    for _ in range(10_000):
        waker.wake()
    broker.may_go_on.set()
    settled(waker)
    assert broker.published == 1, "and the same second is told once"


def test_after_a_failure_it_leaves_the_broker_alone_for_a_while(
    session, waker, broker, monkeypatch
):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    ask(session)
    broker.works = False
    for _ in range(3):
        waker.wake()
        settled(waker)
    assert broker.published == 1
    clock[0] += waking.PAUSE_S
    waker.wake()
    settled(waker)
    assert broker.published == 2


def test_a_frozen_broker_is_given_up(tmp_path, monkeypatch):
    """Bounded by the broker's timeouts; only the waker's own thread waits for them."""
    frozen = RedisChild(tmp_path)
    frozen.start()
    frozen.freeze()
    publish = partial(Task.apply_async, tasks.run_turns)
    options = {"socket_timeout": 0.2, "max_retries": 1}
    try:
        with app.connection_for_write(env.broker(frozen.url), transport_options=options) as broken:
            monkeypatch.setattr(tasks.run_turns, "apply_async", partial(publish, connection=broken))
            assert tasks.enqueue_turns() is False
    finally:
        frozen.thaw()
        frozen.kill()
