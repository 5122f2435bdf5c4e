"""A visitor who has ended the chat: who answers them is told, and promises them nothing."""

import uuid

import pytest

from apps.chat.models import Session
from apps.chat.services import start_session
from apps.chat.threads import in_thread
from apps.dialogue.leaving import log_out
from apps.handoff.models import Mail, Ticket
from apps.handoff.services import claim, resolve
from tests.handoff.talks import asks, fresh, history, last
from tests.handoff.team import nora, omar, sam

pytestmark = pytest.mark.django_db(transaction=True)
SAID = ("system", "The visitor has ended the chat.")


@pytest.fixture
def begin(site):
    """A visitor who waits for a person; how they leave, their session and ticket."""

    def make(**address):
        started = start_session(site=site, locale="en")
        ticket = asks(started.session)
        Ticket.objects.filter(pk=ticket.pk).update(**address)
        return started.token, started.session, ticket

    return make


async def test_their_operator_is_told_and_nothing_is_sent_into_the_void(desks, begin):
    nora_ = await in_thread(nora)
    token, session, ticket = await in_thread(begin)
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    console = await desks(nora_)
    await console.sit()
    await console.write(type="open", session=str(session.pk))
    assert (await console.until("thread"))["closed"] is False
    await in_thread(log_out, token=token)
    assert await console.fact("closed") is True
    assert (await console.row(session, closed=True))["kind"] == "mine"
    assert await in_thread(last, session) == SAID
    sent = {"session": session.pk, "text": "Hello?", "cmid": uuid.uuid4(), "seen_seq": 99}
    refused = await console.ask("send", **sent)
    assert (refused["type"], refused["code"]) == ("refused", "closed")
    assert "left no address" in refused["detail"]
    settled = await console.ask("resolve", session=session.pk, outcome="not_reachable")
    assert settled["type"] == "done"
    again = await console.ask("reopen", session=session.pk)
    assert (again["type"], again["code"]) == ("refused", "closed")


async def test_an_answer_follows_by_mail_where_there_is_an_address(desks, begin):
    nora_ = await in_thread(nora)
    token, session, ticket = await in_thread(begin, email="ana@example.org")
    await in_thread(claim, ticket_id=ticket.pk, operator=nora_)
    await in_thread(log_out, token=token)
    console = await desks(nora_)
    await console.sit()
    sent = {"session": session.pk, "text": "It is here.", "cmid": uuid.uuid4(), "seen_seq": 99}
    assert (await console.ask("send", **sent))["type"] == "done"
    assert await in_thread(Mail.objects.filter(session=session).count) == 1


def test_a_request_that_waits_in_vain_is_withdrawn(begin):
    token, session, ticket = begin()
    log_out(token=token)
    assert fresh(ticket).status == "withdrawn"
    assert history(ticket)[-1] == "withdrawn"
    assert last(session) == SAID


def test_a_request_with_an_address_waits_on(begin):
    token, _, ticket = begin(phone="123456")
    log_out(token=token)
    assert (fresh(ticket).status, fresh(ticket).waiting_since) == ("open", None)


def test_who_is_with_the_bot_is_told_nothing_more(begin):
    token, session, ticket = begin()
    resolve(ticket_id=ticket.pk, operator=nora(), outcome="answered")
    before = last(session)
    log_out(token=token)
    assert last(session) == before


async def test_nobody_steps_into_a_chat_that_is_over(desks, begin):
    token, session, ticket = await in_thread(begin)
    await in_thread(claim, ticket_id=ticket.pk, operator=await in_thread(omar))
    await in_thread(log_out, token=token)
    console = await desks(await in_thread(sam))
    await console.sit()
    refused = await console.ask("take_over", session=session.pk)
    assert (refused["type"], refused["code"]) == ("refused", "closed")
    assert (await in_thread(Session.objects.get, pk=session.pk)).closed_at
