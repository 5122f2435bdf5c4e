"""Files for the tests of imports, and imports that are brought to where a test begins."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from openpyxl import Workbook

from apps.knowledge.models import FaqImport
from apps.knowledge.sheets import jobs
from apps.knowledge.sheets.services import Wishes, start_import
from apps.sites.models import Site

HEAD = ("question", "answer")


def csv_of(*rows: Sequence[str], head: Sequence[str] = HEAD, encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    return text.getvalue().encode(encoding)


def xlsx_of(*rows: Iterable[Any], head: Sequence[str] = HEAD) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(head))
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: Workbook) -> bytes:
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


def archive(**parts: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in parts.items():
            made.writestr(name, body)
    return into.getvalue()


def uploaded(
    site: Site, author: User, body: bytes, *, name: str = "faq.csv", **wishes: str
) -> FaqImport:
    """An import that waits to be checked."""
    chosen = {"language": "en", "status": "draft", "existing": "skip", **wishes}
    return start_import(
        author=author, file=io.BytesIO(body), name=name, wishes=Wishes(site=site, **chosen)
    )


def checked(site: Site, author: User, body: bytes, **wishes: str) -> FaqImport:
    """An import with its preview."""
    sheet = uploaded(site, author, body, **wishes)
    return worked_at(sheet)


def worked_at(sheet: FaqImport) -> FaqImport:
    """The import after its worker has done what it wants."""
    while jobs.run(sheet.pk):
        pass
    sheet.refresh_from_db()
    return sheet


def told(sheet: FaqImport) -> dict[int, tuple[str, list[str]]]:
    """Each row's outcome and the codes of its problems."""
    return {
        row.number: (row.outcome, [f"{p['column']}: {p['code']}" for p in row.problems])
        for row in sheet.rows.order_by("number")
    }
