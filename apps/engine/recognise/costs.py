"""How many steps a regular expression takes over a run at worst: as if every character fitted
everywhere, which is what backtracking tries before it gives up.

A part is two series over the characters consumed so far: in how many ways it can end there, and how
many steps are taken there. A series stops at LONGEST_RUN, a number at ENDLESS.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from re import _constants as codes  # type: ignore[attr-defined]  # there is no public parse tree
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any, NamedTuple

# No order id is longer.
LONGEST_RUN = 64
ENDLESS = 10**9
# What a search costs besides, in steps, as measured.
OF_A_CALL = 300
# A set that is no bitmap is read one by one, this many in the time of a step.
IN_A_STEP = 4
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_ASSERTIONS = (codes.ASSERT, codes.ASSERT_NOT)
_REFERENCES = (codes.GROUPREF, codes.GROUPREF_EXISTS)

Series = tuple[int, ...]


class BackReferenceError(ValueError):
    """A pattern that refers to one of its own groups: its steps cannot be counted."""


class EndlessError(ValueError):
    """A pattern of more steps than anybody would wait for."""


class _Part(NamedTuple):
    ways: Series
    steps: Series


def steps_over(pattern: str) -> Series:
    """The steps of a search through a run of 0, 1, ... LONGEST_RUN characters. Raises
    BackReferenceError, EndlessError and what `re.compile` raises."""
    whole = _sequence(parser.parse(pattern))
    # The look behind it as well, wherever it can end.
    from_one_start = accumulate(map(sum, zip(whole.steps, whole.ways, strict=True)))
    return tuple(OF_A_CALL + steps for steps in accumulate(from_one_start))


def _series(*first: int) -> Series:
    return first + (0,) * (LONGEST_RUN + 1 - len(first))


_NOTHING, _HERE, _ONE_ON = _series(), _series(1), _series(0, 1)
_CHARACTER = _Part(_ONE_ON, _HERE)


def _sequence(tree: Iterable[tuple[Any, Any]]) -> _Part:
    ways, steps = _HERE, _NOTHING
    for code, found in tree:
        part = _part(code, found)
        steps = _bounded(_sum(steps, _product(ways, part.steps)))
        ways = _product(ways, part.ways)
    return _Part(ways, steps)


def _part(code: Any, found: Any) -> _Part:
    if code in _REFERENCES:
        raise BackReferenceError
    if code is codes.BRANCH:
        branches = [_sequence(branch) for branch in found[1]]
        ways, steps = _NOTHING, _HERE
        for branch in branches:
            ways, steps = _sum(ways, branch.ways), _sum(steps, branch.steps)
        return _Part(ways, steps)
    if code in _REPEATS:
        return _repeated(*found)
    if code in _ASSERTIONS:
        # Where it stood it goes on, once.
        return _Part(_HERE, _sum(_HERE, _sequence(found[1]).steps))
    if inner := list(_groups(found)):
        return _sequence(inner[0])
    if code is codes.IN:
        return _Part(_ONE_ON, _series(1 + len(found) // IN_A_STEP))
    return _Part(_HERE, _HERE) if code is codes.AT else _CHARACTER


def _repeated(least: int, most: int, inner: Iterable[tuple[Any, Any]]) -> _Part:
    part = _sequence(inner)
    ways, steps = _NOTHING, _NOTHING
    before = _HERE
    for count in range(min(int(most), LONGEST_RUN) + 1):
        if count >= int(least):
            ways = _sum(ways, before)
        steps = _bounded(_sum(steps, _product(before, part.steps)))
        before = _product(before, part.ways)
    return _Part(ways, steps)


def _groups(found: Any) -> Iterator[Iterable[tuple[Any, Any]]]:
    """The pattern inside a group."""
    inside = found if isinstance(found, tuple) else (found,)
    yield from (one for one in inside if isinstance(one, parser.SubPattern))


def _sum(one: Series, other: Series) -> Series:
    return tuple(map(int.__add__, one, other))


def _product(one: Series, other: Series) -> Series:
    if other is _HERE:
        return one
    found = [0] * (LONGEST_RUN + 1)
    here = [(place, number) for place, number in enumerate(other) if number]
    for start, ways in enumerate(one):
        if ways:
            for place, number in here:
                if start + place > LONGEST_RUN:
                    break
                found[start + place] += ways * number
    return tuple(min(number, ENDLESS) for number in found)


def _bounded(steps: Series) -> Series:
    if max(steps) >= ENDLESS:
        raise EndlessError
    return steps
