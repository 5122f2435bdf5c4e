"""A report as cards and tables whose numbers lead to the rows that they count."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.handoff.models import Ticket
from apps.insight.figures import Report, Sums
from apps.insight.links import Links
from apps.insight.measures import MEASURES

BY_DAY = ("chats", "by_bot", "handoffs", "csat")
TIMES = ("wait", "first_response", "late", "resolution", "reopened")
BY_TEAM = ("handoffs", *TIMES, "csat")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    means: str
    figure: str
    beside: str
    link: str


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the one that it is exported under. The first cell of a row is its heading."""

    name: str
    title: str
    headings: list[str]
    rows: list[list[Cell]]


def cards(report: Report, links: Links) -> list[Card]:
    total = report.total
    return [
        Card(str(one.title), str(one.means), one.told(total), one.beside(total), one.rows(links))
        for one in MEASURES.values()
    ]


def behind_charts(report: Report, links: Links) -> list[Table]:
    """One for each of `charts`, in their order."""
    reason, rating = [_("Reason"), _("Handoffs")], [_("Rating"), pgettext("number", "Chats")]
    return [
        Table("days", _("Chats by day"), _headings(_("Day"), BY_DAY), _days(report, links, BY_DAY)),
        Table("reasons", _("Handoffs by reason"), reason, _reasons(report, links)),
        Table("days", _("Times by day"), _headings(_("Day"), TIMES), _days(report, links, TIMES)),
        Table("scores", _("Satisfaction"), rating, _scores(report, links)),
    ]


def teams(report: Report, links: Links) -> Table:
    rows = [
        [Cell(str(team) if team else _("No team")), *_cells(sums, links.of_team(team), BY_TEAM)]
        for team, sums in report.teams.items()
    ]
    return Table("teams", _("By team"), _headings(_("Team"), BY_TEAM), rows)


def _days(report: Report, links: Links, names: tuple[str, ...]) -> list[list[Cell]]:
    """The latest first."""
    return [
        [Cell(day.isoformat()), *_cells(sums, links.of_day(day), names)]
        for day, sums in reversed(report.days.items())
    ]


def _reasons(report: Report, links: Links) -> list[list[Cell]]:
    names = dict(Ticket.Reason.choices)
    return [
        [
            Cell(str(names.get(reason, reason))),
            Cell(str(count), links.tickets(reason__exact=reason)),
        ]
        for reason, count in report.reasons.items()
    ]


def _scores(report: Report, links: Links) -> list[list[Cell]]:
    return [
        [Cell(str(score)), Cell(str(count), links.chats(rated=score))]
        for score, count in report.scores.items()
    ]


def _headings(first: str, names: tuple[str, ...]) -> list[str]:
    return [first, *(str(MEASURES[name].title) for name in names)]


def _cells(sums: Sums, links: Links, names: tuple[str, ...]) -> Iterator[Cell]:
    """What there is nothing of leads nowhere."""
    for one in (MEASURES[name] for name in names):
        yield Cell(one.told(sums), one.rows(links) if one.is_of(sums) else "")
