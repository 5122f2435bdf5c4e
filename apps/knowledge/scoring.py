"""Scores of every entry for one query."""

from typing import NamedTuple

import numpy as np

from apps.knowledge.assembly import Matrices
from apps.knowledge.postings import Floats
from apps.knowledge.vocabulary import Query

# What the nearest phrasing's cosine and the BM25 share add, in the ranking, to the classifier's
# probability. Flat from 0.2 to 0.5 on the development sets.
NEAREST = 0.3
WHOLE = 0.3

# Where no classifier was trained, a softmax over nearest plus mean cosine takes its place.
SHARPNESS = 8.0


class Scores(NamedTuple):
    """Per entry, (entries,) each: the rank and its parts.

    nearest: cosine of the closest phrasing; chance: the classifier's probability; whole: BM25 as
    a share of what the query would score against itself. All parts lie in 0..1.
    """

    rank: Floats
    nearest: Floats
    chance: Floats
    whole: Floats


class Scorer:
    """Scores queries against one index's matrices."""

    def __init__(self, matrices: Matrices) -> None:
        self._joint = matrices.joint
        self._dual = matrices.dual
        self._entries = len(matrices.told)
        sizes = np.bincount(matrices.owners, minlength=self._entries)
        self._starts = np.cumsum(sizes) - sizes
        self._sizes = sizes.astype(np.float32)

    def scores(self, query: Query) -> Scores:
        """The scores of all entries; there must be at least one."""
        entries, found = self._entries, self._found(query)
        whole = found[:entries] / query.most
        similar = found[entries:] / query.length
        nearest = np.maximum.reduceat(similar, self._starts)
        logits = self._logits(similar, nearest)
        # The maximum by `argmax`, which takes a quarter of `max`'s time.
        powers = np.exp(logits - logits[logits.argmax()])
        chance = powers / powers.sum()
        return Scores(chance + NEAREST * nearest + WHOLE * whole, nearest, chance, whole)

    def _found(self, query: Query) -> Floats:
        """Products of the query with each entry and, below them, with each phrasing."""
        joint = self._joint
        columns = joint.within_bounds(query.columns)
        cells = joint.read(columns)
        found = joint.sums(cells, cells["value"])
        if query.repeated:
            again = [column for column in columns if column in query.repeated]
            more = np.array([query.repeated[column] for column in again], np.float32)
            found[self._entries :] += joint.scores(again, more)[self._entries :]
        return found.astype(np.float32)

    def _logits(self, similar: Floats, nearest: Floats) -> Floats:
        if len(self._dual):
            # Not `@`: BLAS would start threads for it, which costs a busy server more than it saves.
            # `vecdot` starts none and takes half to two thirds of `einsum`'s time.
            trained: Floats = np.vecdot(self._dual, similar)
            return trained
        mean = np.add.reduceat(similar, self._starts) / self._sizes
        return (SHARPNESS * (nearest + mean)).astype(np.float32)
