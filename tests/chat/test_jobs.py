"""Housekeeping."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.db import transaction
from django.utils import timezone

from apps.chat import jobs, tasks
from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Session, Visitor, VisitorToken
from apps.engine.types import Author
from apps.llm.services import save_calls
from tests.llm.rows import attempt, model, provider
from tests.threads import in_own_thread

pytestmark = pytest.mark.django_db
BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


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


def test_of_sessions_that_are_gone_no_call_is_linked(make_session):
    """With their visitor, or while a call for them was still under way."""
    stays, goes = make_session(), make_session()
    far = model(provider())
    sent = [{"role": "user", "content": "where is it"}]
    kept, left, check = save_calls(
        attempts=[
            attempt(far, session=stays.pk, sent=sent),
            attempt(far, session=goes.pk, sent=sent),
            attempt(far, session=None, sent=sent),
        ]
    )
    goes.visitor.delete()
    tasks.sweep_out()
    for row in (kept, left, check):
        row.refresh_from_db()
    assert [row.session for row in (kept, left, check)] == [stays.pk, None, None]
    assert [row.sent for row in (kept, left, check)] == [sent, [], sent]


def test_the_task_does_the_same(tokens):
    tasks.sweep_out()
    assert left() == {"ending", "fresh"}


def say(session):
    append(Item(session.id, None, (Line(Author.VISITOR, "hello"),)))


@pytest.fixture
def came(make_session):
    """A session of somebody who came some days ago, and may have spoken."""

    def come(days_ago, *, spoke=False):
        session = make_session()
        if spoke:
            with transaction.atomic():
                say(session)
        then = timezone.now() - timedelta(days=days_ago)
        Visitor.objects.filter(pk=session.visitor_id).update(created_at=then)
        return session

    return come


class TestSilentVisitors:
    def test_are_forgotten_after_two_days(self, came):
        old, fresh = came(3), came(1)
        VisitorToken.objects.create(digest="a", visitor=old.visitor, expires_at=timezone.now())
        assert jobs.delete_silent_visitors() == 1
        assert Session.objects.get() == fresh
        assert not VisitorToken.objects.exists()

    def test_who_has_spoken_stays(self, came):
        came(3, spoke=True)
        assert jobs.delete_silent_visitors() == 0

    def test_who_has_spoken_in_an_earlier_session_stays(self, came):
        earlier = came(3, spoke=True)
        Session.objects.update(closed_at=timezone.now())
        Session.objects.create(site=earlier.site, visitor=earlier.visitor, language="en")
        assert jobs.delete_silent_visitors() == 0

    @pytest.mark.django_db(transaction=True)
    def test_a_first_line_that_is_under_way_keeps_its_visitor(self, came):
        session = came(3)
        with ThreadPoolExecutor(1) as other, psycopg.connect(os.environ["DATABASE_URL"]) as watcher:
            watcher.autocommit = True
            with transaction.atomic():
                say(session)
                sweeping = other.submit(in_own_thread, jobs.delete_silent_visitors)
                while not (sweeping.done() or watcher.execute(BLOCKED).fetchall()):
                    continue
            assert sweeping.result() == 0
        assert Session.objects.get().last_seq == 1

    @pytest.mark.django_db(transaction=True)
    def test_who_is_entering_is_left_alone(self, came):
        """Whoever enters holds the visitor and takes the session next: here nobody may wait for a
        visitor with a session in hand."""
        session = came(3)
        with ThreadPoolExecutor(1) as other, transaction.atomic():
            Visitor.objects.select_for_update(no_key=True).get(pk=session.visitor_id)
            assert other.submit(in_own_thread, jobs.delete_silent_visitors).result(10) == 0
