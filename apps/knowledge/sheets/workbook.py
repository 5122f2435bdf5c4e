"""Reading XLSX. openpyxl reads what a workbook is made of; the rows themselves are read here, from
the stream, since its own reader takes several times as long and keeps all shared texts."""

import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from defusedxml import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from apps.knowledge.sheets.limits import MIB, SheetLimits
from apps.knowledge.sheets.problems import SheetError
from apps.knowledge.sheets.worksheet import AnyText, Row, Rows, SharedTexts, Texts, parsed

# What openpyxl and the parsers raise over files that are not what they say.
BROKEN = (
    zipfile.BadZipFile, expat.ExpatError, ParseError, DefusedXmlException, NotImplementedError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, OSError, EOFError, RuntimeError,
    zlib.error,
)  # fmt: skip


@dataclass(slots=True)
class Workbook:
    """An opened workbook: the sheet to read, what is needed to read it, and the share of it that
    is read so far."""

    archive: zipfile.ZipFile
    path: str
    title: str
    strings: Texts
    dates: frozenset[int]
    epoch: datetime
    share: float = 0.0


class _Package(ExcelReader):
    """Reads what the workbook is made of and leaves its parts alone: openpyxl would keep all
    shared texts, and go through whole sheets to learn their size."""

    def read(self) -> None:
        self.read_manifest()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)

    def sheets(self) -> list[tuple[str, str]]:
        """Title and path of each sheet with cells, hidden ones last."""
        found = [
            (bool(sheet.state != "visible"), str(sheet.name), str(part.target))
            for sheet, part in self.parser.find_sheets()
            if "chartsheet" not in part.Type and part.target in self.valid_files
        ]
        return [(title, path) for _, title, path in sorted(found, key=itemgetter(0))]


def look(file: BinaryIO, limits: SheetLimits) -> Workbook:
    """Opens the first sheet that holds anything; hidden ones come last.

    Raises SheetError ("damaged", "too_big_unpacked", "no_content").
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_size(archive, limits)
        package = _Package(file, read_only=True, data_only=True, keep_links=False)
        package.read()
        return _choose(package)
    except SheetError:
        raise
    except BROKEN:
        raise SheetError("damaged") from None


def rows(book: Workbook, limits: SheetLimits) -> Iterator[Row]:
    """The rows with their numbers; blank ones are left out.

    Raises SheetError ("damaged", "too_many_columns", "cell_too_big").
    """
    reader = Rows(book.strings, book.dates, book.epoch, limits)
    try:
        size = book.archive.getinfo(book.path).file_size or 1
        with book.archive.open(book.path) as source:
            for row in parsed(source, reader):
                book.share = source.tell() / size
                yield row
    except BROKEN:
        raise SheetError("damaged") from None


def _check_size(archive: zipfile.ZipFile, limits: SheetLimits) -> None:
    """What the archive says is binding: zipfile reads no more of a part than was announced."""
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise SheetError("password")
    if len(parts) > limits.parts or sum(p.file_size for p in parts) > limits.unpacked_bytes:
        raise SheetError("too_big_unpacked", limit=limits.unpacked_bytes // MIB)


def _choose(package: _Package) -> Workbook:
    book: Any = package.wb  # its stubs leave out what a reader sets
    dates = frozenset(book._date_formats) - frozenset(book._timedelta_formats)
    bare = SheetLimits(columns=1 << 14, cell=1 << 30)
    for title, path in package.sheets():
        found = Workbook(package.archive, path, title, AnyText(), dates, book.epoch)
        if next(rows(found, bare), None):
            texts = _texts(package)
            return Workbook(package.archive, path, title, texts, dates, book.epoch)
    raise SheetError("no_content")


def _texts(package: _Package) -> Texts:
    texts = Texts()
    manifest: Any = package.package
    part = manifest.find(SHARED_STRINGS)
    if part is not None:
        with package.archive.open(part.PartName[1:]) as source:
            for _ in parsed(source, SharedTexts(texts)):
                pass
    texts.done()
    return texts
