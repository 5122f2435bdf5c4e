"""What time brings about in the queue: silence, nobody there, somebody again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Session
from apps.engine.types import Author
from apps.handoff.models import Operator, Presence, Ticket
from apps.handoff.services import (
    answer,
    claim,
    queue_place,
    resolve,
    sweeping,
    transfer,
)
from apps.handoff.services.presence import choose
from apps.handoff.services.sweeping import (
    give_back_silent,
    note_waiting,
    queue_again,
    tell_nobody,
)
from tests.handoff.talks import asks, fresh, history, last, lines, long_ago, say, stands
from tests.handoff.team import gone, nora, omar
from tests.threads import at_once

pytestmark = pytest.mark.django_db
State = Presence.State


class TestSilence:
    @pytest.fixture
    def held(self, make_session):
        session, who = make_session(), nora()
        ticket = asks(session)
        claim(ticket_id=ticket.pk, operator=who)
        return session, ticket, who

    def test_a_line_to_the_operator_is_waited_for(self, held, cmid):
        session, ticket, who = held
        seq = Session.objects.get(pk=session.pk).last_seq
        answer(session_id=session.id, operator=who, text="Hello", cmid=cmid, seen_seq=seq)
        assert note_waiting() == 0
        say(session, "it is broken")
        assert note_waiting() == 1
        assert fresh(ticket).waiting_since is not None
        assert note_waiting() == 0

    def test_after_five_minutes_the_chat_is_in_the_queue_and_the_visitor_told_why(self, held):
        session, ticket, _who = held
        say(session, "hello?")
        long_ago(ticket, 1, "waiting_since", "claimed_at")
        assert give_back_silent() == 0
        long_ago(ticket, 6, "waiting_since", "claimed_at")
        assert give_back_silent() == 1
        now = fresh(ticket)
        assert (now.operator, now.missed, now.waiting_since is not None) == (None, 1, True)
        assert stands(session) == ("COLLECT", "queued")
        assert last(session)[1].startswith("Nora cannot answer at the moment.")
        assert history(ticket)[-1] == "missed"
        assert give_back_silent() == 0

    def test_who_has_just_taken_a_chat_has_five_minutes_of_their_own(self, held):
        _session, ticket, _who = held
        long_ago(ticket, 30, "waiting_since")
        assert give_back_silent() == 0

    @pytest.mark.parametrize("why", ["taken_by_another", "settled", "with_the_bot"])
    def test_what_has_changed_since_it_was_found_is_left_alone(self, held, why):
        _session, ticket, who = held
        long_ago(ticket, 6, "waiting_since", "claimed_at")
        match why:
            case "taken_by_another":
                transfer(ticket_id=ticket.pk, operator=who, to_operator=omar())
            case "settled":
                resolve(ticket_id=ticket.pk, operator=who, outcome="answered")
                long_ago(ticket, 6, "waiting_since")
            case "with_the_bot":
                Session.objects.update(mode="bot")
        before = fresh(ticket)
        assert not sweeping._give_back(ticket.pk)
        assert fresh(ticket).version == before.version

    def test_who_waits_for_nothing_is_left_alone(self, held):
        _session, ticket, _who = held
        long_ago(ticket, 30, "claimed_at")
        Ticket.objects.update(waiting_since=None)
        assert give_back_silent() == 0

    @pytest.mark.django_db(transaction=True)
    def test_two_sweepers_give_back_once(self, held):
        session, ticket, _who = held
        long_ago(ticket, 6, "waiting_since", "claimed_at")
        assert sum(at_once(*[give_back_silent] * 4)) == 1
        assert [text for _, text in lines(session)].count(last(session)[1]) == 1


class TestNobody:
    def tell(self):
        return tell_nobody(lambda session, about: Line(Author.SYSTEM, f"nobody: {about}"))

    @pytest.fixture
    def waiting(self, make_session):
        session, who = make_session(), nora()
        ticket = asks(session)
        long_ago(ticket, 1, "waiting_since")
        return session, ticket, who

    def test_when_the_last_one_has_gone_the_visitor_is_told_once(self, waiting):
        session, ticket, who = waiting
        assert self.tell() == 0
        gone(who)
        assert self.tell() == 1
        assert last(session)[1].startswith("nobody:")
        assert fresh(ticket).waiting_since is None
        assert stands(session) == ("COLLECT", "queued")
        assert history(ticket)[-1] == "told_nobody"
        assert self.tell() == 0

    def test_those_who_are_served_keep_none_behind_them(self, waiting, make_session, monkeypatch):
        monkeypatch.setattr(sweeping, "AT_ONCE", 1)
        _session, _ticket, who = waiting
        session = make_session(language="zh-Hans")
        long_ago(asks(session), 1, "waiting_since")
        Operator.objects.filter(pk=who.pk).update(languages=["en"])
        assert self.tell() == 1
        assert last(session)[1].startswith("nobody:")

    def test_an_address_after_it_is_a_message(self, waiting):
        session, ticket, who = waiting
        gone(who)
        self.tell()
        say(session, "jo@shop.example")
        assert fresh(ticket).email == "jo@shop.example"

    def test_who_has_waited_for_very_long_is_told_too(self, waiting):
        _session, ticket, _who = waiting
        long_ago(ticket, 16, "waiting_since")
        assert self.tell() == 1
        assert fresh(ticket).status == "open"


class TestQueuedAgain:
    """Who stays without an address until somebody comes."""

    @pytest.fixture
    def stays(self, make_session):
        session = make_session()
        return session, asks(session)

    def test_waits_from_then_on(self, stays):
        session, ticket = stays
        assert (queue_again(), fresh(ticket).waiting_since) == (0, None)
        nora()
        said = lines(session)
        assert (queue_again(), queue_again()) == (1, 0)
        assert queue_place(session).position == 1
        assert lines(session) == said

    @pytest.mark.parametrize("why", ["left", "address", "away", "bot"])
    def test_but_not(self, stays, why):
        session, ticket = stays
        who = nora()
        match why:
            case "left":
                ago = timezone.now() - timedelta(minutes=20)
                Session.objects.filter(pk=session.pk).update(updated_at=ago)
            case "address":
                say(session, "jo@shop.example")
            case "away":
                choose(operator=who, choice="away")
            case "bot":
                Session.objects.filter(pk=session.pk).update(mode="bot")
        assert (queue_again(), fresh(ticket).waiting_since) == (0, None)

    def test_nor_in_circles(self, make_session):
        nora()
        ticket = asks(make_session())
        long_ago(ticket, 16, "waiting_since")
        assert tell_nobody(lambda _session, _about: Line(Author.SYSTEM, "nobody")) == 1
        assert queue_again() == 0
