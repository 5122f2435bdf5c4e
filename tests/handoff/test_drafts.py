"""What operators have written and not sent: theirs, the newest, and gone with what was sent."""

import uuid

import pytest

from apps.handoff.models import Draft
from apps.handoff.refusals import Refused
from apps.handoff.services import answer, claim, note, save_draft
from apps.handoff.services.drafts import LONGEST_DRAFT
from tests.handoff.talks import asks
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db


@pytest.fixture
def who(db):
    return nora()


@pytest.fixture
def session(make_session, who):
    """Hers."""
    made = make_session()
    claim(ticket_id=asks(made).pk, operator=who)
    return made


def kept(session, who):
    found = Draft.objects.get(session=session, operator=who)
    return found.text, found.note


def send(session, who, **more):
    sent = {"text": "Here I am", "cmid": uuid.uuid4(), "seen_seq": 99, **more}
    return answer(session_id=session.id, operator=who, **sent)


def test_each_operator_has_a_reply_and_a_note_of_their_own(session, who):
    other = omar()
    assert save_draft(session_id=session.id, operator=who, text="Dear Jo")
    assert save_draft(session_id=session.id, operator=who, text="A regular", kind="note")
    assert save_draft(session_id=session.id, operator=other, text="Hm")
    assert kept(session, who) == ("Dear Jo", "A regular")
    assert kept(session, other) == ("Hm", "")


def test_what_comes_late_takes_the_place_of_nothing_newer(session, who):
    assert save_draft(session_id=session.id, operator=who, text="newer", stamp=20)
    assert not save_draft(session_id=session.id, operator=who, text="older", stamp=19)
    assert not save_draft(session_id=session.id, operator=who, text="again", stamp=20)
    assert save_draft(session_id=session.id, operator=who, text="a note", kind="note", stamp=5)
    assert kept(session, who) == ("newer", "a note")


def test_an_empty_one_is_not_filled_by_what_comes_late(session, who):
    save_draft(session_id=session.id, operator=who, text="Dear", stamp=10)
    save_draft(session_id=session.id, operator=who, text="", stamp=11)
    save_draft(session_id=session.id, operator=who, text="Dear", stamp=10)
    assert kept(session, who) == ("", "")


def test_what_was_sent_is_gone_and_what_was_written_since_is_not(session, who):
    save_draft(session_id=session.id, operator=who, text="Here", stamp=10)
    send(session, who, draft_stamp=12)
    assert not save_draft(session_id=session.id, operator=who, text="Here I am", stamp=12)
    assert kept(session, who) == ("", "")
    save_draft(session_id=session.id, operator=who, text="And then", stamp=14)
    send(session, who, text="Another", draft_stamp=13)
    assert kept(session, who) == ("And then", "")
    # From a page that knows no stamps: all until now.
    send(session, who, text="A third")
    assert kept(session, who) == ("", "")


def test_a_note_takes_its_own_draft_with_it(session, who):
    save_draft(session_id=session.id, operator=who, text="Dear", stamp=10)
    save_draft(session_id=session.id, operator=who, text="A regul", kind="note", stamp=10)
    note(session_id=session.id, operator=who, text="A regular", draft_stamp=11)
    assert kept(session, who) == ("Dear", "")


@pytest.mark.parametrize(
    ("text", "code"), [("x" * (LONGEST_DRAFT + 1), "too_long"), ("\0", "bad_text")]
)
def test_what_cannot_be_kept_is_refused(session, who, text, code):
    with pytest.raises(Refused) as refusal:
        save_draft(session_id=session.id, operator=who, text=text)
    assert refusal.value.code == code
    with pytest.raises(Refused):
        save_draft(session_id=uuid.uuid4(), operator=who, text="a")
