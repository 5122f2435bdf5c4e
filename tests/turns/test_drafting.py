"""Answers drafted for operators: by a model where there is one, by the nearest entry in any case, and
never said by themselves."""

import uuid

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.models import Message
from apps.dialogue.drafting import draft_for
from apps.dialogue.turns.asking import Asker
from apps.handoff.models import Suggestion, Ticket
from apps.handoff.services import return_to_bot, take_over
from apps.llm.models import Call
from tests.handoff.talks import asks, say
from tests.handoff.team import nora
from tests.turns.conversations import ALL_DONE, lines
from tests.turns.shop import ANSWER, NEAR, QUESTION

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(shop, make_session):
    return make_session()


def test_a_model_drafts_what_may_be_said_and_says_it_to_nobody(models, session):
    models("good")
    take_over(session_id=session.id, operator=nora())
    say(session, NEAR)
    said = lines(session)
    made = draft_for(session.id)
    assert (made.text, made.route, made.to_seq) == (ANSWER, "model", said and len(said))
    assert [source["title"] for source in made.basis] == [QUESTION]
    assert Ticket.objects.get().packet["draft"] == ANSWER
    assert lines(session) == said
    assert Call.objects.get().session == session.id


def test_what_the_visitor_said_before_the_wish_for_a_person_is_answered(models, session):
    models("good")
    say(session, NEAR)
    Message.objects.filter(author="bot").update(text="")
    ticket = asks(session)
    assert ticket.about == NEAR
    assert draft_for(session.id).text == ANSWER


@pytest.mark.parametrize("name", ["500", "invents-amount"])
def test_a_model_that_fails_or_makes_things_up_drafts_nothing(models, session, name):
    models(name)
    take_over(session_id=session.id, operator=nora())
    say(session, NEAR)
    assert draft_for(session.id) is None
    assert not Suggestion.objects.exists()


def test_without_a_model_the_nearest_entry_is_the_draft(session):
    say(session, "brother wear in the mountains, warm boots for a winter?")
    packet = asks(session).packet
    assert [one["title"] for one in packet["evidence"]][:1] == [QUESTION]
    assert draft_for(session.id) is None


def test_for_a_session_that_is_gone_or_empty_there_is_none(session):
    assert draft_for(uuid.uuid4()) is None
    assert draft_for(session.id) is None


async def test_returned_to_the_bot_what_was_asked_is_answered(
    models, make_session, started, watch, all_holds
):
    await in_database(models)("good")
    session = await in_database(make_session)()
    who = await in_database(nora)()
    ticket = await in_database(take_over)(session_id=session.id, operator=who)
    await in_database(say)(session, NEAR)
    await in_database(return_to_bot)(ticket_id=ticket.pk, operator=who)
    async with started.drain(Asker()):
        await in_database(watch.until)(ALL_DONE)
    assert (await in_database(lines)(session))[-1] == ("bot", ANSWER)
