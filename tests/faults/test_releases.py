"""A deploy: what the release before, or the one after, has left in the queue or still sends."""

import asyncio
import json
import uuid

import pytest

from helpdesk import env
from helpdesk.celery import app
from tests.faults.house import QUEUE
from tests.faults.shop import LONG, near
from tests.faults.waiting import until

pytestmark = pytest.mark.stack

TASK = "apps.dialogue.tasks.run_turns"
# As queued: arguments, keywords, and what Celery adds to them.
BODIES = [
    [["0b9c6c1e-7a0e-4a0f-9a57-0d3c2b6a1f11", 3], {}, {"callbacks": None, "chain": None}],
    [[], {"turn": "0b9c6c1e-7a0e-4a0f-9a57-0d3c2b6a1f11", "site": 7, "since": None}, {}],
]
# As sent: the first by a client that knows no `seen`, the others by one that knows more than we do.
HELLO = '{"type":"hello","proto":1,"token":"%s","last_seq":0,"epoch":null,"client":{"v":"0.9"}}'
SENDS = [
    '{"type":"send","cmid":"%s","text":"%s"}',
    '{"type":"send","cmid":"%s","text":"%s","fields":null,"seen":null,"draft":"d1","parts":[]}',
]
BESIDE = ['{"type":"typing"}', '{"type":"read","seq":1,"at":1760000000}', '{"type":"stop","why":1}']


def queue(house, body):
    """A task as another release has queued it."""
    key = str(uuid.uuid4())
    with app.connection_for_write(env.broker(house.broker.url)) as connection:
        connection.Producer(serializer="json").publish(
            body,
            routing_key="turns",
            exchange="turns",
            declare=[app.amqp.queues["turns"]],
            headers={"lang": "py", "task": TASK, "id": key, "root_id": key, "shadow": None},
            correlation_id=key,
        )


async def test_tasks_of_another_release_are_run(talk, teller, house, models, started):
    """F54: with arguments that this one does not know."""
    await models("good")
    for body in BODIES:
        await asyncio.to_thread(queue, house, body)
    assert house.redis().llen(QUEUE) == len(BODIES)
    visitor = await talk()
    worker = await started(house.worker, HELPDESK_DRAIN_SILENCE_SECONDS="1")
    await visitor.acked(near())
    assert (await teller.over(visitor)).attempt == 1
    await until(lambda: house.drains(worker) >= len(BODIES), "each of them is run")
    assert visitor.replies == [LONG]
    assert not any("Traceback" in line or "TypeError" in line for line in worker.lines)


async def test_clients_of_another_release_are_served(talk, teller, house, models, started):
    """F54: without `seen`, and with keys that this one does not know."""
    await models("good")
    await started(house.worker)
    visitor = await talk()
    await visitor.leave()
    await visitor.open()
    await visitor.write(HELLO % visitor.token)
    await visitor.until("synced")
    for frame in SENDS:
        cmid, line = str(uuid.uuid4()), near()
        visitor.said[cmid] = line
        await visitor.write(frame % (cmid, line))
        await visitor.until("ack", cmid=cmid)
        assert (await teller.over(visitor)).answered == "good"
        for other in BESIDE:
            await visitor.write(other)
    await visitor.catch_up()
    # To the second of its kind it adds whether a person is wanted.
    assert [reply.startswith(LONG) for reply in visitor.replies] == [True, True]
    assert [frame for frame in visitor.heard if frame["type"] == "error"] == []
    assert json.loads(SENDS[0] % ("", "")).keys() == {"type", "cmid", "text"}
