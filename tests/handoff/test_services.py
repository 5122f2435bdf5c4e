"""Tickets: made once, filled up, and given back to the bot when they are done."""

import uuid
from functools import partial
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from apps.chat.frames import Contact
from apps.chat.items import Line, Verdict
from apps.chat.models import Message, Session, Transition, Turn
from apps.dialogue.play import Said
from apps.dialogue.services import ContactError, take_contact, take_line
from apps.engine.events import Reason
from apps.engine.types import Author
from apps.handoff.models import Ticket
from apps.handoff.services import close_ticket, leave_message, open_ticket, withdraw_ticket
from tests.threads import at_once


@pytest.fixture
def session(db, make_session):
    return make_session()


def notice():
    return Line(Author.SYSTEM, "We have it.")


def leave(session, text="Call me", cmid=None, **contact):
    line = Line(Author.VISITOR, text, cmid=cmid or uuid.uuid4(), of_turn=True)
    address = {"name": "", "email": "", "phone": "", **contact}
    return leave_message(session_id=session.id, line=line, notice=notice(), **address)


def lines(session):
    found = Message.objects.filter(session=session).order_by("seq")
    return [(line.author, line.text) for line in found]


def fresh(session):
    return Session.objects.get(pk=session.pk)


def test_a_message_left_is_stored_with_a_notice_and_lies_on_a_ticket(session):
    outcome = leave(session, name="Jo", email="jo@shop.example", phone="123456")
    assert (outcome.verdict, outcome.version, outcome.last_seq) == (Verdict.OK, 1, 2)
    assert lines(session) == [("visitor", "Call me"), ("system", "We have it.")]
    ticket = Ticket.objects.get()
    assert (ticket.session, ticket.site, ticket.reason) == (session, session.site, "contact")
    assert (ticket.status, ticket.language, ticket.text) == ("open", "en", "Call me")
    assert ticket.turn == Turn.objects.get().id
    assert (ticket.name, ticket.email, ticket.phone) == ("Jo", "jo@shop.example", "123456")


def test_from_then_on_the_session_waits_for_a_person(session):
    leave(session)
    now = fresh(session)
    assert (now.state, now.mode) == ("HANDOFF", "queued")
    move = Transition.objects.get()
    assert (move.from_state, move.to_state, move.cause) == ("INIT", "HANDOFF", "contact")
    turn = Turn.objects.get()
    assert (turn.state, turn.route, turn.from_seq) == ("done", "contact", 1)
    assert move.turn == turn.id


def test_a_second_message_adds_to_the_ticket_and_wipes_nothing(session):
    leave(session, "first", name="Jo", email="jo@shop.example")
    leave(session, "second", phone="123456")
    ticket = Ticket.objects.get()
    assert ticket.text == "first\n\nsecond"
    assert (ticket.name, ticket.email, ticket.phone) == ("Jo", "jo@shop.example", "123456")
    assert ticket.turn == Turn.objects.earliest("created_at").id
    assert Transition.objects.count() == 1
    assert fresh(session).last_seq == 4


def test_a_ticket_names_the_turn_that_asked_for_a_person(session):
    line = Said(uuid.uuid4(), "I want to talk to a person")
    assert take_line(session_id=session.id, said=line).verdict is Verdict.OK
    assert Ticket.objects.get().turn == Turn.objects.get().id


def test_a_message_joins_the_ticket_that_a_handoff_made(session):
    made = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="zh-Hans")
    leave(session, email="jo@shop.example")
    ticket = Ticket.objects.get()
    assert (ticket.pk, ticket.reason, ticket.text) == (made.pk, "asked", "Call me")


def test_a_resend_stores_nothing(session, cmid):
    leave(session, cmid=cmid, email="jo@shop.example")
    again = leave(session, cmid=cmid, email="other@shop.example", name="Eve")
    assert again.verdict is Verdict.DUP
    assert (again.known[0].seq, again.known[0].text) == (1, "Call me")
    assert len(lines(session)) == 2
    ticket = Ticket.objects.get()
    assert (ticket.text, ticket.email, ticket.name) == ("Call me", "jo@shop.example", "")


def test_a_late_resend_opens_no_new_ticket(session, cmid):
    leave(session, cmid=cmid)
    close_ticket(ticket=Ticket.objects.get(), notice="done")
    assert leave(session, cmid=cmid).verdict is Verdict.DUP
    assert not Ticket.objects.open().exists()
    assert fresh(session).mode == "bot"


def test_a_message_to_a_person_who_already_answers_changes_no_mode(session):
    Session.objects.filter(pk=session.pk).update(state="HANDOFF", mode="human")
    leave(session)
    assert fresh(session).mode == "human"
    assert not Transition.objects.exists()


def test_a_session_that_is_gone_takes_no_message(session):
    session_id = session.id
    session.delete()
    line = Line(Author.VISITOR, "Call me", cmid=uuid.uuid4(), of_turn=True)
    with pytest.raises(Session.DoesNotExist):
        leave_message(
            session_id=session_id, line=line, notice=notice(), name="", email="", phone=""
        )
    assert not Ticket.objects.exists()


def test_one_open_ticket_for_a_session(session):
    first = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en")
    second = open_ticket(session=session, reason=Ticket.Reason.HIGH_RISK, language="zh-Hans")
    assert (second.pk, second.reason, second.language) == (first.pk, "asked", "en")
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.create(session=session, site=session.site, reason="asked", language="en")


def test_after_a_done_ticket_a_new_one_is_opened(session):
    first = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en")
    close_ticket(ticket=first, notice="done")
    second = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en")
    assert second.pk != first.pk
    assert list(Ticket.objects.open()) == [second]


def test_a_closed_ticket_gives_the_session_back_to_the_bot_with_a_notice(session):
    leave(session)
    assert close_ticket(ticket=Ticket.objects.get(), notice="The assistant is back.")
    now = fresh(session)
    assert (now.state, now.mode) == ("INIT", "bot")
    assert lines(session)[-1] == ("system", "The assistant is back.")
    move = Transition.objects.last()
    assert (move.from_state, move.to_state, move.cause) == ("HANDOFF", "INIT", "ticket_done")


def test_a_ticket_is_closed_once(session):
    leave(session)
    ticket = Ticket.objects.get()
    assert close_ticket(ticket=ticket, notice="done")
    before = lines(session)
    assert not close_ticket(ticket=ticket, notice="done")
    assert lines(session) == before


def test_closing_an_old_ticket_again_does_not_end_the_new_wait(session):
    leave(session, "first")
    old = Ticket.objects.get()
    close_ticket(ticket=old, notice="done")
    leave(session, "second")
    assert not close_ticket(ticket=old, notice="done")
    assert fresh(session).mode == "queued"
    assert Ticket.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_once_close_a_ticket_once(session):
    leave(session)
    ticket = Ticket.objects.get()
    closed = at_once(*[partial(close_ticket, ticket=ticket, notice="done")] * 2)
    assert sorted(closed) == [False, True]
    assert [text for _, text in lines(session)].count("done") == 1


@pytest.mark.django_db(transaction=True)
def test_messages_left_at_once_all_lie_on_one_ticket(session):
    texts = [f"message {number}" for number in range(4)]
    at_once(*[partial(leave, session, text) for text in texts])
    assert sorted(Ticket.objects.get().text.split("\n\n")) == texts
    assert len(lines(session)) == 2 * len(texts)


def fill_in(session, **values):
    """The form as a visitor sends it."""
    form = Contact(cmid=uuid.uuid4(), text="Call me", **values)
    return take_contact(session_id=session.id, said=Said(form.cmid, form.text, contact=form))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "leave"),
        ({"name": "Jo"}, "leave"),
        ({"email": " "}, "leave"),
        ({"email": "no address"}, "e-mail"),
        ({"email": "jo@" + "a" * 300 + ".example"}, "e-mail"),
        ({"email": "jo@shop.example\nBcc: all"}, "e-mail"),
        ({"phone": "12"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "1" * 50}, "phone"),
        ({"email": "jo@shop.example", "phone": "no"}, "phone"),
    ],
    ids=range(10),
)
def test_a_form_that_cannot_be_answered_says_why_and_stores_nothing(session, values, word):
    with pytest.raises(ContactError, match=word) as caught:
        fill_in(session, **values)
    assert caught.value.field == ("phone" if word == "phone" else "email")
    assert lines(session) == []
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("phone", ["+86 138-0000-0000", "(030) 123 45/67", "12345"])
def test_a_phone_number_may_be_written_as_people_do(session, phone):
    assert fill_in(session, phone=phone).verdict is Verdict.OK
    assert Ticket.objects.get().phone == phone


def test_the_notice_names_where_the_answer_will_come(session):
    fill_in(session, name=" Jo " + "o" * 200, email=" jo@shop.example ", phone="12345")
    ticket = Ticket.objects.get()
    assert (ticket.email, ticket.name[:3], len(ticket.name)) == ("jo@shop.example", "Jo ", 100)
    author, text = lines(session)[1]
    assert (author, "jo@shop.example" in text) == ("system", True)
    assert str(session.id)[:8].upper() in text


@pytest.mark.django_db
def test_who_waits_without_an_address_since_before_is_asked_for_one(make_session):
    sessions = [make_session(state="HANDOFF", mode="queued") for _ in range(2)]
    for session, email in zip(sessions, ["", "jo@shop.example"], strict=True):
        ticket = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en")
        Ticket.objects.filter(pk=ticket.pk).update(email=email)
    step = import_module("apps.handoff.migrations.0003_waiting_without_address")
    for _ in range(2):
        step.ask_again(apps, None)
    assert [fresh(session).state for session in sessions] == ["COLLECT", "HANDOFF"]


FLOW = {"active": {"flow": "refund", "version": 3, "slots": {"order_id": {"value": "A1"}}}}


def test_a_message_left_in_the_middle_of_a_flow_keeps_it_for_the_team(session):
    Session.objects.update(state="CONFIRM", memory={**FLOW, "told": True})
    leave(session)
    assert fresh(session).memory == FLOW
    assert Transition.objects.get().to_state == "HANDOFF"


def test_a_done_ticket_of_one_who_went_on_leaves_the_flow_alone(session):
    ticket = open_ticket(session=session, reason=Ticket.Reason.ASKED, language="en")
    Session.objects.update(state="COLLECT", memory={**FLOW, "reachable": True})
    close_ticket(ticket=ticket, notice="done")
    assert (fresh(session).state, fresh(session).memory) == ("COLLECT", FLOW)


def test_what_a_flow_has_ordered_cannot_be_withdrawn(session):
    open_ticket(session=session, reason=Ticket.Reason.ACTION, language="en")
    assert not withdraw_ticket(session=session)
    assert Ticket.objects.get().status == Ticket.Status.OPEN


def test_the_team_has_a_reason_for_whatever_the_engine_hands_over_for():
    assert set(Reason) <= set(Ticket.Reason.values)
