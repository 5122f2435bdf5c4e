"""A sparse matrix of texts by features, stored by feature, and its product with a query."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# A search reads at most this many stored values per matrix, rarest features first. Without it a
# handful of common words makes a search over 50 000 phrasings read millions (over 20 ms).
READ_AT_MOST = 60_000


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

    def scores(self, features: Ints, weights: Floats, *, exact: bool = False) -> Floats:
        """Product of every text with the query (features, weights), (height,) float32.

        Bounded by READ_AT_MOST unless `exact`.
        """
        begin = self.starts[features]
        lengths = self.starts[features + 1] - begin
        total = int(lengths.sum())
        if total > READ_AT_MOST and not exact:
            rarest = np.argsort(lengths, kind="stable")
            read = np.cumsum(lengths[rarest]) <= READ_AT_MOST
            read[0] = True
            rarest = rarest[read]
            begin, lengths, weights = begin[rarest], lengths[rarest], weights[rarest]
            total = int(lengths.sum())
        ends = np.cumsum(lengths)
        at = np.arange(total) + np.repeat(begin - ends + lengths, lengths)
        products = self.values[at] * np.repeat(weights, lengths)
        return np.bincount(self.rows[at], products, self.height).astype(np.float32)
