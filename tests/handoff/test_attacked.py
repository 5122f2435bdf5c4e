"""What people with a login, or without one, try at tickets and do not get."""

import uuid

import pytest
from django.core import mail as outbox

from apps.chat.frames import Contact
from apps.dialogue.play import Said
from apps.dialogue.services import ContactError, take_contact
from apps.handoff import mailing
from apps.handoff.letters import greeted
from apps.handoff.models import Mail, Ticket
from apps.handoff.refusals import Refused
from apps.handoff.services import answer, claim, correct, resolve, set_priority, transfer
from apps.sites.models import Site
from tests.handoff.talks import asks, fresh, lines
from tests.handoff.team import nora, omar, sam

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


@pytest.fixture
def ticket(session):
    """Nora's."""
    return claim(ticket_id=asks(session).pk, operator=nora())


def refused(act, **named):
    with pytest.raises(Refused) as caught:
        act(**named)
    return caught.value


def says(session, operator, text):
    cmid = uuid.uuid4()
    return answer(session_id=session.pk, operator=operator, text=text, cmid=cmid, seen_seq=99)


def leave(session, text="Call me", **given):
    form = Contact(cmid=uuid.uuid4(), text=text, **{"email": "ana@example.org", **given})
    return take_contact(session_id=session.id, said=Said(form.cmid, form.text, contact=form))


def test_what_is_left_in_many_messages_has_an_end(session):
    for n in range(7):
        leave(session, f"{n}" + "长" * 3_999)
    ticket = Ticket.objects.get()
    assert 16_000 < len(ticket.text) <= Ticket.LONGEST_TEXT
    assert len([text for author, text in lines(session) if author == "visitor"]) == 7


class TestNames:
    def test_is_one_line(self, session):
        leave(session, name="Dear  customer\u2028your account\nis locked")
        assert Ticket.objects.get().name == "Dear customer your account is locked"

    @pytest.mark.parametrize(
        "name",
        [
            "Call http://evil.example/login",
            "evil.example",
            "write to x@evil",
            "Dear customer, your account is locked and will be deleted",
        ],
    )
    def test_more_than_a_name_greets_nobody(self, name):
        assert greeted(name) == ""

    @pytest.mark.parametrize("name", ["Ana", "王小明", "J. R. Smith", "Jean-Luc d’Arc", "O.P."])
    def test_a_name_greets(self, name):
        assert greeted(name) == name

    def test_no_mail_repeats_what_a_stranger_wrote(self, session):
        leave(session, name="Your account is locked: http://evil.example/login")
        ticket, who = Ticket.objects.get(), nora()
        claim(ticket_id=ticket.pk, operator=who)
        says(session, who, "Here we are.")
        Mail.objects.update(due_at="2020-01-01T00:00Z")
        mailing.send_due()
        [sent] = outbox.outbox
        assert sent.body.startswith("Hello,\n")
        assert "evil" not in sent.body

    @pytest.mark.parametrize("email", ["a@[127.0.0.1]", "a@[IPv6:::1]"])
    def test_an_address_of_a_machine_is_none(self, session, email):
        with pytest.raises(ContactError):
            leave(session, email=email)


class TestMacros:
    """A place that nothing has filled goes to no visitor, by whichever verb."""

    def test_not_with_the_last_line(self, session, ticket):
        named = {"ticket_id": ticket.pk, "operator": ticket.operator, "outcome": "answered"}
        found = refused(resolve, **named, text="Bye {visitor.name}")
        assert (found.code, found.facts) == ("unknown_macro_variable", {"variable": "visitor.name"})
        assert fresh(ticket).status == "open"

    def test_not_with_a_correction(self, session, ticket):
        line = says(session, ticket.operator, "Hi")
        named = {"message_id": line.pk, "operator": ticket.operator}
        assert refused(correct, **named, text="Hi {site.name}").code == "unknown_macro_variable"
        assert lines(session)[-1][1] == "Hi"


class TestColleagues:
    def test_the_priority_of_a_chat_is_its_operators(self, ticket):
        colleague = omar()
        found = refused(set_priority, ticket_id=ticket.pk, operator=colleague, priority=0)
        assert (found.code, found.facts) == ("not_yours", {"by": "Nora"})
        set_priority(ticket_id=ticket.pk, operator=ticket.operator, priority=1)
        set_priority(ticket_id=ticket.pk, operator=sam(), priority=0)
        assert fresh(ticket).priority == 0

    def test_a_chat_goes_to_nobody_of_another_site(self, ticket):
        other = omar()
        other.sites.add(Site.objects.create(key="second", name="Second"))
        named = {"ticket_id": ticket.pk, "operator": ticket.operator, "to_operator": other}
        found = refused(transfer, **named)
        assert (found.code, found.detail) == ("not_available", "Omar does not serve this site.")
        other.sites.add(ticket.site)
        transfer(**named)
        assert fresh(ticket).operator == other
