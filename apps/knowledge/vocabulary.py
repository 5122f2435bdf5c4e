"""The features an index knows, how rare each is, and a query read against them."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.features import count, is_content, weight
from apps.knowledge.postings import Floats, Ints


@dataclass(frozen=True, slots=True)
class Query:
    """A text as the index sees it.

    columns (n,) int32, the known features; times (n,) float32, how much their repetition counts in
    a cosine, None when none is repeated; length, that of the text's TF-IDF vector, which also
    spans what the index does not know; most, the BM25 score the text would give itself. `known` is
    the share of the content's rarity that the index knows at all (0 without content), `content`
    the number of content terms.
    """

    columns: Ints
    times: Floats | None
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
    # The same numbers as lists: a query of some thirty features is read faster in plain Python
    # than through a dozen numpy calls.
    _plain: tuple[list[float], list[float], list[bool]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        columns = dict(zip(self.names, range(len(self.names)), strict=True))
        object.__setattr__(self, "columns", columns)
        plain = (self.cosine.tolist(), self.bm25.tolist(), self.content.tolist())
        object.__setattr__(self, "_plain", plain)

    @classmethod
    def of(cls, names: list[str], holders: Ints, entries: int) -> Self:
        """From the number of entries, and of those that hold each feature."""
        kinds = np.fromiter(map(weight, names), np.float32, len(names))
        none = np.zeros(1, np.int32)
        return cls(
            names,
            kinds * _smooth_rarity(holders, entries),
            kinds * _bm25_rarity(holders, entries),
            np.fromiter(map(is_content, names), np.bool_, len(names)),
            (float(_smooth_rarity(none, entries)[0]), float(_bm25_rarity(none, entries)[0])),
        )

    def read(self, normalised: str) -> Query:
        """The query of a text; a text without a known feature gives an empty one."""
        cosine, bm25, names_something = self._plain
        counts = count(normalised)
        column_of = self.columns.get
        known: list[int] = []
        lost: list[str] = []
        square = most = named = 0.0
        content = 0
        for name, often in counts.items():
            column = column_of(name)
            if column is None:
                lost.append(name)
                continue
            known.append(column)
            part = cosine[column] if often == 1 else cosine[column] * _repeated(often)
            square += part * part
            most += bm25[column]
            if names_something[column]:
                named += bm25[column]
                content += 1
        unknown = self._lost(lost)
        content += unknown.content
        return Query(
            np.array(known, np.int32),
            self._times(known, counts),
            max(math.sqrt(square + unknown.square), 1e-9),
            max(most + unknown.most, 1e-9),
            named / (named + unknown.named) if content else 0.0,
            content,
        )

    def _lost(self, names: list[str]) -> "_Lost":
        """What unknown features add: each is as rare as can be."""
        cosine, bm25 = self.rarest
        weights = [weight(name) for name in names]
        content = sum(map(is_content, names))
        square = cosine * cosine * sum(one * one for one in weights)
        return _Lost(square, bm25 * sum(weights), bm25 * content, content)

    def _times(self, known: list[int], counts: Counter[str]) -> Floats | None:
        if counts.total() == len(counts):
            return None
        often = [_repeated(counts[self.names[column]]) for column in known]
        return np.array(often, np.float32)


class _Lost(NamedTuple):
    square: float
    most: float
    named: float
    content: int


def _repeated(often: int) -> float:
    """How much a feature counts that stands so often in a text (Manning et al. 2008, ch. 6)."""
    return 1 + math.log(often)


def _smooth_rarity(holders: Ints, entries: int) -> Floats:
    """Smoothed idf, ln((1 + N) / (1 + n)) + 1 (after Manning, Raghavan & Schütze 2008, ch. 6)."""
    return (np.log((1 + entries) / (1 + holders)) + 1).astype(np.float32)


def _bm25_rarity(holders: Ints, entries: int) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)), BM25's idf kept positive (Robertson & Zaragoza 2009)."""
    return np.log1p((entries - holders + 0.5) / (holders + 0.5)).astype(np.float32)
