"""Housekeeping."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import jobs, tasks
from apps.chat.models import Session, Visitor, VisitorToken

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(make_session):
    """Three tokens of one visitor: past its end, at its end within the minute, and fresh."""
    visitor = make_session().visitor
    now = timezone.now()
    for digest, seconds in (("old", -1), ("ending", 60), ("fresh", 86_400)):
        VisitorToken.objects.create(
            digest=digest, visitor=visitor, expires_at=now + timedelta(seconds=seconds)
        )


def left():
    return set(VisitorToken.objects.values_list("digest", flat=True))


def test_only_tokens_past_their_end_are_deleted(tokens):
    assert jobs.delete_expired_tokens() == 1
    assert left() == {"ending", "fresh"}
    assert jobs.delete_expired_tokens() == 0


def test_what_a_visitor_said_stays(tokens):
    jobs.delete_expired_tokens()
    assert Visitor.objects.count() == Session.objects.count() == 1


def test_the_task_does_the_same(tokens):
    tasks.sweep_out()
    assert left() == {"ending", "fresh"}
