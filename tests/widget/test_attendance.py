"""Who is here, told before anything is written."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from apps.handoff.models import Hours
from apps.handoff.services.presence import choose
from tests.handoff.team import gone, nora, team

pytestmark = pytest.mark.django_db

# A Monday, and five in the afternoon in Shanghai.
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = {"mon": [["09:00", "17:00"]], "tue": [["09:30", "17:00"]]}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Stands still until it is set."""

    def put(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    put(NOW)
    return put


@pytest.fixture
def hours():
    return Hours.objects.create(name="Shop", timezone="Asia/Shanghai", week=WEEK)


@pytest.fixture
def site(site):
    site.allowed_pages = ["https://shop.example"]
    site.save()
    return site


def absent(client, site, locale="en", zone="Asia/Shanghai"):
    page = client.get("/w/1/frame/", {"key": site.key, "locale": locale, "zone": zone})
    [found] = re.findall('<p id="team">(.*?)</p>', page.content.decode())
    return found


def test_with_somebody_at_the_console_nothing_is_said(client, site):
    nora()
    assert absent(client, site) == ""


@pytest.mark.parametrize("leave", [gone, lambda who: choose(operator=who, choice="away")])
def test_with_nobody_who_will_come_it_is_said(client, site, leave):
    leave(nora())
    assert absent(client, site) == "Nobody from our team is here at the moment."


@pytest.mark.parametrize(
    ("at", "language", "told"),
    [
        ((23, 0), "en", "Our team is back today at 09:00."),
        ((23, 9), "en", "Our team is back on Tuesday at 09:30."),
        ((24, 9), "en", "Our team is back on Monday at 09:00."),
        ((23, 0), "zh-Hans", "坐席今天 09:00 恢复服务。"),
        ((23, 9), "zh-Hans", "坐席星期二 09:30 恢复服务。"),
    ],
)
def test_out_of_hours_it_is_said_when_somebody_will_be(
    client, site, hours, clock, at, language, told
):
    team("Support", nora(), hours=hours)
    day, hour = at
    clock(datetime(2026, 11, day, hour, tzinfo=UTC))
    assert absent(client, site, language) == told


def test_a_day_further_off_is_named_by_its_date(client, site, hours):
    hours.holidays.create(day="2026-11-24")
    hours.week = {"tue": WEEK["tue"]}
    hours.save()
    team("Support", nora(), hours=hours)
    assert absent(client, site) == "Our team is back on December 1 at 09:30."
    assert absent(client, site, "zh-Hans") == "坐席12月1日 09:30 恢复服务。"


@pytest.mark.parametrize(
    ("place", "visitors", "time"),
    [
        ("Asia/Shanghai", "Europe/Berlin", "09:30 (UTC+8)"),
        ("Asia/Shanghai", "Asia/Singapore", "09:30"),
        ("Asia/Shanghai", "Not/A zone", "09:30"),
        ("America/St_Johns", "Asia/Shanghai", "09:30 (UTC-3:30)"),
    ],
)
def test_the_place_is_named_where_clocks_show_another_hour(
    client, site, hours, settings, place, visitors, time
):
    settings.TIME_ZONE = "Asia/Shanghai"
    hours.timezone, hours.week = place, {"tue": WEEK["tue"]}
    hours.save()
    team("Support", nora(), hours=hours)
    assert absent(client, site, zone=visitors) == f"Our team is back on Tuesday at {time}."


def test_a_team_that_never_works_promises_nothing(client, site, hours):
    hours.week = {}
    hours.save()
    team("Support", nora(), hours=hours)
    assert absent(client, site) == "Our team is not here at this hour."


@pytest.mark.django_db(transaction=True)
def test_a_page_that_stays_open_asks_again(client, site):
    asked = {"site": site.key, "locale": "zh-CN", "zone": "Asia/Shanghai"}
    told = [client.get("/api/v1/chat/team", asked)]
    nora()
    told.append(client.get("/api/v1/chat/team", asked))
    assert [one.json() for one in told] == [{"absent": "暂时没有坐席在线。"}, {"absent": ""}]
    assert told[0]["Cache-Control"] == "no-store"
    assert client.get("/api/v1/chat/team", {"site": "none"}).status_code == 404
