"""Waiting for a person, over a real database: notes, forms, and the way back to the bot."""

import uuid
from functools import partial

import pytest

from apps.chat.frames import Contact
from apps.chat.items import Verdict
from apps.chat.models import Message, Session, Transition, Turn
from apps.dialogue import phrases
from apps.dialogue.play import Said
from apps.dialogue.services import take_contact, take_line
from apps.engine.events import Say
from apps.handoff.models import Ticket
from apps.handoff.services import close_ticket
from tests.threads import at_once

pytestmark = pytest.mark.django_db
WISH = {"en": "agent", "zh-Hans": "转人工"}
BACK = {"en": "Go on with the assistant", "zh-Hans": "继续问 AI 助手"}


@pytest.fixture
def session(make_session):
    return make_session()


def say(session, text, cmid=None):
    return take_line(session_id=session.id, said=Said(cmid or uuid.uuid4(), text))


def leave(session, cmid=None):
    form = Contact(cmid=cmid or uuid.uuid4(), text="Call me", email="jo@shop.example")
    said = Said(form.cmid, form.text, {"contact": form.fingerprint()}, contact=form)
    return take_contact(session_id=session.id, said=said)


def last(session):
    return Message.objects.filter(session=session).latest("seq")


def fresh(session):
    now = Session.objects.get(pk=session.pk)
    return now.state, now.mode


def offered(line):
    return [button["text"] for button in line.meta.get("quick_replies", [])]


@pytest.mark.parametrize("language", BACK)
def test_the_form_comes_again_and_with_it_the_way_back(make_session, language):
    session = make_session(language=language)
    for _ in range(2):
        say(session, WISH[language])
        assert last(session).meta["form"]["slot"] == "contact"
        assert offered(last(session)) == [phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)]
    assert fresh(session) == ("COLLECT", "queued")
    assert Ticket.objects.count() == 1


def test_what_the_bot_does_not_know_is_noted_once_until_it_answered_something(session):
    say(session, "agent")
    replies = []
    for text in ("the left side is broken", "since monday", "thanks", "the case is blue"):
        before = last(session).seq
        say(session, text)
        replies.append(last(session).seq - before - 1)
    assert replies == [1, 0, 1, 1]
    assert last(session).text == phrases.say(Say.NOTED_UNREACHABLE, "en")


def test_with_an_address_left_no_form_comes_again(session):
    say(session, "agent")
    leave(session)
    assert fresh(session) == ("HANDOFF", "queued")
    assert offered(last(session)) == [BACK["en"]]
    for text in ("agent", "the left side is broken"):
        say(session, text)
        assert "form" not in last(session).meta
        assert offered(last(session)) == [BACK["en"]]


@pytest.mark.parametrize("language", BACK)
def test_going_back_without_an_address_withdraws_the_request(make_session, language, cmid):
    session = make_session(language=language)
    say(session, "agent")
    assert say(session, BACK[language], cmid).verdict is Verdict.OK
    assert fresh(session) == ("INIT", "bot")
    line = last(session)
    assert (line.author, line.text) == ("system", phrases.say(Say.WITHDRAWN, language))
    assert Ticket.objects.get().status == "withdrawn"
    move = Transition.objects.latest("id")
    assert (move.from_state, move.to_state, move.cause) == ("COLLECT", "INIT", "withdrawn")
    # A resend changes nothing, not even a request that was made since.
    say(session, "agent")
    assert say(session, BACK[language], cmid).verdict is Verdict.DUP
    assert fresh(session) == ("COLLECT", "queued")
    assert sorted(Ticket.objects.values_list("status", flat=True)) == ["open", "withdrawn"]


def test_going_back_with_an_address_keeps_the_request(session):
    say(session, "agent")
    leave(session)
    say(session, BACK["en"])
    assert fresh(session) == ("INIT", "bot")
    assert (last(session).author, last(session).text) == ("system", phrases.say(Say.KEPT, "en"))
    say(session, "agent")
    assert fresh(session) == ("HANDOFF", "queued")
    assert "form" not in last(session).meta
    say(session, BACK["en"])
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.email) == ("open", "jo@shop.example")


def test_a_request_that_was_seen_to_meanwhile_is_told_and_forgotten(session):
    say(session, "agent")
    leave(session)
    say(session, BACK["en"])
    assert close_ticket(ticket=Ticket.objects.get(), notice="back", notice_with_bot="done")
    assert (last(session).author, last(session).text) == ("system", "done")
    assert fresh(session) == ("INIT", "bot")
    say(session, "agent")
    assert last(session).meta["form"]["slot"] == "contact"
    assert fresh(session) == ("COLLECT", "queued")


def test_with_nothing_to_go_back_from_nothing_moves(session):
    say(session, BACK["en"])
    assert fresh(session) == ("INIT", "bot")
    assert last(session).text == phrases.say(Say.ASSENT, "en")
    assert not Ticket.objects.exists()
    assert Turn.objects.get().route == "smalltalk"


def test_to_a_person_who_answers_it_is_a_line_like_any_other(session):
    Session.objects.update(state="HANDOFF", mode="human")
    say(session, BACK["en"])
    assert fresh(session) == ("HANDOFF", "human")
    assert last(session).author == "visitor"


@pytest.mark.django_db(transaction=True)
def test_an_address_left_while_going_back_is_never_withdrawn(make_session):
    for _ in range(8):
        session = make_session()
        say(session, "agent")
        at_once(partial(say, session, BACK["en"]), partial(leave, session))
        ticket = Ticket.objects.get(session=session, status="open")
        assert ticket.email == "jo@shop.example"
        assert fresh(session) in {("INIT", "bot"), ("HANDOFF", "queued")}


@pytest.mark.django_db(transaction=True)
def test_going_back_while_staff_close_the_request_moves_once(make_session):
    for _ in range(8):
        session = make_session()
        say(session, "agent")
        ticket = Ticket.objects.get(session=session)
        at_once(
            partial(say, session, BACK["en"]),
            partial(close_ticket, ticket=ticket, notice="done"),
        )
        assert fresh(session) == ("INIT", "bot")
        causes = Transition.objects.filter(session=session, to_state="INIT")
        assert causes.count() == 1
        assert not Ticket.objects.open().filter(session=session).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_way_back_twice_at_once_is_stored_once(make_session, cmid):
    session = make_session()
    say(session, "agent")
    at_once(*[partial(say, session, BACK["en"], cmid)] * 2)
    assert Message.objects.filter(session=session, cmid=cmid).count() == 1
    assert Transition.objects.filter(session=session, cause="withdrawn").count() == 1


CHANNELS = {
    "13800002567": ("", "13800002567"),
    "Anna@gmail.com": ("Anna@gmail.com", ""),
    "＋８６ 138-0000-2567，请尽快联系我": ("", "+8613800002567"),
    "mail jo@shop.example or ring 555-123-4567": ("jo@shop.example", "5551234567"),
}


@pytest.mark.parametrize("language", WISH)
@pytest.mark.parametrize("text", CHANNELS)
def test_an_address_that_is_typed_is_taken_as_the_form_would_be(make_session, language, text, cmid):
    session = make_session(language=language)
    say(session, WISH[language])
    assert say(session, text, cmid).verdict is Verdict.OK
    assert say(session, text, cmid).verdict is Verdict.DUP
    ticket = Ticket.objects.get()
    assert (ticket.email, ticket.phone) == CHANNELS[text]
    assert (ticket.status, ticket.reason, ticket.text) == ("open", "asked", text)
    assert fresh(session) == ("HANDOFF", "queued")
    line = last(session)
    assert line.author == "system"
    assert (ticket.email or ticket.phone) in line.text
    assert str(session.id)[:8].upper() in line.text
    assert len(offered(line)) == 1
    assert not line.meta.get("form")
    assert Message.objects.get(session=session, cmid=cmid).turn.route == "contact"


def test_a_second_address_is_one_more_line_for_the_team(session):
    say(session, "agent")
    say(session, "13800002567")
    say(session, "jo@shop.example")
    assert Ticket.objects.get().text == "13800002567\n\njo@shop.example"
    assert last(session).text == phrases.say(Say.NOTED, "en")


def test_lines_that_are_answered_once_are_one_message(session):
    say(session, "agent")
    parts = [Said(uuid.uuid4(), text) for text in ("the left side is broken", "jo@shop.example")]
    take_line(session_id=session.id, said=Said.joined(parts))
    ticket = Ticket.objects.get()
    assert (ticket.email, ticket.text) == (
        "jo@shop.example",
        "the left side is broken\njo@shop.example",
    )


def test_an_address_told_with_the_wish_for_a_person_is_taken_with_it(session):
    say(session, "talk to a person, my phone is 555-123-4567")
    ticket = Ticket.objects.get()
    assert (ticket.reason, ticket.phone) == ("asked", "5551234567")
    assert fresh(session) == ("HANDOFF", "queued")


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_typed_while_going_back_is_never_withdrawn(make_session):
    for _ in range(8):
        session = make_session()
        say(session, "agent")
        at_once(partial(say, session, BACK["en"]), partial(say, session, "jo@shop.example"))
        if fresh(session) == ("HANDOFF", "queued") or Ticket.objects.open().filter(session=session):
            assert Ticket.objects.get(session=session, status="open").email == "jo@shop.example"
        else:
            assert fresh(session) == ("INIT", "bot")
