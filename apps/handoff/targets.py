"""When a ticket is due, by the hours of its team."""

import logging
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from apps.handoff.business_time import ALWAYS, Calendar, Span
from apps.handoff.models import Hours, Target, Team
from apps.handoff.weeks import DAYS, spans

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """None where no target says when."""

    first: datetime | None = None
    settled: datetime | None = None


def due(*, team: Team | None, priority: int, since: datetime) -> Due:
    """A target of the team counts before one for all teams."""
    targets = Target.objects.filter(priority=priority)
    found = targets.filter(team=team).first() if team else None
    target = found or targets.filter(team=None).first()
    if target is None:
        return Due()
    calendar = calendar_of(team.hours if team else None)
    return Due(
        calendar.after(since, target.first_response_minutes),
        calendar.after(since, target.resolution_minutes),
    )


def calendar_of(hours: Hours | None) -> Calendar:
    """One that cannot be read is as good as none: a ticket is made all the same."""
    if hours is None:
        return ALWAYS
    try:
        week = {day: spans(hours.week, day) for day in DAYS}
        zone = ZoneInfo(hours.timezone)
    except (KeyError, ValueError, OSError) as error:
        logger.error("hours %s: cannot be read (%s)", hours.pk, type(error).__name__)  # noqa: TRY400  # the row says the rest
        return ALWAYS
    held = {one.day: _span(one.opens, one.closes) for one in hours.holidays.all()}
    return Calendar(zone, week, held)


def _span(opens: time | None, closes: time | None) -> list[Span]:
    return [(_minutes(opens), _minutes(closes))] if opens and closes else []


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
