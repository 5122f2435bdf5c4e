"""The admin site, in Unfold's look. What it shows around the lists is in `overview.py`."""

import time
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult
from unfold.sites import UnfoldAdminSite

from helpdesk import mail
from helpdesk.busy import in_turn, sign_ins, staff
from helpdesk.filters import View, bounded, lenient
from helpdesk.signing_in import braked

SEARCHED = {
    "knowledge.faq",
    "knowledge.category",
    "handoff.ticket",
    "handoff.operator",
    "handoff.team",
    "handoff.macro",
    "sites.site",
    "auth.user",
}
ROWS = 10


class HelpdeskAdminSite(UnfoldAdminSite):  # type: ignore[misc]  # Unfold ships no types
    index_title = _("Overview")
    login_form: Any = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login_form = braked(self.login_form)

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002 Django's own
        return in_turn(staff)(super().admin_view(bounded(lenient(view)), cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        return in_turn(sign_ins)(super().login)(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "templates": {"navigation": "admin/navigation.html"},
            "mail": mail.is_configured(),
        }

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lists, and for the palette rows. Nothing is kept: what one may see, and in which
        language, changes between two searches."""
        term = request.GET.get("s", "").strip().lower()
        if not term:
            return HttpResponse()
        began = time.monotonic()
        template = "unfold/helpers/search_results.html"
        results = self._search_apps(self.get_app_list(request), term)
        if "extended" in request.GET:
            template = "unfold/helpers/command_results.html"
            results += list(self._rows(request, term))
        pages = Paginator(results, len(results) or 1)
        context = {
            "page_obj": pages,
            "results": pages.page(1),
            "page_counter": 0,
            "execution_time": time.monotonic() - began,
            "command_show_history": False,
        }
        return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})

    def _rows(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        """The first rows of each list that is worth searching, of those that one may see."""
        for app in self.get_app_list(request):
            for model in app["models"]:
                if model["model"]._meta.label_lower not in SEARCHED:
                    continue
                shown = self._registry[model["model"]]
                found, _doubled = shown.get_search_results(
                    request, shown.get_queryset(request), term
                )
                page = f"{self.name}:{model['model']._meta.label_lower.replace('.', '_')}_change"
                for row in found.distinct()[:ROWS]:
                    link = reverse(page, args=[row.pk])
                    yield SearchResult(str(row), model["name"], link, "data_object")
