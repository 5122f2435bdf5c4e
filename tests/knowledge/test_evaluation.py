"""The figures of an evaluation."""

import pytest

from apps.knowledge import evaluation
from apps.knowledge.evaluation import Outcome
from apps.knowledge.labelled import Question


def outcome(
    rank: int | str | None, confidence: float | None, oos: str | None = None, ms: float = 1.0
) -> Outcome:
    """`rank` "out" makes an out-of-scope question."""
    if isinstance(rank, str):
        return Outcome(Question("?", None, oos, None), None, confidence, ms)
    return Outcome(Question("?", "e", oos, None), rank, confidence, ms)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1.0),
        ([0.1], [0.9], 0.0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.9, 0.5], [0.5, 0.1], 0.875),
        ([], [0.5], None),
        ([0.5], [], None),
    ],
)
def test_auroc_counts_ties_half(positive, negative, expected):
    assert evaluation.auroc(positive, negative) == expected


def test_accuracy_and_mrr_are_over_in_scope_questions():
    report = evaluation.report(
        7,
        [
            outcome(1, 0.9),
            outcome(2, 0.8),
            outcome(4, 0.8),
            outcome(None, None),
            outcome("out", 0.3),
        ],
    )
    assert (report["entries"], report["queries"]) == (7, 5)
    assert report["accuracy_at_1"] == 0.25
    assert report["accuracy_at_3"] == 0.5
    assert report["mrr"] == round((1 + 1 / 2 + 1 / 4) / 4, 4)


def test_near_auroc_looks_at_near_questions_only():
    report = evaluation.report(
        1, [outcome(1, 0.5), outcome("out", 0.9, "near"), outcome("out", 0.1, "far")]
    )
    assert report["oos_auroc"] == 0.5
    assert report["oos_auroc_near"] == 0


def test_right_at_precision_takes_the_lowest_cut_that_keeps_it():
    sure = [outcome(1, 0.9)] * 9
    mixed = [*sure, outcome(2, 0.8), outcome(1, 0.1)]
    assert evaluation.right_at_precision(mixed) == round(10 / 11, 4)
    assert evaluation.right_at_precision([*mixed, *[outcome("out", 0.05)] * 2]) == round(10 / 11, 4)
    assert evaluation.right_at_precision([*sure[1:], outcome(2, 0.8)]) == round(8 / 9, 4)


def test_right_at_precision_counts_out_of_scope_answers_as_wrong():
    assert evaluation.right_at_precision([outcome("out", 0.9), outcome(1, 0.8)]) == 0


def test_questions_of_one_confidence_are_answered_together():
    assert evaluation.right_at_precision([outcome(1, 0.5), outcome(2, 0.5)]) == 0


def test_questions_without_a_hit_are_never_answered():
    assert evaluation.right_at_precision([outcome(1, 0.5), outcome(None, None)]) == 0.5


def test_the_threshold_itself_is_answered():
    at = evaluation.at_threshold(
        [
            outcome(1, 0.7),
            outcome(2, 0.8),
            outcome(1, 0.6),
            outcome("out", 0.9),
            outcome("out", 0.1),
        ],
        0.7,
    )
    assert at == {
        "threshold": 0.7,
        "coverage": round(2 / 3, 4),
        "precision": round(1 / 3, 4),
        "oos_accepted": 0.5,
    }


def test_what_is_undefined_is_null():
    nothing = evaluation.report(0, [])
    assert {name for name, value in nothing.items() if value is None} == {
        "accuracy_at_1",
        "accuracy_at_3",
        "mrr",
        "oos_auroc",
        "oos_auroc_near",
        "right_at_precision_90",
        "p95_ms",
    }
    unanswered = evaluation.report(1, [outcome(1, 0.1)])["at_threshold"]
    assert (unanswered["coverage"], unanswered["precision"], unanswered["oos_accepted"]) == (
        0,
        None,
        None,
    )


def test_p95_is_the_nearest_rank():
    assert evaluation.percentile(list(range(1, 101)), 0.95) == 95
    assert evaluation.percentile([3.0], 0.95) == 3
