"""Who may send how much, with a clock that only the test moves."""

import tempfile
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache

from apps.guard import limits
from apps.guard.limits import HOUR_S, SWEEP_FROM, Buckets, LeakyBucket, PerHour, Places
from tests.redis_child import RedisChild

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


class Clock:
    """Stands where the test puts it."""

    def __init__(self):
        self.now = 1_000_000.0

    def monotonic(self):
        return self.now

    def time(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    return clock


def change(settings, **values):
    settings.CHAT = replace(settings.CHAT, **values)


class TestLeakyBucket:
    def bucket(self, clock, burst=3, per_second=2.0):
        return LeakyBucket(burst, per_second, at=clock.now)

    def test_a_burst_fits_and_the_next_is_told_when_it_would(self, clock):
        bucket = self.bucket(clock)
        assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]

    def test_who_comes_back_when_told_is_let_in_and_not_a_moment_sooner(self, clock):
        bucket = self.bucket(clock)
        for _ in range(3):
            bucket.take()
        clock.now += 0.25
        assert bucket.take() == 0.25
        clock.now += 0.25
        assert bucket.take() == 0.0
        assert bucket.take() == 0.5

    def test_a_refusal_fills_nothing(self, clock):
        bucket = self.bucket(clock)
        for _ in range(50):
            bucket.take()
        assert bucket.take() == 0.5

    def test_a_long_rest_is_worth_one_burst_and_no_more(self, clock):
        bucket = self.bucket(clock)
        bucket.take()
        clock.now += HOUR_S
        assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]

    def test_it_is_empty_once_it_has_leaked(self, clock):
        bucket = self.bucket(clock)
        assert bucket.is_empty()
        bucket.take()
        assert not bucket.is_empty()
        clock.now += 0.5
        assert bucket.is_empty()

    def test_a_line_given_back_costs_nothing_and_gains_nothing(self, clock):
        bucket = self.bucket(clock)
        bucket.give_back()
        bucket.take()
        bucket.give_back()
        bucket.give_back()
        assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]

    def test_a_clock_that_stands_still_lets_no_more_in(self, clock):
        bucket = self.bucket(clock, burst=1, per_second=0.001)
        assert bucket.take() == 0.0
        assert bucket.take() == bucket.take() == 1000.0


class TestBuckets:
    def test_a_holder_finds_its_bucket_again(self, clock):
        buckets = Buckets()
        bucket = buckets.of("Ann", 3, 1)
        assert buckets.of("Ann", 3, 1) is bucket
        assert buckets.of("Ben", 3, 1) is not bucket

    def test_empty_ones_are_dropped_when_there_are_many_and_used_ones_kept(self, clock):
        buckets = Buckets()
        kept = buckets.of("Ann", 3, 1)
        kept.at = clock.now
        kept.take()
        others = [buckets.of(f"visitor {n}", 3, 1) for n in range(SWEEP_FROM - 1)]
        buckets.of("one more", 3, 1)
        assert buckets.of("Ann", 3, 1) is kept
        assert buckets.of("visitor 0", 3, 1) is not others[0]

    def test_a_crowd_that_is_not_empty_is_not_looked_through_each_time(self, clock, monkeypatch):
        buckets = Buckets()
        looked = []
        drop = Buckets._drop_empty

        def look(buckets):
            looked.append(1)
            drop(buckets)

        monkeypatch.setattr(Buckets, "_drop_empty", look)
        for n in range(4 * SWEEP_FROM):
            buckets.of(f"visitor {n}", 1, 1).level = 1e9
        assert len(looked) <= 2
        assert buckets.of("visitor 0", 1, 1).level > 1


class TestPlaces:
    def test_a_place_left_can_be_taken_again(self):
        places = Places()
        assert [places.take("Ann", 2) for _ in range(3)] == [True, True, False]
        places.leave("Ann")
        assert [places.take("Ann", 2) for _ in range(2)] == [True, False]

    def test_holders_do_not_know_each_other(self):
        places = Places()
        assert places.take("Ann", 1)
        assert places.take("Ben", 1)

    def test_leaving_more_often_than_coming_makes_no_room(self):
        places = Places()
        places.leave("Ann")
        assert [places.take("Ann", 1) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.1", "198.51.100.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "127.0.0.1,10.9.9.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", " , 198.51.100.7 ,", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "203.0.113.1, nonsense", "nonsense"),
        ("fd00::1", "203.0.113.1, 2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        ("", "198.51.100.7", ""),
        ("unix:", "198.51.100.7", "unix:"),
    ],
)
def test_the_address_is_the_last_hop_that_is_no_proxy_of_ours(peer, forwarded, address):
    assert limits.client_address(peer, forwarded, PROXIES) == address


def test_without_proxies_the_header_is_a_strangers_claim():
    assert limits.client_address("198.51.100.7", "203.0.113.1", ()) == "198.51.100.7"


def test_a_client_cannot_change_its_limits_by_what_it_writes_itself():
    claims = ["", "203.0.113.1", "10.0.0.9, 127.0.0.1", "x" * 8000, "198.51.100.7, 10.0.0.1"]
    added = [f"{claim}, 198.51.100.7" if claim else "198.51.100.7" for claim in claims]
    assert {limits.client_address("10.0.0.1", header, PROXIES) for header in added} == {
        "198.51.100.7"
    }


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::1", "::"),
        ("fe80::1%eth0", "fe80::"),
        ("", "unknown"),
        ("nonsense", "unknown"),
        ("198.51.100.7:443", "198.51.100.7"),
        ("[2001:db8::1]:443", "2001:db8::"),
    ],
)
def test_limits_belong_to_an_address_or_to_a_64_of_ipv6(address, holder):
    assert limits.holder(address) == holder


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("192.0.2.9", True),
        ("::ffff:192.0.2.9", True),
        ("2001:db8::9", True),
        ("192.0.3.9", False),
        ("2001:db9::9", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_only_listed_networks_are_trusted(settings, address, trusted):
    change(settings, trusted_networks=(ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")))
    assert limits.is_trusted(address) is trusted


def test_nobody_is_trusted_unless_listed(settings):
    change(settings, trusted_networks=())
    assert not limits.is_trusted("127.0.0.1")


def sessions() -> PerHour:
    return PerHour("sessions", lambda: settings.CHAT.sessions_per_hour)


class TestPerHour:
    @pytest.fixture(autouse=True)
    def _four_an_hour(self, settings, clock):
        cache.clear()
        change(settings, sessions_per_hour=4, trusted_networks=())
        clock.now = 500 * HOUR_S + 600.0

    @pytest.fixture
    def no_redis(self, settings):
        gone = "unix:///nowhere/redis.sock"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": gone}}

    def taken(self, counter, times, address="198.51.100.7"):
        return [counter.take(address) for _ in range(times)]

    def test_the_next_one_is_told_when_the_hour_turns(self):
        assert self.taken(sessions(), 5) == [0.0] * 4 + [HOUR_S - 600.0]

    def test_all_processes_count_together(self):
        one, two = sessions(), sessions()
        assert self.taken(one, 2) + self.taken(two, 2) == [0.0] * 4
        assert one.take("198.51.100.7") > 0

    def test_a_whole_64_counts_as_one_and_another_does_not(self):
        counter = sessions()
        near = [counter.take(f"2001:db8:0:1::{n}") for n in range(1, 6)]
        assert near[:4] == [0.0] * 4
        assert near[4] > 0
        assert counter.take("2001:db8:0:2::1") == 0.0

    def test_with_the_hour_the_count_turns(self, clock):
        counter = sessions()
        wait = self.taken(counter, 5)[-1]
        clock.now += wait
        assert self.taken(counter, 5)[:4] == [0.0] * 4

    def test_trusted_networks_are_not_counted(self, settings):
        change(settings, sessions_per_hour=4, trusted_networks=(ip_network("198.51.100.0/24"),))
        assert self.taken(sessions(), 50) == [0.0] * 50

    def test_the_address_itself_is_not_kept(self):
        self.taken(sessions(), 1)
        redis: Any = cache  # what Django knows of a cache is less
        keys = list(redis.iter_keys("sessions:*"))
        assert len(keys) == 1
        assert "198.51.100.7" not in keys[0]
        assert 0 < redis.ttl(keys[0]) <= HOUR_S

    def test_without_redis_each_process_allows_a_quarter(self, no_redis):
        one, two = sessions(), sessions()
        assert self.taken(one, 2) == [0.0, HOUR_S - 600.0]
        assert self.taken(two, 1) == [0.0]
        assert one.take("203.0.113.1") == 0.0

    def test_without_redis_at_least_one_is_allowed(self, settings, no_redis):
        change(settings, sessions_per_hour=1)
        counter = sessions()
        assert counter.take("198.51.100.7") == 0.0
        assert counter.take("198.51.100.7") > 0

    def test_without_redis_the_hour_turns_as_well(self, no_redis, clock):
        counter = sessions()
        self.taken(counter, 2)
        clock.now += HOUR_S
        assert counter.take("198.51.100.7") == 0.0

    def test_a_frozen_redis_is_one_that_is_away(self, settings):
        with tempfile.TemporaryDirectory(prefix="hd-") as folder:
            child = RedisChild(Path(folder))
            child.start()
            options = {"SOCKET_CONNECT_TIMEOUT": 0.05, "SOCKET_TIMEOUT": 0.05}
            known = settings.CACHES["default"]
            settings.CACHES = {
                "default": {
                    **known,
                    "LOCATION": child.url,
                    "OPTIONS": {**known["OPTIONS"], **options},
                }
            }
            child.freeze()
            try:
                assert [wait > 0 for wait in self.taken(sessions(), 2)] == [False, True]
            finally:
                child.thaw()
                child.kill()
