"""Imports of entries in the admin: upload, preview, progress, result, undo."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.knowledge.admin import import_facts as facts
from apps.knowledge.admin import languages
from apps.knowledge.admin.import_forms import ColumnsForm, EncodingForm, UploadForm
from apps.knowledge.models import FaqImport, FaqImportRow
from apps.knowledge.sheets import services, writing
from apps.knowledge.sheets.leases import IMPORTING
from apps.knowledge.sheets.limits import limits
from apps.knowledge.sheets.problems import SheetError, sentence
from apps.sites.admin.chosen import site_initial
from apps.sites.admin.streams import TYPES, attachment
from apps.sites.models import CHINESE, ENGLISH

State = FaqImport.State
BADGES = {
    State.READY: "info",
    State.COLUMNS: "warning",
    State.CHECKING: "info",
    State.WRITING: "info",
    State.UNDOING: "info",
    State.DONE: "success",
    State.FAILED: "danger",
}
SHOWN = 20
ON_A_PAGE = 50
TOO_LATE = _("This cannot be done any more: look at how the import stands now.")


@admin.register(FaqImport)
class FaqImportAdmin(ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    list_display = ["file_name", "stage", "site", "said", "author", "created_at"]
    list_filter = ["site", "state"]
    list_select_related = ["site", "author"]
    search_fields = ["file_name"]
    list_per_page = 50
    actions: list[str] = []

    @display(description=_("state"), ordering="state", label=BADGES)  # type: ignore[untyped-decorator]
    def stage(self, sheet: FaqImport) -> tuple[str, str]:
        return sheet.state, sheet.get_state_display()

    @display(description=_("result"))  # type: ignore[untyped-decorator]
    def said(self, sheet: FaqImport) -> str:
        return facts.in_short(sheet)

    def get_urls(self) -> list[Any]:
        ours = [
            path("template/<str:language>/<str:kind>/", self._named(self.template), name="t"),
            path("<int:pk>/progress/", self._named(self.progress), name="p"),
            path("<int:pk>/problems/", self._named(self.problems), name="e"),
        ]
        for one, name in zip(ours, ("template", "progress", "problems"), strict=True):
            one.name = f"knowledge_faqimport_{name}"
        return [*ours, *super().get_urls()]

    def _named(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        _require(request)
        may_publish = request.user.has_perm("knowledge.publish_faq")
        initial = {"language": languages.of_staff(), **site_initial(request)}
        form = UploadForm(
            request.POST or None, request.FILES or None, may_publish=may_publish, initial=initial
        )
        if request.method == "POST" and form.is_valid():
            try:
                sheet = _started(cast("User", request.user), form.cleaned_data)
                return HttpResponseRedirect(_page_of(sheet))
            except SheetError as problem:
                form.add_error("file", sentence(problem.code, problem.params))
        context = {"form": form, "title": _("Import entries"), "languages": _languages()}
        return self._page(request, "upload", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponseBase:
        _require(request)
        sheet = get_object_or_404(
            FaqImport.objects.select_related("site", "author"),
            pk=object_id if object_id.isdecimal() and len(object_id) < 18 else 0,
        )
        forms = _forms(request, sheet)
        if request.method == "POST" and self._act(request, sheet, forms):
            return HttpResponseRedirect(_page_of(sheet))
        return self._page(request, "import", self._shown(request, sheet, forms))

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far the work is, as the page's script shows it."""
        _require(request)
        sheet = get_object_or_404(FaqImport, pk=pk)
        return JsonResponse(facts.progress(sheet), headers={"Cache-Control": "no-store"})

    def problems(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """All problems as CSV."""
        _require(request)
        sheet = get_object_or_404(FaqImport, pk=pk)
        rows = facts.problem_table(sheet, get_language() or ENGLISH)
        return attachment(request, writing.written(rows, "csv"), "csv", f"problems-{sheet.pk}")

    def template(self, request: HttpRequest, language: str, kind: str) -> HttpResponseBase:
        _require(request)
        if language not in writing.EXAMPLES or kind not in TYPES:
            raise PermissionDenied
        rows = writing.template(language)
        return attachment(request, writing.written(rows, kind), kind, f"faq-{language}")

    def _act(self, request: HttpRequest, sheet: FaqImport, forms: dict[str, Any]) -> bool:
        """Does what a button says; False when a form has to be shown again."""
        if not facts.may_act(request, sheet):
            raise PermissionDenied
        wish = request.POST.get("do", "")
        if wish in forms and not forms[wish].is_valid():
            return False
        by = cast("User", request.user)
        verbs = {
            "import": lambda: services.begin_writing(sheet=sheet, by=by),
            "undo": lambda: services.undo(sheet=sheet, by=by),
            "cancel": lambda: services.cancel(sheet=sheet),
            "again": lambda: services.try_again(sheet=sheet),
            "check": lambda: services.check_again(sheet=sheet),
            "encoding": lambda: services.check_again(sheet=sheet, **forms[wish].cleaned_data),
            "columns": lambda: services.check_again(sheet=sheet, chosen=forms[wish].chosen()),
        }
        if wish in ("encoding", "columns") and wish not in forms:
            verbs[wish] = lambda: False
        if wish in verbs and not verbs[wish]():
            self.message_user(request, TOO_LATE, messages.WARNING)
        return True

    def _shown(
        self, request: HttpRequest, sheet: FaqImport, forms: dict[str, Any]
    ) -> dict[str, Any]:
        problems = _paged(request, sheet)
        good = sheet.rows.filter(outcome__in=FaqImportRow.TO_WRITE).order_by("number")
        figures = {
            "to_import": sheet.count(*FaqImportRow.TO_WRITE),
            "left_out": sheet.count("error", "duplicate"),
            "problems": problems.paginator.count if problems else 0,
        }
        return {
            **figures,
            "shown": {name: intcomma(figure) for name, figure in figures.items()},
            "kept_days": limits().kept_days,
            "title": sheet.file_name,
            "sheet": sheet,
            "rows": [facts.shown(row) for row in good[:SHOWN]] if sheet.counts else [],
            "page": problems,
            "told": [facts.told(row) for row in problems or ()],
            "may_act": facts.may_act(request, sheet),
            "may_undo": services.may_undo(sheet),
            "may_check_again": services.may_check_again(sheet),
            "progress": facts.progress(sheet),
            "cards": facts.cards(sheet),
            "facts": facts.read_as(sheet),
            "unknown": sheet.facts.get("unknown", []),
            "problem": sheet.problem and sentence(sheet.problem["code"], sheet.problem["params"]),
            "forms": forms,
        }

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        every = {**self.admin_site.each_context(request), "opts": self.opts}
        template = f"admin/knowledge/imports/{name}.html"
        return TemplateResponse(request, template, {**every, **context})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_import(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_import(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_import(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Old ones go by themselves; their summaries say who brought what."""
        return False


def may_import(request: HttpRequest) -> bool:
    return request.user.has_perms(IMPORTING)


def _require(request: HttpRequest) -> None:
    if not may_import(request):
        raise PermissionDenied


def _started(author: User, chosen: dict[str, Any]) -> FaqImport:
    upload = chosen.pop("file")
    wishes = services.Wishes(**chosen)
    return services.start_import(author=author, file=upload.file, name=upload.name, wishes=wishes)


def _forms(request: HttpRequest, sheet: FaqImport) -> dict[str, Any]:
    """The forms that the page offers, by the name of their button."""
    if not services.may_check_again(sheet):
        return {}
    wish = request.POST.get("do")
    found: dict[str, Any] = {}
    if headings := sheet.facts.get("headings"):
        known = sheet.facts.get("columns") or facts.recognised(headings)
        found["columns"] = ColumnsForm(
            request.POST if wish == "columns" else None, headings=headings, found=known
        )
    if sheet.facts.get("kind", "csv") == "csv":
        taken = {"encoding": sheet.facts.get("encoding", "utf-8")}
        found["encoding"] = EncodingForm(
            request.POST if wish == "encoding" else None, initial=taken, label_suffix=""
        )
    return found


def _paged(request: HttpRequest, sheet: FaqImport) -> Page[Any] | None:
    if sheet.is_at_work or not sheet.counts:
        return None
    return Paginator(facts.with_problems(sheet), ON_A_PAGE).get_page(request.GET.get("page"))


def _page_of(sheet: FaqImport) -> str:
    return reverse("admin:knowledge_faqimport_change", args=[sheet.pk])


def _languages() -> list[tuple[str, str]]:
    return [(ENGLISH, "English"), (CHINESE, "简体中文")]
