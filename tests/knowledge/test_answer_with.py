"""What visitors asked becomes phrasings of an entry: in the entry itself, or in a change to it."""

import uuid
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.knowledge.contents import PHRASINGS_AT_MOST, Content
from apps.knowledge.grouping import group_questions
from apps.knowledge.models import Faq, FaqVariant, Proposal, UnansweredQuestion
from apps.knowledge.services import (
    FullError,
    OutdatedError,
    answer_with,
    propose,
    return_to_author,
)
from tests.staff import alice, bob, page, signed_in, texts

pytestmark = pytest.mark.django_db

INBOX = "knowledge_unansweredquestion_changelist"


@pytest.fixture
def author() -> User:
    return alice()


@pytest.fixture
def proposed(live, author) -> Proposal:
    wish = replace(Content.stored(live), answer="By the lake.")
    return propose(entry=live, content=wish, author=author)


def add(asked, **values) -> Proposal | None:
    return answer_with(question=asked, entry=asked.best, **{"may_publish": False, **values})


def fill(faq: Faq, count: int) -> None:
    FaqVariant.objects.bulk_create(FaqVariant(faq=faq, text=f"way {n}") for n in range(count))


def is_open(asked) -> bool:
    return UnansweredQuestion.objects.open().filter(pk=asked.pk).exists()


class TestProposals:
    def test_a_new_one_is_of_who_adds(self, asked, live):
        other = bob()
        made = add(asked, author=other)
        assert made == Proposal.objects.get()
        assert (made.author, made.waiting, made.revision) == (other, True, 1)

    def test_one_that_waits_stays_its_author_s(self, asked, live, proposed, author):
        before = Faq.objects.get(pk=live.pk).stamp()
        add(asked, author=bob())
        found = Proposal.objects.get()
        assert (found.author, found.waiting, found.revision) == (author, True, 2)
        assert found.content["answer"] == "By the lake."
        assert found.content["phrasings"] == ["your address", "Do you sponsor bands?"]
        assert found.updated_at > proposed.updated_at
        assert Faq.objects.get(pk=live.pk).stamp() != before

    def test_one_that_was_returned_is_not_sent_again(self, asked, live, proposed, author):
        seen = Faq.objects.get(pk=live.pk).stamp()
        return_to_author(entry=live, seen=seen, note="Which lake?", author=None)
        made = add(asked, author=bob())
        assert made
        found = Proposal.objects.get()
        assert (found.author, found.waiting, made.waiting) == (author, False, False)
        assert Faq.objects.get(pk=live.pk).review_note == "Which lake?"

    def test_the_door_says_that_it_was_returned(self, asked, live, proposed):
        seen = Faq.objects.get(pk=live.pk).stamp()
        return_to_author(entry=live, seen=seen, note="Which lake?", author=None)
        assert "which its author has back with a note" in said(press(helper(), asked))


class TestLimit:
    def test_only_what_fits_is_added(self, asked, live):
        fill(live, PHRASINGS_AT_MOST - 2)
        UnansweredQuestion.objects.create(
            turn=uuid.uuid4(), session=uuid.uuid4(), site=live.site, language="en",
            text="and choirs?", asked_at=timezone.now(), group=grouped(asked),
        )  # fmt: skip
        asked.refresh_from_db()
        assert add(asked, may_publish=True, author=None) is None
        assert live.variants.count() == PHRASINGS_AT_MOST
        assert not is_open(asked)

    @pytest.mark.parametrize("may_publish", [True, False])
    def test_a_full_entry_takes_nothing_and_the_question_stays_open(self, asked, live, may_publish):
        fill(live, PHRASINGS_AT_MOST - 1)
        with pytest.raises(FullError):
            add(asked, may_publish=may_publish, author=None)
        assert live.variants.count() == PHRASINGS_AT_MOST
        assert is_open(asked)
        assert not Proposal.objects.exists()

    def test_what_it_knows_already_needs_no_room(self, asked, live):
        fill(live, PHRASINGS_AT_MOST - 2)
        FaqVariant.objects.create(faq=live, text="do you sponsor bands")
        add(asked, may_publish=True, author=None)
        assert not is_open(asked)

    def test_the_door_says_so(self, asked, live):
        fill(live, PHRASINGS_AT_MOST - 1)
        assert "has 200 phrasings already" in said(press(bob(), asked))
        assert is_open(asked)


class TestGone:
    def test_a_deleted_entry(self, asked, live):
        Faq.objects.filter(pk=live.pk).delete()
        with pytest.raises(OutdatedError):
            add(asked, author=None)

    def test_the_door_says_so(self, asked, live, monkeypatch):
        def gone(**_values: object) -> None:
            raise OutdatedError

        monkeypatch.setattr("apps.knowledge.admin.questions.answer_with", gone)
        assert "is not there any more" in said(press(bob(), asked))


def grouped(asked):
    group_questions()
    asked.refresh_from_db()
    return asked.group


def helper() -> User:
    """May see to questions and change entries, not publish."""
    made = bob()
    made.user_permissions.set(made.user_permissions.exclude(codename="publish_faq"))
    return made


def press(user: User, asked):
    return signed_in(user).post(page(INBOX), {"_add": asked.pk}, follow=True)


def said(answer) -> str:
    return " ".join(texts(answer.content.decode()))
