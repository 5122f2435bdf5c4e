"""The list of entries gets its ways in and out: import, and export of all, some or chosen ones."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.knowledge.admin import languages
from apps.knowledge.admin.imports import may_import
from apps.knowledge.models import Faq
from apps.knowledge.sheets import writing
from apps.sites.admin.chosen import BeginsWithSite, carried
from apps.sites.admin.streams import attachment

EXPORTS = ("list_as_csv", "list_as_xlsx")


class SheetsAdmin(BeginsWithSite):
    """Base of the admin of entries. An export has what the list shows: its search and filters are
    in the address of the button."""

    actions_list = ["import_file", {"title": _("Export"), "icon": "download", "items": [*EXPORTS]}]

    @action(  # type: ignore[untyped-decorator]
        description=_("Import"), icon="upload", permissions=["import"], url_path="import"
    )
    def import_file(self, request: HttpRequest) -> HttpResponseBase:
        return HttpResponseRedirect(carried(reverse("admin:knowledge_faqimport_add"), request))

    @action(  # type: ignore[untyped-decorator]
        description=_("This list as CSV"), permissions=["view"], url_path="export-csv"
    )
    def list_as_csv(self, request: HttpRequest) -> HttpResponseBase:
        return self._list_as(request, "csv")

    @action(  # type: ignore[untyped-decorator]
        description=_("This list as XLSX"), permissions=["view"], url_path="export-xlsx"
    )
    def list_as_xlsx(self, request: HttpRequest) -> HttpResponseBase:
        return self._list_as(request, "xlsx")

    @admin.action(permissions=["view"], description=_("Export the chosen ones as CSV"))
    def chosen_as_csv(self, request: HttpRequest, entries: QuerySet[Faq]) -> HttpResponseBase:
        return _exported(request, entries, "csv")

    @admin.action(permissions=["view"], description=_("Export the chosen ones as XLSX"))
    def chosen_as_xlsx(self, request: HttpRequest, entries: QuerySet[Faq]) -> HttpResponseBase:
        return _exported(request, entries, "xlsx")

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_import(request)

    def _list_as(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            # The list itself says what is wrong with a filter that is none.
            return HttpResponseRedirect(f"{reverse('admin:knowledge_faq_changelist')}?e=1")
        return _exported(request, listed, kind)


def _exported(request: HttpRequest, chosen: QuerySet[Faq], kind: str) -> HttpResponseBase:
    rows = writing.entries(chosen, languages.of_staff())
    return attachment(request, writing.written(rows, kind), kind, "faq")
