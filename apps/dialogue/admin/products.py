"""The catalogue: what visitors may name where a flow asks for a product."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.dialogue.admin.access import on_several_sites
from apps.dialogue.admin.listed import ListOfASite
from apps.dialogue.flows import catalogue
from apps.dialogue.flows.services import Listed, set_products
from apps.dialogue.models import Product
from apps.knowledge.admin import languages
from apps.knowledge.sheets import writing
from apps.sites.admin.chosen import carried, site_initial
from apps.sites.admin.streams import attachment
from apps.sites.models import Site

LIST = "admin:dialogue_product_changelist"
MOST_LINES = 5000
MOST_TOLD = 20


class PasteForm(forms.Form):
    site = forms.ModelChoiceField(
        Site.objects.order_by("name"), label=_("Site"), widget=UnfoldAdminSelectWidget
    )
    lines = forms.CharField(
        label=_("Products"),
        max_length=1_000_000,
        strip=False,
        widget=UnfoldAdminTextareaWidget({"rows": 12, "spellcheck": "false"}),
        help_text=_(
            "One a line: number, Chinese name, English name, other names. Cells copied from a "
            "spreadsheet fit as well. A product whose number is there already is changed; what a "
            "line ends before stays as it is."
        ),
    )

    def clean_lines(self) -> list[Listed]:
        text = self.cleaned_data["lines"]
        if len(text.splitlines()) > MOST_LINES:
            raise forms.ValidationError(_("At most 5,000 lines at once."))
        pasted = catalogue.read(text)
        if pasted.problems:
            raise forms.ValidationError(_told(pasted.problems))
        if not pasted.products:
            raise forms.ValidationError(_("Below the names of the columns there are no products."))
        return pasted.products


def _told(problems: list[Any]) -> list[Any]:
    """The first of them, and how many there are besides."""
    if not (others := len(problems) - MOST_TOLD) > 0:
        return problems
    text = ngettext("… and %(count)d more.", "… and %(count)d more.", others)
    return [*problems[:MOST_TOLD], text % {"count": others}]


@admin.register(Product)
class ProductAdmin(ListOfASite):
    list_display = ["sku", "name_en", "name_zh_hans", "synonyms", "site"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["sku", "name_en", "name_zh_hans", "synonyms"]
    fields = ["site", "sku", ("name_en", "name_zh_hans"), "synonyms"]
    actions_list = ["paste", "list_as_csv"]

    @action(  # type: ignore[untyped-decorator]
        description=_("Paste a list"), icon="content_paste", permissions=["paste"]
    )
    def paste(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(carried(reverse("admin:dialogue_product_many"), request))

    @action(  # type: ignore[untyped-decorator]
        description=_("Export"), icon="download", permissions=["view"]
    )
    def list_as_csv(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows, as lines that can be pasted again."""
        try:
            listed = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{reverse(LIST)}?e=1")
        products = cast("QuerySet[Product]", listed).order_by("site", "sku")
        if said := on_several_sites(one.sku for one in products):
            messages.error(request, said)
            return HttpResponseRedirect(carried(reverse(LIST), request))
        lines = catalogue.rows(products, languages.of_staff())
        return attachment(request, writing.written(lines, "csv"), "csv", "products")

    def has_paste_permission(self, request: HttpRequest) -> bool:
        # Named with a dot, Unfold's checks would look it up before the first migration.
        return self._may_paste(request)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "many/", self.admin_site.admin_view(self.many_view), name="dialogue_product_many"
        )
        return [page, *super().get_urls()]

    def many_view(self, request: HttpRequest) -> HttpResponse:
        """Stores every line, or none."""
        if not self._may_paste(request):
            raise PermissionDenied
        sent = request.method == "POST"
        form = PasteForm(request.POST if sent else None, initial=site_initial(request))
        if sent and form.is_valid():
            site, products = form.cleaned_data["site"], form.cleaned_data["lines"]
            added, changed = set_products(site=site, products=products)
            text = _("Products: %(added)d added, %(changed)d changed, %(unchanged)d unchanged.")
            unchanged = len(products) - added - changed
            figures = {"added": added, "changed": changed, "unchanged": unchanged}
            messages.success(request, str(text) % figures)
            return HttpResponseRedirect(reverse(LIST))
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Paste products"),
            "form": form,
        }
        return TemplateResponse(request, "admin/dialogue/products.html", context)

    def _may_paste(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))
