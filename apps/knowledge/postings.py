"""A sparse matrix of texts by features, stored by feature, and its product with a query."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# A search reads at most this many stored values, rarest features first. Without it a
# handful of common words makes a search over 50 000 phrasings read millions (over 20 ms).
READ_AT_MOST = 100_000


@dataclass(frozen=True)
class Postings:
    """For feature f, `rows[starts[f]:starts[f + 1]]` are the texts that hold it.

    starts (features + 1,) int32; rows int32 and values float32, one per stored value; `height`
    is the number of texts.
    """

    starts: Ints
    rows: Ints
    values: Floats
    height: int

    @classmethod
    def gather(cls, rows: Ints, features: Ints, values: Floats, shape: tuple[int, int]) -> Self:
        """From parallel arrays of (row, feature, value) and (texts, features)."""
        order = np.argsort(features, kind="stable")
        starts = np.zeros(shape[1] + 1, np.int32)
        np.cumsum(np.bincount(features, minlength=shape[1]), out=starts[1:])
        return cls(starts, rows[order], values[order].astype(np.float32), shape[0])

    @property
    def own_products(self) -> float:
        """Stored values that multiplying all texts with all texts reads."""
        return float(np.square(np.diff(self.starts).astype(np.float64)).sum())

    def weighted(self, weights: Floats) -> Floats:
        """The stored values, each multiplied by its feature's weight."""
        products: Floats = self.values * np.repeat(weights, np.diff(self.starts))
        return products

    def read(self, features: Ints, *, exact: bool = False) -> tuple[Ints, Ints]:
        """Where the values of these features are stored, and how many each has.

        Bounded by READ_AT_MOST unless `exact`: features that do not fit have none.
        """
        begin = self.starts[features]
        lengths = self.starts[features + 1] - begin
        ends = lengths.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        if total > READ_AT_MOST and not exact:
            lengths = _rarest(lengths)
            ends = lengths.cumsum()
            total = int(ends[-1])
        return np.arange(total) + (begin - ends + lengths).repeat(lengths), lengths

    def scores(self, features: Ints, weights: Floats) -> Floats:
        """Product of every text with a vector (features, weights), (height,) float32."""
        at, lengths = self.read(features, exact=True)
        products = self.values[at] * weights.repeat(lengths)
        return np.bincount(self.rows[at], products, self.height).astype(np.float32)


def _rarest(lengths: Ints) -> Ints:
    """The lengths of the rarest features that fit together, 0 for the others; at least one."""
    rarest = np.argsort(lengths, kind="stable")
    fits = np.cumsum(lengths[rarest]) <= READ_AT_MOST
    fits[0] = True
    kept = np.zeros_like(lengths)
    kept[rarest[fits]] = lengths[rarest[fits]]
    return kept
