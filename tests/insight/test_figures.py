"""The numbers of a report are those that one counts by hand."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.handoff.models import Team, TicketEvent
from apps.insight.figures import Sums, report
from apps.insight.scopes import MOST_DAYS, Scope
from apps.sites.models import Site
from tests.insight.conftest import DAY_1

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2026, 3, 9), date(2026, 3, 10)
BOTH = Scope(FIRST, SECOND)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class TestTotal:
    def test_everything_is_counted(self, shop):
        total = report(BOTH).total
        assert total == Sums(
            chats=5,
            by_bot=2,
            handoffs=3,
            wait=minutes(3),
            first_response=minutes(6),
            resolution=minutes(60),
            answered=2,
            late=2,
            resolved=2,
            reopened=1,
            rated=2,
            csat=3.5,
        )
        assert total.bot_share == pytest.approx(2 / 5)
        assert total.reopen_rate == pytest.approx(1 / 2)

    def test_of_nothing_there_is_no_mean(self, site):
        assert report(BOTH).total == Sums()
        assert Sums().bot_share is Sums().reopen_rate is None

    def test_a_wait_ends_when_somebody_took_it_first(self, chat, ask):
        ticket = ask(chat(DAY_1), DAY_1, taken=2)
        TicketEvent.objects.create(ticket=ticket, kind="taken_over", at=DAY_1 + minutes(50))
        ticket.claimed_at = DAY_1 + minutes(50)
        ticket.save()
        assert report(BOTH).total.wait == minutes(2)

    def test_what_is_open_and_not_yet_due_is_not_late(self, chat, ask):
        due = (timezone.now() - DAY_1) / minutes(1) + 60
        ask(chat(DAY_1), DAY_1, due=due)
        assert report(BOTH).total.late == 0

    def test_what_was_settled_and_is_open_again_was_settled(self, chat, ask):
        ask(chat(DAY_1), DAY_1, reopened=1)
        total = report(BOTH).total
        assert (total.resolved, total.reopened, total.reopen_rate) == (1, 1, 1)


class TestParts:
    def test_by_day(self, shop):
        days = report(Scope(FIRST - timedelta(days=1), SECOND)).days
        assert list(days) == [FIRST - timedelta(days=1), FIRST, SECOND]
        assert days[FIRST - timedelta(days=1)] == Sums()
        first, second = days[FIRST], days[SECOND]
        assert (first.chats, first.by_bot, first.handoffs, first.late) == (3, 1, 2, 1)
        assert (first.wait, first.csat) == (minutes(3), 3.5)
        assert (second.chats, second.by_bot, second.handoffs, second.late) == (2, 1, 1, 1)
        assert (second.wait, second.csat) == (None, None)

    def test_by_team(self, shop, returns):
        teams = report(BOTH).teams
        assert list(teams) == [returns, None]
        assert (teams[returns].handoffs, teams[returns].csat, teams[returns].rated) == (2, 2, 1)
        assert (teams[None].handoffs, teams[None].wait, teams[None].csat) == (1, None, None)

    def test_a_chat_with_two_tickets_of_a_team_is_rated_once(self, chat, ask, returns):
        session = chat(DAY_1, csat=1)
        for _n in range(2):
            ask(session, DAY_1, team=returns, settled=3)
        ask(chat(DAY_1, csat=4), DAY_1, team=returns)
        assert report(BOTH).teams[returns].csat == pytest.approx(2.5)

    def test_by_reason_the_most_frequent_first(self, shop):
        assert list(report(BOTH).reasons.items()) == [("asked", 2), ("no_knowledge", 1)]

    def test_by_rating(self, shop):
        assert report(BOTH).scores == {5: 1, 4: 0, 3: 0, 2: 1, 1: 0}


class TestScope:
    def test_days_are_those_of_the_time_zone(self, chat):
        chat(DAY_1.replace(hour=23))
        with timezone.override(ZoneInfo("Asia/Shanghai")):
            assert report(BOTH).days[SECOND].chats == 1
            assert report(Scope(FIRST, FIRST)).total.chats == 0
        assert report(BOTH).days[FIRST].chats == 1

    def test_the_last_day_counts_to_its_end_and_no_further(self, chat):
        chat(DAY_1.replace(hour=23, minute=59))
        chat(DAY_1.replace(hour=0) + timedelta(days=1))
        assert report(Scope(FIRST, FIRST)).total.chats == 1

    def test_of_one_team(self, shop, returns):
        found = report(Scope(FIRST, SECOND, team=returns))
        assert (found.total.chats, found.total.by_bot, found.total.handoffs) == (2, 0, 2)
        assert list(found.teams) == [returns]
        assert found.scores[2] == 1

    def test_of_one_site(self, shop, chat):
        other = Site.objects.create(key="other", name="Other")
        chat(DAY_1, site=other)
        assert report(Scope(FIRST, SECOND, site=other)).total == Sums(chats=1, by_bot=1)

    def test_as_many_queries_for_a_year_of_many_teams(self, shop):
        Team.objects.bulk_create(Team(name=f"T{n}") for n in range(20))
        with CaptureQueriesContext(connection) as asked:
            report(Scope(FIRST, FIRST + timedelta(days=MOST_DAYS - 1)))
        assert len(asked) == 9
