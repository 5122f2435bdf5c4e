"""What the sweeper does without the broker: questions without an answer reach the staff."""

import uuid
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.chat.models import Message, Turn
from apps.dialogue import jobs
from apps.dialogue.jobs import LOOK_BACK, list_unanswered
from apps.dialogue.management.commands import sweep as sweeping
from apps.engine.types import Author, TurnState
from apps.knowledge.models import Faq, UnansweredQuestion
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(db, make_session):
    return make_session()


def ask(session, text="do you sell bicycles", route="unknown", **turn):
    """A finished turn over one line with the bot's reply; gives the turn's row."""
    made = NewTurn(TurnState.DONE, route=route, language="zh-Hans", confidence=0.4, **turn)
    lines = (
        Line(Author.VISITOR, text, cmid=uuid.uuid4(), of_turn=True),
        Line(Author.BOT, "I do not know", of_turn=True),
    )
    with transaction.atomic():
        append(Item(session.id, None, lines, turn=made))
    return Turn.objects.get(pk=made.id)


def finished(turn, ago):
    Turn.objects.filter(pk=turn.pk).update(finished_at=timezone.now() - ago)


def test_a_question_without_an_answer_is_listed_with_all_that_staff_need(session, site):
    nearest = Faq.objects.create(site=site, language="en", question="Bikes?", answer="No.")
    turn = ask(session, route="near", sources=[str(nearest.pk), "999999"])
    assert list_unanswered() == 1
    listed = UnansweredQuestion.objects.get()
    assert (listed.turn, listed.session, listed.site) == (turn.id, session.id, site)
    assert (listed.text, listed.language) == ("do you sell bicycles", "zh-Hans")
    assert (listed.best, listed.confidence, listed.handled_at) == (nearest, 0.4, None)
    assert listed.asked_at == Message.objects.get(turn=turn, author="visitor").created_at


def test_what_is_said_inside_a_flow_is_of_the_chat_alone(session):
    """Details and their corrections are said there, and no question for an entry."""
    ask(session, "my number ends in 2567 or so", flow="return")
    assert list_unanswered() == 0


def test_listing_again_adds_nothing_and_brings_no_handled_one_back(session):
    ask(session)
    list_unanswered()
    UnansweredQuestion.objects.update(handled_at=timezone.now())
    assert list_unanswered() == 0
    assert UnansweredQuestion.objects.count() == 1
    assert not UnansweredQuestion.objects.open().exists()


@pytest.mark.parametrize("route", ["faq", "smalltalk", "handoff", "human", "queued", "contact", ""])
def test_what_was_answered_or_went_to_a_person_is_not_listed(session, route):
    ask(session, route=route)
    assert list_unanswered() == 0


@pytest.mark.parametrize("state", [TurnState.PENDING, TurnState.RUNNING, TurnState.CANCELLED])
def test_a_turn_that_is_not_done_is_not_listed(session, state):
    Turn.objects.filter(pk=ask(session).pk).update(state=state)
    assert list_unanswered() == 0


def test_a_sweeper_that_was_away_lists_the_whole_last_day(session):
    finished(ask(session, "late"), LOOK_BACK - timedelta(minutes=1))
    finished(ask(session, "too late"), LOOK_BACK + timedelta(minutes=1))
    assert list_unanswered() == 1
    assert UnansweredQuestion.objects.get().text == "late"


def test_more_than_a_round_takes_are_listed_by_the_next_oldest_first(session, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    for number in range(5):
        finished(ask(session, f"question {number}"), timedelta(minutes=60 - number))
    assert [list_unanswered() for _ in range(4)] == [2, 2, 1, 0]
    listed = UnansweredQuestion.objects.order_by("id").values_list("text", flat=True)
    assert list(listed) == [f"question {number}" for number in range(5)]


def test_turns_whose_lines_are_gone_keep_no_other_from_the_list(session, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    for _ in range(2):
        gone = ask(session, "erased")
        finished(gone, timedelta(minutes=5))
        Message.objects.filter(turn=gone, author="visitor").delete()
    ask(session, "still here")
    assert sum(list_unanswered() for _ in range(3)) == 1


def test_a_nearest_entry_that_was_deleted_leaves_the_question(session):
    ask(session, sources=["999999"])
    list_unanswered()
    assert UnansweredQuestion.objects.get().best is None


def test_it_asks_no_more_often_for_many_questions_than_for_few(
    session, site, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(jobs, "group_questions", lambda: None)
    nearest = [
        Faq.objects.create(site=site, language="en", question=f"{number}?", answer="No.")
        for number in range(8)
    ]
    for faq in nearest:
        ask(session, sources=[str(faq.pk)])
    with django_assert_num_queries(4):
        assert list_unanswered() == 8
    listed = UnansweredQuestion.objects.order_by("pk").values_list("best", flat=True)
    assert sorted(listed) == [faq.pk for faq in nearest]


def test_a_question_is_the_first_line_of_its_turn(session):
    made = NewTurn(TurnState.DONE, route="unknown", covers=2)
    lines = tuple(
        Line(Author.VISITOR, text, cmid=uuid.uuid4(), of_turn=True) for text in ("one", "two")
    )
    with transaction.atomic():
        append(Item(session.id, None, lines, turn=made))
    list_unanswered()
    assert UnansweredQuestion.objects.get().text == "one"


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_list_each_question_once(session):
    for number in range(20):
        ask(session, f"question {number}")
    at_once(list_unanswered, list_unanswered)
    assert UnansweredQuestion.objects.count() == 20


@pytest.fixture
def _kept_connection(monkeypatch):
    """The sweeper gives its connection back; a test holds its transaction on it."""
    monkeypatch.setattr(sweeping, "close_old_connections", lambda: None)


@pytest.mark.usefixtures("_kept_connection")
@pytest.mark.parametrize("failure", [DatabaseError, ValueError])
def test_an_index_that_cannot_be_built_keeps_no_question_from_the_list(
    session, monkeypatch, failure
):
    def fail(*, older_than_s):
        raise failure

    monkeypatch.setattr(sweeping, "build_stale", fail)
    ask(session)
    sweeping.sweep()
    assert UnansweredQuestion.objects.count() == 1
