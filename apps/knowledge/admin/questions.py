"""The questions that nothing answered, in the admin: an inbox of groups that feeds the entries."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.knowledge.admin.access import may_publish
from apps.knowledge.admin.columns import badge, with_site
from apps.knowledge.contents import PHRASINGS_AT_MOST
from apps.knowledge.grouping import group_questions
from apps.knowledge.masking import masked, may_see_chats
from apps.knowledge.models import Proposal, UnansweredQuestion
from apps.knowledge.services import FullError, OutdatedError, answer_with, mark_questions

Outcome = UnansweredQuestion.Outcome
MEMBERS_SHOWN = 100
TONES = {
    Outcome.OPEN: "warning",
    Outcome.ANSWERED: "success",
    Outcome.CHOSEN: "success",
    Outcome.DISMISSED: "",
}
SEEN_TO = [Outcome.ANSWERED, Outcome.CHOSEN, Outcome.DISMISSED]
# Buttons of a row; the list's own form sends them.
DISMISS, REOPEN, ADD = "_dismiss", "_reopen", "_add"
FULL = _("{entry} has {limit} phrasings already, and no more fit. Take some away first.")
GONE = _("{entry} is not there any more.")


class StateFilter(admin.SimpleListFilter):
    """Open ones unless asked for others."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((value.value, value.label) for value in SEEN_TO), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        chosen = self.value()
        yield {
            "selected": chosen is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": Outcome.OPEN.label,
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
        if self.value() in SEEN_TO:
            return queryset.filter(outcome=self.value())
        return queryset.filter(handled_at__isnull=True)


@admin.register(UnansweredQuestion)
class UnansweredQuestionAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["times", "language", "nearest", "asked_at"]
    list_filter = [StateFilter, "language", "site"]
    list_select_related = ["best", "site", "group"]
    list_per_page = 50
    list_before_template = "admin/knowledge/questions/hint.html"
    change_form_outer_after_template = "admin/knowledge/questions/group.html"
    search_fields = ["text"]
    actions = ["dismiss", "reopen"]
    actions_detail = ["make_draft"]
    readonly_fields = ["hidden", "nearest", "chat", "chat_number", "state"]

    class Media:
        css = {"all": ["admin/knowledge.css"]}

    @display(description=_("question"))  # type: ignore[untyped-decorator]
    def hidden(self, question: UnansweredQuestion) -> str:
        return masked(question.text)

    @display(description=_("times asked"), ordering=Coalesce("group__size", 1))  # type: ignore[untyped-decorator]
    def times(self, question: UnansweredQuestion) -> str:
        size = question.group.size if question.group else 1
        return ngettext("%(count)d time", "%(count)d times", size) % {"count": size}

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
            self.chat_number(question),
        )

    @display(description=_("session"))  # type: ignore[untyped-decorator]
    def chat_number(self, question: UnansweredQuestion) -> str:
        return str(question.session)[:8]

    @display(description=_("state"))  # type: ignore[untyped-decorator]
    def state(self, question: UnansweredQuestion) -> SafeString:
        return badge(question.get_outcome_display(), TONES[Outcome(question.outcome)])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A link that leads to a refusal is none."""
        sees = _may_see_chats(request)
        text, chat = ("text", "chat") if sees else ("hidden", "chat_number")
        return [text, ("site", "language"), "nearest", chat, ("asked_at", "state")]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The first column has as much as this user may read, and the last the buttons that they may
        press."""
        show = str if _may_see_chats(request) else masked

        @display(description=_("question"), ordering="text")  # type: ignore[untyped-decorator]
        def asked(question: UnansweredQuestion) -> str:
            return Truncator(show(question.text)).chars(160)

        @display(description=_("what to do"))  # type: ignore[untyped-decorator]
        def todo(question: UnansweredQuestion) -> SafeString:
            return self._todo(request, question)

        return [asked, *with_site(self.list_display), todo]

    @action(  # type: ignore[untyped-decorator]
        description=_("Make a draft"), icon="edit_note", permissions=["draft"]
    )
    def make_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Opens a new entry that starts from the group; saving it marks its questions."""
        return HttpResponseRedirect(f"{reverse('admin:knowledge_faq_add')}?answers={object_id}")

    @admin.action(permissions=["handle"], description=_("Dismiss"))
    def dismiss(self, request: HttpRequest, questions: QuerySet[UnansweredQuestion]) -> None:
        self._mark(request, list(questions), Outcome.DISMISSED)

    @admin.action(permissions=["handle"], description=_("Open again"))
    def reopen(self, request: HttpRequest, questions: QuerySet[UnansweredQuestion]) -> None:
        self._mark(request, list(questions), Outcome.OPEN)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            for name in (DISMISS, REOPEN, ADD):
                if name in request.POST:
                    return self._press(request, name, request.POST[name])
        group_questions()
        return cast("HttpResponse", super().changelist_view(request, extra_context))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        question = kwargs["obj"]
        alike = question.alike()
        members = list(alike[:MEMBERS_SHOWN])
        if not _may_see_chats(request):
            for member in members:
                member.text = masked(member.text)
        shown = {
            "question": question,
            "members": members,
            "size": alike.count(),
            "may_handle": self.has_handle_permission(request),
            "may_add": self._may_add(request),
            "may_see_chats": _may_see_chats(request),
        }
        page = super().render_change_form(request, {**context, **shown}, *args, **kwargs)
        return cast("HttpResponse", page)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnansweredQuestion]:
        """The list has one row for each group; every question has its page."""
        rows = cast("Any", super().get_queryset(request))
        at = request.resolver_match
        shown = rows.one_of_each_group() if at and at.url_name == LIST else rows
        return cast("QuerySet[UnansweredQuestion]", shown)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion], search_term: str
    ) -> tuple[QuerySet[UnansweredQuestion], bool]:
        """In any question of the group; what is hidden is not found."""
        for word in (search_term if _may_see_chats(request) else masked(search_term)).split():
            members = UnansweredQuestion.objects.filter(group=OuterRef("group"))
            inside = Exists(members.filter(text__icontains=word))
            queryset = queryset.filter(Q(text__icontains=word) | inside)
        return queryset, False

    def has_draft_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("knowledge.add_faq")

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("knowledge.change_unansweredquestion")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The turn that asked stays and would be listed again: questions are seen to instead."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(
            super().has_view_permission(request, obj) or self.has_handle_permission(request)
        )

    def _may_add(self, request: HttpRequest) -> bool:
        return self.has_handle_permission(request) and request.user.has_perm("knowledge.change_faq")

    def _todo(self, request: HttpRequest, question: UnansweredQuestion) -> SafeString:
        handles = self.has_handle_permission(request)
        add = []
        if question.is_addable and self._may_add(request):
            add = [_button(ADD, question, _("Add to the entry"))]
        if question.handled_at:
            buttons = [self.state(question), *add]
            buttons += [_button(REOPEN, question, _("Open again"))] if handles else []
        else:
            buttons = [_draft(question)] if self.has_draft_permission(request) else []
            buttons += add
            buttons += [_button(DISMISS, question, _("Dismiss"))] if handles else []
        shown = format_html_join("", "{}", ((button,) for button in buttons))
        return format_html('<span class="hd-todo">{}</span>', shown)

    def _press(self, request: HttpRequest, name: str, value: str) -> HttpResponse:
        key = int(value) if value.isdecimal() and len(value) < 19 else 0
        question = get_object_or_404(UnansweredQuestion.objects.select_related("best"), pk=key)
        if not (self._may_add(request) if name == ADD else self.has_handle_permission(request)):
            raise PermissionDenied
        if name == ADD:
            self._add(request, question)
        else:
            self._mark(request, [question], Outcome.OPEN if name == REOPEN else Outcome.DISMISSED)
        return HttpResponseRedirect(request.get_full_path())

    def _add(self, request: HttpRequest, question: UnansweredQuestion) -> None:
        if question.best is None:
            self.message_user(request, _("No entry is near this question."), messages.ERROR)
            return
        level = messages.SUCCESS
        try:
            proposal = answer_with(
                question=question,
                entry=question.best,
                may_publish=may_publish(request),
                author=cast("Any", request.user),
            )
            text = _added(proposal)
        except FullError:
            text, level = FULL, messages.ERROR
        except OutdatedError:
            text, level = GONE, messages.ERROR
        link = format_html(
            '<a class="text-link" href="{}">{}</a>',
            reverse("admin:knowledge_faq_change", args=[question.best.pk]),
            question.best,
        )
        entry = question.best if text is GONE else link
        told = format_html(str(text), entry=entry, limit=PHRASINGS_AT_MOST)
        self.message_user(request, told, level)

    def _mark(
        self, request: HttpRequest, questions: list[UnansweredQuestion], outcome: Outcome
    ) -> None:
        count = mark_questions(questions=questions, outcome=outcome)
        if outcome == Outcome.OPEN:
            text = ngettext(
                "%(count)d question is open again.", "%(count)d questions are open again.", count
            )
            self.message_user(request, text % {"count": count})
            return
        text = ngettext(
            "%(count)d question dismissed.", "%(count)d questions dismissed.", count
        ) % {"count": count}
        undo = _button(REOPEN, questions[0], _("Undo")) if len(questions) == 1 else ""
        self.message_user(request, format_html("{} {}", text, undo))


def _may_see_chats(request: HttpRequest) -> bool:
    return may_see_chats(cast("Any", request.user))


LIST = "knowledge_unansweredquestion_changelist"


def _added(proposal: Proposal | None) -> Any:
    if proposal is None:
        return _("Added to the phrasings of {entry}.")
    if proposal.waiting:
        return _("Added to {entry} as a change that waits for review.")
    return _("Added to the change to {entry} which its author has back with a note.")


def _draft(question: UnansweredQuestion) -> SafeString:
    address = f"{reverse('admin:knowledge_faq_add')}?answers={question.pk}"
    return format_html('<a class="hd-do" href="{}">{}</a>', address, _("Make a draft"))


def _button(name: str, question: UnansweredQuestion, title: Any) -> SafeString:
    """Sent by the list's form, wherever the button stands on the page."""
    return format_html(
        '<button class="hd-do" type="submit" form="changelist-form" name="{}" value="{}">{}</button>',
        name,
        question.pk,
        title,
    )
