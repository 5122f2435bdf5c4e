"""The page of reports: what it says, what its numbers lead to, and what it hands out."""

import csv
import io
import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.models import Ticket
from apps.insight.charts import charts
from apps.insight.figures import report
from apps.insight.measures import MEASURES
from apps.insight.scopes import lately
from tests.insight.test_figures import BOTH
from tests.staff import carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

REPORT = "insight_report_changelist"
DAYS = {"first": "2026-03-09", "last": "2026-03-10"}


def shown(client, **query):
    return client.get(page(REPORT), DAYS | query).context


def table(client, name: str, **query) -> list[list[str]]:
    answer = client.get(page("insight_report_export", name), DAYS | query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


class TestPage:
    def test_says_the_numbers(self, shop):
        said = texts(signed_in(olga()).get(page(REPORT), DAYS).content.decode())
        for text in ("40%", "2 of 5", "3 min 0 s", "6 min 0 s", "1 h 0 min", "3.50", "50%"):
            assert text in said

    def test_every_number_leads_to_as_many_rows(self, shop, returns):
        """Each link of the page opens a list, which has the rows that the number counts."""
        client = signed_in(olga())
        counts = {"Chats": 5, "Answered by the bot": 2, "Handoffs": 3, "Wait": 2, "Late": 2,
                  "First response": 2, "Resolution": 2, "Reopened": 1, "Satisfaction": 2}  # fmt: skip
        found = {
            one.title: client.get(one.link).context["cl"].result_count
            for one in shown(client)["cards"]
        }
        assert found == counts
        assert len(found) == len(MEASURES)

    def test_the_numbers_of_tables_lead_there_too(self, shop, returns):
        client = signed_in(olga())
        context = shown(client)
        rows = {row[0].text: row for row in context["teams"].rows}
        assert list(rows) == ["Returns", "No team"]
        assert self.behind(client, rows["Returns"][1]) == 2
        assert self.behind(client, rows["No team"][1]) == 1
        [days, reasons, _times, scores] = [table for _chart, table in context["charts"]]
        assert [self.behind(client, row[1]) for row in days.rows] == [2, 3]
        assert [self.behind(client, row[1]) for row in reasons.rows] == [2, 1]
        assert [self.behind(client, row[1]) for row in scores.rows] == [1, 0, 0, 1, 0]

    def behind(self, client, cell):
        count = client.get(cell.link).context["cl"].result_count
        assert str(count) == cell.text
        return count

    def test_of_a_team_its_lists_are_narrowed_as_well(self, shop, returns):
        client = signed_in(olga())
        [handoffs] = [
            one for one in shown(client, team=returns.pk)["cards"] if one.title == "Handoffs"
        ]
        found = client.get(handoffs.link).context["cl"]
        assert {ticket.team for ticket in found.result_list} == {returns}

    def test_charts_say_what_the_tables_say(self, shop):
        chats, reasons, times, scores = charts(report(BOTH))
        assert '"data": [1, 1]' in chats.data
        assert '"data": [2, 1]' in reasons.data
        assert '"data": [3.0, null]' in times.data
        assert '"data": [1, 0, 0, 1, 0]' in scores.data

    def test_nothing_yet_says_so(self, site):
        said = " ".join(texts(signed_in(olga()).get(page(REPORT)).content.decode()))
        assert "Nothing happened in these days" in said
        assert "No ticket was opened in these days" in said


def test_a_share_of_nothing_leads_nowhere(shop):
    Ticket.objects.update(reopened=0)
    context = shown(signed_in(olga()))
    cells = [cell for row in context["teams"].rows for cell in row]
    assert [cell.link for cell in cells if cell.text == "0%"] == [""]


class TestScope:
    @pytest.fixture(autouse=True)
    def _one_day(self, monkeypatch):
        """However late it is."""
        today = timezone.localdate()
        monkeypatch.setattr(timezone, "localdate", lambda *_zone: today)

    def test_is_the_last_thirty_days_unless_others_are_chosen(self, site):
        client = signed_in(olga())
        form = client.get(page(REPORT)).context["form"]
        scope = lately()
        assert form.scope() == scope
        assert len(scope.days) == 30

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"first": "2026-03-11"}, "last"),
            ({"first": "2024-01-01"}, "last"),
            ({"first": "x"}, "first"),
            ({"first": "0001-01-01", "last": "0001-01-01"}, "first"),
            ({"last": "9999-12-31", "first": "9999-12-31"}, "last"),
            ({"site": "999"}, "site"),
            ({"team": "\0"}, "team"),
        ],
    )
    def test_nonsense_is_told_and_changes_nothing(self, site, query, field):
        answer = signed_in(olga()).get(page(REPORT), DAYS | query)
        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]
        assert answer.context["form"].scope() == lately()


class TestExport:
    def test_by_day(self, shop):
        headings, first, second = table(signed_in(olga()), "days")
        assert headings[:3] == ["Day", "Chats", "Answered by the bot"]
        assert first == [
            "2026-03-09",
            "3",
            "1",
            "2",
            "180",
            "360",
            "3600",
            "1",
            "2",
            "1",
            "2",
            "3.50",
        ]
        assert second == ["2026-03-10", "2", "1", "1", "", "", "", "1", "0", "0", "0", ""]

    def test_by_team_without_formulas(self, shop, returns):
        returns.name = "=1+1"
        returns.save()
        _headings, first, second = table(signed_in(olga()), "teams")
        assert first[:2] == ["'=1+1", "2"]
        assert second[:2] == ["No team", "1"]

    def test_the_others(self, shop):
        client = signed_in(olga())
        assert table(client, "reasons")[1:] == [
            ["Visitor asked for a person", "2"],
            ["No answer found", "1"],
        ]
        assert table(client, "scores")[1] == ["5", "1"]

    def test_of_nothing_that_there_is(self, site):
        assert signed_in(olga()).get(page("insight_report_export", "users")).status_code == 404


class TestWhoMay:
    def test_read_them(self, site):
        user = carol()
        client = signed_in(user)
        assert client.get(page(REPORT)).status_code == 403
        assert client.get(page("insight_report_export", "days")).status_code == 403
        user.user_permissions.add(Permission.objects.get(codename="view_report"))
        assert signed_in(user).get(page(REPORT)).status_code == 200

    def test_see_the_rows_behind_them(self, shop):
        user = carol()
        user.user_permissions.set(Permission.objects.filter(codename="view_report"))
        html = signed_in(user).get(page(REPORT), DAYS).content.decode()
        links = [unescape(one) for one in re.findall(r'href="([^"]*)"', html)]
        assert not [one for one in links if "handoff/ticket" in one or "chat/session" in one]
        assert Ticket.objects.exists()
        assert Session.objects.exists()
