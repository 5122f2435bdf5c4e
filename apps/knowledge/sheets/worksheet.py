"""The rows and shared texts of a workbook, read from the stream of their XML."""

import os
import re
import tempfile
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import IO, Any
from xml.parsers import expat

from apps.knowledge.sheets.limits import SheetLimits, Watched
from apps.knowledge.sheets.problems import SheetError

BLOCK = 1 << 16
# Some programs write <x:worksheet> where others write <worksheet>.
PREFIXED = re.compile(rb"<\w+:(worksheet|sst)\b")
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
# The last row that a sheet can have.
ROWS_AT_MOST = 1 << 20
# A token that goes on over blocks is read again from its start with each of them, which makes long
# ones quadratic. Texts are no token: they come in pieces.
TOKEN_AT_MOST = 1 << 20
# Each open element and each name takes memory until the end, some hundred bytes from four.
DEPTH_AT_MOST = 1_000
NAMES_AT_MOST = 10_000
# Characters of the rows that one block makes: a shared text stands in as many cells as name it.
HELD_AT_MOST = 1 << 24
# How much longer a text may be in the file: _x000D_ is one character.
ESCAPED_AT_MOST = 7
Row = tuple[int, list[str]]


class Unreadable(str):
    """A cell whose text is not to be had: a formula without a result, or an error. Its `code`
    is one of the problems of rows."""

    code: str

    def __new__(cls, text: str, code: str) -> "Unreadable":
        made = super().__new__(cls, text)
        made.code = code
        return made


class Texts:
    """The shared texts of a workbook, on disk: there may be hundreds of megabytes of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # goes with the workbook
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        if len(self._ends) > self._most:
            raise SheetError("overloaded")
        written = self._file.write(text.encode())
        self._ends.append(self._ends[-1] + written)

    def done(self) -> None:
        self._file.flush()

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode()


class Collector:
    """What a pass over a part of the workbook has found since it was last asked."""

    def __init__(self) -> None:
        self.found: list[Row] = []
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1

    def end(self, tag: str) -> None:
        self.depth -= 1

    def text(self, text: str) -> None:
        raise NotImplementedError

    def taken(self) -> list[Row]:
        found, self.found = self.found, []
        return found


def parsed(source: IO[bytes], into: Collector, watched: Watched) -> Iterator[Row]:
    """What the collector finds, block by block. Raises SheetError ("damaged", "overloaded")."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.CharacterDataHandler = into.text
    parser.StartElementHandler, parser.EndElementHandler = into.start, into.end
    start = source.read(BLOCK)
    if PREFIXED.search(start):
        parser.StartElementHandler = lambda name, attrs: into.start(name.rpartition(":")[2], attrs)
        parser.EndElementHandler = lambda name: into.end(name.rpartition(":")[2])
    parser.StartDoctypeDeclHandler = _refuse
    block, fed = start, 0
    while block:
        watched()
        parser.Parse(block)
        fed += len(block)
        _check_load(parser, fed, into)
        yield from into.taken()
        block = source.read(BLOCK)
    parser.Parse(b"", not block)
    yield from into.taken()


def _check_load(parser: expat.XMLParserType, fed: int, into: Collector) -> None:
    if fed - parser.CurrentByteIndex > TOKEN_AT_MOST or into.depth > DEPTH_AT_MOST:
        raise SheetError("damaged")
    if len(parser.intern) > NAMES_AT_MOST:
        raise SheetError("overloaded")


def _refuse(*_declaration: Any) -> None:
    """A workbook declares no document type; whoever does wants entities that explode."""
    raise SheetError("damaged")


class Content(Collector):
    """Finds out whether a sheet holds anything: a text, a number, or a formula without either."""

    def __init__(self) -> None:
        super().__init__()
        self._kind = ""
        self._reads = False
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag == "c":
            self._kind = attributes.get("t", "n")
        elif tag == "rPh":
            self._phonetic = True
        elif tag == "f" and self._kind != "str":
            self._is_there()
        self._reads = tag in ("v", "t") and not self._phonetic

    def end(self, tag: str) -> None:
        self.depth -= 1
        self._reads = False
        if tag == "rPh":
            self._phonetic = False

    def text(self, text: str) -> None:
        if self._reads:
            self._is_there()

    def _is_there(self) -> None:
        if not self.found:
            self.found.append((0, []))


class SharedTexts(Collector):
    def __init__(self, texts: Texts, limits: SheetLimits) -> None:
        super().__init__()
        self._texts = texts
        self._most = limits.cell * ESCAPED_AT_MOST
        self._pieces: list[str] = []
        self._size = 0
        self._reads = False
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag == "si":
            self._pieces, self._size = [], 0
        elif tag == "rPh":
            self._phonetic = True
        self._reads = tag == "t" and not self._phonetic

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "si":
            self._texts.add(unescaped("".join(self._pieces)))
        elif tag == "rPh":
            self._phonetic = False
        self._reads = False

    def text(self, text: str) -> None:
        """The rest of a text too long for a cell is dropped: the cell that names it is refused,
        and if none does, it is nobody's trouble."""
        if self._reads and self._size <= self._most:
            self._pieces.append(text)
            self._size += len(text)


@dataclass(slots=True)
class _Cell:
    column: int
    kind: str
    style: int
    has_formula: bool = False
    pieces: list[str] = field(default_factory=list)
    size: int = 0


class Rows(Collector):
    """`dates`: the styles under which a number is a date, counted from `epoch`."""

    def __init__(
        self, texts: Texts, dates: frozenset[int], epoch: datetime, limits: SheetLimits
    ) -> None:
        super().__init__()
        self._texts = texts
        self._dates = dates
        self._epoch = epoch
        self._limits = limits
        self._most = limits.cell * ESCAPED_AT_MOST
        self._held = 0
        self._number = 0
        self._row: list[str] = []
        self._cell = _Cell(-1, "n", 0)
        self._reads = False
        self._phonetic = False
        self._cast: dict[str, Callable[[str], str]] = {
            "s": lambda text: self._texts[int(text)],
            "b": lambda text: "TRUE" if text.strip() == "1" else "FALSE",
            "e": lambda text: Unreadable(text, "error_cell"),
            "n": self._number_text,
            "d": lambda text: text.replace("T", " ").removesuffix(" 00:00:00"),
        }

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag == "c":
            self._start_cell(attributes)
        elif tag in ("v", "t"):
            self._reads = not self._phonetic
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "f":
            self._cell.has_formula = True
        elif tag == "rPh":
            self._phonetic = True

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag == "c":
            self._end_cell()
        elif tag in ("v", "t"):
            self._reads = False
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "row" and any(self._row):
            self.found.append((self._number, self._row))

    def text(self, text: str) -> None:
        if self._reads:
            self._cell.pieces.append(text)
            self._cell.size += len(text)
            if self._cell.size > self._most:
                raise SheetError("cell_too_big", row=self._number, limit=self._limits.cell)

    def taken(self) -> list[Row]:
        self._held = 0
        return super().taken()

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r") or self._number + 1)
        if not self._number < number <= ROWS_AT_MOST:
            raise SheetError("damaged")
        self._number = number
        self._row = []
        self._cell = _Cell(-1, "n", 0)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column = _column(place) if place else self._cell.column + 1
        if column >= self._limits.columns:
            raise SheetError(
                "too_many_columns", row=self._number, count=column + 1, limit=self._limits.columns
            )
        self._cell = _Cell(column, attributes.get("t", "n"), int(attributes.get("s") or 0))

    def _end_cell(self) -> None:
        cell = self._cell
        text = "".join(cell.pieces)
        if text:
            cast = self._cast.get(cell.kind)
            text = cast(text) if cast else unescaped(text)
        elif cell.has_formula and cell.kind != "str":
            text = Unreadable("=", "no_result")
        if len(text) > self._limits.cell:
            raise SheetError("cell_too_big", row=self._number, limit=self._limits.cell)
        if text:
            self._held += len(text)
            if self._held > HELD_AT_MOST:
                raise SheetError("overloaded")
            self._row += [""] * (cell.column + 1 - len(self._row))
            self._row[cell.column] = text

    def _number_text(self, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return Unreadable(text, "error_cell")
        if self._cell.style in self._dates:
            return self._date_text(value)
        # 2024.0 is 2024 to whoever typed it; long numbers keep their digits.
        return text if not value.is_integer() or value >= 1e15 else str(int(value))

    def _date_text(self, value: float) -> str:
        from openpyxl.utils.datetime import from_excel  # noqa: PLC0415 not in every process

        try:
            found = from_excel(value, self._epoch)
        except (OverflowError, ValueError):
            return Unreadable(str(value), "error_cell")
        if isinstance(found, datetime):
            return found.isoformat(" ").removesuffix(" 00:00:00")
        return str(found) if isinstance(found, time | timedelta) else found.isoformat()


def _column(place: str) -> int:
    """The column, from 0, of a cell such as AB12."""
    number = 0
    for letter in place:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter) - 64
    return number - 1


def unescaped(text: str) -> str:
    """XML cannot hold control characters: OOXML writes them as _x000D_."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
