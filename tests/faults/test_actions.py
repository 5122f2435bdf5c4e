"""What a yes sets off, when the task that would carry it out and the process that does are lost."""

import asyncio
import json
import signal

import pytest

from tests.fake_shop import fake_shop
from tests.faults.shop import RETURNS
from tests.faults.waiting import until

pytestmark = pytest.mark.stack

JOBS = "helpdesk:default"
ORDER = "202580668968"
# To when the sweeper would see to it: later than a test should wait.
LATER = "UPDATE dialogue_actionrun SET due_at = clock_timestamp() - interval '11 s'"
RUN = "SELECT state, attempts FROM dialogue_actionrun WHERE session_id = %s"


@pytest.fixture
def till(house, southwind):
    """The shop's own server, which does what it is told once the test says so."""
    with fake_shop() as made:
        made.answers["/when-told"] = {"status": "done"}
        house.query("UPDATE dialogue_webhook SET url = %s", made.url("/when-told"))
        yield made


async def up_to_the_card(visitor):
    for fields in ({"flow": "return_order"}, {"order_id": ORDER}, {"reason": "broken"}):
        await visitor.acked("", fields=fields)
        line = await visitor.until("message", author="bot")
    return line["meta"]["confirm"]["id"]


async def test_an_action_that_is_lost_twice_is_done_once(talk, house, started, till, northbird):
    """F19, F25: its task with an emptied Redis, then its process while the shop works. Every try
    is the same to the shop, and a second click is none."""
    queues = house.redis()
    visitor = await talk(site=RETURNS)
    card = await up_to_the_card(visitor)
    yes = {"confirm": card, "answer": "yes"}
    cmid = await visitor.send("Yes", fields=yes)
    first = await visitor.until("ack", cmid=cmid)
    await until(lambda: queues.llen(JOBS), "the run is told")
    queues.flushall()
    assert await visitor.acked("Yes", cmid, fields=yes) == first
    assert house.query(RUN, visitor.session) == [("pending", 0)]

    sweeper = await started(house.sweeper)
    house.query(LATER)
    assert await asyncio.to_thread(till.arrived.acquire, timeout=60)
    (lost,) = {pid for pid in house.family(sweeper) if pid != sweeper.process.pid}
    house.signal(lost, signal.SIGKILL)
    assert house.query(RUN, visitor.session) == [("running", 1)]
    await visitor.acked("Yes", fields=yes)
    house.query(LATER)
    assert await asyncio.to_thread(till.arrived.acquire, timeout=60)
    till.told.set()
    await visitor.until("action", id=card, status="done")
    await visitor.catch_up()

    assert house.query(RUN, visitor.session) == [("done", 2)]
    assert [json.loads(call.body)["data"]["key"] for call in till.calls] == [card, card]
    assert [call.headers["webhook-id"] for call in till.calls] == [card, card]
    assert visitor.replies.count("It is on its way.") == 1
