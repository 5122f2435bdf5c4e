"""The known words that are one slip away from another: a letter missing, too many, wrong, or in its
neighbour's place.

Words that differ by a slip are the same without a letter each. So what known words become without
one is looked up for what the asked word becomes (Garbe's symmetric delete, 2012); making every word
that a slip could lead to, and looking each of them up, takes ten times as long.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np

# A shorter word is one letter away from too many others, a longer one is an identifier.
SHORTEST, LONGEST = 4, 16


class Slips:
    """Of a vocabulary. 12 bytes for each letter of its words."""

    def __init__(self, names: Iterable[str]) -> None:
        self._words = [
            name
            for name in names
            if name.isascii() and name.isalpha() and SHORTEST - 1 <= len(name) <= LONGEST + 1
        ]
        self._known = frozenset(self._words)
        counts = [len(word) - 1 for word in self._words]
        keys = np.fromiter(map(hash, _all_shorter(self._words)), np.int64, sum(counts))
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order]

    def near(self, word: str) -> set[str]:
        """Known words that are a slip away from this one, in lower case; none for what is no plain
        word of `SHORTEST` to `LONGEST` letters. The first letter is taken as right: it seldom is the
        wrong one, and weather is no feather."""
        if not (word.isascii() and word.isalpha() and SHORTEST <= len(word) <= LONGEST):
            return set()
        shorter = set(_shorter(word))
        keys = np.fromiter(map(hash, {word, *shorter}), np.int64)
        starts = self._keys.searchsorted(keys, "left").tolist()
        ends = self._keys.searchsorted(keys, "right").tolist()
        found = {
            self._words[owner]
            for start, end in zip(starts, ends, strict=True)
            for owner in self._owners[start:end].tolist()
        }
        return {other for other in found if _is_slip(word, other)} | (shorter & self._known)


def _all_shorter(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield from _shorter(word)


def _shorter(word: str) -> Iterator[str]:
    """Without one of its letters, but the first."""
    return (word[:at] + word[at + 1 :] for at in range(1, len(word)))


def _is_slip(word: str, other: str) -> bool:
    """Whether a letter of `word` is missing, wrong or in its neighbour's place; keys may be alike by
    chance."""
    if word[0] != other[0] or word == other:
        return False
    if len(other) == len(word) + 1:
        return word in _shorter(other)
    if len(other) != len(word):
        return False
    wrong = [at for at, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    if len(wrong) == 1:
        return True
    (first, second), *more = pairwise(wrong)
    swapped = word[first] == other[second] and word[second] == other[first]
    return not more and second == first + 1 and swapped
