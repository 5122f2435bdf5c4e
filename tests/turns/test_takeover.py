"""A person takes over while a model speaks: what it was about to say is said to nobody."""

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Session
from apps.handoff.models import Ticket
from apps.handoff.services import answer, requeue, take_over
from tests.handoff.team import nora
from tests.turns.conversations import asks, reads, turns_of
from tests.turns.scripted import Held

pytestmark = pytest.mark.django_db(transaction=True)
takes_over, answers, requeues = in_database(take_over), in_database(answer), in_database(requeue)


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def who(transactional_db):
    return nora()


@pytest.mark.parametrize("has_shown", [False, True], ids=["thinking", "in mid-stream"])
async def test_what_was_computed_before_a_takeover_is_dropped(
    session, who, started, cmid, all_holds, has_shown
):
    held = Held()
    async with started.drain(held):
        await asks(session, "a riddle")
        call = await held.calls.get()
        if has_shown:
            call.show(1, "It is")
            assert (await started.shown.get()).text == "It is"
        await takes_over(session_id=session.id, operator=who)
        call.answer("It is one")
    assert await turns_of(session) == [("cancelled", 1, 1, 1)]
    await answers(session_id=session.id, operator=who, text="A moth", cmid=cmid, seen_seq=2)
    assert await reads(session) == [
        ("visitor", "a riddle"),
        ("system", "Nora has joined the chat."),
        ("operator", "A moth"),
    ]
    stored = await in_database(Session.objects.get)()
    assert (stored.state, stored.mode) == ("HANDOFF", "human")


async def test_nor_is_it_said_when_the_chat_is_back_in_the_queue_by_then(
    session, who, started, all_holds
):
    held = Held()
    async with started.drain(held):
        await asks(session, "a riddle")
        call = await held.calls.get()
        ticket = await takes_over(session_id=session.id, operator=who)
        await requeues(ticket_id=ticket.pk, operator=who, why="")
        call.answer("It is one")
    assert [author for author, _ in await reads(session)] == ["visitor", "system", "system"]
    assert (await Ticket.objects.aget()).waiting_since is not None
