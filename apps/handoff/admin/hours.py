"""Business hours with their holidays, and the targets that run while they are open."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.handoff.admin.weeks import SHOP_DAYS, WeekField
from apps.handoff.models import Holiday, Hours, Target
from apps.handoff.targets import calendar_of
from apps.handoff.weeks import DAYS

MINUTES_AN_HOUR = 60


class HoursForm(forms.ModelForm):  # type: ignore[type-arg]  # subscripting fails at run time
    week = WeekField(label=_("Week"), initial=SHOP_DAYS)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        widget=UnfoldAdminSelectWidget,
        help_text=_("The times below are those of clocks there."),
    )

    class Meta:
        model = Hours
        fields = ["name", "timezone", "week"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if field := self.fields.get("timezone"):
            zones = sorted(zone for zone in available_timezones() if "/" in zone)
            known = ["UTC", *zones]
            stored = self.instance.timezone
            field.choices = [(zone, zone) for zone in dict.fromkeys([*known, stored])]  # type: ignore[attr-defined]  # stubs know no field by its name
            if not self.instance.pk:
                self.initial["timezone"] = settings.TIME_ZONE


class HolidayInline(TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Part of the hours: whoever may change those may change it."""

    model = Holiday
    extra = 1
    fields = ["day", "name", "opens", "closes"]
    verbose_name_plural = _("holidays and other days that are not as usual")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("handoff.view_hours")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("handoff.change_hours")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("handoff.change_hours")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("handoff.change_hours")


@admin.register(Hours)
class HoursAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = HoursForm
    inlines = [HolidayInline]
    list_display = ["name", "now", "in_words", "timezone", "teams_shown"]
    search_fields = ["name"]

    class Media:
        css = {"all": ["admin/team.css"]}

    @display(description=_("now"), label={"open": "success", "closed": "info"})  # type: ignore[untyped-decorator]
    def now(self, hours: Hours) -> tuple[str, Any]:
        is_open = calendar_of(hours).is_open(timezone.now())
        return ("open", _("Open now")) if is_open else ("closed", _("Closed now"))

    @display(description=_("week"))  # type: ignore[untyped-decorator]
    def in_words(self, hours: Hours) -> str:
        return told_week(hours.week)

    @display(description=_("teams"))  # type: ignore[untyped-decorator]
    def teams_shown(self, hours: Hours) -> str:
        return ", ".join(team.name for team in hours.teams.all()) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hours]:
        rows: QuerySet[Hours] = super().get_queryset(request)
        return rows.prefetch_related("teams", "holidays")


def told_week(week: Any) -> str:
    """“Mon–Fri 09:00–18:00 · Sat 10:00–14:00”: days that are alike stand together."""
    groups: list[tuple[list[int], str]] = []
    for place, day in enumerate(DAYS):
        times = ", ".join("–".join(span) for span in week.get(day, []))
        if groups and groups[-1][1] == times:
            groups[-1][0].append(place)
        else:
            groups.append(([place], times))
    told = [f"{_days(places)} {times}" for places, times in groups if times]
    return " · ".join(told) or str(_("Never open"))


def _days(places: list[int]) -> str:
    first, last = WEEKDAYS_ABBR[places[0]], WEEKDAYS_ABBR[places[-1]]
    return str(first) if first == last else f"{first}–{last}"


@admin.register(Target)
class TargetAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["name", "priority", "team_shown", "first", "whole"]
    list_filter = ["priority", "team"]
    list_before_template = "admin/handoff/targets.html"
    fields = ["name", "priority", "team", "first_response_minutes", "resolution_minutes"]

    class Media:
        css = {"all": ["admin/team.css"]}

    @display(description=_("team"), ordering="team")  # type: ignore[untyped-decorator]
    def team_shown(self, target: Target) -> str:
        return str(target.team or _("All"))

    @display(description=_("first answer within"), ordering="first_response_minutes")  # type: ignore[untyped-decorator]
    def first(self, target: Target) -> str:
        return told_minutes(target.first_response_minutes)

    @display(description=_("settled within"), ordering="resolution_minutes")  # type: ignore[untyped-decorator]
    def whole(self, target: Target) -> str:
        return told_minutes(target.resolution_minutes)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        rows: QuerySet[Target] = super().get_queryset(request)
        return rows.select_related("team")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"priority": 2, **super().get_changeform_initial_data(request)}


def told_minutes(minutes: int) -> str:
    """In hours where they are whole."""
    if minutes % MINUTES_AN_HOUR:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = minutes // MINUTES_AN_HOUR
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
