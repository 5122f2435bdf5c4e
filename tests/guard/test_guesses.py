"""Attempts at a secret, with a clock that only the test moves."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from apps.guard.guesses import FIRST_S, LONGEST_S, Guesses


@pytest.fixture(autouse=True)
def _nobody_yet():
    cache.clear()


@pytest.fixture
def no_redis(settings):
    gone = "unix:///nowhere/redis.sock"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": gone}}


def fresh(name: str = "test", free: int = 3) -> Guesses:
    return Guesses(name, free=free, kept_s=3600)


def let_time_pass() -> None:
    redis: Any = cache  # what Django knows of a cache is less
    redis.delete_pattern("guesses:*:until")


def taken(counter: Guesses, times: int, holder: str = "Ann") -> list[bool]:
    return [counter.take(holder) == 0.0 for _ in range(times)]


def test_some_are_free_and_then_one_waits():
    counter = fresh()
    assert taken(counter, 5) == [True, True, True, False, False]
    assert 0 < counter.take("Ann") <= FIRST_S


def test_each_further_one_makes_the_wait_longer_up_to_a_bound():
    counter = fresh()
    taken(counter, 4)
    waits = []
    for _ in range(6):
        let_time_pass()
        assert counter.take("Ann") == 0.0
        waits.append(round(counter.take("Ann") / FIRST_S))
    assert waits == [2, 4, 8, *[LONGEST_S // FIRST_S] * 3]


def test_whoever_was_right_begins_anew():
    counter = fresh()
    taken(counter, 9)
    counter.clear("Ann")
    assert taken(counter, 4) == [True, True, True, False]


def test_one_that_was_right_does_not_count():
    counter = fresh()
    for _ in range(9):
        assert counter.take("Ann") == 0.0
        counter.give_back("Ann")
    assert taken(counter, 4) == [True, True, True, False]


def test_holders_do_not_know_each_other():
    counter = fresh()
    taken(counter, 9)
    assert counter.take("Ben") == 0.0
    assert fresh("other").take("Ann") == 0.0


def test_of_many_at_once_no_more_get_in():
    counter = fresh()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: counter.take("Ann") == 0.0, range(40)))
    assert sum(found) == 3


def test_all_processes_count_together_and_no_name_is_kept():
    taken(fresh(), 2)
    assert taken(fresh(), 2) == [True, False]
    redis: Any = cache
    assert not any("Ann" in key for key in redis.iter_keys("*"))


@pytest.mark.usefixtures("no_redis")
class TestAlone:
    def test_without_redis_each_process_counts_for_itself(self):
        counter = fresh()
        assert taken(counter, 5) == [True, True, True, False, False]
        counter.clear("Ann")
        assert taken(counter, 4) == [True, True, True, False]

    def test_without_redis_one_that_was_right_does_not_count(self):
        counter = fresh()
        for _ in range(9):
            assert counter.take("Ann") == 0.0
            counter.give_back("Ann")
