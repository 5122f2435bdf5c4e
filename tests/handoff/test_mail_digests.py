"""E-mails to operators about tickets that nobody has taken."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.handoff import mailing
from apps.handoff.models import Hours, Mail, Operator, Presence, Team, Ticket
from apps.handoff.weeks import DAYS
from tests.handoff.conftest import ADDRESS
from tests.handoff.test_mails import operator, send, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def li(site) -> Operator:
    return operator("li")


class TestDigests:
    def test_tell_who_is_away_of_what_nobody_has_taken(self, ask, li):
        tickets = [ask(), ask()]
        assert mailing.note_unanswered() == 1
        [sent] = send()
        assert sent.to == ["li@shop.example"]
        assert sent.subject == "2 tickets wait for somebody"
        for ticket in tickets:
            assert f"#{ticket.pk}" in sent.body
            assert f"/admin/console/#{ticket.session_id}" in sent.body
        assert ADDRESS not in sent.body

    def test_each_ticket_once_and_one_mail_an_hour(self, ask, li):
        ask()
        assert mailing.note_unanswered() == 1
        fresh = ask()
        assert mailing.note_unanswered() == 0
        Mail.objects.update(created_at=timezone.now() - timedelta(hours=2))
        assert mailing.note_unanswered() == 1
        assert set(Mail.objects.latest("created_at").tickets.all()) == {fresh}
        Mail.objects.update(created_at=timezone.now() - timedelta(hours=2))
        assert mailing.note_unanswered() == 0

    def test_not_before_its_time_unless_it_is_late(self, ask, li):
        early = ask(minutes=1)
        assert mailing.note_unanswered() == 0
        Ticket.objects.filter(pk=early.pk).update(
            first_due_at=timezone.now() - timedelta(minutes=1)
        )
        assert mailing.note_unanswered() == 1

    def test_a_team_says_how_long_and_who(self, ask, li):
        team = Team.objects.create(name="Returns", alert_minutes=5)
        other = Team.objects.create(name="Delivery", alert_minutes=None)
        mei = operator("mei")
        mei.teams.add(team)
        li.teams.add(other)
        ask(minutes=6, team=team)
        ask(minutes=600, team=other)
        assert mailing.note_unanswered() == 1
        [sent] = send()
        assert sent.to == ["mei@shop.example"]
        assert "Returns" in sent.body

    def test_a_team_that_is_closed_is_told_when_it_opens(self, ask, li):
        team = Team.objects.create(
            name="Returns", hours=Hours.objects.create(name="Never", week={})
        )
        li.teams.add(team)
        ask(team=team)
        assert mailing.note_unanswered() == 0
        Hours.objects.update(week={day: [["00:00", "24:00"]] for day in DAYS})
        assert mailing.note_unanswered() == 1

    def test_those_of_whom_nobody_is_told_keep_none_behind_them(self, ask, li, monkeypatch):
        monkeypatch.setattr(mailing, "MOST_TICKETS", 2)
        silent = Team.objects.create(name="Returns", alert_minutes=None)
        for _n in range(3):
            ask(team=silent, minutes=60)
        told = [ask(minutes=40), ask(minutes=30), ask()]
        mailing.note_unanswered()
        assert set(Mail.objects.get().tickets.all()) == set(told[:2])
        Mail.objects.update(created_at=timezone.now() - timedelta(hours=2))
        mailing.note_unanswered()
        assert set(Mail.objects.latest("created_at").tickets.all()) == {told[2]}

    def test_asks_no_more_for_more_tickets(self, ask, li, django_assert_max_num_queries):
        for _n in range(12):
            ask()
        with django_assert_max_num_queries(14):
            assert mailing.note_unanswered() == 1

    def test_what_somebody_took_meanwhile_is_left_out(self, ask, li):
        ticket = ask()
        mailing.note_unanswered()
        Ticket.objects.filter(pk=ticket.pk).update(operator=li)
        assert send() == []
        assert states() == ["dropped"]

    def test_in_the_language_of_each(self, ask, li):
        ask()
        Operator.objects.update(mail_language="zh-Hans")
        mailing.note_unanswered()
        [sent] = send()
        assert "wait for somebody" not in sent.subject

    @pytest.mark.parametrize(
        "why", ["wants_none", "no_address", "inactive", "speaks", "at_the_console"]
    )
    def test_not_for(self, ask, li, why):
        ask()
        match why:
            case "wants_none":
                Operator.objects.update(wants_mail=False)
            case "no_address":
                User.objects.update(email="")
            case "inactive":
                User.objects.update(is_active=False)
            case "speaks":
                Operator.objects.update(languages=["zh-Hans"])
            case "at_the_console":
                Presence.objects.create(
                    operator=li, seen_at=timezone.now(), active_at=timezone.now()
                )
        assert mailing.note_unanswered() == 0
