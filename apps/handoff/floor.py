"""Who is on and what waits, as a supervisor sees it at this moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from apps.handoff.models import Operator, Presence, Team, Ticket
from apps.handoff.models.course import late


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tickets that nobody has taken. `since` is the oldest wait, None where nobody waits."""

    count: int = 0
    late: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An operator at work. `since`: the visitor of theirs who has waited longest for a word."""

    operator: Operator
    state: Presence.State
    load: int
    teams: tuple[str, ...]
    since: datetime | None

    @property
    def is_full(self) -> bool:
        return self.load >= self.operator.capacity


@dataclass(frozen=True, slots=True)
class Row:
    """A team, or None for what no team serves; `available` of its `members` are there to be given
    chats."""

    team: Team | None
    waiting: Waiting
    members: int
    available: int


@dataclass(frozen=True, slots=True)
class Floor:
    waiting: Waiting
    places: tuple[Place, ...]
    teams: tuple[Row, ...]

    def count(self, state: Presence.State) -> int:
        return sum(place.state == state for place in self.places)


def floor(now: datetime | None = None) -> Floor:
    """Five queries, over open tickets and active operators."""
    now = now or timezone.now()
    places = _places(now)
    return Floor(_all_waiting(), tuple(places), tuple(_teams(places)))


def _places(now: datetime) -> list[Place]:
    """Those who are there first, and of them the busiest."""
    mine = Q(tickets__status=Ticket.Status.OPEN)
    rows = (
        Operator.objects.active()
        .with_load()
        .select_related("presence")
        .prefetch_related("teams")
        .annotate(since=Min("tickets__waiting_since", filter=mine))
    )
    order = list(Presence.State)
    found = [_place(row, now) for row in rows]
    return sorted(found, key=lambda one: (order.index(one.state), -one.load, one.operator.name))


def _place(operator: Any, now: datetime) -> Place:
    teams = tuple(team.name for team in operator.teams.all())
    return Place(operator, operator.state(now), operator.load, teams, operator.since)


def _teams(places: list[Place]) -> list[Row]:
    counted: Any = Ticket.objects.waiting().order_by().values("team").annotate(**_counts())
    waiting = {row.pop("team"): Waiting(**row) for row in counted}
    rows = [_row(team, waiting.get(team.pk, Waiting()), places) for team in Team.objects.all()]
    if None in waiting:
        rows.append(Row(None, waiting[None], 0, 0))
    return rows


def _row(team: Team, waiting: Waiting, places: list[Place]) -> Row:
    members = [place for place in places if team.name in place.teams]
    there = sum(place.state == Presence.State.AVAILABLE for place in members)
    return Row(team, waiting, len(members), there)


def _all_waiting() -> Waiting:
    return Waiting(**Ticket.objects.waiting().aggregate(**_counts()))


def _counts() -> dict[str, Any]:
    return {
        "count": Count("pk"),
        "late": Count("pk", filter=late()),
        "since": Min("waiting_since"),
    }
