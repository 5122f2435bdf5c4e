"""Imports and exports of entries: seconds, and the peak memory of the process that works.

    python bench/imports.py [--json] [--rows 5000 50000]

Starts its own servers. Each figure is of a process of its own, so that memory is not that of the
one before.
"""

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.stack import durable_stack

ROWS = (5_000, 50_000)
KINDS = ("csv", "xlsx")
KIB_PER_MIB = 1024
SHARED = "xlsx with shared texts"
ANSWER = "Our parcels leave the warehouse on working days. " * 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step(*options.step)))
        return
    with durable_stack():
        figures = [figure for rows in options.rows for figure in measure(rows)]
    print(json.dumps(figures) if options.json else _table(figures))


def measure(rows: int) -> Iterator[dict[str, Any]]:
    for kind in (*KINDS, SHARED):
        for what in ("preview", "import", "export", "undo"):
            if kind == SHARED and what != "preview":
                continue
            print(f"measuring {what} of {rows} rows, {kind} ...", file=sys.stderr)
            command = [sys.executable, __file__, "--step", what, kind, str(rows)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr)
            yield {"what": what, "kind": kind, "rows": rows} | json.loads(
                done.stdout.splitlines()[-1]
            )


def step(what: str, kind: str, rows: str) -> dict[str, Any]:
    """One measurement, in a process of its own."""
    import django

    django.setup()
    steps = {"preview": preview, "import": write, "export": export, "undo": undo}
    prepared = steps[what](kind, int(rows))
    at_rest = _peak_mb()
    began, cpu = time.monotonic(), time.process_time()
    result = prepared()
    seconds = round(time.monotonic() - began, 2)
    spent = round(time.process_time() - cpu, 2)
    return {
        "seconds": seconds,
        "cpu_s": spent,
        "peak_mb": _peak_mb(),
        "at_rest_mb": at_rest,
        "result": result,
    }


def preview(kind: str, rows: int) -> Any:
    from django.contrib.auth.models import User

    from apps.knowledge.models import Category, FaqImport
    from apps.knowledge.sheets.services import Wishes, start_import
    from apps.sites.models import Site

    site = Site.objects.get_or_create(key="bench", defaults={"name": "Bench"})[0]
    Category.objects.get_or_create(site=site, slug="delivery", defaults={"name_en": "Delivery"})
    author = User.objects.get_or_create(username="bench", is_superuser=True)[0]
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"bench-{os.getpid()}"  # noqa: S108  # removed below
    # Made by another process: this one's peak is to be the worker's.
    maker = [
        sys.executable,
        "-c",
        f"from bench.imports import file; file({kind!r}, {rows}, {str(path)!r})",
    ]
    subprocess.run(maker, check=True, cwd=Path(__file__).resolve().parent.parent)
    wishes = Wishes(site, "en", "draft", FaqImport.Existing.UPDATE)
    with path.open("rb") as opened:
        sheet = start_import(author=author, file=opened, name=f"faq.{kind[:4]}", wishes=wishes)
    path.unlink()
    return lambda: _worked(sheet.pk)


def write(_kind: str, _rows: int) -> Any:
    from apps.knowledge.sheets.services import begin_writing

    sheet = _last()
    begin_writing(sheet=sheet, by=sheet.author)
    return lambda: _worked(sheet.pk)


def undo(_kind: str, _rows: int) -> Any:
    from apps.knowledge.sheets import services

    sheet = _last()
    services.undo(sheet=sheet, by=sheet.author)
    return lambda: _worked(sheet.pk)


def export(kind: str, _rows: int) -> Any:
    from apps.knowledge.models import Faq
    from apps.knowledge.sheets import writing

    def work() -> str:
        pieces = writing.written(writing.entries(Faq.objects.all(), "en"), kind)
        return f"{sum(len(piece) for piece in pieces) / 1e6:.1f} MB"

    return work


def file(kind: str, rows: int, path: str) -> None:
    """A file of that many entries, each of some 400 characters."""
    if kind == "csv":
        with Path(path).open("w", encoding="utf-8-sig", newline="") as into:
            csv.writer(into).writerows(table(rows))
    elif kind == SHARED:
        _shared(rows, path)
    else:
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("FAQ")
        for row in table(rows):
            sheet.append(row)
        book.save(path)


def _shared(rows: int, path: str) -> None:
    """As Excel writes it: every text in one table, the rows with their numbers in it."""
    import zipfile
    from xml.sax.saxutils import escape

    file("xlsx", 1, path)
    plain = zipfile.ZipFile(io.BytesIO(Path(path).read_bytes()))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in plain.namelist():
            body = plain.read(name).decode()
            if name == "[Content_Types].xml":
                part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
                body = body.replace("</Types>", part)
            if not name.endswith("sheet1.xml"):
                made.writestr(name, body)
        with made.open("xl/worksheets/sheet1.xml", "w") as into:
            into.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for row in table(rows):
                cells = "".join(f'<c t="s"><v>{number + n}</v></c>' for n in range(len(row)))
                into.write(f"<row>{cells}</row>".encode())
                number += len(row)
            into.write(b"</sheetData></worksheet>")
        with made.open("xl/sharedStrings.xml", "w") as into:
            into.write(f'<sst xmlns="{main}">'.encode())
            for row in table(rows):
                into.write("".join(f"<si><t>{escape(text)}</t></si>" for text in row).encode())
            into.write(b"</sst>")


def table(rows: int) -> Iterator[list[str]]:
    yield [
        "question",
        "answer",
        "variants",
        "language",
        "category",
        "status",
        "source",
        "high risk",
    ]
    for n in range(rows):
        yield [
            f"Where is parcel number {n}?",
            f"{ANSWER}Number {n}.",
            f"parcel {n}\nwhere is {n}\ntrack {n}",
            "en",
            "delivery",
            "draft",
            f"https://shop.example/help/{n}",
            "no",
        ]


def _last() -> Any:
    from apps.knowledge.models import FaqImport

    return FaqImport.objects.latest("pk")


def _worked(pk: int) -> dict[str, int]:
    from apps.knowledge.models import FaqImport
    from apps.knowledge.sheets import jobs

    while jobs.run(pk):
        pass
    found: dict[str, int] = FaqImport.objects.get(pk=pk).counts
    return found


def _peak_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB, 1)


def _table(figures: list[dict[str, Any]]) -> str:
    lines = [
        f"{'what':8} {'rows':>6} {'seconds':>8} {'CPU':>6} {'peak MiB':>9} {'at rest':>8}  kind, result"
    ]
    lines += [
        f"{one['what']:8} {one['rows']:>6} {one['seconds']:>8} {one['cpu_s']:>6} {one['peak_mb']:>9} "
        f"{one['at_rest_mb']:>8}  {one['kind']}, {one['result']}"
        for one in figures
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
