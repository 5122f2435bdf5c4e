"""What the bot hands over: everything it knows, in words that the reader understands."""

import pytest
from django.utils import translation

from apps.chat.models import Message, Session
from apps.handoff.models import Ticket
from apps.handoff.packets import NEXT_STEPS, Detail, Subject, mood, shown, written
from apps.handoff.services import open_ticket
from apps.knowledge.models import Faq
from tests.handoff.talks import asks, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(make_session):
    return make_session()


def test_it_holds_what_was_said_and_tried(session):
    say(session, "where is my parcel, it is late")
    packet = asks(session).packet
    assert packet["wants"] == "where is my parcel, it is late"
    assert [one["route"] for one in packet["tried"]] == ["unknown"]
    assert packet["why_stopped"]["reason"] == "asked"
    told = shown(packet)
    assert told["tried"][0]["text"] == "Found no answer"
    assert told["why_stopped"].startswith("Visitor asked for a person")
    assert (told["mood"], told["draft"]) == ("Calm", "")
    assert told["next_step"] == "Greet them, and ask what is left to do."


def test_the_details_of_a_flow_say_where_they_come_from(session):
    subject = Subject(
        "Return",
        flow="Return",
        key="return",
        high_value=True,
        details=(Detail("order_id", "Order", "A1", "typed"),),
        missing=("Why",),
    )
    ticket = open_ticket(
        session=session, reason=Ticket.Reason.SLOT_FAILED, language="en", subject=subject
    )
    assert ticket.packet["slots"] == [
        {"name": "order_id", "label": "Order", "value": "A1", "source": "typed"}
    ]
    assert (ticket.packet["missing"], ticket.slots) == (["Why"], [["Order", "A1"]])
    assert (ticket.priority, ticket.flow_key) == (1, "return")


def test_what_the_bot_went_by_is_named(session, site):
    entry = Faq.objects.create(
        site=site, language="en", question="Returns?", answer="30 days.", status="live"
    )
    say(session, "hello")
    session.turns.update(route="faq", sources=[str(entry.pk), "gone"], confidence=0.9)
    packet = written(session, Ticket.Reason.HIGH_RISK, Subject())
    assert packet["evidence"] == [{"id": str(entry.pk), "title": "Returns?"}]
    assert shown(packet)["tried"][0]["text"] == "Answered from “Returns?”"
    assert "90%" in shown(packet)["why_stopped"]


@pytest.mark.parametrize(
    ("lines", "how"),
    [
        (["hello", "my order please"], "calm"),
        (["it is URGENT", "hello"], "impatient"),
        (["快点", "你好"], "impatient"),
        (["where is it??"], "impatient"),
        (["WHERE IS MY PARCEL"], "impatient"),
        (["this is a scam"], "angry"),
        (["我要投诉你们"], "angry"),
        ([], "calm"),
    ],
    ids=range(8),
)
def test_how_they_feel_is_guessed_from_their_words(lines, how):
    assert mood(lines) == how


def test_an_answer_that_did_not_help_makes_impatient(session):
    say(session, "hello")
    Message.objects.filter(session=session, author="bot").update(rating=-1)
    assert written(session, "asked", Subject())["mood"] == "impatient"


def test_for_every_reason_there_is_a_next_step():
    assert set(NEXT_STEPS) == set(Ticket.Reason)


def test_one_that_is_empty_or_of_another_time_is_shown_as_it_is():
    assert shown({})["why_stopped"] == ""
    assert shown({"mood": "odd", "tried": [{"route": "odd"}], "more": 1})["more"] == 1


def test_it_speaks_the_language_of_whoever_reads(session):
    packet = asks(session).packet
    with translation.override("zh-hans"):
        assert shown(packet)["why_stopped"] != shown_in_english(packet)


def shown_in_english(packet):
    with translation.override("en"):
        return shown(packet)["why_stopped"]


def test_nothing_is_asked_of_a_session_without_lines(session):
    assert written(Session.objects.get(), "contact", Subject())["wants"] == ""
