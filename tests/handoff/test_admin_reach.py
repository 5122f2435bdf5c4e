"""What an operator may not do at the console, they may not do in the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from apps.chat.models import Message, Session
from apps.handoff.models import Ticket, TicketEvent
from apps.handoff.services import claim
from apps.sites.models import Site
from tests.handoff.talks import asks, fresh, say
from tests.handoff.team import nora, omar, sam
from tests.staff import carol, page, signed_in

pytestmark = pytest.mark.django_db

LIST, CHANGE = "handoff_ticket_changelist", "handoff_ticket_change"
SESSIONS, SESSION = "chat_session_changelist", "chat_session_change"
BUTTON = "handoff_ticket_close_this"
SEES = ("view_ticket", "change_ticket", "view_session")


def client_of(one):
    one.user.user_permissions.add(*Permission.objects.filter(codename__in=SEES))
    return signed_in(one.user)


def close(client, *tickets):
    chosen = {"action": "mark_as_done", "_selected_action": [one.pk for one in tickets]}
    return client.post(page(LIST), chosen, follow=True)


@pytest.fixture
def held(make_session):
    """Nora's chat."""
    ticket = asks(make_session())
    return claim(ticket_id=ticket.pk, operator=nora())


class TestAColleaguesChat:
    def test_is_ended_by_nobody_else(self, held):
        answer = close(client_of(omar()), held)
        assert fresh(held).status == "open"
        assert "with Nora" in answer.content.decode()
        assert Session.objects.get().mode == "human"

    def test_has_no_button_for_others(self, held):
        client = client_of(omar())
        path = page(CHANGE, held.pk)
        assert BUTTON not in client.get(path).content.decode()
        client.post(path, {BUTTON: ""})
        assert fresh(held).status == "open"

    def test_is_ended_by_its_operator_with_their_name_and_a_question(self, held):
        close(client_of(held.operator), held)
        assert fresh(held).status == "done"
        event = TicketEvent.objects.get(kind="resolved")
        assert event.operator == held.operator
        assert Message.objects.order_by("seq").last().meta == {"csat": True}

    def test_is_ended_by_a_supervisor(self, held):
        close(client_of(sam()), held)
        assert fresh(held).status == "done"

    def test_is_not_ended_by_a_user_who_is_no_operator(self, held):
        close(signed_in(carol()), held)
        assert fresh(held).status == "open"


@pytest.fixture
def elsewhere(make_session):
    """An operator of another site than the one whose visitor waits."""
    other = Site.objects.create(key="second", name="Second")
    found = omar()
    found.sites.add(other)
    session = make_session()
    say(session, "my secret parcel")
    return found, asks(session)


class TestAnotherSite:
    def test_shows_neither_tickets_nor_sessions(self, elsewhere):
        one, ticket = elsewhere
        client = client_of(one)
        for path in (page(LIST) + "?status=all", page(SESSIONS), page(SESSIONS) + "?q=secret"):
            assert not client.get(path).context["cl"].result_list, path
        for path in (page(CHANGE, ticket.pk), page(SESSION, ticket.session_id)):
            assert client.get(path).status_code == 302
        close(client, ticket)
        assert fresh(ticket).status == "open"

    def test_is_not_counted(self, elsewhere):
        one, _ = elsewhere
        client = client_of(one)
        assert client.get(reverse("console:waiting")).json() == {"waiting": 0}
        index = client.get(page("index")).context
        assert [card["figure"] for card in index["cards"]] == [0, 0]

    def test_shows_a_chat_of_ones_own(self, elsewhere):
        one, ticket = elsewhere
        claim(ticket_id=ticket.pk, operator=one)
        client = client_of(one)
        assert list(client.get(page(LIST)).context["cl"].result_list) == [ticket]
        assert client.get(page(SESSION, ticket.session_id)).status_code == 200
        Ticket.objects.update(status="done")
        assert client.get(page(SESSION, ticket.session_id)).status_code == 302
