r"""Regular expressions that staff write for their order ids: which of them may run, and on what.

A pattern meets every visitor's line, so one whose time could explode is refused when it is saved
and skipped when it is met. It sees one run of letters, digits and joining signs with a digit among them at
a time, of LONGEST_RUN characters at most, and all patterns together take LINE_STEPS of a line at most: what
is left of a line that was made to cost more is not read for them.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from apps.engine.recognise.costs import (
    LONGEST_RUN,
    BackReferenceError,
    EndlessError,
    Series,
    steps_over,
)

LONGEST_PATTERN = 200
MOST_OF_SLOT = 5
# Of all flows that can be started, each pattern once.
MOST_OF_BOOK = 20
# Over one run. Two open repetitions pass, three do not.
RUN_STEPS = 250_000
# 2 ms at the 2.7 ns that a step was measured to take. Twenty patterns with two open repetitions each
# spend it on 20 order ids of 16 characters.
LINE_STEPS = 750_000
_RUN = re.compile(r"[a-z0-9_#./*+-]{2,}")
_DIGIT = re.compile(r"\d")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Own:
    """A pattern for a folded run, not inside a longer word, and its steps by the run's length."""

    regex: re.Pattern[str]
    steps: Series


class _RefusedError(ValueError):
    """Why a pattern may not run, as `check_pattern` gives it."""


def check_pattern(pattern: str) -> str:
    """ "" when the pattern may run, else why not: "empty", "too_long", "syntax", "reference" (it
    refers back to a group), "slow" (repetitions within or beside repetitions could take for ever)
    or "matches_empty" (it fits an empty text)."""
    try:
        _check(pattern)
    except _RefusedError as refused:
        return str(refused)
    return ""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Own | None:
    """None for a pattern that may not run."""
    try:
        steps = _check(pattern)
    except _RefusedError:
        return None
    return Own(re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", re.IGNORECASE), steps)


def usable(patterns: Iterable[str], most: int = MOST_OF_BOOK) -> tuple[Own, ...]:
    """The first `most` of those that may run, each once."""
    found = filter(None, map(compiled, dict.fromkeys(patterns)))
    return tuple(own for own, _place in zip(found, range(most), strict=False))


def spans(folded: str, patterns: tuple[Own, ...]) -> Iterator[Span]:
    """Where the patterns fit. What an earlier one has taken is no later one's. Short runs come
    first: they cost little, and order ids are short."""
    left = LINE_STEPS
    for run in sorted(_runs(folded) if patterns else [], key=_length):
        pieces = [run]
        for pattern in patterns:
            left -= sum(pattern.steps[_length(piece)] for piece in pieces)
            if left < 0:
                return
            taken = [span for piece in pieces for span in _fits(pattern, folded, piece)]
            yield from taken
            pieces = list(_without(pieces, taken)) if taken else pieces


def _runs(folded: str) -> Iterator[Span]:
    for found in _RUN.finditer(folded):
        if _length(found.span()) <= LONGEST_RUN and _DIGIT.search(found[0]):
            yield found.span()


def _fits(pattern: Own, folded: str, piece: Span) -> Iterator[Span]:
    start, end = piece
    for found in pattern.regex.finditer(folded[start:end]):
        if found[0]:
            yield start + found.start(), start + found.end()


def _without(pieces: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """What is left of the pieces; `taken` are parts of them, in order."""
    for start, end in pieces:
        left = start
        for first, last in taken:
            if start <= first < end:
                yield left, first
                left = last
        yield left, end


def _length(span: Span) -> int:
    return span[1] - span[0]


def _check(pattern: str) -> Series:
    if not pattern.strip():
        raise _RefusedError("empty")
    if len(pattern) > LONGEST_PATTERN:
        raise _RefusedError("too_long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # As it will be used: a flag or an unbalanced group must not pass only when alone.
            whole = re.compile(rf"(?:{pattern})", re.IGNORECASE)
            steps = steps_over(pattern)
    except BackReferenceError as error:
        raise _RefusedError("reference") from error
    except EndlessError as error:
        raise _RefusedError("slow") from error
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise _RefusedError("syntax") from error
    if steps[LONGEST_RUN] > RUN_STEPS:
        raise _RefusedError("slow")
    if whole.fullmatch(""):
        raise _RefusedError("matches_empty")
    return steps
