"""Tickets in the admin: read, answer, mark as done."""

import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction

from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.chat.models import Message, Session
from apps.engine.types import Author, TurnState
from apps.handoff.models import Ticket
from apps.handoff.services import claim, leave_message, note, transfer
from apps.sites.models import Site
from tests.handoff.talks import asks, last, stands
from tests.handoff.team import nora, omar
from tests.staff import HOSTILE, alice, carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "handoff_ticket_changelist"
CHANGE = "handoff_ticket_change"
BUTTON = "handoff_ticket_close_this"


@pytest.fixture
def leave(make_session):
    def make(text: str = "My earbud is silent.", language: str = "en", **contact: str) -> Ticket:
        session = make_session(language=language)
        contact = {"name": "Ana", "email": "ana@example.org", "phone": "+86 138 (0000)", **contact}
        leave_message(
            session_id=session.id,
            line=Line(Author.VISITOR, text, cmid=uuid.uuid4(), of_turn=True),
            notice=Line(Author.SYSTEM, "It is with our team."),
            **contact,
        )
        return Ticket.objects.get(session=session)

    return make


def ask(session: Session, text: str, route: str) -> uuid.UUID:
    """A line of the visitor's and the turn that it led to."""
    turn = NewTurn(TurnState.DONE, route=route)
    line = Line(Author.VISITOR, text, of_turn=True)
    with transaction.atomic():
        append(Item(session.id, None, (line,), turn=turn))
    return turn.id


def recorded(ticket: Ticket) -> list[str]:
    """What the ticket's history tells, oldest first."""
    entries = LogEntry.objects.filter(object_id=str(ticket.pk)).order_by("pk")
    return [entry.get_change_message() for entry in entries]


def listed(client, **query: str) -> list[Ticket]:
    return list(client.get(page(LIST), query).context["cl"].result_list)


class TestList:
    def test_an_empty_list_tells_that_all_are_seen_to(self, leave):
        client = signed_in(carol())
        assert "Nothing here yet" in client.get(page(LIST)).content.decode()
        leave()
        Ticket.objects.update(status=Ticket.Status.DONE)
        shown = " ".join(texts(client.get(page(LIST)).content.decode()))
        assert "No ticket is open" in shown
        assert "Nothing here yet" not in shown
        searched = client.get(page(LIST), {"q": "nothing like it"}).content.decode()
        assert "Nothing fits" in searched

    def test_names_the_site_where_there_are_several(self, leave):
        leave()
        client = signed_in(olga())
        assert "site" not in client.get(page(LIST)).context["cl"].list_display
        Site.objects.create(key="second", name="Second")
        assert "site" in client.get(page(LIST)).context["cl"].list_display

    def test_shows_open_ones_first_of_all(self, leave):
        done, waiting = leave(), leave("Where is my parcel?")
        Ticket.objects.filter(pk=done.pk).update(status="done")
        client = signed_in(carol())
        assert listed(client) == [waiting]
        assert listed(client, status="done") == [done]
        assert set(listed(client, status="all")) == {done, waiting}

    def test_counts_open_ones_in_the_sidebar(self, leave):
        leave()
        leave()
        said = texts(signed_in(carol()).get(page("index")).content.decode())
        assert said[said.index("Tickets") + 1] == "2"

    def test_shows_what_was_said_when_no_message_was_left(self, leave):
        leave("I want a person")
        Ticket.objects.update(text="")
        said = texts(signed_in(carol()).get(page(LIST)).content.decode())
        assert "I want a person" in said

    def test_shows_the_line_that_led_to_it_whatever_was_said_since(self, leave):
        ticket = leave("May I take two of these a day?")
        Ticket.objects.update(text="")
        with transaction.atomic():
            append(Item(ticket.session_id, None, (Line(Author.VISITOR, "thanks"),)))
        client = signed_in(carol())
        said = texts(client.get(page(LIST)).content.decode())
        assert "May I take two of these a day?" in said
        assert "thanks" not in said
        html = client.get(page(CHANGE, ticket.pk)).content.decode()
        assert html.count("May I take two of these a day?") == 2  # in the transcript as well

    def test_tells_who_cannot_be_reached_from_who_can(self, leave):
        reachable, nameless = leave(), leave(name="Jo", email="", phone="")
        called = leave(email="")
        client = signed_in(carol())
        assert "No contact details" in client.get(page(LIST)).content.decode()
        assert listed(client, address="no") == [nameless]
        assert set(listed(client, address="yes")) == {reachable, called}

    def test_shows_what_was_asked_and_not_the_wish_for_a_person(self, make_session):
        session = make_session()
        ask(session, "hello", "smalltalk")
        ask(session, "My earbud is silent.", "unknown")
        Ticket.objects.create(
            site=session.site,
            session=session,
            reason="asked",
            language="en",
            turn=ask(session, "Talk to a person", "handoff"),
        )
        ask(session, "and the case is blue", "queued")
        said = texts(signed_in(carol()).get(page(LIST)).content.decode())
        assert "My earbud is silent." in said

    def test_shows_what_it_is_about_whatever_was_said_since(self, make_session):
        session = make_session()
        turn = ask(session, "Talk to a person", "handoff")
        values = {"site": session.site, "session": session, "reason": "asked", "language": "en"}
        Ticket.objects.create(turn=turn, **values)
        ask(session, "My earbud is silent.", "unknown")
        client = signed_in(carol())
        assert "Talk to a person" in texts(client.get(page(LIST)).content.decode())
        Ticket.objects.update(about="It is about\ndescaling")
        assert "It is about descaling" in " ".join(texts(client.get(page(LIST)).content.decode()))

    def test_withdrawn_ones_stand_apart(self, leave):
        ticket = leave()
        Ticket.objects.update(status="withdrawn")
        client = signed_in(carol())
        assert listed(client) == []
        assert listed(client, status="withdrawn") == [ticket]
        assert client.get(page(CHANGE, ticket.pk)).status_code == 200

    def test_marks_as_done(self, leave):
        tickets = [leave(), leave()]
        chosen = {"action": "mark_as_done", "_selected_action": [t.pk for t in tickets]}
        answer = signed_in(carol()).post(page(LIST), chosen, follow=True)
        assert b"2 tickets marked as done." in answer.content
        assert not Ticket.objects.open().exists()
        assert set(Session.objects.values_list("mode", flat=True)) == {"bot"}
        assert [recorded(ticket) for ticket in tickets] == [["Marked as done."]] * 2

    def test_asks_no_more_for_more_rows(self, leave, django_assert_max_num_queries):
        for _ in range(12):
            leave()
        client = signed_in(olga())
        with django_assert_max_num_queries(16):
            assert client.get(page(LIST)).status_code == 200


class TestTicket:
    def test_shows_contact_and_transcript(self, leave):
        html = signed_in(carol()).get(page(CHANGE, leave().pk)).content.decode()
        assert 'href="mailto:ana@example.org"' in html
        assert 'href="tel:+861380000"' in html
        said = texts(html)
        assert "It is with our team." in said
        assert "Visitor left a message" in said

    def test_shows_what_it_is_about_beside_what_was_left(self, leave):
        ticket = leave("ring me after six")
        Ticket.objects.update(about="the case is blue")
        client = signed_in(carol())

        def message():
            answer = client.get(page(CHANGE, ticket.pk))
            return answer.context["adminform"].model_admin.message(Ticket.objects.get())

        assert "the case is blue<br><br>ring me after six" in message()
        Ticket.objects.update(text="the case is blue, and cracked")
        assert message().count("the case is blue") == 1

    def test_shows_the_flow_with_its_details_and_the_place_in_the_session(self, leave):
        ticket = leave()
        Ticket.objects.update(flow="退货", slots=[["订单号", "W1234567"], ["手机尾号", HOSTILE]])
        client = signed_in(carol())
        html = client.get(page(CHANGE, ticket.pk)).content.decode()
        said = " ".join(texts(html))
        assert "退货" in said
        assert "订单号: W1234567" in said.replace(" :", ":")
        assert "<script>alert" not in html
        session = page("chat_session_change", ticket.session_id)
        assert f'href="{session}#line-1"' in html
        Ticket.objects.update(turn=None, flow="")
        html = client.get(page(CHANGE, ticket.pk)).content.decode()
        assert f'href="{session}"' in html
        assert "field-details" not in html

    @pytest.mark.parametrize(
        ("language", "notice"),
        [("en", "Our team has seen to your request."), ("zh-Hans", "您的问题客服同事已经处理。")],
    )
    def test_done_gives_the_session_back_in_its_language(self, leave, language, notice):
        ticket = leave(language=language)
        signed_in(carol()).post(page(CHANGE, ticket.pk), {BUTTON: ""})
        ticket.refresh_from_db()
        assert ticket.status == "done"
        assert ticket.session.mode == "bot"
        assert Message.objects.get(seq=3).text.startswith(notice)

    @pytest.mark.parametrize(
        ("language", "notice"),
        [("en", "Our team has seen to your request."), ("zh-Hans", "您的问题客服同事已经处理。")],
    )
    def test_done_is_told_to_who_went_on_with_the_bot(self, leave, language, notice):
        ticket = leave(language=language)
        Session.objects.update(state="INIT", mode="bot")
        signed_in(carol()).post(page(CHANGE, ticket.pk), {BUTTON: ""})
        told = Message.objects.get(seq=3)
        assert (told.author, told.text) == ("system", notice)

    def test_only_the_button_writes(self, leave):
        ticket = leave()
        signed_in(carol()).post(page(CHANGE, ticket.pk), {"status": "done", "text": "x"})
        ticket.refresh_from_db()
        assert (ticket.status, ticket.text) == ("open", "My earbud is silent.")
        assert recorded(ticket) == []

    def test_the_button_is_recorded_and_told_once(self, leave):
        ticket = leave()
        client = signed_in(carol())
        answer = client.post(page(CHANGE, ticket.pk), {BUTTON: ""}, follow=True)
        assert [str(told) for told in answer.context["messages"]] == ["1 ticket marked as done."]
        answer = client.post(page(CHANGE, ticket.pk), {BUTTON: ""}, follow=True)
        assert [str(told) for told in answer.context["messages"]] == ["It was done before."]
        assert recorded(ticket) == ["Marked as done."]

    def test_a_done_one_has_no_button(self, leave):
        ticket = leave()
        client = signed_in(carol())
        assert BUTTON in client.get(page(CHANGE, ticket.pk)).content.decode()
        client.post(page(CHANGE, ticket.pk), {BUTTON: ""})
        assert BUTTON not in client.get(page(CHANGE, ticket.pk)).content.decode()
        client.post(page(CHANGE, ticket.pk), {BUTTON: ""})
        assert Message.objects.count() == 3

    def test_shows_hostile_text_as_text(self, leave):
        ticket = leave(HOSTILE)
        Ticket.objects.update(
            name=HOSTILE, email='"><script>alert(1)</script>@x', phone='1"onclick="alert(1)'
        )
        client = signed_in(olga())
        for path in (page(LIST), page(CHANGE, ticket.pk)):
            html = client.get(path).content.decode()
            assert "<script>alert" not in html, path
            assert 'onclick="alert' not in html, path


class TestPermissions:
    def test_closed_to_others(self, leave):
        ticket = leave()
        client = signed_in(alice())
        assert client.get(page(LIST)).status_code == 403
        assert client.post(page(CHANGE, ticket.pk), {BUTTON: ""}).status_code == 403
        assert page(LIST) not in client.get(page("index")).content.decode()

    def test_who_only_reads_cannot_close(self, leave):
        ticket = leave()
        reader = carol()
        reader.user_permissions.remove(*reader.user_permissions.filter(codename="change_ticket"))
        client = signed_in(reader)
        assert BUTTON not in client.get(page(CHANGE, ticket.pk)).content.decode()
        assert client.post(page(CHANGE, ticket.pk), {BUTTON: ""}).status_code == 403

    def test_none_are_added_and_only_superusers_delete(self, leave):
        ticket = leave()
        assert signed_in(olga()).get(page("handoff_ticket_add")).status_code == 403
        assert signed_in(carol()).get(page("handoff_ticket_delete", ticket.pk)).status_code == 403

    @pytest.mark.parametrize("is_many", [False, True])
    def test_who_has_a_person_by_one_that_is_deleted_is_told_and_with_the_bot(
        self, make_session, is_many
    ):
        session = make_session()
        ticket = asks(session)
        claim(ticket_id=ticket.pk, operator=nora())
        client = signed_in(olga())
        if is_many:
            chosen = {"action": "delete_selected", "_selected_action": [ticket.pk], "post": "yes"}
            client.post(page(LIST), chosen)
        else:
            client.post(page("handoff_ticket_delete", ticket.pk), {"post": "yes"})
        assert not Ticket.objects.exists()
        assert stands(session) == ("INIT", "bot")
        assert last(session)[0] == "system"
        assert "The assistant answers again" in last(session)[1]


def test_a_ticket_tells_who_did_what_with_it(make_session):
    session, who = make_session(), nora()
    ticket = asks(session)
    claim(ticket_id=ticket.pk, operator=who)
    note(session_id=session.pk, operator=who, text="Ring them")
    transfer(ticket_id=ticket.pk, operator=who, to_operator=omar(), note=HOSTILE)
    client = signed_in(olga())
    html = client.get(page(CHANGE, ticket.pk)).content.decode()
    said = texts(html)
    for text in ("What was done", "Taken", "Nora", "Noted", "Passed on"):
        assert text in said
    assert HOSTILE not in html
    assert "Omar" in texts(client.get(page(LIST)).content.decode())
