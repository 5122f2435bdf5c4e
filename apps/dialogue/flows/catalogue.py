"""A catalogue as lines: pasted by people, and written so that it can be pasted again."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError as RowError
from django.utils.translation import gettext_lazy as _

from apps.dialogue.flows.services import Listed
from apps.dialogue.models import Product
from apps.guard.spreadsheets import unshielded
from apps.sites.faults import Fault
from apps.sites.models import CHINESE, ENGLISH

# Far more than a product may have; the reader of cells fails at a very long one.
LONGEST_LINE = 10_000
HEADINGS = {
    ENGLISH: ("number", "Chinese name", "English name", "other names"),
    CHINESE: ("商品编号", "中文名称", "英文名称", "其他叫法"),
}
# What the first cell says when the first line holds the names of the columns.
NUMBER = frozenset({"number", "product number", "sku", "商品编号", "商品号", "编号", "货号"})
# Between quotation marks it is a part of the name.
_QUOTED_OR_WIDE = re.compile(r'"[^"]*"|，')


@dataclass(slots=True)
class Pasted:
    """What the lines of a catalogue stand for; with problems nothing of it is stored."""

    products: list[Listed] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)


def read(text: str) -> Pasted:
    """Reads `number, Chinese name, English name, other names ...` lines; with commas or tabs. A
    first line with the names of the columns is left out."""
    pasted = Pasted()
    lines: dict[str, int] = {}
    for place, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            pasted.problems.append(_of_line(place, _("it has more than 10,000 characters.")))
            continue
        cells = _cells(line)
        if not pasted.products and cells and cells[0].casefold() in NUMBER:
            continue
        product = _product(cells)
        problems = _wrong(product, cells) if cells else []
        if product.sku in lines:
            said = _("“%(sku)s” stands in line %(first)d already. Delete one of the two lines.")
            problems.append(str(said) % {"sku": product.sku, "first": lines[product.sku]})
        pasted.problems += [_of_line(place, problem) for problem in problems]
        lines.setdefault(product.sku, place)
        pasted.products.append(product)
    return pasted


def rows(products: Iterable[Product], language: str) -> Iterator[tuple[str, ...]]:
    """What `read` takes, below the names of the columns."""
    yield HEADINGS[language]
    for one in products:
        yield one.sku, one.name_zh_hans, one.name_en, one.synonyms


def _of_line(place: int, problem: Any) -> str:
    return str(_("Line %(line)d: %(problem)s")) % {"line": place, "problem": problem}


def _cells(line: str) -> list[str]:
    separator = "\t" if "\t" in line else ","
    plain = line if separator == "\t" else _QUOTED_OR_WIDE.sub(_narrow, line)
    found = next(csv.reader(io.StringIO(plain), delimiter=separator), [])
    return [" ".join(unshielded(cell).split()) for cell in found]


def _narrow(found: re.Match[str]) -> str:
    return "," if found[0] == "，" else found[0]


def _product(cells: list[str]) -> Listed:
    """What the line ends before is not said of the product."""
    sku, chinese, english, *others = (*cells, *[None] * 3)[: max(len(cells), 3)]
    said = ", ".join(filter(None, others)) if len(cells) > 3 else None
    return Listed(sku or "", english, chinese, said)


def _wrong(product: Listed, cells: list[str]) -> list[str]:
    if not (product.name_en or product.name_zh_hans):
        if len(cells) == 1:
            said = _("there is one cell only, “%s”. Put commas or tabs between the cells: number, "
                     "Chinese name, English name.")  # fmt: skip
            return [str(said) % cells[0][:40]]
        return [str(_("a product needs a name: number, Chinese name, English name."))]
    row = Product(
        sku=product.sku,
        name_en=product.name_en or "",
        name_zh_hans=product.name_zh_hans or "",
        synonyms=product.synonyms or "",
    )
    try:
        row.clean_fields(exclude=["site"])
    except RowError as error:
        return [
            str(Fault("", text, _title(name)))
            for name, texts in error.message_dict.items()
            for text in texts
        ]
    return []


def _title(name: str) -> str:
    return str(getattr(Product._meta.get_field(name), "verbose_name", name))
