"""Turns and everything else have a queue and a worker each: neither keeps the other waiting."""

import pytest
import redis

from apps.dialogue import tasks
from apps.knowledge.models import IndexState
from apps.knowledge.tasks import refresh_index
from helpdesk.celery import app
from tests.stack import ROOT
from tests.turns.conversations import ALL_DONE, ask

# As many as a drain takes by itself; here two of them, so that the worker has no process left.
IN_FLIGHT, WAITING = 400, 20
HELD = {
    "HELPDESK_TURN_PLACES": str(IN_FLIGHT // 2),
    "HELPDESK_TURN_LEASE_SECONDS": "60",
    "HELPDESK_TURN_DEADLINE_SECONDS": "90",
}
STATES = "SELECT state, count(*) FROM chat_turn GROUP BY state"
BUILT = "index: built version"


@pytest.mark.stack
@pytest.mark.django_db(transaction=True)
def test_a_job_is_run_while_turns_fill_every_place(
    site, make_session, children, gate, watch, broker, publish, all_holds
):
    queues = redis.Redis(unix_socket_path=str(broker.socket))
    for _ in range(IN_FLIGHT + WAITING):
        ask(make_session(), deadline_s=600)
    turns = children.worker("turns", REDIS_URL=broker.url, **HELD)
    for _ in range(4):
        publish()
    runs = [gate.next() for _ in range(IN_FLIGHT)]
    assert len({run.pid for run in runs}) == 2
    IndexState.objects.want(site.pk)
    publish(site.pk, task=refresh_index)
    assert queues.llen("helpdesk:default") == 1, "the other worker leaves it alone"
    jobs = children.jobs(REDIS_URL=broker.url)
    jobs.wait_for(BUILT)
    assert dict(watch.rows(STATES)) == {"running": IN_FLIGHT, "pending": WAITING}
    assert gate.runs.empty()
    gate.at_once = lambda run: "reply"
    for run in runs:
        run.do("reply", "at last")
    watch.until(ALL_DONE)
    assert not any(BUILT in line for line in turns.lines)
    assert not any("drain" in line for line in jobs.lines)


def test_every_task_has_one_of_two_queues():
    """Of all that are registered, Celery's own too, only drains are of `turns`."""
    app.loader.import_default_modules()
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    assert len([name for name in queues if name.startswith("apps.")]) > 1
    assert {name for name, queue in queues.items() if queue == "turns"} == {tasks.run_turns.name}
    assert set(queues.values()) == {"turns", "default"}


@pytest.mark.parametrize("own", ["queue", "exchange", "routing_key"])
def test_nothing_goes_past_the_routes(own):
    """What a task or the schedule says for itself would be stronger."""
    app.loader.import_default_modules()
    assert [name for name, task in app.tasks.items() if getattr(task, own, None)] == []
    schedule = app.conf.beat_schedule
    assert [name for name, each in schedule.items() if own in each.get("options", {})] == []
    assert {each["task"] for each in schedule.values()} <= set(app.tasks) - {tasks.run_turns.name}


def test_each_worker_has_a_queue_of_its_own():
    lines = (line.partition(":") for line in (ROOT / "Procfile").read_text().splitlines())
    words = {name: command.split() for name, _, command in lines}
    taken = {name: each[each.index("-Q") + 1] for name, each in words.items() if "-Q" in each}
    assert taken == {"turns": "turns", "jobs": "default"}
