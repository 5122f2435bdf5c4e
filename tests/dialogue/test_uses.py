"""How often entries answered, counted from finished turns after the fact."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.chat.models import Message, Session, Turn
from apps.dialogue.jobs import RATED_AFTER, SETTLED, count_uses
from apps.engine.types import Author, TurnState
from apps.knowledge.models import Faq, FaqUse, UsesCounted
from apps.knowledge.services import entries_used
from apps.knowledge.uses import Use

pytestmark = pytest.mark.django_db

AGO = timedelta(minutes=10)


@pytest.fixture
def faq(site):
    return Faq.objects.create(site=site, language="en", question="q", answer="a", status="live")


@pytest.fixture
def answer(make_session, faq):
    """Makes a finished turn; by default the entry answered it a while ago."""
    session = make_session()

    def make(ago=AGO, route="faq", sources=None, rating=None):
        made = NewTurn(
            TurnState.DONE, route=route, sources=[str(faq.pk)] if sources is None else sources
        )
        lines = (
            Line(Author.VISITOR, "q", cmid=uuid.uuid4(), of_turn=True),
            Line(Author.BOT, "a", of_turn=True),
        )
        with transaction.atomic():
            append(Item(session.id, None, lines, turn=made))
        Turn.objects.filter(pk=made.id).update(finished_at=timezone.now() - ago)
        Message.objects.filter(turn=made.id, author=Author.BOT).update(rating=rating)

    return make


def used(faq):
    use = FaqUse.objects.filter(faq=faq).first()
    return (use.answered, use.helpful, use.unhelpful) if use else None


def test_answers_are_counted_once(answer, faq):
    answer()
    answer()
    assert count_uses()
    assert used(faq) == (2, 0, 0)
    assert FaqUse.objects.filter(used_at__lt=timezone.now() - AGO / 2).exists()
    count_uses()
    assert used(faq) == (2, 0, 0)


def test_the_next_count_goes_on_where_the_last_ended(answer, faq):
    answer()
    count_uses()
    UsesCounted.objects.update(until=timezone.now() - timedelta(minutes=5))
    answer(ago=timedelta(minutes=3))
    assert count_uses()
    assert used(faq) == (2, 0, 0)


def test_what_may_still_be_on_its_way_is_left_for_later(answer, faq):
    answer(ago=SETTLED / 2)
    count_uses()
    assert used(faq) is None


@pytest.mark.parametrize("turn", [{"route": "near"}, {"sources": []}, {"sources": ["x"]}])
def test_other_turns_are_no_uses(answer, faq, turn):
    answer(**turn)
    assert count_uses()
    assert used(faq) is None


def test_ratings_are_counted_a_day_later(answer, faq):
    answer(ago=AGO + RATED_AFTER, rating=1)
    answer(ago=AGO + RATED_AFTER, rating=-1)
    answer(ago=AGO + RATED_AFTER)
    answer(rating=1)
    count_uses()
    assert used(faq) == (1, 1, 1)


def test_of_two_that_count_at_once_one_adds(answer, faq):
    answer()
    count_uses()
    counted = UsesCounted.objects.get().until
    stale = {"since": counted - AGO, "until": counted + AGO}
    assert not entries_used(counts=[Use(faq.pk, answered=5)], **stale)
    assert used(faq) == (1, 0, 0)


def test_an_entry_that_is_gone_is_left_out(answer, faq):
    answer()
    Faq.objects.all().delete()
    assert count_uses()
    assert not FaqUse.objects.exists()


def test_only_sessions_that_went_on_are_read(answer, faq):
    answer()
    Session.objects.update(updated_at=timezone.now() - timedelta(days=30))
    count_uses()
    assert used(faq) is None
