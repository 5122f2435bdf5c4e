"""The tables of a report as CSV, times in whole seconds."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.handoff.models import Ticket
from apps.insight.figures import Report, Sums

BOM = "\ufeff"
# What a spreadsheet program would begin a formula with.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
Row = Sequence[object]


def table(report: Report, name: str) -> Iterator[Row]:
    """Headings and rows of "days", "teams", "reasons" or "scores". Raises KeyError."""
    return TABLES[name](report)


def written(rows: Iterable[Row]) -> str:
    """With the mark by which Excel knows UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return BOM + text.getvalue()


def _days(report: Report) -> Iterator[Row]:
    yield [_("Day"), pgettext("number", "Chats"), _("Answered by the bot"), *_headings()]
    for day, sums in report.days.items():
        yield [day, sums.chats, sums.by_bot, *_values(sums)]


def _teams(report: Report) -> Iterator[Row]:
    yield [_("Team"), *_headings()]
    for team, sums in report.teams.items():
        yield [str(team) if team else _("No team"), *_values(sums)]


def _reasons(report: Report) -> Iterator[Row]:
    names = dict(Ticket.Reason.choices)
    yield [_("Reason"), _("Handoffs")]
    yield from ([names.get(reason, reason), count] for reason, count in report.reasons.items())


def _scores(report: Report) -> Iterator[Row]:
    yield [_("Rating"), pgettext("number", "Chats")]
    yield from report.scores.items()


def _headings() -> list[str]:
    return [
        _("Handoffs"),
        _("Wait, median, s"),
        _("First response, median, s"),
        _("Resolution, median, s"),
        _("Answered late"),
        _("Settled"),
        _("Reopened"),
        _("Ratings"),
        _("Mean rating"),
    ]


def _values(sums: Sums) -> list[object]:
    return [
        sums.handoffs,
        sums.wait,
        sums.first_response,
        sums.resolution,
        sums.late,
        sums.resolved,
        sums.reopened,
        sums.rated,
        sums.csat,
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return str(round(value.total_seconds()))
    if isinstance(value, float):
        return f"{value:.2f}"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


TABLES = {"days": _days, "teams": _teams, "reasons": _reasons, "scores": _scores}
