"""How well an index answers labelled questions. Every share is in 0..1, None where undefined."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict

from apps.knowledge.confidence import ANSWER_AT
from apps.knowledge.labelled import Question
from apps.knowledge.lexical import LexicalIndex

# Ranks are looked for among this many hits; a right entry further down counts as not found.
DEPTH = 10

# The precision that `right_at_precision_90` must keep.
PRECISION = 0.9

NEAR = "near"


class AtThreshold(TypedDict):
    """What answering at the shipped threshold would give; coverage is over in-scope questions."""

    threshold: float
    coverage: float | None
    precision: float | None
    oos_accepted: float | None


class Report(TypedDict):
    """The figures of one set."""

    entries: int
    queries: int
    accuracy_at_1: float | None
    accuracy_at_3: float | None
    mrr: float | None
    oos_auroc: float | None
    oos_auroc_near: float | None
    right_at_precision_90: float | None
    at_threshold: AtThreshold
    p95_ms: float | None


@dataclass(frozen=True)
class Outcome:
    """One question asked: rank of the right entry from 1 (None: not found or out of scope),
    confidence of the first hit (None without a hit) and the search's time in milliseconds."""

    question: Question
    rank: int | None
    confidence: float | None
    ms: float

    @property
    def in_scope(self) -> bool:
        return self.question.entry_id is not None

    @property
    def sureness(self) -> float:
        """The confidence, 0 without a hit: for ordering questions."""
        return self.confidence or 0.0


def ask(index: LexicalIndex, questions: Sequence[Question]) -> Iterator[Outcome]:
    """Ask each question once, in order."""
    for question in questions:
        start = time.perf_counter()
        hits = index.search(question.text, limit=DEPTH)
        ms = (time.perf_counter() - start) * 1000
        ids = [hit.id for hit in hits]
        rank = ids.index(question.entry_id) + 1 if question.entry_id in ids else None
        yield Outcome(question, rank, hits[0].confidence if hits else None, ms)


def report(entries: int, outcomes: Sequence[Outcome], threshold: float = ANSWER_AT) -> Report:
    """All figures over the outcomes of one set."""
    inside = [outcome for outcome in outcomes if outcome.in_scope]
    outside = [outcome for outcome in outcomes if not outcome.in_scope]
    near = [outcome for outcome in outside if outcome.question.oos == NEAR]
    ranks = [outcome.rank for outcome in inside]
    return Report(
        entries=entries,
        queries=len(outcomes),
        accuracy_at_1=_share(sum(rank == 1 for rank in ranks), len(ranks)),
        accuracy_at_3=_share(sum(rank is not None and rank <= 3 for rank in ranks), len(ranks)),
        mrr=_share(sum(1 / rank for rank in ranks if rank), len(ranks)),
        oos_auroc=auroc(_sureness(inside), _sureness(outside)),
        oos_auroc_near=auroc(_sureness(inside), _sureness(near)),
        right_at_precision_90=right_at_precision(outcomes),
        at_threshold=at_threshold(outcomes, threshold),
        p95_ms=percentile([outcome.ms for outcome in outcomes], 0.95),
    )


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a positive scores above a negative, a tie counting half (Mann-Whitney)."""
    if not positive or not negative:
        return None
    ordered = sorted([(score, 0) for score in negative] + [(score, 1) for score in positive])
    below = 0
    wins = 0.0
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        won = sum(label for _, label in ordered[start:end])
        lost = end - start - won
        wins += won * (below + lost / 2)
        below += lost
        start = end
    return _share(wins, len(positive) * len(negative))


def right_at_precision(outcomes: Sequence[Outcome], wanted: float = PRECISION) -> float | None:
    """Share of in-scope questions answered right at the lowest cut that keeps `wanted` precision.

    Precision is over everything answered, so an out-of-scope question answered is a wrong one. 0
    when no cut keeps it. Questions of one confidence are answered together or not at all.
    """
    answered = [outcome for outcome in outcomes if outcome.confidence is not None]
    answered.sort(key=lambda outcome: -outcome.sureness)
    best = right = 0
    for count, outcome in enumerate(answered, 1):
        right += outcome.rank == 1
        last = count == len(answered) or answered[count].confidence != outcome.confidence
        if last and right / count >= wanted:
            best = right
    return _share(best, sum(outcome.in_scope for outcome in outcomes))


def at_threshold(outcomes: Sequence[Outcome], threshold: float) -> AtThreshold:
    """What is answered at or above `threshold`."""
    answered = [
        outcome
        for outcome in outcomes
        if outcome.confidence is not None and outcome.confidence >= threshold
    ]
    inside = sum(outcome.in_scope for outcome in outcomes)
    covered = sum(outcome.in_scope for outcome in answered)
    return AtThreshold(
        threshold=threshold,
        coverage=_share(covered, inside),
        precision=_share(sum(outcome.rank == 1 for outcome in answered), len(answered)),
        oos_accepted=_share(len(answered) - covered, len(outcomes) - inside),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: the least value that `share` of the values do not exceed."""
    if not values:
        return None
    return round(sorted(values)[max(math.ceil(share * len(values)) - 1, 0)], 4)


def _sureness(outcomes: Sequence[Outcome]) -> list[float]:
    return [outcome.sureness for outcome in outcomes]


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
