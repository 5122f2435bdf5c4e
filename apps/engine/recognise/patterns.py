"""Regular expressions that staff write for their order ids: which of them may run, and on what.

A pattern meets every visitor's line, so one whose time could explode is refused when it is saved
and skipped when it is met. It sees one run of letters, digits and joining signs at a time, of
LONGEST_RUN characters at most, and the ways in which it can split such a run are counted.
"""

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # there is no public parse tree
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from typing import Any

LONGEST_PATTERN = 200
# No order id is longer.
LONGEST_RUN = 64
# In how many ways a pattern may split a run: two open repetitions pass, three do not.
MOST_WAYS = 5_000
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
_REFERENCES = (codes.GROUPREF, codes.GROUPREF_EXISTS)


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
def compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern for a folded run, not inside a longer word; None if it may not run."""
    if check_pattern(pattern):
        return None
    return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", re.IGNORECASE)


def _check(pattern: str) -> None:
    if not pattern.strip():
        raise _RefusedError("empty")
    if len(pattern) > LONGEST_PATTERN:
        raise _RefusedError("too_long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # As it will be used: a flag or an unbalanced group must not pass only when alone.
            whole = re.compile(rf"(?:{pattern})", re.IGNORECASE)
            tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise _RefusedError("syntax") from error
    if _ways(tree) > MOST_WAYS:
        raise _RefusedError("slow")
    if whole.fullmatch(""):
        raise _RefusedError("matches_empty")


def _ways(tree: Iterable[tuple[Any, Any]]) -> int:
    """In how many ways the elements can share a run, up to MOST_WAYS + 1."""
    ways = 1
    for code, found in tree:
        if code in _REFERENCES:
            raise _RefusedError("reference")
        if code is codes.BRANCH:
            ways *= sum(_ways(branch) for branch in found[1])
        elif code in _REPEATS:
            least, most, inner = found
            most = min(int(most), LONGEST_RUN)
            ways *= max(most - least + 1, 1) * min(_ways(inner), MOST_WAYS) ** max(most, 1)
        else:
            for part in _parts(found):
                ways *= _ways(part)
        ways = min(ways, MOST_WAYS + 1)
    return ways


def _parts(found: Any) -> Iterable[Any]:
    """The patterns directly inside a group or an assertion."""
    if isinstance(found, parser.SubPattern):
        return [found]
    return (
        [part for part in found if isinstance(part, parser.SubPattern)]
        if isinstance(found, tuple)
        else []
    )
