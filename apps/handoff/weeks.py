"""The shape of a week of business hours, as it is stored and as it is checked."""

import re
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
MOST_SPANS = 6


def minutes(clock: object) -> int:
    """Since midnight, of "HH:MM" up to "24:00". Raises ValueError."""
    found = CLOCK.fullmatch(clock) if isinstance(clock, str) else None
    if found is None:
        raise ValueError(f"not a time of day: {clock!r}")
    return int(found[1]) * 60 + int(found[2]) if found[1] else 24 * 60


def spans(week: object, day: str) -> list[tuple[int, int]]:
    """What is worked on a day of a stored week, as minutes since midnight, in order. Raises
    ValueError for what no week looks like."""
    told = week.get(day, []) if isinstance(week, dict) else None
    if not isinstance(told, list) or len(told) > MOST_SPANS:
        raise ValueError(f"{day}: not a list of spans")
    found = sorted(_span(span) for span in told)
    for (_opens, closes), (opens, _closes) in pairwise(found):
        if opens < closes:
            raise ValueError(f"{day}: spans overlap")
    return found


def check_week(week: object) -> None:
    """Raises ValidationError for what no week looks like."""
    try:
        for day in _days(week):
            spans(week, day)
    except ValueError as error:
        sentence = _("Write the times of each day as HH:MM, the end after the beginning.")
        raise ValidationError({"week": sentence}) from error


def check_zone(name: str) -> None:
    """Raises ValidationError for a time zone that this machine does not know."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError({"timezone": _("There is no such time zone.")}) from error


def _days(week: object) -> Iterator[str]:
    if not isinstance(week, dict) or not set(week) <= set(DAYS):
        raise ValueError("not a week")
    yield from week


def _span(span: object) -> tuple[int, int]:
    if not isinstance(span, list) or len(span) != 2:
        raise ValueError(f"not a span: {span!r}")
    opens, closes = minutes(span[0]), minutes(span[1])
    if closes <= opens:
        raise ValueError(f"ends before it begins: {span!r}")
    return opens, closes
