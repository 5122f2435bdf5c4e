"""Tables that spreadsheet programs open: nothing in them becomes a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

# A spreadsheet program takes a cell that begins so for a formula (the wide ones in Japanese and
# Chinese versions). An apostrophe before it says that it is text; ours is taken away again.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
SHIELDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
BOM = b"\xef\xbb\xbf"
PIECE = 32_000
Row = Sequence[str]


def shielded(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def unshielded(text: str) -> str:
    return text[1:] if text[:1] == "'" and SHIELDED.match(text) else text


def delimited(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows, each cell shielded, as a CSV file in pieces.

    Excel takes a CSV for UTF-8 only with the mark at its start. Everything is quoted: a program
    that splits at semicolons as well would else begin a cell inside of ours, past its shield.
    """
    yield BOM
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow(map(shielded, row))
        if text.tell() > PIECE:
            yield _drained(text)
    yield _drained(text)


def _drained(text: io.StringIO) -> bytes:
    found = text.getvalue().encode(errors="replace")
    text.seek(0)
    text.truncate()
    return found
