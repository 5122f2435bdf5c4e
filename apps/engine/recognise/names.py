"""Names found in a line: products of a catalogue, options of a choice.

An index is built once; reading a line costs a look-up per word and per Chinese character,
however many names there are.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from apps.engine.text import HAN, normalise, stem

_WORD = re.compile(r"[a-z0-9à-ɏ]+")
_HAN = re.compile(f"[{HAN}]")
# A name of one Chinese character would be found inside other words.
_SHORTEST_HAN = 2


class Found(NamedTuple):
    """A name at folded[start:end] and the value that it stands for."""

    value: str
    start: int
    end: int


class Word(NamedTuple):
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Names:
    """`han`: (name, value) by the name's first two characters; `words`: (stems, value) by the
    first stem. The longest names come first."""

    han: dict[str, list[tuple[str, str]]]
    words: dict[str, list[tuple[tuple[str, ...], str]]]

    def __bool__(self) -> bool:
        return bool(self.han or self.words)

    def find(self, folded: str, words: list[Word]) -> list[Found]:
        """The longest names, none overlapping another, in order of appearance."""
        found = (
            [*self._han(folded), *self._words(words)]
            if self.han and not folded.isascii()
            else [*self._words(words)]
        )
        if len(found) < 2:
            return found
        found.sort(key=lambda one: (one.start - one.end, one.start))
        kept: list[Found] = []
        taken: set[int] = set()
        for one in found:
            places = range(one.start, one.end)
            if taken.isdisjoint(places):
                kept.append(one)
                taken.update(places)
        return sorted(kept, key=lambda one: one.start)

    def _han(self, folded: str) -> Iterator[Found]:
        for start in range(len(folded) - 1):
            for name, value in self.han.get(folded[start : start + 2], ()):
                if folded.startswith(name, start):
                    yield Found(value, start, start + len(name))
                    break

    def _words(self, words: list[Word]) -> Iterator[Found]:
        for place, word in enumerate(words):
            for stems, value in self.words.get(word.stem, ()):
                last = place + len(stems)
                if stems == tuple(one.stem for one in words[place:last]):
                    yield Found(value, word.start, words[last - 1].end)
                    break


def words_of(folded: str) -> list[Word]:
    """The words that are not Chinese, folded to their stems."""
    return [Word(stem(found[0]), found.start(), found.end()) for found in _WORD.finditer(folded)]


def index(names: Iterable[tuple[str, str]]) -> Names:
    """Of (name, value); the first value of a name that stands there twice counts."""
    han: dict[str, dict[str, str]] = defaultdict(dict)
    words: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)
    for name, value in names:
        folded = normalise(name)
        stems = tuple(word.stem for word in words_of(folded))
        if _HAN.search(folded):
            if len(folded) >= _SHORTEST_HAN:
                han[folded[:2]].setdefault(folded, value)
        elif stems:
            words[stems[0]].setdefault(stems, value)
    return Names(
        {first: sorted(found.items(), key=_length) for first, found in han.items()},
        {first: sorted(found.items(), key=_length) for first, found in words.items()},
    )


def _length(named: tuple[str | tuple[str, ...], str]) -> int:
    return -len(named[0])
