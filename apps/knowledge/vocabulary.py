"""The features an index knows, how rare each is, and a query read against them."""

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from apps.engine.text import han_terms, is_han, pieces
from apps.knowledge.background import BACKGROUND, frequency
from apps.knowledge.features import is_content, of_word, pair, weight
from apps.knowledge.postings import Floats, Ints

# Words of queries that a vocabulary remembers: about 1.5 MB for each index that is asked so much.
REMEMBERED = 1 << 12


class Query(NamedTuple):
    """A text as the index sees it.

    columns, the known features, each once; repeated, for those of them that stand in the text more
    than once, what their repetition adds in a cosine to the 1 of a single time; length, that of the
    text's TF-IDF vector, which also spans what the index does not know; most, the BM25 score the
    text would give itself. `known` is the share of the content's rarity that the index knows at
    all (0 without content), `content` the number of content terms.
    """

    columns: list[int]
    repeated: dict[int, float]
    length: float
    most: float
    known: float
    content: int


@dataclass(frozen=True)
class Vocabulary:
    """The features by column, (features,) each: weight in a cosine, in BM25, names something.

    `rarest` is the cosine rarity and the BM25 rarity of a feature that no entry holds.
    """

    names: list[str]
    cosine: Floats
    bm25: Floats
    content: NDArray[np.bool_]
    rarest: tuple[float, float]
    columns: dict[str, int] = field(init=False, repr=False)
    # (features, 4) float64, a row for each feature: what a query's sums are taken from, at once.
    _sums: NDArray[np.float64] = field(init=False, repr=False)
    # What queries' words turned out to be: a dozen n-grams of each are not looked up again.
    _words: dict[str, "_Features"] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        columns = dict(zip(self.names, range(len(self.names)), strict=True))
        object.__setattr__(self, "columns", columns)
        square = np.square(self.cosine, dtype=np.float64)
        sums = np.column_stack([square, self.bm25, self.bm25 * self.content, self.content])
        object.__setattr__(self, "_sums", sums)

    @classmethod
    def of(cls, names: list[str], holders: Ints, entries: int) -> Self:
        """From the number of entries, and of those that hold each feature."""
        kinds = np.fromiter(map(weight, names), np.float32, len(names))
        behind = max(BACKGROUND - entries, 0)
        held = holders + behind * np.fromiter(map(frequency, names), np.float32, len(names))
        entries += behind
        none = np.zeros(1, np.float32)
        return cls(
            names,
            kinds * _smooth_rarity(held, entries),
            kinds * _bm25_rarity(held, entries),
            np.fromiter(map(is_content, names), np.bool_, len(names)),
            (float(_smooth_rarity(none, entries)[0]), float(_bm25_rarity(none, entries)[0])),
        )

    def read(self, normalised: str) -> Query:
        """The query of a text; a text without a known feature gives an empty one."""
        columns, lost = self._features(normalised)
        repeated: dict[int, float] = {}
        if len(set(columns)) < len(columns):
            times = Counter(columns)
            columns = list(times)
            # How much repetition counts is from Manning et al. 2008, ch. 6.
            repeated = {column: math.log(often) for column, often in times.items() if often > 1}
        square, most, named, content = self._sums.take(columns, 0).sum(0).tolist()
        for column, more in repeated.items():
            square += self._sums.item(column, 0) * more * (2 + more)
        # Each unknown feature is as rare as can be.
        cosine, bm25 = self.rarest
        squares, weights, unknown = map(sum, zip(_NO_KIND, *lost.values(), strict=True))
        content = int(content) + unknown
        return Query(
            columns,
            repeated,
            max(math.sqrt(square + cosine * cosine * squares), 1e-9),
            max(most + bm25 * weights, 1e-9),
            named / (named + bm25 * unknown) if content else 0.0,
            content,
        )

    def _features(self, normalised: str) -> tuple[list[int], dict[str, "_Kind"]]:
        """What `count` finds: columns, as often as they stand there, and what is not known."""
        columns: list[int] = []
        lost: dict[str, _Kind] = {}
        before = ""
        for piece in pieces(normalised):
            found = self._words.get(piece) or self._look_up(piece)
            columns += found.columns
            lost.update(found.lost)
            if before and found.term:
                name = pair(before, found.term)
                column = self.columns.get(name)
                if column is None:
                    lost[name] = _kind(name)
                else:
                    columns.append(column)
            before = found.term
        return columns, lost

    def _look_up(self, piece: str) -> "_Features":
        chinese = is_han(piece)
        names = han_terms(piece) if chinese else of_word(piece)
        columns = [column for column in map(self.columns.get, names) if column is not None]
        lost = {}
        if len(columns) < len(names):
            lost = {name: _kind(name) for name in names if name not in self.columns}
        found = _Features("" if chinese else names[0], columns, lost)
        # A run of Chinese seldom comes twice.
        if not chinese:
            if len(self._words) >= REMEMBERED:
                self._words.clear()
            self._words[piece] = found
        return found


class _Kind(NamedTuple):
    """Of an unknown feature: squared weight, weight, 1 when it names something."""

    square: float
    weight: float
    content: int


_NO_KIND = _Kind(0.0, 0.0, 0)


@lru_cache(maxsize=1 << 14)
def _kind(feature: str) -> _Kind:
    own = weight(feature)
    return _Kind(own * own, own, int(is_content(feature)))


class _Features(NamedTuple):
    """Of one piece of a text: its first term ("" for Chinese), its features known and unknown."""

    term: str
    columns: list[int]
    lost: dict[str, _Kind]


def _smooth_rarity(holders: Floats, entries: int) -> Floats:
    """Smoothed idf, ln((1 + N) / (1 + n)) + 1 (after Manning, Raghavan & Schütze 2008, ch. 6)."""
    return (np.log((1 + entries) / (1 + holders)) + 1).astype(np.float32)


def _bm25_rarity(holders: Floats, entries: int) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)), BM25's idf kept positive (Robertson & Zaragoza 2009)."""
    return np.log1p((entries - holders + 0.5) / (holders + 0.5)).astype(np.float32)
