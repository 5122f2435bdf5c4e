"""Scores of every entry for one query."""

from dataclasses import dataclass

import numpy as np

from apps.knowledge.assembly import Matrices
from apps.knowledge.classifier import softmax
from apps.knowledge.postings import Floats, Postings
from apps.knowledge.vocabulary import Query

# What the nearest phrasing's cosine and the BM25 share add, in the ranking, to the classifier's
# probability. Flat from 0.2 to 0.5 on the development sets.
NEAREST = 0.3
WHOLE = 0.3

# Where no classifier was trained, a softmax over nearest plus mean cosine takes its place.
SHARPNESS = 8.0


@dataclass(frozen=True)
class Scores:
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
        self._matrices = matrices
        self._joint = _join(matrices)
        sizes = np.bincount(matrices.owners, minlength=matrices.entries.height)
        self._starts = np.cumsum(sizes) - sizes
        self._sizes = sizes.astype(np.float32)

    def scores(self, query: Query) -> Scores:
        """The scores of all entries; there must be at least one."""
        entries, joint = self._matrices.entries.height, self._joint
        at, lengths = joint.read(query.columns)
        rows, products = joint.rows[at], joint.values[at]
        if query.times is not None:
            products *= np.where(rows < entries, 1, query.times.repeat(lengths))
        found = np.bincount(rows, products, joint.height)
        whole = (found[:entries] / query.most).astype(np.float32)
        similar = (found[entries:] / query.length).astype(np.float32)
        nearest = np.maximum.reduceat(similar, self._starts)
        chance = softmax(self._logits(similar, nearest))
        return Scores(chance + NEAREST * nearest + WHOLE * whole, nearest, chance, whole)

    def _logits(self, similar: Floats, nearest: Floats) -> Floats:
        if len(self._matrices.dual):
            # Not `@`: BLAS would start threads for it, which costs a busy server more than it saves.
            trained: Floats = np.einsum("ep,p->e", self._matrices.dual, similar)
            return trained
        mean = np.add.reduceat(similar, self._starts) / self._sizes
        return (SHARPNESS * (nearest + mean)).astype(np.float32)


def _join(matrices: Matrices) -> Postings:
    """Entries and below them phrasings as one matrix, each value already times its feature's
    weight: one pass over what a query's features hold gives both products."""
    entries, phrasings, vocabulary = matrices.entries, matrices.phrasings, matrices.vocabulary
    features = len(vocabulary.names)
    rows = np.concatenate([entries.rows, phrasings.rows + np.int32(entries.height)])
    columns = np.concatenate(
        [
            np.repeat(np.arange(features, dtype=np.int32), np.diff(part.starts))
            for part in (entries, phrasings)
        ]
    )
    values = np.concatenate(
        [entries.weighted(vocabulary.bm25), phrasings.weighted(vocabulary.cosine)]
    )
    return Postings.gather(rows, columns, values, (entries.height + phrasings.height, features))
