"""Operators and teams: who answers whom, how many at once, and how chats find them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.handoff.admin.floor import FloorPage
from apps.handoff.admin.skills import Flows, SkilledForm
from apps.handoff.models import Member, Operator, Team
from apps.handoff.models.people import OperatorQuerySet
from apps.sites.models import LANGUAGES, Site

STATES = {"available": "success", "idle": "warning", "away": "warning", "offline": "info"}
NOT_LET_IN = _(
    "This user may not open the console yet: give them the role “Operators” or “Supervisors”."
)
NO_ADDRESS = _("This user has no e-mail address: mails cannot reach them.")
ALL = _("All")


class BoxesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # as above
    """Rows to tick, none of them needed."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, queryset: QuerySet[Any], **options: Any) -> None:
        super().__init__(queryset, required=False, **options)


class UserField(forms.ModelChoiceField):  # type: ignore[type-arg]  # as above
    def label_from_instance(self, obj: Any) -> str:
        name = obj.get_full_name()
        return f"{name} ({obj.get_username()})" if name else str(obj.get_username())


class OperatorForm(SkilledForm):
    teams = BoxesField(Team.objects.all(), label=_("Teams"))
    sites = BoxesField(
        Site.objects.order_by("name"), label=_("Sites"), help_text=_("None ticked: all of them.")
    )

    class Meta:
        model = Operator
        fields: list[str] = []  # the admin's fieldsets say which
        field_classes = {"user": UserField}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.instance.pk:
            self.initial.setdefault("teams", list(self.instance.teams.all()))
        if field := self.fields.get("user"):
            free = Q(operator=None) | Q(operator=self.instance.pk)
            staff = get_user_model().objects.filter(free, is_staff=True)
            field.queryset = staff.order_by("first_name", "username")  # type: ignore[attr-defined]  # stubs know no field by its name
            field.help_text = _("Users are invited under “Users” first.")
        if field := self.fields.get("name"):
            field.required = False
            field.help_text = _("Visitors read it. Left empty, it is the user's own name.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        user = cleaned.get("user") or getattr(self.instance, "user", None)
        if "name" in cleaned and not cleaned["name"] and user:
            cleaned["name"] = user.get_full_name() or user.get_username()
        return cleaned


@admin.register(Operator)
class OperatorAdmin(FloorPage, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = OperatorForm
    list_display = ["name", "state", "of_teams", "skills", "load_shown", "active"]
    list_filter = ["active", "teams", "sites"]
    search_fields = ["name", "user__username", "user__first_name", "user__last_name"]
    search_help_text = _("A name, as visitors or as colleagues know it")
    list_before_template = "admin/handoff/operators.html"
    change_form_before_template = "admin/handoff/operator.html"
    fieldsets = [
        (None, {"fields": ["user", "name", "active"]}),
        (_("Work"), {"fields": ["capacity", "teams", "sites"]}),
        (_("Skills"), {"fields": ["languages", "flows"]}),
        (_("E-mails"), {"fields": ["wants_mail", "mail_language"]}),
    ]

    @display(description=_("state"), label=STATES)  # type: ignore[untyped-decorator]
    def state(self, operator: Operator) -> tuple[str, Any]:
        state = operator.state()
        return state.value, state.label

    @display(description=_("teams"))  # type: ignore[untyped-decorator]
    def of_teams(self, operator: Operator) -> str:
        return ", ".join(team.name for team in operator.teams.all()) or "–"

    @display(description=_("skills"))  # type: ignore[untyped-decorator]
    def skills(self, operator: Operator) -> str:
        return told_skills(operator)

    @display(description=_("chats"))  # type: ignore[untyped-decorator]
    def load_shown(self, operator: Operator) -> str:
        return f"{operator.load} / {operator.capacity}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operator]:
        rows: OperatorQuerySet = super().get_queryset(request)
        return rows.with_load().select_related("presence", "user").prefetch_related("teams")

    def get_readonly_fields(self, request: HttpRequest, obj: Operator | None = None) -> list[str]:
        """An operator stays who they are: their tickets and answers hang on them."""
        return ["user"] if obj else []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        if "teams" in form.cleaned_data:
            teams = form.cleaned_data["teams"]
            Member.objects.filter(operator=form.instance).exclude(team__in=teams).delete()
            for team in teams:
                Member.objects.get_or_create(team=team, operator=form.instance)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if operator := kwargs.get("obj"):
            context = {**context, "warnings": warnings(operator)}
        return super().render_change_form(request, context, *args, **kwargs)


class TeamForm(SkilledForm):
    people = BoxesField(Operator.objects.all(), label=_("Members"))
    sites = OperatorForm.base_fields["sites"]

    class Meta:
        model = Team
        fields: list[str] = []  # the admin's fieldsets say which

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.instance.pk:
            self.initial.setdefault("people", list(self.instance.members.all()))


@admin.register(Team)
class TeamAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    form = TeamForm
    list_display = ["name", "members_shown", "skills", "assignment", "hours", "waiting"]
    list_filter = ["assignment", "sites", "hours"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "people"]}),
        (_("What comes to it"), {"fields": ["sites", "languages", "flows"]}),
        (_("Queue"), {"fields": ["assignment", "hours", "alert_minutes"]}),
    ]

    @display(description=_("members"))  # type: ignore[untyped-decorator]
    def members_shown(self, team: Team) -> str:
        return ", ".join(operator.name for operator in team.members.all()) or "–"

    @display(description=_("skills"))  # type: ignore[untyped-decorator]
    def skills(self, team: Team) -> str:
        return told_skills(team)

    @display(description=_("waiting"))  # type: ignore[untyped-decorator]
    def waiting(self, team: Any) -> Any:
        if not team.waiting_count:
            return "0"
        link = f"{reverse('admin:handoff_ticket_changelist')}?team={team.pk}"
        return format_html('<a class="text-link" href="{}">{}</a>', link, team.waiting_count)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        rows: QuerySet[Team] = super().get_queryset(request)
        waits = Q(tickets__status="open", tickets__operator=None)
        counted = rows.annotate(waiting_count=Count("tickets", filter=waits, distinct=True))
        return counted.select_related("hours").prefetch_related("members")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Whoever stays keeps their turn."""
        super().save_related(request, form, formsets, change)
        if "people" in form.cleaned_data:
            members = form.cleaned_data["people"]
            Member.objects.filter(team=form.instance).exclude(operator__in=members).delete()
            for operator in members:
                Member.objects.get_or_create(team=form.instance, operator=operator)


def told_skills(row: Operator | Team) -> str:
    """Languages and flows by name."""
    from_languages = dict(LANGUAGES)
    names = Flows.names()
    languages = ", ".join(str(from_languages.get(one, one)) for one in row.languages)
    flows = ", ".join(names.get(one, one) for one in row.flows)
    return " · ".join(filter(None, [languages, flows])) or str(ALL)


def warnings(operator: Operator) -> list[Any]:
    """What keeps an operator from working."""
    found = [] if operator.can("work_console") else [NOT_LET_IN]
    return found if operator.user.email else [*found, NO_ADDRESS]
