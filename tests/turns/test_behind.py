"""What is more than a line and comes while a turn is open: an address, a button, a form."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.items import Verdict
from apps.chat.models import Message, Session, Turn
from apps.dialogue.models import ActionRun
from apps.dialogue.turns.finishing import Finisher
from apps.dialogue.turns.home import Home
from apps.dialogue.turns.port import Claimed
from apps.engine.memory import dump, load
from apps.engine.types import Memory
from apps.handoff.models import Ticket
from apps.knowledge.index import library
from tests.dialogue.refunds import ORDER, fill, opened, send
from tests.turns.conversations import ALL_DONE, add, adds, ask, asks, reads, turns, turns_of

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ann.lee@example.com"


class Late:
    """Answers at home, each turn when the test says so."""

    def __init__(self):
        self.calls: asyncio.Queue[tuple[Claimed, Callable[[int, str], None], asyncio.Event]] = (
            asyncio.Queue()
        )

    async def run(self, claimed, show):
        go = asyncio.Event()
        self.calls.put_nowait((claimed, show, go))
        await go.wait()
        return await Home().run(claimed, show)

    async def next(self):
        async with asyncio.timeout(20):
            return await self.calls.get()

    async def ready(self):
        """Nothing to load."""

    async def close(self):
        """Holds nothing."""


@pytest.fixture(autouse=True)
def _shop(site, monkeypatch):
    monkeypatch.setattr(library, "_indexes", {})
    opened(site, monkeypatch)


@pytest.fixture
def session(make_session):
    return make_session()


async def drained(started, watch):
    async with started.drain(Home()):
        await in_database(watch.until)(ALL_DONE, seconds=20)


def texts(claimed):
    return [line.text for line in claimed.covered]


class TestAnAddress:
    @pytest.fixture
    def session(self, make_session):
        return make_session(memory=dump(Memory(unreachable=True)))

    async def test_it_is_on_a_ticket_when_it_is_confirmed(self, session, started, watch):
        await asks(session, "why does my parcel hum?")
        await adds(session, ADDRESS)
        await drained(started, watch)
        assert ADDRESS in (await reads(session))[-1][1]
        ticket = await in_database(Ticket.objects.get)(session=session)
        assert (ticket.email, ticket.text) == (ADDRESS, f"why does my parcel hum?\n{ADDRESS}")

    async def test_of_a_session_that_never_stays_still_it_is_as_well(
        self, session, started, watch, monkeypatch
    ):
        async def moved(self, claimed, finish):
            return replace(claimed)

        monkeypatch.setattr(Finisher, "settle", moved)
        await asks(session, ADDRESS)
        await drained(started, watch)
        assert ADDRESS in (await reads(session))[-1][1]
        ticket = await in_database(Ticket.objects.get)(session=session)
        assert ticket.email == ADDRESS


class TestAButton:
    """Of a card, and a form: it is answered by itself, behind what is open."""

    async def test_a_yes_behind_a_turn_that_waits(self, session, started, watch, all_holds):
        card = await in_database(fill)(session)
        before = len(await turns_of(session))
        await asks(session, "why does my parcel hum?")
        outcome = await in_database(send)(session, "Yes", confirm=card, answer="yes")
        assert outcome.verdict is Verdict.OK
        await drained(started, watch)
        run = await in_database(ActionRun.objects.get)(key=card)
        assert run.slots["order_id"] == ORDER
        states = [(state, end - begin) for state, _, begin, end in await turns_of(session)]
        assert states[before:] == [("done", 0), ("done", 0)]

    async def test_a_yes_behind_a_turn_that_runs_starts_nothing_again(
        self, session, started, watch, all_holds
    ):
        card = await in_database(fill)(session)
        await asks(session, "why does my parcel hum?")
        late = Late()
        async with started.drain(late):
            claimed, _, go = await late.next()
            await in_database(send)(session, "Yes", confirm=card, answer="yes")
            go.set()
            behind, _, go = await late.next()
            go.set()
            await in_database(watch.until)(ALL_DONE, seconds=20)
        assert (texts(claimed), claimed.attempt) == (["why does my parcel hum?"], 1)
        assert (texts(behind), behind.attempt) == (["Yes"], 1)
        assert await in_database(ActionRun.objects.filter(key=card).exists)()
        assert await in_database(Turn.objects.filter(attempt__gt=1).count)() == 0

    async def test_a_form_without_a_word_behind_a_turn(self, session, started, watch, all_holds):
        await in_database(send)(session, flow="refund")
        await asks(session, "why does my parcel hum?")
        await in_database(send)(session, order_id=ORDER)
        await drained(started, watch)
        now = await in_database(Session.objects.get)(pk=session.pk)
        active = load(now.memory).active
        assert active is not None
        assert active.slots["order_id"].value == ORDER

    async def test_each_is_answered_by_itself(self, session, started, watch, all_holds):
        await asks(session, "one")
        await in_database(send)(session, flow="refund")
        await in_database(send)(session, order_id=ORDER)
        await adds(session, "two")
        await adds(session, "three")
        await in_database(send)(session, reason="broken")
        late, covered = Late(), []
        async with started.drain(late):
            for _ in range(5):
                claimed, _, go = await late.next()
                covered.append(texts(claimed))
                go.set()
            await in_database(watch.until)(ALL_DONE, seconds=20)
        assert covered == [["one"], [""], [""], ["two", "three"], [""]]
        now = await in_database(Session.objects.get)(pk=session.pk)
        assert {"order_id", "reason"} <= load(now.memory).active.slots.keys()

    async def test_a_drain_that_gives_up_a_shown_turn_keeps_it_apart(
        self, session, started, watch, all_holds
    ):
        card = await in_database(fill)(session)
        await asks(session, "why does my parcel hum?")
        late = Late()
        async with started.drain(late):
            _, show, _ = await late.next()
            show(1, "so far")
            await started.shown.get()
            await adds(session, "and why?")
            await in_database(send)(session, "Yes", confirm=card, answer="yes")
        await drained(started, watch)
        assert await in_database(ActionRun.objects.filter(key=card).exists)()

    def test_a_person_ends_all_of_it(self, session, all_holds):
        turn = ask(session)
        send(session, flow="refund")
        add(session, "hello?")
        send(session, "A person please")
        assert {state for state, *_ in turns(session)} == {"cancelled", "done"}
        assert Message.objects.filter(turn=turn).count() == 3


async def test_a_yes_that_is_typed_meanwhile_counts_for_no_card(session, started, watch, all_holds):
    """It may be to the answer that is growing."""
    card = await in_database(fill)(session)
    await asks(session, "why does my parcel hum?")
    late = Late()
    async with started.drain(late):
        _, show, go = await late.next()
        show(1, "so far")
        await started.shown.get()
        await adds(session, "yes")
        go.set()
        _, _, go = await late.next()
        go.set()
        await in_database(watch.until)(ALL_DONE, seconds=20)
    assert not await in_database(ActionRun.objects.filter(key=card).exists)()
    reply = await in_database(Message.objects.filter(session=session).latest)("seq")
    assert "confirm" in reply.meta
