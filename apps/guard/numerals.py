"""Digits in a text however they are written: full-width, with spaces or dashes, in Chinese.

Everything here looks at a bounded number of characters per character of the text.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

HIDDEN = "\u200b"
# Read out as digits; only runs as long as a phone number are taken for one.
SPOKEN = {
    ord(char): digit
    for char, digit in zip(
        "零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789", strict=True
    )
}
_NUMERALS = "".join(map(chr, SPOKEN))
SPOKEN_RUN = re.compile(rf"[{_NUMERALS}\d]{{11,19}}|[{_NUMERALS}](?:[ -]?[{_NUMERALS}]){{10,18}}")
DIGITS = re.compile(r"\d+")
# The signs after the bar stand in lists, dates and prices too, and join only what is all of a form.
BETWEEN = re.compile(r"[ .()\-]{1,3}|[/,·_\n]")
LISTING = frozenset("/,·_\n")
MOST_KEPT = 1 << 14
# More are one number only if it was written sign by sign, or in pairs.
MOST_GROUPS = 6
PAIR = 2
LEAST_DIGITS = 7
MOST_DIGITS = 21


class _Table(dict[int, str]):
    """One character for one: lower case, of half width, one dash, one blank, one hidden sign."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = self._fold(char)
        if len(self) < MOST_KEPT:
            self[code] = folded
        return folded

    @staticmethod
    def _fold(char: str) -> str:
        category = unicodedata.category(char)
        if category == "Nd":
            return str(unicodedata.decimal(char))
        if category in ("Cf", "Mn", "Me"):
            return HIDDEN
        if category in ("Pd", "Sm") and unicodedata.normalize("NFKC", char) not in "+=<>|~":
            return "-"
        if char in "\n\r":
            return "\n"
        if char.isspace():
            return " "
        folded = unicodedata.normalize("NFKC", char).lower()
        return folded if len(folded) == 1 else char


_TABLE = _Table()


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring groups of digits: `digits` without what stands between, `shape` the lengths of
    the groups, `between` the signs between them."""

    start: int
    end: int
    digits: str
    shape: tuple[int, ...]
    between: str

    @property
    def is_sign_by_sign(self) -> bool:
        """Or in pairs, with one sign between them all."""
        size = self.shape[0]
        same = set(self.shape[:-1]) == {size} and self.shape[-1] <= size <= PAIR
        return same and len(set(self.between)) == 1

    @property
    def is_listed(self) -> bool:
        return not LISTING.isdisjoint(self.between)


def visible(folded: str) -> tuple[str, Sequence[int]]:
    """Without the hidden signs, and where each character that is left stood."""
    if HIDDEN not in folded:
        return folded, range(len(folded))
    places = [place for place, char in enumerate(folded) if char != HIDDEN]
    return folded.replace(HIDDEN, ""), places


def fold(text: str) -> str:
    """The text in one spelling; each character stays in its place."""
    folded = text.translate(_TABLE)
    return SPOKEN_RUN.sub(lambda found: found[0].translate(SPOKEN), folded)


def runs(folded: str) -> Iterator[list[tuple[int, int]]]:
    """Groups of digits with so little between them that they may be one number."""
    run: list[tuple[int, int]] = []
    for found in DIGITS.finditer(folded):
        span = found.span()
        if run and not BETWEEN.fullmatch(folded, run[-1][1], span[0]):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def windows(folded: str, run: list[tuple[int, int]], first: int) -> Iterator[Window]:
    """What begins with that group and has enough digits to be anybody's, longest first."""
    groups: list[tuple[int, int]] = []
    found: list[Window] = []
    count = 0
    size = run[first][1] - run[first][0]
    is_even = size <= PAIR
    for start, end in run[first : first + MOST_DIGITS]:
        count += end - start
        # The last group of pairs may be one digit.
        is_last = end - start < size
        is_even = is_even and end - start <= size
        if count > MOST_DIGITS or not (is_even or len(groups) < MOST_GROUPS):
            break
        groups.append((start, end))
        if count >= LEAST_DIGITS:
            found.append(_window(folded, groups))
        is_even = is_even and not is_last
    return reversed(found)


def _window(folded: str, groups: list[tuple[int, int]]) -> Window:
    digits = "".join(folded[start:end] for start, end in groups)
    between = "".join(folded[before[1] : after[0]] for before, after in pairwise(groups))
    shape = tuple(end - start for start, end in groups)
    return Window(groups[0][0], groups[-1][1], digits, shape, between)
