"""The file of an import: kept in pieces, put together on disk for a worker, told by its content."""

import codecs
import contextlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from apps.knowledge.models import FaqImport, FaqImportPart
from apps.knowledge.sheets import delimited, workbook
from apps.knowledge.sheets.limits import MIB, SheetLimits, Watched, unwatched
from apps.knowledge.sheets.problems import SheetError

PIECE = 1 << 19
HEAD = 1 << 10
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# How Office names the stream of a workbook that it has encrypted.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"{\\rtf",
)
# Their first sign, after blanks and the mark of an encoding.
PAGES = (b"<!", b"<?xml", b"<html", b"<table", b"{", b"[{", b"[[", b"[]")
WORKBOOKS = (".xlsx", ".xlsm")
TYPES = (".csv", ".txt", ".tsv", *WORKBOOKS)


@dataclass(slots=True)
class Opened:
    """A file that can be read: how it is (`facts`), its rows, and the share of it that is read
    so far."""

    facts: dict[str, Any]
    rows: Iterator[tuple[int, list[str]]]
    share: Callable[[], float]


def keep(sheet: FaqImport, file: BinaryIO) -> None:
    """Stores the file's pieces, one at a time."""
    file.seek(0)
    for number in itertools.count():
        if not (piece := file.read(PIECE)):
            return
        FaqImportPart.objects.create(sheet=sheet, number=number, body=piece)


@contextlib.contextmanager
def on_disk(sheet: FaqImport) -> Iterator[BinaryIO]:
    """The file, put together again where it can be read to and fro."""
    with tempfile.TemporaryFile() as file:
        parts = FaqImportPart.objects.filter(sheet=sheet).order_by("number")
        for pk in parts.values_list("pk", flat=True):
            file.write(FaqImportPart.objects.values_list("body", flat=True).get(pk=pk))
        file.flush()
        yield cast("BinaryIO", file)


def check_at_the_door(name: str, file: BinaryIO, size: int, limits: SheetLimits) -> None:
    """Refuses at once what its first bytes tell apart.

    Raises SheetError ("empty", "too_big", "not_a_sheet", "not_a_table", "not_a_workbook",
    "old_excel", "password").
    """
    if size == 0:
        raise SheetError("empty")
    if size > limits.file_bytes:
        shown = f"{size / MIB:.1f}"
        raise SheetError("too_big", size=shown, limit=limits.file_bytes // MIB)
    file.seek(0)
    start = file.read(len(OLE))
    if start == OLE:
        raise SheetError("password" if ENCRYPTED in file.read() else "old_excel")
    file.seek(0)
    text = file.read(HEAD).removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith(PAGES):
        raise SheetError("not_a_table")
    if start.startswith(OTHERS) or not name.lower().endswith(TYPES):
        raise SheetError("not_a_sheet")
    if name.lower().endswith(WORKBOOKS) and not start.startswith(ZIP):
        raise SheetError("not_a_workbook")


def read(
    file: BinaryIO, encoding: str, limits: SheetLimits, watched: Watched = unwatched
) -> Opened:
    """Opens the file as what it is, whatever its name says. Raises SheetError, and what `watched`
    raises."""
    file.seek(0)
    if file.read(len(ZIP)) == ZIP:
        book = workbook.look(file, limits, watched)
        facts = {"kind": "xlsx", "sheet": book.title}
        return Opened(facts, workbook.rows(book, limits, watched), lambda: book.share)
    how = delimited.look(file, encoding, watched)
    size = file.seek(0, 2)
    file.seek(0)
    facts = {"kind": "csv", "encoding": how.encoding, "separator": how.separator}
    found = delimited.rows(file, how, limits, watched)
    return Opened(facts, found, lambda: file.tell() / size)
