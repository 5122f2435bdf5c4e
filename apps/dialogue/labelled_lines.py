"""Files of labelled lines, a JSON value each, packed or not; and shares of what is counted in them."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

Labelled = TypeVar("Labelled")


class BadLinesError(ValueError):
    """A file that cannot be used; the message is one sentence naming the file and the line."""


def read(path: Path, labelled: Callable[[Any, str], Labelled]) -> Iterator[Labelled]:
    """What `labelled` makes of the value of each line that is not blank, and of its place, which
    its own BadLinesError begins with. Raises BadLinesError."""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise BadLinesError(f"{where}: this is no JSON.") from error
        yield labelled(value, where)


def share(found: Sequence[bool]) -> float | None:
    """Of those that are so, in 0..1; None of nothing."""
    return round(sum(found) / len(found), 4) if found else None


def _lines(path: Path) -> Iterator[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="\n") as lines:
            yield from lines
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadLinesError(f"{path} cannot be read: {error}.") from error
