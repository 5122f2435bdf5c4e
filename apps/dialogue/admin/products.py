"""The catalogue: what visitors may name where a flow asks for a product."""

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as RowError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.dialogue.admin.listed import ListOfASite
from apps.dialogue.flows.services import Listed, set_products
from apps.dialogue.models import Product
from apps.sites.models import Site

LIST = "admin:dialogue_product_changelist"
MOST_LINES = 5000
# Far more than a product may have; the reader of cells fails at a very long one.
LONGEST_LINE = 10_000
MOST_TOLD = 20


@dataclass(slots=True)
class Pasted:
    """What the lines of a catalogue stand for; with problems nothing of it is stored."""

    products: list[Listed] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)


def read(text: str) -> Pasted:
    """Reads `number, Chinese name, English name, other names ...` lines; with commas or tabs."""
    pasted = Pasted()
    lines: dict[str, int] = {}
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            pasted.problems.append(_of_line(place, _("it has more than 10,000 characters.")))
            continue
        cells = _cells(line)
        product = _product(cells)
        problems = _wrong(product, cells) if cells else []
        if product.sku in lines:
            said = _("“%(sku)s” stands in line %(first)d already.")
            problems.append(str(said) % {"sku": product.sku, "first": lines[product.sku]})
        pasted.problems += [_of_line(place, problem) for problem in problems]
        lines.setdefault(product.sku, place)
        pasted.products.append(product)
    return pasted


def _of_line(place: int, problem: Any) -> str:
    return str(_("Line %(line)d: %(problem)s")) % {"line": place, "problem": problem}


def _cells(line: str) -> list[str]:
    separator = "\t" if "\t" in line else ","
    plain = line if separator == "\t" else line.replace("，", ",")
    return [
        " ".join(cell.split()) for cell in next(csv.reader(io.StringIO(plain), delimiter=separator))
    ]


def _product(cells: list[str]) -> Listed:
    sku, chinese, english, *others = (*cells, "", "", "")[: max(len(cells), 3)]
    return Listed(sku, english, chinese, ", ".join(filter(None, others)))


def _wrong(product: Listed, cells: list[str]) -> list[str]:
    if not (product.name_en or product.name_zh_hans):
        return [str(_("a product needs a name: number, Chinese name, English name."))]
    row = Product(
        sku=product.sku,
        name_en=product.name_en,
        name_zh_hans=product.name_zh_hans,
        synonyms=product.synonyms,
    )
    try:
        row.clean_fields(exclude=["site"])
    except RowError as error:
        return [
            f"{_title(name)}: {text}"
            for name, texts in error.message_dict.items()
            for text in texts
        ]
    return []


def _title(name: str) -> str:
    return str(getattr(Product._meta.get_field(name), "verbose_name", name))


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
            "spreadsheet fit as well. A product whose number is there already is changed."
        ),
    )

    def clean_lines(self) -> list[Listed]:
        text = self.cleaned_data["lines"]
        if len(text.splitlines()) > MOST_LINES:
            raise forms.ValidationError(_("At most 5,000 lines at once."))
        pasted = read(text)
        if pasted.problems:
            raise forms.ValidationError(pasted.problems[:MOST_TOLD])
        return pasted.products


@admin.register(Product)
class ProductAdmin(ListOfASite):
    list_display = ["sku", "name_en", "name_zh_hans", "synonyms", "site"]
    list_filter = ["site"]
    list_select_related = ["site"]
    search_fields = ["sku", "name_en", "name_zh_hans", "synonyms"]
    fields = ["site", "sku", ("name_en", "name_zh_hans"), "synonyms"]
    actions_list = ["paste"]

    @action(  # type: ignore[untyped-decorator]
        description=_("Paste a list"), icon="content_paste", permissions=["paste"]
    )
    def paste(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:dialogue_product_many"))

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
        first = Site.objects.order_by("name").first()
        sent = request.method == "POST"
        form = PasteForm(request.POST) if sent else PasteForm(initial={"site": first})
        if sent and form.is_valid():
            site, products = form.cleaned_data["site"], form.cleaned_data["lines"]
            added, changed = set_products(site=site, products=products)
            text = _("%(added)d products added, %(changed)d changed.")
            messages.success(request, str(text) % {"added": added, "changed": changed})
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
