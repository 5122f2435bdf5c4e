"""Fits the confidence of both halves together on what staff have written: each phrasing is asked
while it, or its whole entry, is left out. So the labels cost nothing and belong to this embedder.

Visitors ask less like staff than staff do, so a fit holds only if, on the half of the questions
that it was not made of, the answers it would have given were right often enough even at the lower
end of what so few tell.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.confidence import ANSWER_AT
from apps.knowledge.dense.fusion import SIGNALS, Lexical, Weights, fuse, signals
from apps.knowledge.dense.matrix import Matrix, Near
from apps.knowledge.lexical import Document, LexicalIndex
from apps.knowledge.postings import Floats

LEAST = 200
LEAST_ANSWERED = 50
FOLDS = 3
GONE = 1 / 3
ENTRIES_AT_MOST = 1_500
CANDIDATES = 3
# Pulls towards the lexical confidence alone, as much as a few labels would.
RIDGE = 2.0
PRIOR = (1.0, *([0.0] * (SIGNALS - 1)))
STEPS = 50
CLOSE = 1e-6
# Two standard deviations: 95 %.
DEVIATIONS = 1.96

Doubles = NDArray[np.float64]
T = TypeVar("T")


class Text(NamedTuple):
    id: str
    phrasings: tuple[str, ...]
    answer: str
    vectors: Floats


@dataclass(frozen=True)
class Fit:
    """`weights` is None where the unfitted way holds. Of `questions`, half were asked to check:
    `answered` of them, and a share of `right`, from `low` to `high`, was right."""

    weights: Weights | None
    questions: int
    answered: int = 0
    right: float | None = None
    low: float | None = None
    high: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "weights": list(self.weights) if self.weights else None}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what both halves found; `right` is None when its entry was left out."""

    right: str | None
    lexical: tuple[Lexical, ...]
    near: Near


def fit(entries: Sequence[Text]) -> Fit:
    """For the entries of one language; the phrasings of each stand first in its vectors."""
    chosen = enough(entries)
    asked = [one for fold in range(FOLDS) for one in _fold(chosen, fold)]
    if len(asked) < LEAST:
        return Fit(None, len(asked))
    weights = _weights([sample for one in asked[::2] for sample in _samples(one)])
    return _checked(weights, asked[1::2], len(asked))


def enough(entries: Sequence[T]) -> Sequence[T]:
    """Those of them that a fit is made of; the same every time."""
    if len(entries) <= ENTRIES_AT_MOST:
        return entries
    return random.Random(1).sample(entries, ENTRIES_AT_MOST)  # noqa: S311 the same every time


def _fold(entries: Sequence[Text], fold: int) -> Iterator[Asked]:
    rng = random.Random(fold)  # noqa: S311 the same every time
    kept, held, asked = [], [], []
    for entry in entries:
        gone = rng.random() < GONE
        place = rng.randrange(len(entry.phrasings))
        hides = len(entry.phrasings) > 1 and not gone
        mask = np.zeros(len(entry.vectors), bool)
        mask[place] = hides
        held.append(mask | gone)
        if gone or hides:
            question = (entry.phrasings[place], entry.vectors[place])
            asked.append((None if gone else entry.id, *question))
        if not gone:
            rest = [text for at, text in enumerate(entry.phrasings) if at != place or not hides]
            kept.append(Document(entry.id, rest[0], tuple(rest[1:]), entry.answer))
    if not kept:
        return
    lexical = LexicalIndex.build(kept)
    matrix = Matrix.of((entry.id, entry.vectors) for entry in entries)
    without = np.concatenate(held)
    for right, text, vector in asked:
        hits = tuple(
            Lexical(hit.id, hit.confidence) for hit in lexical.search(text, limit=CANDIDATES)
        )
        yield Asked(right, hits, matrix.near(vector, without))


Sample = tuple[tuple[float, ...], bool]


def _samples(asked: Asked) -> Iterator[Sample]:
    """Of a question, each entry that one of the halves would name."""
    known = {hit.id: hit.confidence for hit in asked.lexical}
    first = asked.lexical[0].id if asked.lexical else ""
    for one in fuse(asked.lexical, asked.near, None, CANDIDATES):
        place = asked.near.places[one.id]
        values = signals(asked.near, place, known.get(one.id, 0.0), is_first=one.id == first)
        yield values, one.id == asked.right


def _weights(samples: Sequence[Sample]) -> Weights:
    """Logistic regression; the ridge makes it have one solution."""
    values: Doubles = np.array([values for values, _ in samples], np.float64)
    labels: Doubles = np.array([label for _, label in samples], np.float64)
    prior = np.array(PRIOR)
    weights = prior.copy()
    for _ in range(STEPS):
        chances = _chances(values @ weights)
        slope = values.T @ (chances - labels) + RIDGE * (weights - prior)
        bend = (values.T * (chances * (1 - chances))) @ values + RIDGE * np.eye(SIGNALS)
        step = np.linalg.solve(bend, slope)
        before = _loss(values, labels, weights)
        # Far from the end a whole step of Newton's may lead uphill.
        while _loss(values, labels, weights - step) > before and np.abs(step).max() > CLOSE:
            step /= 2
        weights = weights - step
        if np.abs(step).max() <= CLOSE:
            break
    return tuple(map(float, weights))


def _chances(logits: Doubles) -> Doubles:
    chances: Doubles = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return chances


def _loss(values: Doubles, labels: Doubles, weights: Doubles) -> float:
    logits = values @ weights
    wrong = np.logaddexp(0, np.where(labels > 0, -logits, logits)).sum()
    return float(wrong + RIDGE / 2 * ((weights - PRIOR) ** 2).sum())


def _checked(weights: Weights, asked: Sequence[Asked], questions: int) -> Fit:
    answered = right = 0
    for one in asked:
        found = fuse(one.lexical, one.near, weights, CANDIDATES)
        if found and found[0].confidence >= ANSWER_AT:
            answered += 1
            right += found[0].id == one.right
    if answered < LEAST_ANSWERED:
        return Fit(None, questions, answered)
    low, high = interval(right, answered)
    kept = weights if low >= ANSWER_AT else None
    return Fit(kept, questions, answered, round(right / answered, 4), low, high)


def interval(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, square = right / of, DEVIATIONS**2
    middle = share + square / (2 * of)
    reach = DEVIATIONS * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    return round((middle - reach) / whole, 4), round((middle + reach) / whole, 4)
