"""Actions in the admin: what was done, what failed and why, and what was given up."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.dialogue import books
from apps.dialogue.actions import registry, resending
from apps.dialogue.admin.panels import badge
from apps.dialogue.admin.words import language, spec_of_version, values
from apps.dialogue.flows import offered
from apps.dialogue.models import ActionRun, Flow, FlowVersion
from apps.engine.flows import in_language

State = ActionRun.State
BADGES = {
    State.PENDING: "info",
    State.RUNNING: "info",
    State.DONE: "success",
    State.REFUSED: "info",
    State.FAILED: "danger",
    State.UNCLEAR: "warning",
}
TONES = {State.DONE: "success", State.FAILED: "danger", State.UNCLEAR: "warning"}
BREAK, NOTHING = mark_safe("<br>"), mark_safe("–")  # of nobody's making
AGAIN = "send_this_again"
DOUBT = _("A try may have reached the shop all the same: look there whether it is done.")


class GivenUpFilter(admin.SimpleListFilter):
    """Webhooks that nobody tries any more."""

    title = _("webhooks")
    parameter_name = "dead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Given up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionRun]) -> QuerySet[ActionRun]:
        return cast("Any", queryset).dead() if self.value() == "yes" else queryset


class FlowFilter(admin.SimpleListFilter):
    """By its name: no table of runs is read to list the flows."""

    title = _("flow")
    parameter_name = "flow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        named = {flow.key: str(flow) for flow in Flow.objects.order_by("site", "position", "pk")}
        keys = FlowVersion.objects.order_by("key").values_list("key", flat=True).distinct()
        return [(key, named.get(key, key)) for key in keys]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionRun]) -> QuerySet[ActionRun]:
        return queryset.filter(flow=self.value()) if self.value() else queryset


@admin.register(ActionRun)
class ActionRunAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["short", "of_flow", "what", "status", "why", "attempts", "chat", "created_at"]
    list_filter = ["state", GivenUpFilter, FlowFilter, "site", "created_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["^key", "^session__id"]
    search_help_text = _("The start of a run's or a session's number")
    actions_detail = [AGAIN]

    class Media:
        css = {"all": ["admin/knowledge.css", "admin/flows.css"]}

    fields = [
        ("short", "ended"),
        ("of_flow", "version"),
        ("what", "chat"),
        "given",
        ("text", "why"),
        ("attempts", "due_at"),
        ("created_at", "finished_at"),
    ]

    @display(description=_("number"))  # type: ignore[untyped-decorator]
    def short(self, run: ActionRun) -> str:
        return str(run.key)[:8]

    @display(description=_("state"), ordering="state", label=BADGES)  # type: ignore[untyped-decorator]
    def status(self, run: ActionRun) -> tuple[str, str]:
        return run.state, run.get_state_display()

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def ended(self, run: ActionRun) -> SafeString:
        """On the page of a run, where Unfold knows no label."""
        return badge(run.get_state_display(), TONES.get(State(run.state), ""))

    @display(description=_("flow"), ordering="flow")  # type: ignore[untyped-decorator]
    def of_flow(self, run: ActionRun) -> str:
        return flow_of(run)

    @display(description=_("action"))  # type: ignore[untyped-decorator]
    def what(self, run: ActionRun) -> str:
        return title_of(run)

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat(self, run: ActionRun) -> SafeString:
        link = reverse("admin:chat_session_change", args=[run.session_id])
        return format_html('<a class="text-link" href="{}">{}</a>', link, str(run.session_id)[:8])

    @display(description=_("slots"))  # type: ignore[untyped-decorator]
    def given(self, run: ActionRun) -> SafeString:
        flow = spec_of_version(run.site_id, run.flow, run.version)
        rows = values(run.slots, flow, books.of(run.site_id))
        return format_html_join(BREAK, "{}: <bdi>{}</bdi>", rows) or NOTHING

    @display(description=_("what went wrong"))  # type: ignore[untyped-decorator]
    def why(self, run: ActionRun) -> str:
        return what_went_wrong(run) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionRun]:
        rows: QuerySet[ActionRun] = super().get_queryset(request)
        named = cast("Any", rows).with_names().select_related("delivery")
        return cast("QuerySet[ActionRun]", named)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With its session only."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("dialogue.view_actionrun")

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("dialogue.resend_actionrun")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The button stands on those that were given up only."""
        if not ActionRun.objects.dead().filter(pk=object_id).exists():
            return []
        return list(super().get_actions_detail(request, object_id))

    @action(  # type: ignore[untyped-decorator]
        description=_("Send again"), url_path="send-again", permissions=["resend"]
    )
    def send_this_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run = get_object_or_404(ActionRun, pk=object_id)
        here = reverse("admin:dialogue_actionrun_change", args=[run.pk])
        if request.method != "POST":
            return self._ask(request, run)
        try:
            resending.send_again(run_id=run.pk)
        except resending.NotDeadError:
            messages.error(request, _("It is not given up: somebody has sent it again already."))
            return HttpResponseRedirect(here)
        self.log_change(request, run, str(_("Sent the webhook again.")))
        messages.success(request, _("It is being sent again, under the same id."))
        return HttpResponseRedirect(here)

    def _ask(self, request: HttpRequest, run: ActionRun) -> HttpResponse:
        """Nothing happens by a link: the page says what will, and a form does it."""
        from_here = {"title": _("Send again"), "run": run, "why": what_went_wrong(run)}
        context = {**self.admin_site.each_context(request), **from_here}
        return TemplateResponse(request, "admin/dialogue/webhook/again.html", context)


def title_of(run: ActionRun) -> str:
    """What an action is called by those who made it, of a row that came `with_names()`."""
    if run.action.startswith(registry.WEBHOOK):
        return offered.webhook_title(getattr(run, "webhook", None))
    return offered.title_of(run.action) or "–"


def flow_of(run: ActionRun) -> str:
    """What its flow is called now, of such a row; its short name once it is deleted."""
    names = {"en": getattr(run, "flow_en", ""), "zh-Hans": getattr(run, "flow_zh_hans", "")}
    return in_language({tag: name or "" for tag, name in names.items()}, language()) or run.flow


def what_went_wrong(run: ActionRun) -> str:
    """In words; "" when nothing did."""
    delivery = getattr(run, "delivery", None)
    if delivery and delivery.last_error:
        reason = str(resending.REASONS.get(delivery.last_error, delivery.last_error))
        told = f"{reason} ({delivery.last_status})" if delivery.last_status else reason
        return f"{told} {DOUBT}" if run.state == State.UNCLEAR else told
    if run.state == State.FAILED:
        return str(_("The shop's function failed; the log says where."))
    return ""
