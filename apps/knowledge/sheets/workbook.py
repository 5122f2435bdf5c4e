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

from apps.knowledge.sheets.limits import MIB, SheetLimits, Watched, unwatched
from apps.knowledge.sheets.problems import SheetError
from apps.knowledge.sheets.worksheet import Content, Row, Rows, SharedTexts, Texts, parsed

# What openpyxl reads whole it makes objects of. 2 MiB of styles, packed into 7 KB, take it 300 MiB
# and 5 s; those of usual workbooks are far smaller.
WHOLE_AT_MOST = 2 * MIB
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


class _Archive(zipfile.ZipFile):
    def __init__(self, file: BinaryIO, watched: Watched) -> None:
        super().__init__(file)
        self._watched = watched

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """A whole part, as openpyxl asks for it; rows and texts are read as streams instead.
        Raises SheetError, and KeyError for a part that is not there."""
        self._watched()
        part = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if part.file_size > WHOLE_AT_MOST:
            raise SheetError("part_too_big", limit=WHOLE_AT_MOST // MIB)
        return super().read(part, pwd)


def look(file: BinaryIO, limits: SheetLimits, watched: Watched = unwatched) -> Workbook:
    """Opens the first sheet that holds anything; hidden ones come last.

    Raises SheetError ("damaged", "password", "too_big_unpacked", "part_too_big", "overloaded",
    "no_content").
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check_size(archive, limits)
        return _choose(_package(file, watched), limits, watched)
    except SheetError:
        raise
    except BROKEN:
        raise SheetError("damaged") from None


def rows(book: Workbook, limits: SheetLimits, watched: Watched = unwatched) -> Iterator[Row]:
    """The rows with their numbers; blank ones are left out.

    Raises SheetError ("damaged", "overloaded", "too_many_columns", "cell_too_big").
    """
    reader = Rows(book.strings, book.dates, book.epoch, limits)
    try:
        size = book.archive.getinfo(book.path).file_size or 1
        with book.archive.open(book.path) as source:
            for row in parsed(source, reader, watched):
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


def _package(file: BinaryIO, watched: Watched) -> Any:
    """What the workbook is made of, read, and its parts left alone: with its own `read` openpyxl
    would keep all shared texts, and go through whole sheets to learn their size."""
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415 not in every process
    from openpyxl.styles.stylesheet import apply_stylesheet  # noqa: PLC0415 as above

    package = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    package.archive = _Archive(file, watched)
    package.read_manifest()
    package.read_workbook()
    apply_stylesheet(package.archive, package.wb)
    return package


def _choose(package: Any, limits: SheetLimits, watched: Watched) -> Workbook:
    book = package.wb
    dates = frozenset(book._date_formats) - frozenset(book._timedelta_formats)
    blank: set[str] = set()
    for title, path in _sheets(package):
        # Any number of sheets can name the same part.
        if path not in blank and _holds_anything(package, path, watched):
            texts = _texts(package, limits, watched)
            return Workbook(package.archive, path, title, texts, dates, book.epoch)
        blank.add(path)
    raise SheetError("no_content")


def _sheets(package: Any) -> list[tuple[str, str]]:
    """Title and path of each sheet with cells, hidden ones last."""
    found = [
        (bool(sheet.state != "visible"), str(sheet.name), str(part.target))
        for sheet, part in package.parser.find_sheets()
        if "chartsheet" not in part.Type and part.target in package.valid_files
    ]
    return [(title, path) for _, title, path in sorted(found, key=itemgetter(0))]


def _holds_anything(package: Any, path: str, watched: Watched) -> bool:
    with package.archive.open(path) as source:
        return any(True for _ in parsed(source, Content(), watched))


def _texts(package: Any, limits: SheetLimits, watched: Watched) -> Texts:
    from openpyxl.xml.constants import SHARED_STRINGS  # noqa: PLC0415 not in every process

    texts = Texts(most=limits.rows * limits.columns)
    part = package.package.find(SHARED_STRINGS)
    if part is not None:
        with package.archive.open(part.PartName[1:]) as source:
            for _ in parsed(source, SharedTexts(texts, limits), watched):
                pass
    texts.done()
    return texts
