"""How lists of tickets and sessions are narrowed by who saw to them, and how it went."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.models import Session
from apps.handoff.models import COURSES, Team, Ticket

# An open ticket is not an open session: Chinese has two words.
NAMES = {
    Ticket.Status.OPEN: pgettext_lazy("ticket", "Open"),
    Ticket.Status.DONE: _("Done"),
    Ticket.Status.WITHDRAWN: _("Withdrawn"),
}
NO_ADDRESS = _("No contact details")
NO_TEAM = "none"
COURSE_NAMES = {
    "taken": _("Taken by somebody"),
    "answered": _("Answered by a person"),
    "late": _("Answered late, or late already"),
    "settled": _("Settled"),
    "reopened": _("Reopened"),
}
SCORES = ("5", "4", "3", "2", "1")


class StatusFilter(admin.SimpleListFilter):
    """Open ones unless asked for others."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        ended = [Ticket.Status.DONE, Ticket.Status.WITHDRAWN]
        return [*((status, NAMES[status]) for status in ended), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value()
        yield {
            "selected": chosen is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": NAMES[Ticket.Status.OPEN],
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        if self.value() == "all":
            return queryset
        return queryset.filter(status=self.value() or Ticket.Status.OPEN)


class AddressFilter(admin.SimpleListFilter):
    """Whether the visitor can be answered by mail or telephone."""

    title = _("contact details")
    parameter_name = "address"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Left")), ("no", NO_ADDRESS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        nameless = {"email": "", "phone": ""}
        if self.value() == "no":
            return queryset.filter(**nameless)
        return queryset.exclude(**nameless) if self.value() == "yes" else queryset


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
