"""Working time: breaks, holidays, other places' clocks, and what is due when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.handoff.business_time import ALWAYS, Calendar
from apps.handoff.models import Holiday, Hours, Target, Ticket
from apps.handoff.routing import team_for
from apps.handoff.services import open_ticket
from apps.handoff.targets import calendar_of, due
from apps.handoff.weeks import DAYS
from tests.handoff.team import team

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_SIX = [(9 * 60, 18 * 60)]
WEEK = dict.fromkeys(DAYS[:5], NINE_TO_SIX)
OFFICE = Calendar(SHANGHAI, WEEK)
# A Friday, and the Monday after it.
FRIDAY, MONDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)


def at(day, clock, zone=SHANGHAI):
    hours, minutes = map(int, clock.split(":"))
    return datetime.combine(day, time(hours, minutes), zone)


@pytest.mark.parametrize(
    ("day", "clock", "is_open"),
    [
        (FRIDAY, "08:59", False),
        (FRIDAY, "09:00", True),
        (FRIDAY, "17:59", True),
        (FRIDAY, "18:00", False),
        (date(2026, 11, 21), "10:00", False),
    ],
)
def test_it_is_open_from_the_first_minute_to_the_last(day, clock, is_open):
    assert OFFICE.is_open(at(day, clock)) is is_open
    assert OFFICE.is_open(at(day, clock).astimezone(UTC)) is is_open


@pytest.mark.parametrize(
    ("begin", "minutes", "end"),
    [
        ((FRIDAY, "10:00"), 30, (FRIDAY, "10:30")),
        ((FRIDAY, "17:50"), 30, (MONDAY, "09:20")),
        ((FRIDAY, "06:00"), 30, (FRIDAY, "09:30")),
        ((FRIDAY, "18:00"), 5, (MONDAY, "09:05")),
        ((FRIDAY, "09:00"), 540, (FRIDAY, "18:00")),
        ((FRIDAY, "09:00"), 541, (MONDAY, "09:01")),
    ],
)
def test_only_minutes_that_are_worked_count(begin, minutes, end):
    assert OFFICE.after(at(*begin), minutes) == at(*end)


def test_a_break_at_noon_is_not_worked():
    split = Calendar(SHANGHAI, {"fri": [(540, 720), (780, 1080)]})
    assert split.after(at(FRIDAY, "11:50"), 20) == at(FRIDAY, "13:10")
    assert split.opens_at(at(FRIDAY, "12:30")) == at(FRIDAY, "13:00")


def test_a_holiday_is_closed_or_open_at_other_times():
    closed = Calendar(SHANGHAI, WEEK, {MONDAY: []})
    assert closed.opens_at(at(FRIDAY, "18:00")) == at(MONDAY + timedelta(days=1), "09:00")
    sunday = MONDAY - timedelta(days=1)
    makes_up = Calendar(SHANGHAI, WEEK, {sunday: NINE_TO_SIX})
    assert makes_up.is_open(at(sunday, "10:00"))


def test_whether_it_is_open_is_seen_without_looking_far():
    class Near(dict[date, list[tuple[int, int]]]):
        def __contains__(self, day):
            assert day <= MONDAY
            return False

    assert not Calendar(SHANGHAI, WEEK, Near()).is_open(at(FRIDAY, "18:00"))


def test_a_night_shift_ends_at_midnight_and_goes_on_after_it():
    night = Calendar(SHANGHAI, {"fri": [(1320, 1440)], "sat": [(0, 120)]})
    saturday = FRIDAY + timedelta(days=1)
    assert night.after(at(FRIDAY, "23:50"), 20) == at(saturday, "00:10")


def test_who_never_opens_is_never_due():
    never = Calendar(SHANGHAI, {})
    assert (never.opens_at(at(FRIDAY, "10:00")), never.after(at(FRIDAY, "10:00"), 1)) == (
        None,
        None,
    )
    assert not never.is_open(at(FRIDAY, "10:00"))


def test_without_hours_it_is_always_open():
    now = at(FRIDAY, "03:00")
    assert ALWAYS.is_open(now)
    assert (ALWAYS.opens_at(now), ALWAYS.after(now, 5)) == (now, now + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("day", "worked"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)], ids=["spring", "autumn"]
)
def test_a_day_on_which_the_clock_is_put_has_an_hour_less_or_more(day, worked):
    berlin = ZoneInfo("Europe/Berlin")
    whole = Calendar(berlin, {name: [(0, 1440)] for name in DAYS})
    begin = at(day, "00:00", berlin)
    assert whole.after(begin, worked * 60) == at(day + timedelta(days=1), "00:00", berlin)


GOOD = {"mon": [["09:00", "12:00"], ["13:00", "24:00"]], "sun": []}
BAD = [
    [],
    {"monday": []},
    {"mon": "09:00-18:00"},
    {"mon": [["09:00"]]},
    {"mon": [["9:00", "18:00"]]},
    {"mon": [["18:00", "09:00"]]},
    {"mon": [["09:00", "25:00"]]},
    {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]},
    {"mon": [["09:00", 18]]},
]


def test_a_week_that_can_be_read_is_taken():
    Hours(name="Office", week=GOOD).full_clean(validate_unique=False)


@pytest.mark.parametrize("week", BAD, ids=range(len(BAD)))
def test_one_that_cannot_is_refused_and_closes_nothing(week):
    with pytest.raises(ValidationError) as caught:
        Hours(name="Office", week=week).clean()
    assert set(caught.value.message_dict) == {"week"}


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "x" * 60])
def test_nor_is_a_place_that_there_is_not(zone):
    with pytest.raises(ValidationError) as caught:
        Hours(name="Office", timezone=zone).clean()
    assert set(caught.value.message_dict) == {"timezone"}


@pytest.fixture
def office(db):
    week = {day: [["09:00", "18:00"]] for day in DAYS[:5]}
    return Hours.objects.create(name="Office", week=week)


def test_rows_are_read_with_their_holidays(office):
    Holiday.objects.create(hours=office, day=MONDAY, opens=time(10), closes=time(12))
    read = calendar_of(office)
    assert read.opens_at(at(FRIDAY, "18:00")) == at(MONDAY, "10:00")
    assert read.after(at(MONDAY, "11:50"), 20) == at(MONDAY + timedelta(days=1), "09:10")


def test_a_holiday_opens_and_closes_or_neither(office):
    for opens, closes in ((time(10), None), (None, time(12)), (time(12), time(10))):
        with pytest.raises(IntegrityError), transaction.atomic():
            Holiday.objects.create(hours=office, day=MONDAY, opens=opens, closes=closes)


def test_rows_that_were_spoilt_count_as_always_open(office):
    Hours.objects.update(timezone="Mars/Base")
    office.refresh_from_db()
    assert calendar_of(office) is ALWAYS


def test_holidays_of_all_teams_are_read_at_once(office, site, django_assert_max_num_queries):
    for name in ("A", "B", "C", "D"):
        hours = Hours.objects.create(name=name, week=office.week)
        Holiday.objects.create(hours=hours, day=MONDAY)
        team(name, hours=hours)
    with django_assert_max_num_queries(2):
        found = team_for(site_id=site.pk, language="en", flow="", at=at(MONDAY, "10:00"))
    assert found.name == "A"


class TestDue:
    @pytest.fixture
    def targets(self, db):
        makes = Target.objects.create
        makes(name="All", priority=2, first_response_minutes=30, resolution_minutes=600)

    def test_by_the_hours_of_the_team(self, office, targets):
        support = team("Support", hours=office)
        times = due(team=support, priority=2, since=at(FRIDAY, "17:50"))
        assert (times.first, times.settled) == (at(MONDAY, "09:20"), at(TUESDAY, "09:50"))

    def test_a_target_of_the_team_counts_before_one_for_all(self, targets):
        support = team("Support")
        Target.objects.create(
            name="Own", priority=2, team=support, first_response_minutes=1, resolution_minutes=2
        )
        now = timezone.now()
        assert due(team=support, priority=2, since=now).first == now + timedelta(minutes=1)
        assert due(team=None, priority=2, since=now).first == now + timedelta(minutes=30)

    def test_without_a_target_nothing_is_due(self, targets):
        assert due(team=None, priority=0, since=timezone.now()).first is None

    def test_a_ticket_is_due_from_when_it_was_opened(self, targets, make_session):
        ticket = open_ticket(session=make_session(), reason=Ticket.Reason.ASKED, language="en")
        assert ticket.first_due_at is not None
        waited = ticket.first_due_at - ticket.created_at
        assert timedelta(minutes=29) < waited <= timedelta(minutes=30)
