"""The features an index knows, how rare each is, and a query read against them."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.features import count, is_content, weight
from apps.knowledge.postings import Floats, Ints


@dataclass(frozen=True)
class Query:
    """A text as the index sees it.

    columns (n,) int32, the known features; cosine (n,), their part of a vector of length 1 that
    also spans what the index does not know; bm25 (n,), their part of the BM25 score the query
    would give itself, so that a product is a share of it. `known` is the share of the content's
    rarity that the index knows at all (0 without content), `content` the number of content terms.
    """

    columns: Ints
    cosine: Floats
    bm25: Floats
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

    def __post_init__(self) -> None:
        columns = dict(zip(self.names, range(len(self.names)), strict=True))
        object.__setattr__(self, "columns", columns)

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
        known, times, lost, missed = self._sort_out(count(normalised))
        columns = np.array(known, np.int32)
        cosine = self.cosine[columns] * (1 + np.log(np.array(times, np.float32)))
        bm25 = self.bm25[columns]
        named = bm25[self.content[columns]]
        named_total = float(named.sum())
        rarest_cosine, rarest_bm25 = self.rarest
        square = float(cosine @ cosine) + rarest_cosine**2 * sum(one * one for one in lost)
        most = float(bm25.sum()) + rarest_bm25 * sum(lost)
        content = named_total + rarest_bm25 * missed
        return Query(
            columns,
            cosine / max(math.sqrt(square), 1e-9),
            bm25 / max(most, 1e-9),
            named_total / content if content else 0.0,
            len(named) + missed,
        )

    def _sort_out(self, counts: Counter[str]) -> tuple[list[int], list[int], list[float], int]:
        """Columns and times of the known features; weights of the unknown, content ones of them."""
        known, times, lost, missed = [], [], [], 0
        for name, often in counts.items():
            column = self.columns.get(name)
            if column is None:
                lost.append(weight(name))
                missed += is_content(name)
            else:
                known.append(column)
                times.append(often)
        return known, times, lost, missed


def _smooth_rarity(holders: Ints, entries: int) -> Floats:
    """Smoothed idf, ln((1 + N) / (1 + n)) + 1 (after Manning, Raghavan & Schütze 2008, ch. 6)."""
    return (np.log((1 + entries) / (1 + holders)) + 1).astype(np.float32)


def _bm25_rarity(holders: Ints, entries: int) -> Floats:
    """ln(1 + (N - n + 0.5) / (n + 0.5)), BM25's idf kept positive (Robertson & Zaragoza 2009)."""
    return np.log1p((entries - holders + 0.5) / (holders + 0.5)).astype(np.float32)
