"""Who a visitor is, as the team sees it: what was signed is told apart from what was typed."""

import pytest
from django.utils import timezone

from apps.chat.models import Message, Session, Visitor
from tests.signed import ANN
from tests.staff import HOSTILE, carol, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "chat_session_changelist"
CHANGE = "chat_session_change"
DIVIDER = "Who the visitor is was verified here."


@pytest.fixture
def known(make_session):
    """A session of Ann's, who wrote two lines before she signed in."""

    def make(**changes: str) -> Session:
        session: Session = make_session(last_seq=3, anonymous_seq=2)
        facts = {"external_id": ANN["sub"], "name": ANN["name"], "email": ANN["email"], **changes}
        Visitor.objects.filter(pk=session.visitor_id).update(verified_at=timezone.now(), **facts)
        for seq in (1, 2, 3):
            Message.objects.create(session=session, seq=seq, author="visitor", text=f"line {seq}")
        return session

    return make


def said(path, client=None):
    html = (client or signed_in(carol())).get(path).content.decode()
    return " ".join(texts(html))


def found(term):
    return list(signed_in(carol()).get(page(LIST), {"q": term}).context["cl"].result_list)


def test_what_was_signed_is_shown_in_the_list_and_on_the_page(known):
    session = known()
    client = signed_in(carol())
    for path in (page(LIST), page(CHANGE, session.pk)):
        told = said(path, client)
        assert "Not verified" not in told
        for fact in ("Verified", *ANN.values()):
            assert fact in told


def test_a_stranger_is_called_one_whatever_they_typed(make_session):
    session = make_session(last_seq=1)
    Message.objects.create(session=session, seq=1, author="visitor", text="I am Ann Lee")
    told = said(page(CHANGE, session.pk))
    assert "Not verified" in told
    assert "Verified:" not in told
    assert DIVIDER not in told


def test_what_was_written_before_is_told_apart(known):
    told = said(page(CHANGE, known().pk))
    assert told.index("line 2") < told.index(DIVIDER) < told.index("line 3")


def test_the_persons_other_sessions_can_be_reached(known, make_session):
    one, other, stranger = known(), known(), make_session()
    client = signed_in(carol())
    html = client.get(page(CHANGE, one.pk)).content.decode()
    assert "Other sessions of this person" in html
    assert page(CHANGE, other.pk) in html
    assert page(CHANGE, stranger.pk) not in html
    assert "Other sessions" not in said(page(CHANGE, stranger.pk), client)


@pytest.mark.parametrize("term", ["customer-17", "ANN@customer.example", "ann l"])
def test_a_person_is_found(known, make_session, term):
    session = known()
    make_session()
    assert found(term) == [session]


def test_hostile_names_are_text(known):
    session = known(name=HOSTILE, external_id=HOSTILE)
    client = signed_in(carol())
    for path in (page(LIST), page(CHANGE, session.pk)):
        html = client.get(path).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html
