"""Time as a team works it: pure values, no rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.handoff.weeks import DAYS

# Who is closed for longer than this is taken to stay closed.
LOOKED_AHEAD = timedelta(days=400)
DAY_MINUTES = 24 * 60

Span = tuple[int, int]
Opening = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A week in a place's own time, and the days that are otherwise; spans are minutes since
    midnight. Without a week (None) it is always open."""

    zone: ZoneInfo
    week: Mapping[str, list[Span]] | None
    holidays: Mapping[date, list[Span]] = field(default_factory=dict)

    def is_open(self, at: datetime) -> bool:
        if self.week is None:
            return True
        opens, _closes = next(self._openings(at), (None, None))
        return opens is not None and opens <= at

    def opens_at(self, at: datetime) -> datetime | None:
        """The next moment, from `at` on, at which it is open; None when that is out of sight."""
        if self.week is None:
            return at
        return next((max(opens, at) for opens, _closes in self._openings(at)), None)

    def after(self, at: datetime, minutes: int) -> datetime | None:
        """The moment at which so many minutes have been worked since `at`."""
        left = timedelta(minutes=minutes)
        if self.week is None:
            return at + left
        for opens, closes in self._openings(at):
            begin = max(opens, at)
            if begin + left <= closes:
                return begin + left
            left -= closes - begin
        return None

    def _openings(self, at: datetime) -> Iterator[Opening]:
        """Those that end after `at`, in UTC, in order."""
        day = at.astimezone(self.zone).date()
        last = day + LOOKED_AHEAD
        while day <= last:
            for span in self._spans(day):
                opens, closes = (self._at(day, minutes) for minutes in span)
                if closes > at and closes > opens:
                    yield opens, closes
            day += timedelta(days=1)

    def _spans(self, day: date) -> list[Span]:
        if day in self.holidays:
            return self.holidays[day]
        return (self.week or {}).get(DAYS[day.weekday()], [])

    def _at(self, day: date, minutes: int) -> datetime:
        """By the clock on the wall: a day on which it is put forward or back is an hour shorter or
        longer."""
        day += timedelta(days=minutes // DAY_MINUTES)
        hours, rest = divmod(minutes % DAY_MINUTES, 60)
        return datetime.combine(day, time(hours, rest), self.zone).astimezone(UTC)


ALWAYS = Calendar(ZoneInfo("UTC"), None)
