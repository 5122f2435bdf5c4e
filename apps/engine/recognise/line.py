"""A visitor's line in one spelling, where every place is known in the original too.

Recognisers read the folded line (full-width digits, capitals, traditional characters and invisible
characters are gone) and answer in places of the original, which is what a visitor is shown.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from apps.engine.text import normalise

# Who writes more tells a story: the start says what is wanted. It bounds the work of one line.
READ_AT_MOST = 1_000

_DROPPED = "\x00"
_WIDER = "\x01"


@lru_cache(maxsize=1 << 12)
def _folded(char: str) -> str:
    """One character as `normalise` spells it, but a space for every blank; "" if it is dropped."""
    if char.isspace():
        return " "
    return normalise(char) if unicodedata.combining(char) == 0 else ""


class _Table(dict[int, str]):
    """What `str.translate` reads: always one character for one, with marks where that fails."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _folded(char)
        one = folded if len(folded) == 1 else (_WIDER if folded else _DROPPED)
        if len(self) < 1 << 14:
            self[code] = one
        return one


_TABLE = _Table()


@dataclass(frozen=True, slots=True)
class FoldedLine:
    """`folded[i]` comes from `text[places[i]]`; `places` None: from the same place."""

    text: str
    folded: str
    places: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a part of the folded line; start < end."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def read(text: str) -> FoldedLine:
    """The line of a text, of which only the first READ_AT_MOST characters are looked at."""
    cut = text[:READ_AT_MOST]
    if cut.isascii() and cut.isprintable():
        return FoldedLine(text, cut.lower())
    folded = cut.translate(_TABLE)
    if _DROPPED not in folded and _WIDER not in folded:
        return FoldedLine(text, folded)
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(cut):
        for one in _folded(char):
            chars.append(one)
            places.append(place)
    return FoldedLine(text, "".join(chars[:READ_AT_MOST]), tuple(places[:READ_AT_MOST]))
