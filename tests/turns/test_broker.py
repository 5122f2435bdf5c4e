"""Celery's part: it is only woken, and whatever becomes of Redis, every turn is answered once."""

import signal

import pytest
import redis
from django.conf import settings as project

from apps.dialogue import tasks
from helpdesk.celery import app
from tests.turns.conversations import ALL_DONE, ask, lines, turns

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.stack]


@pytest.fixture
def session(make_session):
    return make_session()


def answered(make_session, gate, watch, count=12):
    gate.at_once = lambda run: "reply"
    sessions = [make_session() for _ in range(count)]
    for session in sessions:
        ask(session)
    watch.until(ALL_DONE)
    for session in sessions:
        assert lines(session) == [("visitor", "a riddle"), ("bot", "echo: a riddle")]
    return sessions


def test_a_task_of_any_release_drains_and_five_of_them_answer_once(
    make_session, children, gate, watch, broker, publish, all_holds
):
    worker = children.worker("one", REDIS_URL=broker.url)
    publish()
    publish("a turn's id", "what an older release gave", priority=3)
    publish(turn="what a newer one gives", site=7)
    publish()
    publish()
    sessions = answered(make_session, gate, watch)
    assert [turns(session)[0][1] for session in sessions] == [1] * len(sessions)
    worker.wait_for("drain: started")
    assert not any("Traceback" in line or "TypeError" in line for line in worker.lines)


def test_a_killed_child_of_a_worker_is_replaced(
    session, make_session, children, gate, watch, broker, publish, all_holds
):
    children.worker("one", REDIS_URL=broker.url)
    publish()
    ask(session)
    first = gate.next()
    sweeper = children.sweeper(REDIS_URL=broker.url)
    sweeper.wait_for("leads")
    first.signal(signal.SIGKILL)
    second = gate.next()
    second.do("reply", "by another")
    watch.until(ALL_DONE)
    assert turns(session) == [("done", 2, 1, 1)]


def test_a_worker_that_is_stopped_gives_its_turns_back(
    session, children, gate, watch, broker, publish, all_holds
):
    # Unless it were told it would claim on for a minute.
    times = {"HELPDESK_DRAIN_SILENCE_SECONDS": "60", "HELPDESK_DRAIN_CLAIM_SECONDS": "60"}
    worker = children.worker("one", REDIS_URL=broker.url, **times)
    publish()
    ask(session)
    first = gate.next()
    worker.send_signal(signal.SIGTERM)
    first.do("reply", "while it stops")
    watch.until(ALL_DONE)
    assert worker.stop() == 0
    assert turns(session) == [("done", 1, 1, 1)]


@pytest.mark.parametrize("fault", ["absent", "frozen", "flushed"])
def test_without_redis_the_sweepers_drain_answers(
    make_session, children, gate, watch, broker, publish, all_holds, fault
):
    if fault == "flushed":
        publish()
        server = redis.Redis(unix_socket_path=str(broker.socket))
        assert server.info("server")["process_id"] == broker.process.pid, "the test's own server"
        server.flushall()
    elif fault == "frozen":
        broker.freeze()
    else:
        broker.kill()
    sweeper = children.sweeper(REDIS_URL=broker.url)
    sweeper.wait_for("leads")
    answered(make_session, gate, watch)
    sweeper.wait_for("drain: started")


def test_limits_of_tasks_stand_in_order():
    transport = app.conf.broker_transport_options
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit
    drains = app.tasks[tasks.run_turns.name]
    soft_s, hard_s = drains.soft_time_limit or 0, drains.time_limit or 0
    assert 0 < soft_s < hard_s < transport["visibility_timeout"]
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)
    assert app.conf.worker_prefetch_multiplier == 1
    assert (transport["unacked_restore_interval"], transport["unacked_restore_throttle"]) == (5, 1)
    assert project.TURNS.claim_s + project.TURNS.hold_s < soft_s
    assert app.amqp.router.route({}, tasks.run_turns.name)["queue"].name == "turns"
