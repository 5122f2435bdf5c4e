"""From confidences to what is done. The cuts belong to the better side."""

import math

import pytest

from apps.engine.decide import OFFERED, Answer, NoAnswer, Offer, Unsure, decide
from apps.engine.types import Passage, Policy

POLICY = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.85)
BELOW = {cut: math.nextafter(cut, 0) for cut in (0.3, 0.7, 0.85)}


def entry(confidence, *, high_risk=False):
    return Passage(f"{confidence}", "title", "text", confidence, high_risk=high_risk)


def test_nothing_found_is_no_answer():
    assert decide((), POLICY) == NoAnswer()


@pytest.mark.parametrize(
    ("confidence", "made"),
    [(1.0, Answer), (0.7, Answer), (BELOW[0.7], Offer), (0.3, Offer), (BELOW[0.3], NoAnswer)],
)
def test_a_plain_entry_is_answered_offered_or_left(confidence, made):
    assert type(decide((entry(confidence),), POLICY)) is made


@pytest.mark.parametrize(
    ("confidence", "made"),
    [(0.85, Answer), (BELOW[0.85], Unsure), (0.7, Unsure), (0.3, Unsure), (BELOW[0.3], NoAnswer)],
)
def test_a_high_risk_entry_is_answered_surely_or_a_person_decides(confidence, made):
    assert type(decide((entry(confidence, high_risk=True),), POLICY)) is made


def test_an_answer_is_the_best_entry_alone():
    best = entry(0.9)
    assert decide((best, entry(0.89)), POLICY) == Answer(best)


def test_an_offer_holds_the_nearest_in_order_and_no_more_than_three():
    found = tuple(map(entry, (0.69, 0.6, 0.5, 0.4)))
    assert decide(found, POLICY) == Offer(found[:OFFERED])


def test_an_offer_leaves_out_high_risk_entries_and_hopeless_ones():
    found = (entry(0.29, high_risk=True), entry(0.28), entry(0.029))
    assert decide(found, Policy(answer_at=0.7, offer_at=0.2)) == Offer((found[1],))


def test_weak_entries_are_offered_when_one_of_them_is_likely_enough_right():
    found = tuple(map(entry, (0.12, 0.1, 0.09)))
    assert decide(found, POLICY) == Offer(found)
    assert decide(found[:2], POLICY) == NoAnswer()


def test_what_high_risk_entries_weigh_makes_no_offer():
    found = (entry(0.29, high_risk=True), entry(0.1))
    assert decide(found, POLICY) == NoAnswer()


def test_a_high_risk_entry_needs_both_cuts():
    lax = Policy(answer_at=0.7, offer_at=0.3, high_risk_at=0.5)
    assert type(decide((entry(0.49, high_risk=True),), lax)) is Unsure
    assert type(decide((entry(0.7, high_risk=True),), lax)) is Answer


def test_no_confidence_at_all_ever_answers_below_its_cut():
    for step in range(101):
        for high_risk in (False, True):
            decision = decide((entry(step / 100, high_risk=high_risk),), POLICY)
            cut = POLICY.high_risk_at if high_risk else POLICY.answer_at
            assert isinstance(decision, Answer) == (step / 100 >= cut)


COVERING = Policy(answer_at=0.7, offer_at=0.3, covered_at=0.5)


def covered(coverage, confidence=0.01, *, high_risk=False):
    return Passage(f"{coverage}", "title", "text", confidence, "", high_risk, coverage)


def test_entries_that_cover_the_question_are_offered_however_unlikely():
    found = (covered(0.9), covered(math.nextafter(0.5, 0)), covered(0.5, 0.0))
    assert decide(found, COVERING) == Offer((found[0], found[2]))
    assert decide(found[1:2], COVERING) == NoAnswer()


def test_covering_entries_join_the_likely_ones_up_to_three():
    found = (entry(0.4), covered(0.1, 0.02), covered(0.6), covered(0.7), covered(0.8))
    assert decide(found, COVERING) == Offer((found[0], found[2], found[3]))


def test_a_high_risk_entry_is_not_offered_for_covering_the_question():
    found = (covered(1, high_risk=True), covered(0.6))
    assert decide(found, COVERING) == Offer(found[1:])


def test_covering_a_question_answers_nothing():
    assert decide((covered(1, 0.69),), COVERING) == Offer((covered(1, 0.69),))
