"""Turns an index's texts into the matrices that a search reads."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from apps.knowledge import classifier
from apps.knowledge.features import count
from apps.knowledge.postings import Floats, Ints, Postings
from apps.knowledge.vocabulary import Vocabulary

# BM25's saturation and length constants at their usual values (Robertson & Zaragoza 2009).
K1 = 1.2
B = 0.75

# Above this many phrasings no classifier is trained: it costs their square in memory and more
# than that in time (2 000 phrasings of 330 entries: about 4 s on 2 cores).
TRAIN_AT_MOST = 2_000

# Nor when comparing them all reads more stored values than this (about a second): long answers
# that stand in for phrasings, which gain nothing from it.
COMPARE_AT_MOST = 5e7


@dataclass(frozen=True)
class Matrices:
    """What an index knows.

    `joint` (entries + phrasings, features) holds, for each entry, the BM25 shares of question,
    variants and answer together, and below them, for each phrasing, a TF-IDF vector of length 1,
    grouped by entry; each value is already times its feature's weight, so that one pass over what
    a query's features hold gives both products. `owners` (phrasings,) are the phrasings' entries,
    ascending; `dual` (entries, phrasings) the classifier's weights, of no rows when none was
    trained; `told` (entries,) marks entries with an answer only, whose answer stands in as their
    phrasing.
    """

    vocabulary: Vocabulary
    joint: Postings
    owners: Ints
    dual: Floats
    told: NDArray[np.bool_]


class _Counts:
    """Counted features of many texts, as parallel arrays of row, column and times."""

    def __init__(self, columns: dict[str, int]) -> None:
        self._columns = columns
        self._sizes = array("i")
        self._features = array("i")
        self._times = array("f")

    def add(self, counts: Counter[str]) -> None:
        columns = self._columns
        self._sizes.append(len(counts))
        self._features.extend([columns.setdefault(name, len(columns)) for name in counts])
        self._times.extend(counts.values())

    def arrays(self) -> tuple[Ints, Ints, Floats]:
        sizes = np.array(self._sizes, np.int32)
        rows = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        return rows, np.array(self._features, np.int32), np.array(self._times, np.float32)


def assemble(entries: Iterable[tuple[list[str], str]]) -> Matrices:
    """From each entry's normalised phrasings and its normalised answer ("" without one)."""
    columns: dict[str, int] = {}
    asked, whole = _Counts(columns), _Counts(columns)
    owners, told = array("i"), array("b")
    for position, (phrasings, answer) in enumerate(entries):
        together = count(answer, pairs=False)
        for counts in [count(phrasing) for phrasing in phrasings] or [Counter(together)]:
            asked.add(counts)
            owners.append(position)
            if phrasings:
                together.update(counts)
        whole.add(together)
        told.append(not phrasings)
    rows, features, times = whole.arrays()
    shape = (len(told), len(columns))
    holders = np.bincount(features, minlength=len(columns)).astype(np.int32)
    vocabulary = Vocabulary.of(list(columns), holders, len(told))
    vectors = _vectors(vocabulary, asked.arrays())
    matrix = Postings.gather(*vectors, (len(owners), len(columns)))
    whole_of = Postings.gather(rows, features, _bm25(rows, times, len(told)), shape)
    owned = np.array(owners, np.int32)
    return Matrices(
        vocabulary,
        _join(vocabulary, whole_of, matrix),
        owned,
        _train(vectors, matrix, owned),
        np.array(told, np.bool_),
    )


def _join(vocabulary: Vocabulary, entries: Postings, phrasings: Postings) -> Postings:
    """Both as one matrix, the phrasings' rows below the entries'."""
    features = len(vocabulary.names)
    parts = (entries, phrasings)
    numbers = np.arange(features, dtype=np.int32)
    return Postings.gather(
        np.concatenate([entries.cells["row"], phrasings.cells["row"] + np.int32(entries.height)]),
        np.concatenate([np.repeat(numbers, part.lengths) for part in parts]),
        np.concatenate([entries.weighted(vocabulary.bm25), phrasings.weighted(vocabulary.cosine)]),
        (entries.height + phrasings.height, features),
    )


def _bm25(rows: Ints, times: Floats, height: int) -> Floats:
    """Each count as a share of the most it could add: tf / (tf + k1 (1 - b + b length / mean))."""
    lengths = np.bincount(rows, times, height)
    relative = lengths / max(float(lengths.mean()), 1e-9) if height else lengths
    return (times / (times + K1 * (1 - B + B * relative[rows]))).astype(np.float32)


def _vectors(
    vocabulary: Vocabulary, counts: tuple[Ints, Ints, Floats]
) -> tuple[Ints, Ints, Floats]:
    """The TF-IDF vectors, each of length 1, as parallel arrays of row, column and value."""
    rows, features, times = counts
    values = vocabulary.cosine[features] * (1 + np.log(times))
    lengths = np.sqrt(np.bincount(rows, values * values))
    return rows, features, (values / lengths[rows]).astype(np.float32)


def _train(vectors: tuple[Ints, Ints, Floats], phrasings: Postings, owners: Ints) -> Floats:
    """The classifier over all phrasings, of no rows when they are too much or of one entry."""
    entries = int(owners[-1]) + 1 if len(owners) else 0
    too_much = len(owners) > TRAIN_AT_MOST or phrasings.own_products > COMPARE_AT_MOST
    if too_much or entries < 2:
        return np.zeros((0, len(owners)), np.float32)
    rows, features, values = vectors
    cuts = np.searchsorted(rows, np.arange(len(owners) + 1))
    kernel = np.stack(
        [
            phrasings.scores(features[start:end].tolist(), values[start:end])
            for start, end in pairwise(cuts)
        ]
    ).astype(np.float32)
    return classifier.fit(kernel, owners, entries)
