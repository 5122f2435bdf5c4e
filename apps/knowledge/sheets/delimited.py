"""Reading CSV: encodings, separators, cells with line breaks."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from apps.knowledge.sheets.columns import recognised
from apps.knowledge.sheets.limits import SheetLimits, Watched, unwatched
from apps.knowledge.sheets.problems import SheetError

Row = tuple[int, list[str]]
ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030 (GBK)"}
SEPARATORS = (",", ";", "\t")
BLOCK = 1 << 18
HEAD = 1 << 16
# In one line: csv makes a cell between any two, before they can be counted.
SEPARATORS_AT_MOST = 1_000_000
ROWS_BETWEEN_LOOKS = 1_000


@dataclass(frozen=True, slots=True)
class Delimited:
    """How a text file is to be read. `codec` is Python's name of the encoding."""

    encoding: str
    codec: str
    separator: str
    skip: int


def look(file: BinaryIO, wanted: str = "", watched: Watched = unwatched) -> Delimited:
    """Finds out encoding and separator. Reads the whole file once: only decoding without an error
    tells an encoding from another.

    Raises SheetError ("encoding", "encoding_chosen").
    """
    file.seek(0)
    start = file.read(HEAD)
    encoding, codec = _encoding(file, start, wanted, watched)
    file.seek(0)
    text = io.TextIOWrapper(file, codec, newline="")
    head = text.read(HEAD)
    text.detach()
    # Excel's own way of telling the separator: a first line such as "sep=;".
    if head[:4].lower() == "sep=" and head[5:6] in ("\r", "\n"):
        return Delimited(encoding, codec, head[4], 1)
    return Delimited(encoding, codec, _separator(head), 0)


def rows(
    file: BinaryIO, how: Delimited, limits: SheetLimits, watched: Watched = unwatched
) -> Iterator[Row]:
    """The rows with their numbers from 1, as a spreadsheet program counts them; blank ones are
    left out. Raises SheetError ("cell_too_big", "too_many_columns")."""
    file.seek(0)
    csv.field_size_limit(limits.cell)
    text = io.TextIOWrapper(file, how.codec, newline="")
    number = 0
    try:
        lines = _lines(text, how.separator, limits)
        for number, cells in enumerate(csv.reader(lines, delimiter=how.separator), start=1):
            if number % ROWS_BETWEEN_LOOKS == 0:
                watched()
            if number > how.skip and any(cells):
                yield number, cells
    except csv.Error:
        raise SheetError("cell_too_big", row=number + 1, limit=limits.cell) from None
    finally:
        if not file.closed:  # whoever stops early may have closed it first
            text.detach()


def _lines(text: io.TextIOWrapper, separator: str, limits: SheetLimits) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if (count := line.count(separator)) > SEPARATORS_AT_MOST:
            raise SheetError("too_many_columns", row=number, count=count, limit=limits.columns)
        yield line


def _encoding(file: BinaryIO, start: bytes, wanted: str, watched: Watched) -> tuple[str, str]:
    if wanted:
        codec = _codec(wanted, start)
        if not _decodes(file, codec, watched):
            raise SheetError("encoding_chosen", encoding=ENCODINGS[wanted])
        return wanted, codec
    for encoding in _candidates(start):
        codec = _codec(encoding, start)
        if _decodes(file, codec, watched):
            return encoding, codec
    raise SheetError("encoding")


def _candidates(start: bytes) -> tuple[str, ...]:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _half_empty(start):
        return ("utf-16",)
    return ("utf-8", "gb18030")


def _codec(encoding: str, start: bytes) -> str:
    """UTF-16 without a mark at its start is told by where the zeros of its ASCII stand."""
    if encoding == "utf-8":
        return "utf-8-sig"
    if encoding == "utf-16" and not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-be" if start[0::2].count(0) > start[1::2].count(0) else "utf-16-le"
    return encoding


def _half_empty(start: bytes) -> bool:
    zeros = max(start[0::2].count(0), start[1::2].count(0))
    return zeros > 4 and zeros * 5 > len(start) / 2


def _decodes(file: BinaryIO, codec: str, watched: Watched) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    try:
        while block := file.read(BLOCK):
            watched()
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _separator(head: str) -> str:
    """The one that makes most known headings of the first row, else the one that stands there
    most often."""

    def score(separator: str) -> tuple[int, int]:
        first = next(
            (row for row in csv.reader(io.StringIO(head, ""), delimiter=separator) if row), []
        )
        return recognised(first), len(first)

    return max(SEPARATORS, key=score)
