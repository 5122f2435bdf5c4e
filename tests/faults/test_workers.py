"""Workers that are killed, frozen, poisoned or told to stop while they run turns: one reply each."""

import asyncio
import re
import signal
from uuid import UUID

import pytest

from apps.dialogue import tasks
from helpdesk import env
from helpdesk.celery import app
from tests.faults.house import QUEUE
from tests.faults.models import asked
from tests.faults.shop import FIRST, LONG, UNKNOWN, near
from tests.faults.waiting import until
from tests.turns.doors import held

pytestmark = pytest.mark.stack

LATE = re.compile(r"taken alone \(attempt (\d+), loss (\d+)\), (-?[\d.]+) s after its lease")
# A drain that has come to nothing soon goes, and the task behind it has its turn.
BRIEF = {"HELPDESK_DRAIN_SILENCE_SECONDS": "1"}
ANSWERED = re.compile(r"turn (\S+): answered")
TIMES = 5
# Of two groups of workers: in each as many drains as processes, and in each drain few places.
HOSTS, DRAINS, PLACES = ("here", "there"), 2, 2
FEW = {
    "HELPDESK_TURN_PLACES": str(PLACES),
    "HELPDESK_DRAIN_SILENCE_SECONDS": "60",
    "HELPDESK_DRAIN_CLAIM_SECONDS": "80",
}


def publish(house, *args, **more):
    url = env.broker(house.broker.url)
    with app.connection_for_write(url) as connection:
        tasks.run_turns.apply_async(args, more, connection=connection)  # type: ignore[call-arg]  # its stubs do not know it


async def until_shown(talk, teller, models):
    """A visitor who sees the beginning of an answer that does not go on."""
    await models("stall", first_token_s=50.0, gap_s=50.0, deadline_s=55.0)
    visitor = await talk()
    await visitor.acked(near())
    delta = await visitor.until("delta")
    assert (delta["attempt"], delta["text"]) == (1_001, FIRST)
    return visitor


async def answered_anew(teller, visitor, sweeper):
    told = await teller.over(visitor)
    assert (told.state, told.attempt, told.losses) == ("done", 2, 1)
    assert (told.in_time, told.answered, told.tickets) == (True, "good", 0)
    assert (visitor.replies, visitor.notices) == ([LONG], [])
    await asyncio.to_thread(sweeper.wait_for, "taken alone")
    attempt, loss, late_s = LATE.search("\n".join(sweeper.lines)).groups()
    assert (attempt, loss) == ("2", "1")
    assert float(late_s) >= 0, "not before its lease had ended"


async def test_a_drain_killed_mid_stream_is_made_up_for(talk, teller, house, models, started):
    """F18: what was shown is taken back, and one whole reply comes, of the second attempt."""
    worker = await started(house.worker)
    visitor = await until_shown(talk, teller, models)
    sweeper = await started(house.sweeper)
    await models.become("good")
    house.kill(house.running(worker))
    await answered_anew(teller, visitor, sweeper)
    again = [frame["attempt"] for frame in visitor.heard if frame["type"] == "delta"]
    assert set(again) <= {1_001, 1_999, 2_001}, "before it at most that an answer is looked for"


async def test_a_killed_group_of_workers_is_made_up_for(talk, teller, house, models, started):
    """F19: all of them at once; the sweeper's process answers soon after the lease."""
    worker = await started(house.worker)
    visitor = await until_shown(talk, teller, models)
    sweeper = await started(house.sweeper)
    await models.become("good")
    house.running(worker)
    house.kill(*house.family(worker))
    await answered_anew(teller, visitor, sweeper)


async def test_two_groups_of_workers_make_up_for_each_other(
    talk, teller, house, models, fakellm, started, tmp_path
):
    """F19: on two hosts that share the two addresses and nothing else. There are so many turns that
    every process of both has its part; when one group is killed, those that it held are answered
    once more, and the other goes on with its own and with what comes."""

    def home(host):
        (tmp_path / host).mkdir()
        return str(tmp_path / host)

    everyone = len(HOSTS) * DRAINS * PLACES
    async with held(fakellm) as door:
        await models("good", url=door.base_url, first_token_s=50.0, gap_s=50.0, deadline_s=55.0)
        one, two, sweeper = await asyncio.gather(
            *(started(house.worker, f"turns@{host}", TMPDIR=home(host), **FEW) for host in HOSTS),
            started(house.sweeper, HELPDESK_TURN_QUIET_SECONDS="100"),
        )
        visitors = [await talk() for _ in range(everyone)]
        await asyncio.gather(*(visitor.acked(near()) for visitor in visitors))
        for _ in range(len(HOSTS) * DRAINS):
            await asyncio.to_thread(publish, house)
        full = [PLACES] * DRAINS
        await until(lambda: house.held(one) == house.held(two) == full, "both have their part")
        await until(lambda: len(fakellm.calls("good")) == everyone, "each turn is asked about")
        house.kill(*house.family(one))
        door.open.set()
        told = [await teller.over(visitor) for visitor in visitors]
        assert {each.state for each in told} == {"done"}
        assert all(visitor.replies == [LONG] for visitor in visitors)
        lost = {each.turn for each in told if (each.attempt, each.losses) == (2, 1)}
        kept = {each.turn for each in told if (each.attempt, each.losses) == (1, 0)}
        assert (len(lost), len(kept)) == (everyone / 2, everyone / 2)
        assert len(fakellm.calls("good")) == everyone + len(lost), "no other was taken twice"
        assert (answered(one), answered(two), answered(sweeper)) == (set(), kept, lost)
        later = await talk()
        await later.acked(near())
        assert (await teller.over(later)).turn in await until(
            lambda: answered(two) - kept, "the other group answers what comes"
        )


def answered(child):
    """The turns that its drains have answered, by their log."""
    return {UUID(found[1]) for found in map(ANSWERED.search, list(child.lines)) if found}


async def test_a_frozen_worker_comes_back_too_late(talk, teller, house, models, fakellm, started):
    """F20: another process answers meanwhile, and what the first one holds is refused."""
    worker = await started(house.worker)
    await models("good-1200ms")
    visitor = await talk()
    await visitor.acked(near())
    await teller.running(visitor)
    await asked(fakellm, "good-1200ms")
    house.running(worker)
    for pid in house.family(worker):
        house.signal(pid, signal.SIGSTOP)
    await models.become("good")
    sweeper = await started(house.sweeper)
    await answered_anew(teller, visitor, sweeper)
    other = await talk()
    await other.acked(near())
    assert (await teller.over(other)).answered == "good"
    for pid in house.family(worker):
        house.signal(pid, signal.SIGCONT)
    told = teller.turn(visitor)
    await asyncio.to_thread(worker.wait_for, f"turn {told.turn}: ")
    assert not any(": answered" in line for line in worker.lines)
    assert teller.turn(visitor) == told


async def test_a_task_that_comes_five_times_gives_one_reply(
    talk, teller, house, models, fakellm, started
):
    """F21: whether they find turns or others who have them."""
    await models("good")
    visitors = [await talk() for _ in range(3)]
    for _ in range(TIMES):
        await asyncio.to_thread(publish, house)
    assert house.redis().llen(QUEUE) == TIMES
    await asyncio.gather(*(visitor.acked(near()) for visitor in visitors))
    worker = await started(house.worker, **BRIEF)
    await until(lambda: house.drains(worker) >= TIMES, "each of them is run")
    for visitor in visitors:
        told = await teller.over(visitor)
        assert (told.state, told.attempt, visitor.replies) == ("done", 1, [LONG])
    assert len(fakellm.calls()) == len(visitors)


async def test_a_poison_line_ends_with_a_person(talk, teller, house, models, started):
    """F22: it ends each process that runs it; those beside it are answered."""
    lease = {"HELPDESK_TURN_LEASE_SECONDS": "2", "HELPDESK_TURN_RENEW_SECONDS": "0.5"}
    await models("stall", "good", first_token_s=1.0, gap_s=1.0)
    poisoned, other = await talk(), await talk()
    await other.acked(near())
    await poisoned.acked(f"{UNKNOWN} poison")
    sweeper, _ = await asyncio.gather(
        started(house.sweeper, **lease), started(house.worker, **lease)
    )
    told = await teller.over(poisoned)
    assert (told.state, told.attempt, told.losses, told.tickets) == ("fallback", 4, 3, 1)
    assert (poisoned.replies, len(poisoned.notices)) == ([], 1)
    await asyncio.to_thread(sweeper.wait_for, "ended by its losses")
    assert (await teller.over(other)).answered == "good"
    assert other.replies == [LONG]


async def test_a_worker_that_is_told_to_stop_finishes_first(
    talk, teller, house, models, fakellm, started
):
    """F23"""
    # Unless it were told it would claim on for a minute.
    times = {"HELPDESK_DRAIN_SILENCE_SECONDS": "60", "HELPDESK_DRAIN_CLAIM_SECONDS": "60"}
    worker = await started(house.worker, **times)
    await models("good-1200ms")
    visitor = await talk()
    await visitor.acked(near())
    await asked(fakellm, "good-1200ms")
    house.running(worker)
    assert await asyncio.to_thread(worker.stop) == 0
    told = await teller.over(visitor)
    assert (told.state, told.attempt, visitor.replies) == ("done", 1, [LONG])
