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

from apps.dialogue.actions import answers, registry, resending
from apps.dialogue.models import ActionRun, Webhook

State = ActionRun.State
BADGES = {
    State.PENDING: "info",
    State.RUNNING: "info",
    State.DONE: "success",
    State.REFUSED: "info",
    State.FAILED: "danger",
    State.UNCLEAR: "warning",
}
BREAK, NOTHING = mark_safe("<br>"), mark_safe("–")  # of nobody's making
AGAIN = "send_this_again"


class GivenUpFilter(admin.SimpleListFilter):
    """Webhooks that nobody tries any more."""

    title = _("webhooks")
    parameter_name = "dead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Given up"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActionRun]) -> QuerySet[ActionRun]:
        return cast("Any", queryset).dead() if self.value() == "yes" else queryset


@admin.register(ActionRun)
class ActionRunAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["short", "flow", "what", "status", "why", "attempts", "chat", "created_at"]
    list_filter = ["state", GivenUpFilter, "flow", "site", "created_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["^key", "^session__id"]
    search_help_text = _("The start of a run's or a session's number")
    actions_detail = [AGAIN]
    fields = [
        ("short", "status"),
        ("flow", "version"),
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

    @display(description=_("action"))  # type: ignore[untyped-decorator]
    def what(self, run: ActionRun) -> str:
        return title_of(run)

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat(self, run: ActionRun) -> SafeString:
        link = reverse("admin:chat_session_change", args=[run.session_id])
        return format_html('<a class="text-link" href="{}">{}</a>', link, str(run.session_id)[:8])

    @display(description=_("slots"))  # type: ignore[untyped-decorator]
    def given(self, run: ActionRun) -> SafeString:
        rows = [(name, value) for name, value in run.slots.items()]
        return format_html_join(BREAK, "{}: <bdi>{}</bdi>", rows) or NOTHING

    @display(description=_("what went wrong"))  # type: ignore[untyped-decorator]
    def why(self, run: ActionRun) -> str:
        return what_went_wrong(run)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ActionRun]:
        rows: QuerySet[ActionRun] = super().get_queryset(request)
        return rows.select_related("delivery__webhook")

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
    """What an action is called by those who made it."""
    if run.action.startswith(registry.WEBHOOK):
        return str(_("Webhook: %(name)s") % {"name": _webhook_of(run) or _("deleted")})
    if run.action == registry.TICKET:
        return str(_("A ticket"))
    try:
        return str(registry.find(run.action.removeprefix(registry.PYTHON)).title)
    except registry.UnknownActionError:
        return run.action


def _webhook_of(run: ActionRun) -> Webhook | None:
    """One that was called is read with its run; one that waits is looked up."""
    if delivery := getattr(run, "delivery", None):
        return cast("Webhook | None", delivery.webhook)
    key = answers.key_of(run.action)
    return Webhook.objects.filter(pk=key).first() if key else None


def what_went_wrong(run: ActionRun) -> str:
    """In words; "" when nothing did."""
    delivery = getattr(run, "delivery", None)
    if delivery and delivery.last_error:
        reason = str(resending.REASONS.get(delivery.last_error, delivery.last_error))
        return f"{reason} ({delivery.last_status})" if delivery.last_status else reason
    if run.state == State.FAILED:
        return str(_("The shop's function failed; the log says where."))
    return ""
