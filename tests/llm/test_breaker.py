"""When a model is left alone, for how long, and who tries it again."""

import uuid

import pytest

from apps.llm.breaker import (
    FAILED,
    FAILURES,
    MISCONFIGURED,
    OPEN_S,
    PROVOKED,
    WINDOW_S,
    Breaker,
    Breakers,
)
from apps.llm.values import GatewayError, Outcome


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def fail(breaker, times=FAILURES, outcome=Outcome.SERVER_ERROR):
    for _ in range(times):
        breaker.enter().leave(outcome)


def closed_for(breaker):
    """Seconds until it may be asked; 0.0 when it may."""
    try:
        breaker.enter().leave(None)
    except GatewayError as error:
        return error.retry_after if error.outcome is Outcome.BREAKER else None
    return 0.0


@pytest.mark.parametrize("outcome", sorted(FAILED))
def test_five_failures_open_it(breaker, outcome):
    fail(breaker, FAILURES - 1, outcome)
    assert closed_for(breaker) == 0.0
    fail(breaker, 1, outcome)
    assert closed_for(breaker) == OPEN_S


def test_failures_that_lie_apart_do_not(breaker, clock):
    for _ in range(3 * FAILURES):
        fail(breaker, 1)
        clock.now += WINDOW_S / (FAILURES - 1)
    assert closed_for(breaker) == 0.0


def test_a_busy_model_may_fail_now_and_then(breaker):
    for _ in range(3 * FAILURES):
        breaker.enter().leave(Outcome.OK)
        breaker.enter().leave(Outcome.OK)
        breaker.enter().leave(Outcome.GAP)
    assert closed_for(breaker) == 0.0


@pytest.mark.parametrize("outcome", sorted(MISCONFIGURED))
def test_a_fault_of_the_configuration_opens_it_at_once(breaker, outcome):
    breaker.enter().leave(outcome)
    assert closed_for(breaker) == OPEN_S


def test_what_is_refused_counts_once_for_each_who_asks(breaker):
    for _ in range(3 * FAILURES):
        breaker.enter("one").leave(Outcome.BAD_REQUEST)
    for asker in range(FAILURES - 2):
        breaker.enter(asker).leave(Outcome.BAD_REQUEST)
    assert closed_for(breaker) == 0.0
    breaker.enter("another").leave(Outcome.BAD_REQUEST)
    assert closed_for(breaker) == OPEN_S


def test_what_is_refused_by_one_that_has_answered_is_the_lines_fault(breaker):
    """A visitor has as many sessions as they like."""
    breaker.enter("somebody").leave(Outcome.OK)
    for asker in range(3 * FAILURES):
        breaker.enter(asker).leave(Outcome.BAD_REQUEST)
    assert closed_for(breaker) == 0.0


@pytest.mark.parametrize("outcome", sorted(PROVOKED))
def test_whose_answers_grow_too_long_counts_once(breaker, outcome):
    for _ in range(3 * FAILURES):
        breaker.enter("one").leave(outcome)
    assert closed_for(breaker) == 0.0
    for asker in range(FAILURES - 1):
        breaker.enter(asker).leave(outcome)
    assert closed_for(breaker) == OPEN_S


def test_what_is_refused_now_and_then_opens_nothing(breaker):
    for asker in range(3 * FAILURES):
        breaker.enter(asker).leave(Outcome.OK)
        breaker.enter(asker).leave(Outcome.OK)
        breaker.enter(asker).leave(Outcome.BAD_REQUEST)
    assert closed_for(breaker) == 0.0


def test_a_trial_that_is_refused_proves_nothing(breaker, clock):
    fail(breaker)
    clock.now += OPEN_S
    breaker.enter("one").leave(Outcome.BAD_REQUEST)
    assert breaker.enter("another").is_trial


def test_a_limit_of_the_provider_is_a_pause_for_as_long_as_that_says(breaker, clock):
    breaker.enter().leave(Outcome.RATE_LIMITED, 3)
    with pytest.raises(GatewayError) as told:
        breaker.enter()
    assert (told.value.outcome, told.value.retry_after) == (Outcome.RATE_LIMITED, 3)
    clock.now += 3
    assert closed_for(breaker) == 0.0


def test_after_a_pause_all_who_have_waited_go_on(breaker, clock):
    """One by one all but the first would be sent to a person."""
    crowd = [breaker.enter() for _ in range(20)]
    for entry in crowd:
        entry.leave(Outcome.RATE_LIMITED, 3)
    clock.now += 3
    assert [breaker.enter().is_trial for _ in crowd] == [False] * 20


def test_a_limit_that_names_no_time_is_a_failure_like_others(breaker):
    fail(breaker, 1, Outcome.RATE_LIMITED)
    assert closed_for(breaker) == 0.0


def test_what_a_model_says_wrong_is_no_failure_of_its_server(breaker):
    fail(breaker, 3 * FAILURES, Outcome.BAD_OUTPUT)
    assert closed_for(breaker) == 0.0


def test_one_at_a_time_tries_again(breaker, clock):
    fail(breaker)
    clock.now += OPEN_S
    trial = breaker.enter()
    assert closed_for(breaker) > 0
    trial.leave(Outcome.OK)
    assert closed_for(breaker) == 0.0
    fail(breaker, FAILURES - 1)
    assert closed_for(breaker) == 0.0


def test_a_trial_that_fails_opens_it_again(breaker, clock):
    fail(breaker)
    clock.now += OPEN_S
    breaker.enter().leave(Outcome.DEADLINE)
    assert closed_for(breaker) == OPEN_S


def test_a_trial_that_is_given_up_leaves_its_place(breaker, clock):
    fail(breaker)
    clock.now += OPEN_S
    breaker.enter().leave(None)
    assert breaker.enter().is_trial


def test_a_call_from_before_neither_closes_it_nor_ends_the_trial(breaker, clock):
    early = breaker.enter()
    fail(breaker)
    clock.now += OPEN_S
    trial = breaker.enter()
    early.leave(Outcome.OK)
    assert closed_for(breaker) > 0
    trial.leave(Outcome.OK)
    assert closed_for(breaker) == 0.0


def test_models_fail_for_themselves(clock):
    breakers = Breakers(clock)
    provider, one, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    fail(breakers.of(provider, one))
    assert closed_for(breakers.of(provider, one)) == OPEN_S
    assert closed_for(breakers.of(provider, other)) == 0.0
