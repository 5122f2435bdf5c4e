"""What changed between two texts, word by word; Chinese, which has no spaces, by characters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter

from apps.engine.text import HAN

SAME, INSERTED, REMOVED = "same", "inserted", "removed"
_TOKEN = re.compile(rf"[{HAN}]|[^\W_{HAN}]+|\s+|.", re.DOTALL)
_LINE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]*")
# Comparing every token with every other costs their product at worst; beyond it sentences are
# compared whole (4 000 characters of one repeated sign would take seconds).
COMPARED_AT_MOST = 400_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went: `kind` is "same", "inserted" or "removed"."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """The pieces in reading order; what was replaced goes before what took its place."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > COMPARED_AT_MOST:
        old, new = _LINE.findall(before), _LINE.findall(after)
    return _joined(_compare(old, new))


def before_of(pieces: list[Piece]) -> list[Piece]:
    """The left column of a comparison side by side."""
    return [piece for piece in pieces if piece.kind != INSERTED]


def after_of(pieces: list[Piece]) -> list[Piece]:
    return [piece for piece in pieces if piece.kind != REMOVED]


def _compare(old: list[str], new: list[str]) -> Iterator[Piece]:
    matcher = SequenceMatcher(_is_blank, old, new, autojunk=False)
    for tag, start, end, begin, finish in matcher.get_opcodes():
        if tag == "equal":
            yield Piece(SAME, "".join(old[start:end]))
            continue
        yield Piece(REMOVED, "".join(old[start:end]))
        yield Piece(INSERTED, "".join(new[begin:finish]))


def _is_blank(token: str) -> bool:
    return token.isspace()


def _joined(pieces: Iterator[Piece]) -> list[Piece]:
    full = (piece for piece in pieces if piece.text)
    return [
        Piece(kind, "".join(piece.text for piece in run))
        for kind, run in groupby(full, key=attrgetter("kind"))
    ]
