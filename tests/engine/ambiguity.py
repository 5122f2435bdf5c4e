"""Whether a regular expression could take time without end: one that reads a repetition in two ways tries
twice as much for each time that it is there.

A pattern is taken for the automaton of its characters. It can take exponential time where one state is
come back to by two ways on the same characters (Weber and Seidl 1991); what is possessive is read in
one way only.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise, product
from re import _constants as codes  # type: ignore[attr-defined]  # there is no public parse tree
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any

# What is repeated fewer times than this is written out.
OFTEN = 6
# What patterns tell apart, beside the characters that they name.
COMMON = "az09 _\n-',.;!?\u4e00\u9fa5\u00e9\u00b7\U0001f642"
CLASSES = {
    codes.CATEGORY_DIGIT: str.isdecimal,
    codes.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    codes.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    codes.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}
FITS: dict[object, Callable[..., bool]] = {
    codes.LITERAL: lambda found, char: char == chr(found),
    codes.NOT_LITERAL: lambda found, char: char != chr(found),
    codes.RANGE: lambda found, char: found[0] <= ord(char) <= found[1],
    codes.ANY: lambda _found, char: char != "\n",
    codes.CATEGORY: lambda found, char: CLASSES[found](char),
}

# A character of the pattern, or two of them.
State = Any
After = Callable[[State], Iterable[State]]


@dataclass
class Part:
    """`first` and `last`: the states that it can begin and end with, as often as there are ways to."""

    is_empty: bool = True
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)


class Automaton:
    """The states are the single characters of a pattern; `after` are those that may come next, each as
    often as there are ways there."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        tree = parser.parse(pattern.pattern, pattern.flags & re.VERBOSE)
        self.alphabet = sorted({*COMMON, *_named(tree)})
        self.fits: list[frozenset[str]] = []
        self.after: list[list[int]] = []
        self._read(tree)

    def _read(self, tree) -> Part:
        return reduce(self._followed, (self._part(*one) for one in tree), Part())

    def _part(self, code, found) -> Part:
        if code in FITS:
            self.fits.append(frozenset(char for char in self.alphabet if FITS[code](found, char)))
            self.after.append([])
            return Part(False, [len(self.fits) - 1], [len(self.fits) - 1])
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            return self._repeated(*found)
        if code is codes.POSSESSIVE_REPEAT:
            # What it took is not read otherwise; inside it may be ambiguous all the same.
            inner = self._read(found[2])
            return Part(found[0] == 0 or inner.is_empty, inner.first, inner.last)
        parts = [self._read(tree) for tree in _trees(found)]
        if code in (codes.ASSERT, codes.ASSERT_NOT) or not parts:
            return Part()
        either = Part(any(part.is_empty for part in parts))
        for part in parts:
            either.first += part.first
            either.last += part.last
        return either

    def _repeated(self, least, most, tree) -> Part:
        if int(most) >= OFTEN:
            one = self._read(tree)
            self._link(one.last, one.first)
            return Part(least == 0 or one.is_empty, one.first, one.last)
        times = [self._read(tree) for _ in range(int(most))]
        for one, other in pairwise(times):
            self._link(one.last, other.first)
        last = [state for one in times[max(int(least), 1) - 1 :] for state in one.last]
        return Part(least == 0 or times[0].is_empty, times[0].first, last)

    def _followed(self, one: Part, other: Part) -> Part:
        self._link(one.last, other.first)
        return Part(
            one.is_empty and other.is_empty,
            [*one.first, *(other.first if one.is_empty else ())],
            [*other.last, *(one.last if other.is_empty else ())],
        )

    def _link(self, froms: Iterable[int], tos: list[int]) -> None:
        for state in froms:
            self.after[state] += tos

    def is_ambiguous(self) -> bool:
        """Whether there are characters that are read in two ways, each time anew."""
        loops = _loops(range(len(self.fits)), self.after.__getitem__)
        place = {state: number for number, loop in enumerate(loops) for state in loop}
        inside = {
            state: [to for to in self.after[state] if place.get(to) == place[state]]
            for state in place
        }
        if any(len(set(tos)) < len(tos) for tos in inside.values()):
            return True

        def both(pair: tuple[int, int]) -> list[tuple[int, int]]:
            pairs = product(inside[pair[0]], inside[pair[1]])
            return [(one, other) for one, other in pairs if self.fits[one] & self.fits[other]]

        ways = _loops([(state, state) for state in inside], both)
        return any({one == other for one, other in way} == {True, False} for way in ways)


def _loops(starts: Iterable[State], after: After) -> list[set[State]]:
    """The parts of a graph in which each is reached from each, without those of one state that does not
    follow itself."""
    ended: list[State] = []
    seen: set[State] = set()
    for start in starts:
        _walk(start, after, seen, ended)
    before: dict[State, list[State]] = {}
    for one in ended:
        for to in after(one):
            before.setdefault(to, []).append(one)
    loops: list[set[State]] = []
    seen = set()
    for one in reversed(ended):
        loop: list[State] = []
        _walk(one, lambda state: before.get(state, ()), seen, loop)
        if len(loop) > 1 or (loop and one in after(one)):
            loops.append(set(loop))
    return loops


def _walk(start: State, after: After, seen: set[State], ended: list[State]) -> None:
    """Adds what is reached from there, and was not seen, in the order in which it is left."""
    if start in seen:
        return
    seen.add(start)
    ways = [(start, iter(after(start)))]
    while ways:
        one, tos = ways[-1]
        to = next((to for to in tos if to not in seen), None)
        if to is None:
            ended.append(one)
            ways.pop()
        else:
            seen.add(to)
            ways.append((to, iter(after(to))))


def _trees(found) -> Iterator[Any]:
    """The patterns inside a part: of a group, or of each branch."""
    for one in found if isinstance(found, tuple | list) else (found,):
        if isinstance(one, parser.SubPattern):
            yield one
        elif isinstance(one, list):
            yield from _trees(one)


def _named(tree) -> Iterator[str]:
    """Every character that stands in a pattern."""
    for code, found in tree:
        if code in (codes.LITERAL, codes.NOT_LITERAL):
            yield chr(found)
        elif code is codes.RANGE:
            yield from map(chr, found)
        elif code is codes.IN:
            yield from _named(found)
        for inner in _trees(found):
            yield from _named(inner)


def _is_in(found, char: str) -> bool:
    is_negated = found[0][0] is codes.NEGATE
    return is_negated != any(FITS[code](one, char) for code, one in found[is_negated:])


FITS[codes.IN] = _is_in
