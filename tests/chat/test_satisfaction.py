"""What a talk was worth: asked by a line, said once."""

import pytest

from apps.chat.models import Message
from apps.chat.satisfaction import ASKED, score
from apps.engine.types import Author

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


def ask(session, seq):
    return Message.objects.create(session=session, seq=seq, author=Author.SYSTEM, meta=ASKED)


def kept(session):
    session.refresh_from_db()
    return session.csat, session.csat_comment


def test_the_newest_word_counts_for_the_newest_line_that_asks(session):
    first = ask(session, 1)
    assert score(session=session.pk, value=2, comment="slow")
    assert score(session=session.pk, value=5, comment="")
    assert kept(session) == (5, "")
    ask(session, 2)
    assert score(session=session.pk, value=4, comment="better")
    assert kept(session) == (4, "better")
    first.refresh_from_db()
    assert first.meta == {"csat": {"score": 5}}


def test_who_would_rather_not_say_may_do_so_later(session):
    asked = ask(session, 1)
    assert score(session=session.pk, value=None, comment="")
    assert not score(session=session.pk, value=None, comment="")
    asked.refresh_from_db()
    assert (asked.meta, kept(session)) == ({"csat": {"score": None}}, (None, ""))
    assert score(session=session.pk, value=3, comment="")
    assert not score(session=session.pk, value=None, comment="")
    assert kept(session) == (3, "")


def test_before_anybody_has_asked_it_counts_once(session):
    assert score(session=session.pk, value=3, comment="")
    assert not score(session=session.pk, value=5, comment="")
    assert not score(session=session.pk, value=None, comment="")
    ask(session, 1)
    assert score(session=session.pk, value=5, comment="")
    assert kept(session) == (5, "")


def test_of_a_session_that_is_gone_nothing_is_kept(session):
    gone = session.pk
    session.delete()
    assert not score(session=gone, value=3, comment="")
