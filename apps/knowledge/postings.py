"""A sparse matrix of texts by features, stored by feature, and its product with a query."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import itemgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

# A search reads at most this many stored values, rarest features first. Without it a
# handful of common words makes a search over 50 000 phrasings read millions (over 20 ms).
READ_AT_MOST = 100_000

# A stored value beside the text it belongs to.
CELL = np.dtype([("row", "<i4"), ("value", "<f4")])
Cells = NDArray[np.void]


@dataclass(frozen=True)
class Postings:
    """For feature f, `cells[starts[f]:starts[f + 1]]` are the texts that hold it.

    starts (features + 1,) int32; cells (stored values,) CELL; `height` is the number of texts.
    """

    starts: Ints
    cells: Cells
    height: int

    @classmethod
    def gather(cls, rows: Ints, features: Ints, values: Floats, shape: tuple[int, int]) -> Self:
        """From parallel arrays of (row, feature, value) and (texts, features)."""
        order = np.argsort(features, kind="stable")
        starts = np.zeros(shape[1] + 1, np.int32)
        np.cumsum(np.bincount(features, minlength=shape[1]), out=starts[1:])
        cells = np.empty(len(rows), CELL)
        cells["row"], cells["value"] = rows[order], values[order]
        return cls(starts, cells, shape[0])

    @property
    def lengths(self) -> Ints:
        """How many texts hold each feature."""
        return np.diff(self.starts)

    @property
    def own_products(self) -> float:
        """Stored values that multiplying all texts with all texts reads."""
        return float(np.square(self.lengths.astype(np.float64)).sum())

    def weighted(self, weights: Floats) -> Floats:
        """The stored values, each multiplied by its feature's weight."""
        products: Floats = self.cells["value"] * np.repeat(weights, self.lengths)
        return products

    def read(self, features: Sequence[int]) -> Cells:
        """The cells of these features, one feature after the other."""
        # Slices of one buffer, joined: 3 us for 30 features of a small index where gathering by
        # positions took 8, and 20 us for 100 000 cells where it took 180.
        starts, buffer = self._cuts, self._buffer
        return np.frombuffer(b"".join([buffer[starts[f] : starts[f + 1]] for f in features]), CELL)

    def within_bounds(self, features: Sequence[int]) -> Sequence[int]:
        """The rarest of these features that READ_AT_MOST allows together; at least one."""
        if len(self.cells) <= READ_AT_MOST:
            return features
        lengths = self._lengths_of(features)
        if sum(lengths) <= READ_AT_MOST:
            return features
        rarest = sorted(zip(lengths, features, strict=True), key=itemgetter(0))
        totals = accumulate(length for length, _ in rarest)
        fitting = sum(total <= READ_AT_MOST for total in totals)
        return [feature for _, feature in rarest[: max(fitting, 1)]]

    def scores(self, features: Sequence[int], weights: Floats) -> NDArray[np.float64]:
        """Product of every text with a vector (features, weights), (height,)."""
        cells = self.read(features)
        return self.sums(cells, cells["value"] * weights.repeat(self._lengths_of(features)))

    def sums(self, cells: Cells, values: Floats) -> NDArray[np.float64]:
        """The values summed by their cells' texts, (height,)."""
        # Of no values at all `bincount` makes integers.
        return np.bincount(cells["row"], values, self.height).astype(np.float64, copy=False)

    def _lengths_of(self, features: Sequence[int]) -> list[int]:
        starts = self._cuts
        return [starts[feature + 1] - starts[feature] for feature in features]

    @cached_property
    def _buffer(self) -> memoryview:
        # Of plain 8-byte items: slicing takes no longer than a list's.
        return self.cells.view(np.int64).data

    @cached_property
    def _cuts(self) -> list[int]:
        cuts: list[int] = self.starts.tolist()
        return cuts
