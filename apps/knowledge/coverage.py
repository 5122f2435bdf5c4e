"""How much of what a query names an entry's phrasings name too.

A probability says how likely an entry is the answer; coverage says whether the entry is worth
showing to somebody who typed two words. It forgives one slip in each word.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from apps.engine.text import FUNCTION_WORDS, WONDERING, is_han, pieces, word_terms
from apps.knowledge.assembly import Matrices
from apps.knowledge.postings import Floats, Ints
from apps.knowledge.slips import Slips

# A character of a Chinese word stands in many other words: half of it counts only together with
# its neighbours.
LONE_CHARACTER = 0.5

# What a word counts that had to be mended.
MENDED = 0.9

# Mending what stands among more words would cost more than the search.
MENDED_AMONG = 8

# A text that names more than this tells a story. It also bounds the work of one text.
AT_MOST = 40

# Lists of holders that are kept ready, and how long each may be, so that all take 4 MB at most.
KEPT, LONGEST_KEPT = 1 << 12, 1 << 8


class _Part(NamedTuple):
    """Something a query names: what it weighs, and how much of that its column, if any, says."""

    weight: float
    column: int | None
    said: float


class Covering:
    """Measures queries against one index's matrices."""

    def __init__(self, matrices: Matrices) -> None:
        self._joint = matrices.joint
        self._owners = matrices.owners
        self._entries = len(matrices.told)
        self._vocabulary = matrices.vocabulary
        self._columns = matrices.vocabulary.columns
        self._slips = Slips(self._columns)
        # A question's words come again and again; a run of Chinese seldom does.
        self._parts_of_word = lru_cache(maxsize=1 << 10)(self._read_word)
        self._kept: dict[int, Ints] = {}

    def shares(self, normalised: str) -> Floats | None:
        """For each entry the share 0..1 of what the text names, by rarity; None for a long text."""
        named = pieces(normalised)
        if len(named) > AT_MOST:
            return None
        few = len(named) <= MENDED_AMONG
        parts = [part for piece in named for part in self._parts(piece, mend=few)]
        if len(parts) > AT_MOST:
            return None
        known = [
            (self._holders(part.column), part.said) for part in parts if part.column is not None
        ]
        if not known:
            return np.zeros(self._entries, np.float32)
        weights = np.repeat([said for _, said in known], [len(held) for held, _ in known])
        found = np.bincount(np.concatenate([held for held, _ in known]), weights, self._entries)
        return (found / sum(part.weight for part in parts)).astype(np.float32)

    def _holders(self, column: int) -> Ints:
        """The entries whose phrasings hold the feature, each once."""
        held = self._kept.get(column)
        if held is None:
            rows = self._joint.read([column])["row"]
            held = np.unique(self._owners[rows[rows >= self._entries] - self._entries])
            if len(held) <= LONGEST_KEPT:
                if len(self._kept) >= KEPT:
                    self._kept.clear()
                self._kept[column] = held
        return held

    def _parts(self, piece: str, *, mend: bool) -> Iterable[_Part]:
        if is_han(piece):
            return [part for word in _words(piece) for part in self._characters(word)]
        return self._parts_of_word(piece, mend=mend)

    def _read_word(self, piece: str, *, mend: bool) -> list[_Part]:
        terms = word_terms(piece)
        # A model's name as a whole, or else its parts.
        parts = terms[:1] if len(terms) == 1 or terms[0] in self._columns else terms[1:]
        return [
            self._part(term, mend=mend)
            for term in parts
            if term not in FUNCTION_WORDS and term not in WONDERING
        ]

    def _part(self, term: str, *, mend: bool) -> _Part:
        column = self._columns.get(term)
        if column is None and mend:
            column = self._mend(term)
            weight = self._rarity(column)
            return _Part(weight, column, MENDED * weight)
        weight = self._rarity(column)
        return _Part(weight, column, weight)

    def _characters(self, word: str) -> Iterator[_Part]:
        columns = [self._columns.get(character) for character in word]
        weights = [self._rarity(column) for column in columns]
        alone = 1.0 if len(word) == 1 else LONE_CHARACTER
        for column, weight in zip(columns, weights, strict=True):
            yield _Part(alone * weight, column, alone * weight)
        last = len(word) - 1
        for at in range(last):
            # The rest of a character's weight, divided among the two pairs it may be in.
            left = weights[at] / (1 if at == 0 else 2)
            right = weights[at + 1] / (1 if at + 1 == last else 2)
            weight = (1 - LONE_CHARACTER) * (left + right)
            yield _Part(weight, self._columns.get(word[at : at + 2]), weight)

    def _rarity(self, column: int | None) -> float:
        known = self._vocabulary
        return known.rarest[1] if column is None else known.bm25.item(column)

    def _mend(self, word: str) -> int | None:
        """The column of the commonest word that is known and a slip away."""
        near = map(self._columns.__getitem__, self._slips.near(word))
        return min(near, key=self._vocabulary.bm25.item, default=None)


def _words(run: str) -> list[str]:
    """A Chinese run without the characters that name nothing, alone or in an empty pair."""
    empty = [character in FUNCTION_WORDS or character in WONDERING for character in run]
    for at in range(len(run) - 1):
        if run[at : at + 2] in FUNCTION_WORDS or run[at : at + 2] in WONDERING:
            empty[at] = empty[at + 1] = True
    return "".join(" " if none else own for own, none in zip(run, empty, strict=True)).split()
