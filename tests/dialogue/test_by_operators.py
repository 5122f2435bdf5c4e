"""What operators do with a flow that a visitor was in, and the way back to the bot."""

import uuid

import pytest

from apps.chat.models import Message, Session
from apps.dialogue.by_operators import (
    ask_slot,
    details,
    edit_slot,
    find_macros,
    return_to_bot,
    want_suggestion,
)
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.engine.memory import load
from apps.handoff.models import Macro, Ticket, TicketEvent
from apps.handoff.refusals import Refused
from apps.handoff.services import take_over
from tests.dialogue.refunds import ORDER, opened
from tests.handoff.talks import lines, say, stands
from tests.handoff.team import nora, omar

pytestmark = pytest.mark.django_db
ACTIVE = {
    "active": {
        "flow": "refund",
        "version": 3,
        "slots": {"order_id": {"value": ORDER, "source": "said"}},
        "pending": "reason",
        "confirmation": "card",
    },
    "proven": {"order": ORDER, "run": "1", "proofs": {}},
}


@pytest.fixture
def session(site, make_session, monkeypatch):
    opened(site, monkeypatch)
    return make_session(state="COLLECT", memory=ACTIVE)


@pytest.fixture
def who(session):
    who = nora()
    take_over(session_id=session.id, operator=who)
    return who


def memory(session):
    return load(Session.objects.get(pk=session.pk).memory)


def refused(act, **named):
    with pytest.raises(Refused) as caught:
        act(**named)
    return caught.value


def test_details_are_told_with_their_source_and_what_is_missing(session):
    told = {one["name"]: one for one in details(session, "en")}
    assert (told["order_id"]["value"], told["order_id"]["source"]) == (ORDER, "said")
    assert (told["order_id"]["missing"], told["reason"]["missing"]) == (False, True)
    assert [option["label"] for option in told["reason"]["options"]] == ["Broken", "Too late"]
    assert details(session, "zh-Hans")[0]["label"] == "订单号"


def test_without_a_flow_there_are_none(make_session):
    assert details(make_session(), "en") == []


class TestEdit:
    def test_a_value_is_taken_as_the_flow_would_take_it(self, session, who):
        edit_slot(session_id=session.id, operator=who, slot="reason", value="too late")
        active = memory(session).active
        assert (active.slots["reason"].value, active.slots["reason"].source) == ("late", "typed")
        assert active.confirmation == "", "what was shown is not what would be done"
        event = TicketEvent.objects.latest("id")
        assert (event.kind, event.operator, event.data["now"]) == ("slot_edited", who, "Too late")
        assert ["Reason", "Too late"] in Ticket.objects.get().slots

    def test_another_order_is_not_the_one_that_was_proved(self, session, who):
        edit_slot(session_id=session.id, operator=who, slot="order_id", value="202580668969")
        assert memory(session).proven is None

    def test_what_proves_an_order_is_written_down_nowhere_else(self, session, who):
        edit_slot(session_id=session.id, operator=who, slot="phone_tail", value="2567")
        assert memory(session).active.slots["phone_tail"].value == "2567"
        assert "2567" not in str(
            [Ticket.objects.get().slots, TicketEvent.objects.latest("id").data]
        )

    @pytest.mark.parametrize("value", ["", "because", "x" * 500], ids=["empty", "odd", "long"])
    def test_what_does_not_fit_says_why(self, session, who, value):
        why = refused(edit_slot, session_id=session.id, operator=who, slot="reason", value=value)
        assert (why.code, bool(why.detail)) == ("bad_value", True)
        assert "reason" not in memory(session).active.slots

    def test_a_detail_that_there_is_not(self, session, who):
        why = refused(edit_slot, session_id=session.id, operator=who, slot="colour", value="red")
        assert why.code == "not_found"

    def test_only_by_whoever_has_the_chat(self, session, who):
        edit = {"session_id": session.id, "operator": omar(), "slot": "reason", "value": "late"}
        assert refused(edit_slot, **edit).code == "not_yours"


class TestAsk:
    def test_the_visitor_gets_the_form_and_what_they_type_is_kept(self, session, who):
        asked = ask_slot(session_id=session.id, operator=who, slot="reason")
        assert (asked.author, asked.name, asked.text) == ("operator", "Nora", "Why?")
        assert asked.shown_meta["form"]["slot"] == "reason"
        said = Said(uuid.uuid4(), "Too late", {"reason": "late"})
        take_line(session_id=session.id, said=said)
        given = memory(session).active.slots["reason"]
        assert (given.value, given.source) == ("late", "typed")
        assert lines(session)[-1] == ("visitor", "Too late"), "the bot stays silent"

    def test_what_does_not_fit_is_a_line_and_no_value(self, session, who):
        take_line(session_id=session.id, said=Said(uuid.uuid4(), "no idea", {"reason": "?"}))
        assert "reason" not in memory(session).active.slots

    def test_of_no_flow_nothing_can_be_asked(self, make_session):
        session, who = make_session(), nora()
        take_over(session_id=session.id, operator=who)
        ask = {"session_id": session.id, "operator": who, "slot": "reason"}
        assert refused(ask_slot, **ask).code == "not_found"


def test_macros_are_filled_with_what_is_known_now(session, who):
    Macro.objects.create(name="Sorry", text_en="{reason}: {order_id}")
    edit_slot(session_id=session.id, operator=who, slot="reason", value="late")
    [filled] = find_macros(query="", operator=who, session_id=session.id)
    assert (filled.text, filled.unfilled) == (f"Too late: {ORDER}", ())
    gone = uuid.uuid4()
    assert refused(find_macros, query="", operator=who, session_id=gone).code == "not_found"


def test_the_bot_takes_up_what_was_said_last(session, who):
    say(session, "are you there")
    return_to_bot(ticket_id=Ticket.objects.get().pk, operator=who)
    assert stands(session) == ("INIT", "bot")
    [turn] = session.turns.open()
    assert Message.objects.get(turn=turn).text == "are you there"


def test_without_models_none_is_asked(session):
    assert not want_suggestion(session_id=session.id)
    assert not want_suggestion(session_id=uuid.uuid4())
