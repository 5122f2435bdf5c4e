"""While a model answers: too much comes, too late, or a person takes the chat over."""

import asyncio

import pytest
from django.db import transaction

from apps.chat.cancelling import cancelled
from apps.chat.items import Item, Line, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.engine.types import Author, Mode
from tests.faults.house import peak_mb
from tests.faults.models import asked
from tests.faults.shop import FIRST, UNKNOWN, near

pytestmark = pytest.mark.stack

HUGE_MB = 200
TAKEN_OVER = "Ana has joined the chat."
# One drain for the whole test: what it has seen of models it keeps to itself.
LASTING = {"HELPDESK_DRAIN_SILENCE_SECONDS": "60", "HELPDESK_DRAIN_CLAIM_SECONDS": "80"}
# Answers come before it finds out whether the turn is still its own.
RARELY = {"HELPDESK_TURN_LEASE_SECONDS": "40", "HELPDESK_TURN_RENEW_SECONDS": "13"}


@pytest.fixture
async def worker(house, web, started):
    return await started(house.worker, **LASTING)


async def test_an_answer_without_end_takes_no_memory(talk, teller, house, models, worker):
    """F44: the process that reads 200 MB never holds them."""
    await models("good")
    await (first := await talk()).acked(near())
    await teller.over(first)
    (name,) = house.query("SELECT name FROM dialogue_drain WHERE claiming")
    pid = int(name[0].rpartition(":")[2])
    assert pid in house.family(worker)
    before = peak_mb(pid)
    await models("huge")
    visitor = await talk()
    await visitor.acked(UNKNOWN)
    told = await teller.over(visitor)
    (call,) = await teller.calls(told.turn, 1)
    assert (told.state, told.tickets, call.outcome) == ("fallback", 1, "too_large")
    assert peak_mb(pid) - before < HUGE_MB / 4


async def test_a_model_that_failed_five_times_is_left_alone_until_a_probe(
    talk, teller, house, models, fakellm, worker
):
    """F45: then its calls are booked and not sent; the first that works again closes it."""
    await models("500")
    house.later.write_text("")
    visitors = [await talk() for _ in range(5)]
    await asyncio.gather(*(visitor.acked(UNKNOWN) for visitor in visitors))
    for visitor in visitors:
        told = await teller.over(visitor)
        (call,) = await teller.calls(told.turn, 1)
        assert (call.outcome, told.tickets) == ("server_error", 1)
    sent = len(fakellm.calls("500"))
    sixth = await talk()
    await sixth.acked(UNKNOWN)
    told = await teller.over(sixth)
    (call,) = await teller.calls(told.turn, 1)
    assert (told.state, told.tickets, call.outcome) == ("fallback", 1, "breaker")
    assert len(fakellm.calls("500")) == sent, "nothing was sent"
    await models.become("good")
    left = await talk()
    await left.acked(near())
    told = await teller.over(left)
    assert [call.outcome for call in await teller.calls(told.turn, 1)] == ["breaker"]
    house.later.write_text("31")
    for line in (near(), near()):
        visitor = await talk()
        await visitor.acked(line)
        assert (await teller.over(visitor)).answered == "good"
    house.later.write_text("")
    assert len(fakellm.calls("good")) == 2


@pytest.mark.parametrize(
    ("times", "outcome", "line"),
    [
        pytest.param({}, "cancelled", "no longer ours", id="given up"),
        pytest.param(RARELY, "ok", "stale, dropped", id="refused"),
    ],
)
async def test_an_answer_after_the_deadline_is_seen_by_nobody(
    talk, teller, house, web, models, fakellm, started, times, outcome, line
):
    """F46: the notice and the ticket came before it. The model is left when the loss is seen, and
    where it had answered before that, the answer is refused."""
    worker, sweeper = await asyncio.gather(
        started(house.worker, **LASTING, **times), started(house.sweeper)
    )
    await models("slow-first-token-2s")
    visitor = await talk()
    await visitor.acked(near())
    await asked(fakellm, "slow-first-token-2s")
    house.query(
        "UPDATE chat_turn SET deadline_at = clock_timestamp() + interval '3 s' WHERE session_id = %s",
        visitor.session,
    )
    told = await teller.over(visitor)
    assert (told.state, told.in_time, told.tickets) == ("fallback", True, 1)
    await asyncio.to_thread(sweeper.wait_for, f"turn {told.turn}: ended by its deadline")
    (call,) = await teller.calls(told.turn, 1)
    assert call.outcome == outcome
    await asyncio.to_thread(worker.wait_for, f"turn {told.turn}: {line}")
    await visitor.catch_up()
    assert (visitor.replies, len(visitor.notices)) == ([], 1)
    assert teller.turn(visitor) == told


async def test_a_person_who_takes_over_silences_the_answer(talk, teller, models, fakellm, worker):
    """F47: what had begun to show is never stored, and the next line goes to the person."""
    await models("one-by-one-50ms")
    visitor, tab = await talk(), await talk()
    tab.token, tab.session = visitor.token, visitor.session
    await tab.come_back()
    await visitor.acked(near())
    assert (await visitor.until("delta"))["text"].startswith(FIRST)
    await asyncio.to_thread(take_over, visitor.session)
    for each in (visitor, tab):
        assert (await each.until("message", author="system"))["text"] == TAKEN_OVER
    told = teller.turn(visitor)
    assert (told.state, told.tickets) == ("cancelled", 0)
    (call,) = await teller.calls(told.turn, 1)
    assert call.outcome == "cancelled"
    await asyncio.to_thread(worker.wait_for, f"turn {told.turn}: ")
    await visitor.acked("Hello Ana")
    told = await teller.over(visitor)
    await tab.catch_up()
    assert (told.state, visitor.replies, tab.replies) == ("done", [], [])
    assert len(fakellm.calls()) == 1, "a person answers now"


@transaction.atomic
def take_over(session_id):
    session = Session.objects.select_for_update(no_key=True).get(id=session_id)
    item = Item(
        session.id,
        session.version,
        (Line(Author.SYSTEM, TAKEN_OVER),),
        mode=Mode.HUMAN,
        finish=cancelled(session),
    )
    assert append(item).verdict is Verdict.OK
