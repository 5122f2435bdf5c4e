"""Web processes that are killed or told to stop while visitors are in them."""

import asyncio
import signal

import pytest

from tests.faults.failpoints import KILL_AT_WAKE
from tests.faults.models import asked
from tests.faults.shop import LONG, near

pytestmark = pytest.mark.stack

VISITORS = 100


async def test_a_line_whose_process_died_after_the_commit_is_answered(
    talk, teller, house, web, models, started
):
    """F16: nobody was told of it. The sweeper finds it, and the resend gets its first number."""
    await models("good")
    sweeper, dying = await asyncio.gather(
        started(house.sweeper), started(house.web, **{KILL_AT_WAKE: "1"})
    )
    visitor = await talk(dying.base_url)
    line = near()
    cmid = await visitor.send(line)
    assert await visitor.closed() == 0, "without a word"
    assert await asyncio.to_thread(dying.child.process.wait) == -signal.SIGKILL
    assert visitor.acks == {}
    await visitor.come_back(web.base_url)
    told = await teller.over(visitor)
    assert (told.state, told.attempt, told.in_time) == ("done", 1, True)
    await asyncio.to_thread(sweeper.wait_for, "sweeper: starts drain")
    assert (await visitor.acked(line, cmid))["seq"] == 1
    assert visitor.replies == [LONG]


async def test_a_process_that_stops_sends_its_visitors_elsewhere(
    talk, teller, house, web, models, fakellm, started
):
    """F17: all of a hundred are told, and go on in another process where they were."""
    await models("good-1200ms")
    _, stopping = await asyncio.gather(started(house.worker), started(house.web))
    visitors = await asyncio.gather(*(talk(stopping.base_url) for _ in range(VISITORS)))
    waiting, *others = visitors
    await asyncio.gather(*(other.acked("Do you sell gift cards?") for other in others))
    await waiting.acked(near())
    await asked(fakellm, "good-1200ms")
    code = await asyncio.to_thread(stopping.child.stop)
    assert code in {0, -signal.SIGTERM}
    assert not any("graceful shutdown exceeded" in line for line in stopping.child.lines)
    assert [await visitor.closed() for visitor in visitors] == [1012] * VISITORS
    for visitor in visitors:
        (away,) = [frame for frame in visitor.heard if frame["type"] == "going_away"]
        assert 0 <= away["retry_after"] <= 10
    await asyncio.gather(*(visitor.come_back(web.base_url) for visitor in visitors))
    assert (await teller.over(waiting)).attempt == 1
    assert waiting.replies == [LONG]
    assert [other.replies for other in others] == [["At the till."]] * (VISITORS - 1)
