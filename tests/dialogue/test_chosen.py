"""A question is settled when its visitor presses one of the offered near questions."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.dialogue.jobs import count_uses, list_unanswered, settle_chosen
from apps.engine.types import Author, TurnState
from apps.knowledge.models import Faq, QuestionGroup, UnansweredQuestion
from apps.knowledge.services import answer_with
from tests.staff import olga, page, signed_in

pytestmark = pytest.mark.django_db

OFFERED = "Which cards do you take?"


@pytest.fixture
def faqs(site):
    make = Faq.objects.create
    one = make(site=site, language="en", question=OFFERED, answer="Visa.", status="live")
    other = make(site=site, language="en", question="Invoice?", answer="Yes.", status="live")
    return one, other


@pytest.fixture
def session(make_session):
    return make_session()


def say(session, text, reply, route, faq, **meta):
    made = NewTurn(TurnState.DONE, route=route, sources=[str(faq.pk)], language="en")
    lines = (
        Line(Author.VISITOR, text, cmid=uuid.uuid4(), of_turn=True),
        Line(Author.BOT, reply, meta=meta, of_turn=True),
    )
    with transaction.atomic():
        append(Item(session.id, None, lines, turn=made))


def offer(session, faq, text="do u accept visa"):
    buttons = [{"label": one, "text": one} for one in (OFFERED, "Talk to a person")]
    say(session, text, "Did you mean:", "near", faq, quick_replies=buttons)


def outcome() -> str:
    return UnansweredQuestion.objects.get(text="do u accept visa").outcome


def test_a_pressed_question_settles_the_one_before(session, faqs):
    offer(session, faqs[1])
    list_unanswered()
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    assert settle_chosen() == 1
    [question] = UnansweredQuestion.objects.all()
    assert question.outcome == "chosen"
    assert question.handled_at
    assert question.best == faqs[0]
    assert settle_chosen() == 0


def test_the_job_of_every_five_minutes_does_it(session, faqs):
    offer(session, faqs[0])
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    list_unanswered()
    count_uses()
    assert outcome() == "chosen"


@pytest.mark.parametrize(("text", "route"), [("something else", "faq"), (OFFERED, "near")])
def test_other_lines_settle_nothing(session, faqs, text, route):
    offer(session, faqs[0])
    say(session, text, "…", route, faqs[0])
    list_unanswered()
    settle_chosen()
    assert outcome() == ""


def test_only_the_very_next_line_counts(session, faqs):
    offer(session, faqs[0])
    say(session, "no", "…", "smalltalk", faqs[0])
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    list_unanswered()
    settle_chosen()
    assert outcome() == ""


def test_the_others_of_its_group_stay_open(make_session, session, faqs):
    offer(make_session(), faqs[0], "do u accept visa?")
    offer(session, faqs[0])
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    list_unanswered()
    assert QuestionGroup.objects.get().size == 2
    settle_chosen()
    group = QuestionGroup.objects.get()
    assert (group.size, group.newest.text) == (1, "do u accept visa?")
    assert UnansweredQuestion.objects.open().count() == 1


def test_its_wording_can_still_be_added(session, faqs):
    offer(session, faqs[0])
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    list_unanswered()
    settle_chosen()
    assert not QuestionGroup.objects.exists()
    client = signed_in(olga())
    path = page("knowledge_unansweredquestion_changelist")
    assert "do u accept visa" not in client.get(path).content.decode()
    html = client.get(f"{path}?state=chosen").content.decode()
    assert 'name="_add"' in html
    question = UnansweredQuestion.objects.get()
    answer_with(question=question, entry=faqs[0], may_publish=True, author=None)
    assert faqs[0].variants.get().text.lower() == "do u accept visa"
    assert outcome() == "answered"


def test_questions_of_long_ago_are_left(session, faqs):
    offer(session, faqs[0])
    list_unanswered()
    UnansweredQuestion.objects.update(asked_at=timezone.now() - timedelta(days=2))
    say(session, OFFERED, "Visa.", "faq", faqs[0])
    assert settle_chosen() == 0
