"""What a request to the team is about: on its ticket, and in the form that the visitor fills in."""

import uuid

import pytest
from django.db import transaction

from apps.chat.frames import Contact
from apps.chat.items import Item, Line, NewTurn
from apps.chat.journal import append
from apps.dialogue import phrases, wiring
from apps.dialogue.actions import execute
from apps.dialogue.play import Said
from apps.dialogue.services import take_contact, take_line
from apps.engine.commands import WantHuman
from apps.engine.events import Ended, Result, Say
from apps.engine.types import Author, Passage, TurnState
from apps.handoff.models import Ticket
from apps.handoff.services import close_ticket
from tests.dialogue import refunds
from tests.dialogue.refunds import ORDER, TAIL, fill, last, opened, send

pytestmark = pytest.mark.django_db
WISH = {"en": "agent", "zh-Hans": "叫个真人来"}
BACK = {"en": "Go on with the assistant", "zh-Hans": "继续问 AI 助手"}


@pytest.fixture
def session(make_session):
    return make_session()


def ask(session, text, route, flow="", **values):
    """A line of the visitor's that was heard before, and the way that its turn took."""
    line = Line(Author.VISITOR, text, of_turn=True, **values)
    with transaction.atomic():
        append(
            Item(session.id, None, (line,), turn=NewTurn(TurnState.DONE, route=route, flow=flow))
        )


def press(session):
    """The button that asks for a person."""
    said = Said(uuid.uuid4(), "Talk to a person", {"handoff": "person"}, commands=(WantHuman(),))
    return take_line(session_id=session.id, said=said)


def leave(session, text):
    form = Contact(cmid=uuid.uuid4(), text=text, email="jo@shop.example")
    return take_contact(session_id=session.id, said=Said(form.cmid, form.text, contact=form))


def told(session):
    """The ticket's message, which is the form's as well."""
    about = Ticket.objects.get(session=session, status="open").about
    assert last(session).meta["form"].get("message", "") == about
    return about


def ways(session):
    return [button["text"] for button in last(session).meta.get("quick_replies", [])]


def test_a_wish_that_says_what_for_is_the_message(session):
    ask(session, "how do I clean the kettle", "faq")
    send(session, "can I talk to someone about descaling")
    assert told(session) == "can I talk to someone about descaling"


def test_a_question_that_was_answered_is_not_the_message(session):
    ask(session, "does it come in red", "unknown")
    ask(session, "how do I clean the kettle", "faq")
    press(session)
    assert told(session) == "does it come in red"


@pytest.mark.parametrize(
    ("route", "about"), [("faq", "do you sell lamps"), ("smalltalk", "does it come in red")]
)
def test_near_questions_are_an_answer_when_one_was_taken(session, route, about):
    ask(session, "do you sell lamps", "unknown")
    ask(session, "does it come in red", "near")
    ask(session, "Which colours are there?", route)
    send(session, "agent")
    assert told(session) == about


@pytest.mark.parametrize("language", WISH)
def test_else_it_is_the_last_line_that_tells_something(make_session, language):
    session = make_session(language=language)
    ask(session, "how do I clean the kettle", "faq")
    ask(session, "Yes", "flow", fields={"confirm": "1", "answer": "yes"})
    for text in ("确认", "2567", "ok thanks", "Talk to a person"):
        ask(session, text, "flow")
    send(session, WISH[language])
    assert told(session) == "how do I clean the kettle"


def test_what_proved_an_order_before_is_masked_as_well(session, monkeypatch):
    opened(session.site, monkeypatch)
    ask(session, f"refund {ORDER}, phone ends {TAIL}", "flow", flow="refund")
    send(session, "agent")
    assert told(session) == f"refund {ORDER}, phone ends ••••"


def test_nothing_was_said_and_nothing_is_made_up(session):
    ask(session, "hello", "smalltalk")
    send(session, "agent")
    assert told(session) == ""
    assert "message" not in last(session).meta["form"]
    send(session, "the left side is broken")
    assert told(session) == "the left side is broken"
    send(session, "since monday")
    ticket = Ticket.objects.get()
    assert (ticket.about, ticket.text) == ("the left side is broken", "since monday")


def test_what_the_team_has_seen_to_is_not_asked_again(session):
    send(session, "does it come in red")
    send(session, "agent")
    close_ticket(ticket=Ticket.objects.get(), notice="done")
    send(session, "agent")
    assert told(session) == ""


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["Refund", f"Order number: {ORDER}", "Reason: Broken"]),
        ("zh-Hans", ["退款", f"订单号：{ORDER}", "原因：坏了"]),
    ],
)
def test_inside_a_flow_it_is_the_flow_with_what_is_known(
    make_session, monkeypatch, language, lines
):
    session = make_session(language=language)
    opened(session.site, monkeypatch)
    send(session, "does it come in red")
    fill(session)
    send(session, WISH[language])
    *shown, proof = told(session).splitlines()
    assert shown == lines
    assert "••••" in proof
    assert TAIL not in told(session)
    ticket = Ticket.objects.get()
    assert ticket.flow == lines[0]
    assert [value for _, value in ticket.slots] == [
        ORDER,
        lines[2][-2:] if language != "en" else "Broken",
        "••••",
    ]


def test_with_the_lines_that_belong_to_it(session, monkeypatch):
    opened(session.site, monkeypatch)
    send(session, flow="refund")
    send(session, f"it is order {ORDER} and my phone ends {TAIL}, the left side hums")
    send(session, "agent")
    assert told(session).splitlines()[-1] == (
        f"it is order {ORDER} and my phone ends ••••, the left side hums"
    )


def test_a_wish_that_says_what_for_leaves_the_flow_beside(session, monkeypatch):
    opened(session.site, monkeypatch)
    fill(session, proofs=())
    send(session, "talk to someone about descaling")
    assert told(session) == "talk to someone about descaling"
    ticket = Ticket.objects.get()
    assert (ticket.flow, ticket.slots[0]) == ("Refund", ["Order number", ORDER])


def test_the_row_stays_what_it_is_when_the_session_goes_on(session, monkeypatch):
    opened(session.site, monkeypatch)
    fill(session, proofs=())
    send(session, "agent")
    leave(session, told(session))
    before = Ticket.objects.values().get()
    assert before["text"] == ""
    send(session, BACK["en"])
    send(session, "does it come in red")
    assert Ticket.objects.values().get() == before


def test_an_action_that_failed_hands_its_flow_over(session, monkeypatch, nobody_starts):
    opened(session.site, monkeypatch)
    run = refunds.agree(session)
    run.attempts = 1
    run.state = "running"
    run.save()
    execute._end(run, Result(str(run.key), Ended.FAILED))
    ticket = Ticket.objects.get()
    assert (ticket.reason, ticket.flow) == ("action_failed", "Refund")
    assert TAIL not in str(ticket.slots) + ticket.about


def test_a_message_left_in_the_middle_of_a_flow_brings_it(session, monkeypatch):
    opened(session.site, monkeypatch)
    fill(session)
    leave(session, "Please call me")
    ticket = Ticket.objects.get()
    assert (ticket.about, ticket.text, ticket.flow) == ("", "Please call me", "Refund")
    assert ticket.slots[-1][1] == "••••"


def test_a_second_request_joins_the_first_one(session):
    send(session, "talk to a person about red ones, jo@shop.example")
    send(session, BACK["en"])
    send(session, "can I talk to someone about descaling")
    ticket = Ticket.objects.get()
    assert ticket.text.endswith("can I talk to someone about descaling")
    assert "red ones" in ticket.about


def test_what_is_said_to_be_added_is_added(session):
    send(session, "does it come in red")
    send(session, "agent")
    send(session, "the left side is broken")
    send(session, "I want to talk to someone about descaling")
    for text in ("thanks", "agent", "jo@shop.example", "never mind"):
        send(session, text)
    ticket = Ticket.objects.get()
    assert ticket.about == "does it come in red"
    assert ticket.text.split("\n\n") == [
        "the left side is broken",
        "I want to talk to someone about descaling",
        "jo@shop.example",
        "never mind",
    ]


def test_what_was_not_quite_understood_is_added_as_well(session, monkeypatch):
    send(session, "agent")
    near = (Passage("1", "Cracks?", "Two days.", 0.5),)
    monkeypatch.setattr(wiring, "search", lambda *_: near)
    send(session, "the case is cracked")
    assert last(session).text.startswith(phrases.say(Say.NEAR, "en"))
    assert Ticket.objects.get().about == "the case is cracked"


def test_a_form_that_comes_again_begins_as_the_first_one_did(session):
    send(session, "does it come in red")
    send(session, "agent")
    for text in ("the left side is broken", "agent"):
        send(session, text)
        assert told(session) == "does it come in red"
    leave(session, "does it come in red")
    send(session, "the left side is broken")
    assert Ticket.objects.get().text == "the left side is broken"


@pytest.mark.parametrize("language", BACK)
def test_whatever_is_said_while_waiting_leaves_the_way_back(make_session, monkeypatch, language):
    session = make_session(language=language)
    opened(session.site, monkeypatch)
    send(session, WISH[language])
    for text in ("ok", "谢谢", "the left side is broken", "who are you", "cancel"):
        send(session, text)
        assert ways(session)[-1] in BACK.values()
    send(session, BACK[language])
    send(session, "who are you")
    assert not set(ways(session)) & set(BACK.values())


def test_a_flow_that_is_asked_for_while_waiting_is_told_to_wait(session, monkeypatch):
    opened(session.site, monkeypatch)
    send(session, "agent")
    send(session, "Refund", flow="refund")
    assert last(session).text.startswith(phrases.say(Say.FLOW_WAITS, "en") % {"flow": "Refund"})
    assert ways(session) == [BACK["en"]]
    assert last(session).meta["form"]["slot"] == "contact"


def test_a_long_story_does_not_fill_the_ticket_for_ever(session):
    send(session, "agent")
    ticket = Ticket.objects.get()
    ticket.add_line("x" * Ticket.LONGEST_TEXT)
    ticket.add_line("y" * 10)
    ticket.add_line("z" * Ticket.LONGEST_TEXT)
    ticket.refresh_from_db()
    assert (ticket.about[:1], ticket.text) == ("x", "y" * 10)
