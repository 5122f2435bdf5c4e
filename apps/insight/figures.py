"""The numbers of a report, counted by the database.

A ticket belongs to the day on which it was opened, a chat to the day on which it began: numbers of
past days still move while what began on them goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Aggregate,
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
)
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.handoff.models import Team, Ticket, first_taken, late, settled
from apps.insight.scopes import Scope

SCORES = (5, 4, 3, 2, 1)


class Middle(Aggregate):
    """The median of a duration: half took no longer. Rows without one do not count."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some chats and tickets. A time or a mean of nothing is None."""

    chats: int = 0
    by_bot: int = 0
    handoffs: int = 0
    wait: timedelta | None = None
    first_response: timedelta | None = None
    resolution: timedelta | None = None
    answered: int = 0
    late: int = 0
    resolved: int = 0
    reopened: int = 0
    rated: int = 0
    csat: float | None = None

    @property
    def bot_share(self) -> float | None:
        """Of the chats, those that no person was asked into."""
        return _share(self.by_bot, self.chats)

    @property
    def reopen_rate(self) -> float | None:
        return _share(self.reopened, self.resolved)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one page shows. `days` has every day of the scope, `teams` those with
    tickets, `reasons` and `scores` (5 to 1) their counts."""

    total: Sums
    days: dict[date, Sums]
    teams: dict[Team | None, Sums]
    reasons: dict[str, int]
    scores: dict[int, int] = field(default_factory=dict)


def report(scope: Scope) -> Report:
    """Nine queries over the rows of the scope's days."""
    return Report(
        total=_one(scope),
        days=_by_day(scope),
        teams=_by_team(scope),
        reasons=_reasons(scope),
        scores=_scores(scope),
    )


def _one(scope: Scope) -> Sums:
    return Sums(
        **scope.chats().aggregate(**_of_chats()), **scope.tickets().aggregate(**_of_tickets())
    )


def _by_day(scope: Scope) -> dict[date, Sums]:
    day = TruncDate("created_at", tzinfo=timezone.get_current_timezone())
    chats = _grouped(scope.chats().annotate(day=day), "day", _of_chats())
    tickets = _grouped(scope.tickets().annotate(day=day), "day", _of_tickets())
    return {one: Sums(**chats.get(one, {}), **tickets.get(one, {})) for one in scope.days}


def _by_team(scope: Scope) -> dict[Team | None, Sums]:
    """A chat counts for every team that had a ticket of it; what the bot answered counts for none."""
    tickets = _grouped(scope.tickets(), "team", _of_tickets())
    names = Team.objects.in_bulk([key for key in tickets if key])
    ratings = _ratings_by_team(scope)
    return {
        names.get(key): Sums(**sums, **ratings.get(key, {}))
        for key, sums in _sorted(tickets, names)
    }


def _sorted(
    sums: dict[Any, dict[str, Any]], names: dict[int, Team]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    """By name, tickets of no team last."""
    yield from sorted(
        sums.items(), key=lambda one: (one[0] is None, str(names.get(one[0], "")), one[0])
    )


def _ratings_by_team(scope: Scope) -> dict[int | None, dict[str, Any]]:
    """The chat of two tickets of a team is rated once: hence one row for each pair first."""
    pairs = (
        Ticket.objects.filter(session__in=scope.chats().filter(csat__isnull=False))
        .order_by()
        .values("team", "session")
        .annotate(csat=Max("session__csat"))
    )
    pairs = pairs.filter(team=scope.team) if scope.team else pairs
    scores: dict[int | None, list[int]] = {}
    for pair in pairs:
        scores.setdefault(pair["team"], []).append(pair["csat"])
    return {
        team: {"rated": len(found), "csat": sum(found) / len(found)}
        for team, found in scores.items()
    }


def _reasons(scope: Scope) -> dict[str, int]:
    """The most frequent one first."""
    rows = scope.tickets().order_by().values_list("reason").annotate(count=Count("pk"))
    return dict(sorted(rows, key=lambda row: (-row[1], row[0])))


def _scores(scope: Scope) -> dict[int, int]:
    rated = scope.chats().filter(csat__isnull=False).order_by()
    found = dict(rated.values_list("csat").annotate(count=Count("pk")))
    return {score: found.get(score, 0) for score in SCORES}


def _of_chats() -> dict[str, Any]:
    without = ~Exists(Ticket.objects.filter(session=OuterRef("pk")))
    return {
        "chats": Count("pk"),
        "by_bot": Count("pk", filter=without),
        "rated": Count("csat"),
        "csat": Avg("csat"),
    }


def _of_tickets() -> dict[str, Any]:
    answered = Q(first_response_at__isnull=False)
    return {
        "handoffs": Count("pk"),
        "wait": Middle(_since_opened(first_taken())),
        "first_response": Middle(_since_opened(F("first_response_at"))),
        "resolution": Middle(_since_opened(F("resolved_at"))),
        "answered": Count("pk", filter=answered),
        "late": Count("pk", filter=late()),
        "resolved": Count("pk", filter=settled()),
        "reopened": Count("pk", filter=Q(reopened__gt=0)),
    }


def _since_opened(moment: Any) -> Any:
    return ExpressionWrapper(moment - F("created_at"), DurationField())


def _grouped(rows: QuerySet[Any], by: str, sums: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    found = rows.order_by().values(by).annotate(**sums)
    return {row.pop(by): row for row in found}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
