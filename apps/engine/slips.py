"""Slips of the keyboard in the words that tell wishes apart: one letter too many, too few, wrong, or
two that changed places. Only what is no word that is known is read as another."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.engine.text import FUNCTION_WORDS, stem

SHORTEST = 5
LONGEST = 20
# In how many lines a word stands that is worth reading for.
LEAST_LINES = 3
_WORD = re.compile(r"[a-z']+")
_UNKNOWN = re.compile(r"(?<![a-z0-9à-ɏ_'-])[a-z]{4,21}(?![a-z0-9à-ɏ_'-])")
# Words of their own that are one letter from one that many wishes have.
_NO_SLIPS = (
    "brought broker cancer chance charge charged deliver larger monkey older packaged refuel retuning "
    "skill spill stall states stats statue tack trick tricking truck trucking wring"
)
_OWN_WORDS = frozenset(_NO_SLIPS.split())


@dataclass(frozen=True, slots=True)
class Slips:
    """`meant`: key words by what is left of them without one letter, and by themselves; `known`:
    words and stems that are none."""

    meant: dict[str, tuple[str, ...]]
    known: frozenset[str]

    def mended(self, line: str) -> str:
        """The normalised line with its key words as they are spelt."""
        return _UNKNOWN.sub(self._mended, line) if self.meant else line

    def _mended(self, found: re.Match[str]) -> str:
        word = found[0]
        if word in self.known or stem(word) in self.known:
            return word
        near = {
            key
            for short in (word, *_shortened(word))
            for key in self.meant.get(short, ())
            if key[0] == word[0] and is_slip(word, key)
        }
        return near.pop() if len(near) == 1 else word


def is_slip(word: str, key: str) -> bool:
    """Whether one slip leads from one to the other."""
    start = 0
    while start < min(len(word), len(key)) and word[start] == key[start]:
        start += 1
    said, meant = word[start:], key[start:]
    if said[1:] == meant[1:] or said[1:] == meant or said == meant[1:]:
        return True
    return said[:2] == meant[1::-1] and said[2:] == meant[2:]


def slips(examples: Iterable[Iterable[str]], others: Iterable[str]) -> Slips:
    """Of the normalised examples of each flow, and of lines that want none."""
    known = set(_OWN_WORDS)
    keys: set[str] = set()
    for lines in examples:
        lines_of: Counter[str] = Counter()
        for line in lines:
            lines_of.update(set(_WORD.findall(line)))
        known.update(lines_of)
        keys.update(
            word for word, count in lines_of.items() if count >= LEAST_LINES and _tells(word)
        )
    for line in others:
        known.update(_WORD.findall(line))
    meant: dict[str, list[str]] = {}
    for key in sorted(keys):
        for short in {key, *_shortened(key)}:
            meant.setdefault(short, []).append(key)
    whole = {short: tuple(found) for short, found in meant.items()}
    return Slips(whole, frozenset(known | set(map(stem, known)) | FUNCTION_WORDS))


def _tells(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isalpha() and stem(word) not in FUNCTION_WORDS


def _shortened(word: str) -> Iterator[str]:
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
