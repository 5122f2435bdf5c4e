"""How lists of tickets and sessions are narrowed by who saw to them, and how it went."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Session
from apps.handoff.models import COURSES, Team, Ticket

NO_TEAM = "none"
COURSE_NAMES = {
    "taken": _("Taken by somebody"),
    "answered": _("Answered by a person"),
    "late": _("Answered late, or late already"),
    "settled": _("Settled"),
    "reopened": _("Reopened"),
}
SCORES = ("5", "4", "3", "2", "1")


class CourseFilter(admin.SimpleListFilter):
    title = _("how it went")
    parameter_name = "went"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(COURSE_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        narrow = COURSES.get(self.value() or "")
        return narrow(queryset) if narrow else queryset


class TeamFilter(admin.SimpleListFilter):
    """Of a session: one of its tickets was that team's."""

    title = _("team")
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        teams = [(str(team.pk), team.name) for team in Team.objects.all()]
        return [*teams, (NO_TEAM, _("No team"))] if teams else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted, known = self.value(), {key for key, _name in self.lookup_choices}
        if wanted not in known:
            return queryset
        team: Any = None if wanted == NO_TEAM else wanted
        if queryset.model is Ticket:
            return queryset.filter(team=team)
        return queryset.filter(Exists(_of_session().filter(team=team)))


class HandedFilter(admin.SimpleListFilter):
    title = _("handed over")
    parameter_name = "handed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Made a ticket")), ("no", _("Left to the bot"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        match self.value():
            case "yes":
                return queryset.filter(Exists(_of_session()))
            case "no":
                return queryset.filter(~Exists(_of_session()))
        return queryset


class RatedFilter(admin.SimpleListFilter):
    title = _("satisfaction")
    parameter_name = "rated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("any", _("Rated")), *((score, score) for score in SCORES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        if self.value() == "any":
            return queryset.filter(csat__isnull=False)
        return queryset.filter(csat=self.value()) if self.value() in SCORES else queryset


class SaidFilter(admin.SimpleListFilter):
    title = _("lines")
    parameter_name = "said"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Something was said"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        return queryset.filter(last_seq__gt=0) if self.value() == "yes" else queryset


def _of_session() -> QuerySet[Ticket]:
    return Ticket.objects.filter(session=OuterRef("pk")).order_by()
