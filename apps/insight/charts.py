"""A report as charts, in the shape that Chart.js reads. Behind each stands a table of the same."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.handoff.models import Ticket
from apps.insight.figures import Report, Sums

BOT, PERSON, THIRD = "var(--color-primary-500)", "#d97706", "#6366f1"
TICKS = "#8b93a1"
GRID = "#8b93a140"


@dataclass(frozen=True, slots=True)
class Chart:
    """`data` and `options` are JSON. `says` is what it shows, for those who do not see it."""

    title: str
    says: str
    kind: str
    data: str
    options: str


def charts(report: Report) -> list[Chart]:
    return [_chats(report), _reasons(report), _times(report), _scores(report)]


def _chats(report: Report) -> Chart:
    title = _("Chats by day")
    days = report.days
    sets = [
        _bars(_("Answered by the bot"), BOT, [one.by_bot for one in days.values()]),
        _bars(_("Handed over"), PERSON, [one.chats - one.by_bot for one in days.values()]),
    ]
    return _chart(title, "bar", _labels(days), sets, _options(stacked=True))


def _reasons(report: Report) -> Chart:
    title = _("Handoffs by reason")
    names = dict(Ticket.Reason.choices)
    labels = [str(names.get(reason, reason)) for reason in report.reasons]
    sets = [_bars(_("Handoffs"), PERSON, list(report.reasons.values()))]
    return _chart(title, "bar", labels, sets, _options(lying=True, legend=False))


def _times(report: Report) -> Chart:
    """Without a point where nothing was measured."""
    title = _("Times by day, minutes, median")
    days = report.days.values()
    sets = [
        _line(_("Wait"), THIRD, (one.wait for one in days)),
        _line(_("First response"), BOT, (one.first_response for one in days)),
        _line(_("Resolution"), PERSON, (one.resolution for one in days)),
    ]
    return _chart(title, "line", _labels(report.days), sets, _options())


def _scores(report: Report) -> Chart:
    title = _("Satisfaction")
    labels = [str(score) for score in report.scores]
    sets = [_bars(_("Ratings"), BOT, list(report.scores.values()))]
    return _chart(title, "bar", labels, sets, _options(lying=True, legend=False))


def _chart(
    title: str, kind: str, labels: Sequence[str], sets: list[dict[str, Any]], options: Any
) -> Chart:
    data = {"labels": labels, "datasets": sets}
    says = _("%(title)s, as a chart; the table below it says the same.") % {"title": title}
    return Chart(title, says, kind, json.dumps(data), json.dumps(options))


def _bars(label: str, colour: str, values: list[int]) -> dict[str, Any]:
    return {"label": label, "backgroundColor": colour, "data": values, "maxBarThickness": 24}


def _line(label: str, colour: str, values: Iterable[timedelta | None]) -> dict[str, Any]:
    return {
        "label": label,
        "borderColor": colour,
        "backgroundColor": colour,
        "data": [None if one is None else round(one.total_seconds() / 60, 1) for one in values],
        "spanGaps": True,
        "borderWidth": 2,
        "pointRadius": 2,
    }


def _options(*, stacked: bool = False, lying: bool = False, legend: bool = True) -> dict[str, Any]:
    """Counts are whole; a chart never starts above nothing."""
    axis = {
        "stacked": stacked,
        "ticks": {"color": TICKS, "maxRotation": 0},
        "grid": {"color": GRID},
    }
    counted = {**axis, "beginAtZero": True, "ticks": {"color": TICKS, "precision": 0}}
    named = {**axis, "grid": {"display": False}}
    return {
        "animation": False,
        "maintainAspectRatio": False,
        "indexAxis": "y" if lying else "x",
        "interaction": {"mode": "index", "intersect": False, "axis": "y" if lying else "x"},
        "scales": {"x": counted if lying else named, "y": named if lying else counted},
        "plugins": {
            "legend": {
                "display": legend,
                "labels": {"color": TICKS, "boxWidth": 12, "boxHeight": 12},
            }
        },
    }


def _labels(days: dict[date, Sums]) -> list[str]:
    return [f"{day:%m-%d}" for day in days]
