"""The questions that nothing answered, in the admin: an inbox that feeds the entries."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.knowledge.models import UnansweredQuestion


class StateFilter(admin.SimpleListFilter):
    """Open ones unless asked for others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("handled", _("Handled")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value()
        yield {
            "selected": chosen is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": pgettext("ticket", "Open"),
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion]
    ) -> QuerySet[UnansweredQuestion]:
        if self.value() == "all":
            return queryset
        return queryset.filter(handled_at__isnull=self.value() != "handled")


@admin.register(UnansweredQuestion)
class UnansweredQuestionAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["asked", "language", "nearest", "chat", "asked_at", "state"]
    list_filter = [StateFilter, "language", "site"]
    list_select_related = ["best", "site"]
    list_per_page = 50
    search_fields = ["text"]
    actions = ["mark_handled"]
    actions_row = ["make_draft"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The turn that asked stays and would be listed again: questions are marked handled."""
        return False

    actions_detail = ["make_draft"]
    fields = ["text", ("site", "language"), "nearest", "chat", ("asked_at", "handled_at")]
    readonly_fields = ["nearest", "chat"]

    @display(description=_("question"), ordering="text")  # type: ignore[untyped-decorator]
    def asked(self, question: UnansweredQuestion) -> str:
        return Truncator(question.text).chars(160)

    @display(description=_("nearest entry"), ordering="confidence")  # type: ignore[untyped-decorator]
    def nearest(self, question: UnansweredQuestion) -> str:
        if question.best is None:
            return "–"
        return format_html(
            '<span><a href="{}" class="text-link">{}</a> <span class="text-subtle">{}</span></span>',
            reverse("admin:knowledge_faq_change", args=[question.best.pk]),
            Truncator(question.best.question).chars(80),
            "" if question.confidence is None else f"{question.confidence:.0%}",
        )

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat(self, question: UnansweredQuestion) -> str:
        return format_html(
            '<a href="{}" class="text-link">{}</a>',
            reverse("admin:chat_session_change", args=[question.session]),
            str(question.session)[:8],
        )

    @display(  # type: ignore[untyped-decorator]
        description=_("state"),
        ordering="handled_at",
        label={"open": "warning", "handled": "success"},
    )
    def state(self, question: UnansweredQuestion) -> tuple[str, Any]:
        return (
            ("handled", _("Handled"))
            if question.handled_at
            else ("open", pgettext("ticket", "Open"))
        )

    @action(  # type: ignore[untyped-decorator]
        description=_("Make a draft"), icon="edit_note", permissions=["draft"]
    )
    def make_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Opens a new entry that starts from the question; saving it marks the question."""
        return HttpResponseRedirect(f"{reverse('admin:knowledge_faq_add')}?answers={object_id}")

    @admin.action(permissions=["handle"], description=_("Mark handled"))
    def mark_handled(self, request: HttpRequest, questions: QuerySet[UnansweredQuestion]) -> None:
        open_ones = UnansweredQuestion.objects.open().filter(pk__in=questions.values("pk"))
        count = open_ones.update(handled_at=timezone.now())
        text = ngettext(
            "%(count)d question marked as handled.",
            "%(count)d questions marked as handled.",
            count,
        )
        self.message_user(request, text % {"count": count})

    def has_draft_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("knowledge.add_faq")

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("knowledge.change_unansweredquestion")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(
            super().has_view_permission(request, obj) or self.has_handle_permission(request)
        )
