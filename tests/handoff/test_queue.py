"""The queue: where visitors stand in it, who is given whom, and what time alone brings about."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.models import Hours, Presence, Ticket
from apps.handoff.refusals import Refused
from apps.handoff.services import (
    assigning,
    auto_assign,
    claim,
    queue_place,
)
from apps.handoff.services.presence import active, choose, come, leave, seen
from apps.handoff.services.queueing import positions
from apps.handoff.services.sweeping import (
    assign_waiting,
    give_back_orphaned,
    give_back_silent,
)
from tests.handoff.talks import asks, fresh, history, last, long_ago, say, stands
from tests.handoff.team import gone, nora, omar, operator, team
from tests.threads import at_once

pytestmark = pytest.mark.django_db
State = Presence.State


class TestPresence:
    def test_who_is_there_and_at_the_keyboard_is_available(self):
        who = nora()
        assert come(operator=who).state() == State.AVAILABLE
        assert choose(operator=who, choice="away").state() == State.AWAY
        assert choose(operator=who, choice="available").state() == State.AVAILABLE

    @pytest.mark.parametrize(
        ("seen_s", "active_s", "state"),
        [(0, 599, "available"), (0, 601, "idle"), (61, 0, "offline"), (59, 59, "available")],
    )
    def test_ten_minutes_without_a_key_are_idle_a_minute_without_a_sign_is_offline(
        self, seen_s, active_s, state
    ):
        who, now = nora(), timezone.now()
        there = Presence(
            operator=who,
            seen_at=now - timedelta(seconds=seen_s),
            active_at=now - timedelta(seconds=active_s),
        )
        assert there.state(now) == state

    def test_signs_come_for_many_at_once(self):
        crowd = [gone(nora()), gone(omar())]
        seen(operators=[one.pk for one in crowd])
        assert all(row.state() == State.AVAILABLE for row in Presence.objects.all())

    def test_a_page_that_connects_again_is_no_key(self):
        who = nora()
        Presence.objects.update(active_at=timezone.now() - timedelta(hours=1), seen_at=None)
        assert come(operator=who).state() == State.IDLE
        Presence.objects.all().delete()
        assert come(operator=who).state() == State.AVAILABLE

    def test_a_key_ends_idleness_and_closing_the_console_all(self):
        who = nora()
        Presence.objects.update(active_at=timezone.now() - timedelta(hours=1))
        assert active(operator=who).state() == State.AVAILABLE
        leave(operator=who.pk, at=timezone.now())
        assert Presence.objects.get().state() == State.OFFLINE

    def test_nothing_else_can_be_chosen(self):
        with pytest.raises(Refused) as caught:
            choose(operator=nora(), choice="offline")
        assert caught.value.code == "bad_value"


class TestPlace:
    def test_those_who_wait_stand_one_behind_the_other(self, make_session):
        nora()
        sessions = [make_session() for _ in range(3)]
        tickets = [asks(session) for session in sessions]
        for minutes, ticket in enumerate(tickets):
            long_ago(ticket, minutes, "waiting_since")
        assert [queue_place(session).position for session in sessions] == [3, 2, 1]
        Ticket.objects.filter(pk=tickets[0].pk).update(priority=0)
        assert positions() == {
            session.pk: place for session, place in zip(sessions, (1, 3, 2), strict=True)
        }

    def test_who_left_a_message_or_has_a_person_stands_in_none(self, make_session):
        who = nora()
        first, second = make_session(), make_session()
        claim(ticket_id=asks(first).pk, operator=who)
        ticket = asks(second)
        say(second, "my mail is jo@shop.example")
        assert fresh(ticket).waiting_since is None
        assert positions([first.pk, second.pk]) == {}
        assert queue_place(second).position is None

    def test_nor_does_who_has_logged_out(self, make_session, site):
        team("Support", nora(), assignment="round_robin")
        session = make_session()
        asks(session)
        Session.objects.update(closed_at=timezone.now())
        assert (positions(), auto_assign(site_id=site.pk)) == ({}, [])

    def test_how_long_it_takes_is_told_by_how_fast_others_were_taken(self, make_session):
        who, now = nora(), timezone.now()
        for minutes in (0, 2, 4):
            session = make_session()
            claim(ticket_id=asks(session).pk, operator=who)
            then = now - timedelta(minutes=minutes)
            Ticket.objects.filter(session=session).update(claimed_at=then)
        session = make_session()
        asks(session)
        assert queue_place(session).eta_s == 120

    def test_of_an_empty_desk_nobody_knows(self, make_session):
        session = make_session()
        asks(session)
        place = queue_place(session)
        assert (place.position, place.eta_s, place.attended, place.open_now) == (
            *(None, None),
            *(False, True),
        )

    def test_when_it_is_closed_it_says_when_it_opens(self, make_session):
        tomorrow = timezone.now() + timedelta(days=1)
        day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[tomorrow.weekday()]
        hours = Hours.objects.create(
            name="One day", timezone="UTC", week={day: [["00:00", "24:00"]]}
        )
        team("Support", nora(), hours=hours)
        place = queue_place(make_session())
        assert (place.open_now, place.opens_at.date()) == (False, tomorrow.date())


class TestAttended:
    def test_with_somebody_there_the_visitor_is_passed_on_and_waits(self, make_session):
        nora()
        session = make_session()
        assert asks(session).waiting_since is not None
        assert "somebody is there" in last(session)[1]

    @pytest.mark.parametrize(
        "why", ["nobody", "gone", "language", "site"], ids=["nobody", "gone", "language", "site"]
    )
    def test_with_nobody_for_them_they_are_asked_for_a_message(self, make_session, site, why):
        match why:
            case "gone":
                gone(nora())
            case "language":
                nora(languages=["zh-Hans"])
            case "site":
                other = type(site).objects.create(key="other", name="Other")
                nora().sites.add(other)
        session = make_session()
        assert asks(session).waiting_since is None
        assert "Nobody is at the desk" in last(session)[1]


class TestAssignment:
    @pytest.fixture
    def waits(self, make_session):
        def wait(**values):
            session = make_session(**values)
            return asks(session)

        return wait

    def test_off_gives_nobody_anything(self, waits, site):
        team("Support", nora())
        waits()
        assert auto_assign(site_id=site.pk) == []

    def test_in_turn(self, waits, site):
        crowd = [nora(), omar()]
        team("Support", *crowd, assignment="round_robin")
        tickets = [waits() for _ in range(4)]
        assert len(auto_assign(site_id=site.pk)) == 4
        assert [fresh(ticket).operator for ticket in tickets] == crowd * 2
        assert history(tickets[0]) == ["opened", "assigned"]
        assert stands(tickets[0].session) == ("HANDOFF", "human")

    def test_to_the_least_busy(self, waits, site):
        busy, free = nora(), omar()
        team("Support", busy, free, assignment="least_busy")
        for _ in range(2):
            claim(ticket_id=waits().pk, operator=busy)
        ticket = waits()
        assign_waiting()
        assert fresh(ticket).operator == free

    def test_nobody_is_given_more_than_they_can_hold(self, waits, site):
        team("Support", nora(capacity=2), assignment="round_robin")
        for _ in range(3):
            waits()
        assert len(auto_assign(site_id=site.pk)) == 2
        assert Ticket.objects.waiting().count() == 1

    def test_only_who_is_available_speaks_the_language_and_is_in_the_team(self, waits, site):
        away = operator("Away")
        choose(operator=away, choice="away")
        outside = operator("Outside")
        chinese = operator("Chinese", languages=["zh-Hans"])
        team("Support", away, chinese, assignment="round_robin")
        assert outside.pk
        waits()
        assert auto_assign(site_id=site.pk) == []

    def test_those_whom_nobody_fits_keep_none_behind_them(self, waits, site, monkeypatch):
        monkeypatch.setattr(assigning, "AT_ONCE", 2)
        team("Support", nora(languages=["en"]), assignment="round_robin")
        for _ in range(4):
            waits()
        Ticket.objects.update(language="zh-Hans")
        ticket = waits()
        assert auto_assign(site_id=site.pk) == [ticket]

    def test_who_was_silent_is_not_given_the_same_again(self, waits, site):
        team("Support", nora(), assignment="round_robin")
        ticket = waits()
        auto_assign(site_id=site.pk)
        long_ago(ticket, 6, "waiting_since", "claimed_at")
        assert give_back_silent() == 1
        assert auto_assign(site_id=site.pk) == []

    def test_who_has_an_operator_whose_account_is_gone_waits_again(self, waits):
        who = nora()
        ticket = waits()
        claim(ticket_id=ticket.pk, operator=who)
        assert give_back_orphaned() == 0
        who.user.delete()
        assert give_back_orphaned() == 1
        assert stands(ticket.session)[1] == "queued"
        assert fresh(ticket).waiting_since is not None
        assert "back in the queue" in last(ticket.session)[1]
        assert give_back_orphaned() == 0

    @pytest.mark.django_db(transaction=True)
    def test_two_that_assign_at_once_give_each_chat_once_and_nobody_too_many(self, waits, site):
        crowd = [nora(capacity=2), omar(capacity=2)]
        team("Support", *crowd, assignment="round_robin")
        tickets = [waits() for _ in range(6)]
        at_once(*[partial(auto_assign, site_id=site.pk)] * 3)
        # What one passed over because another had it comes up again.
        auto_assign(site_id=site.pk)
        assert [Ticket.objects.of(one).count() for one in crowd] == [2, 2]
        assert sum(history(ticket).count("assigned") for ticket in tickets) == 4
