"""Who may send how much. A refusal always says when to come back."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.core.cache.backends.base import BaseCache
from django.http import HttpRequest

from apps.guard.counts import Counts, counted_for

HOUR_S = 3600
SWEEP_FROM = 1_000
DOTS = 3
Network = IPv4Network | IPv6Network


@dataclass(slots=True)
class LeakyBucket:
    """Holds `burst` lines and leaks `per_second`. Kept by the process that holds the session:
    one shared in Redis would put a network trip before every ack."""

    burst: int
    per_second: float
    level: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        """0.0 when the line fits, else the seconds until it would."""
        now = time.monotonic()
        self.level = max(0.0, self.level - (now - self.at) * self.per_second)
        self.at = now
        if self.level + 1 <= self.burst:
            self.level += 1
            return 0.0
        return (self.level + 1 - self.burst) / self.per_second

    def is_empty(self) -> bool:
        return self.level <= (time.monotonic() - self.at) * self.per_second

    def give_back(self) -> None:
        """For a line that turned out to be stored already: a resend costs nothing."""
        self.level = max(0.0, self.level - 1)


class Buckets:
    """A bucket for each holder, kept until it has leaked empty: a request that ends must not
    take its quota with it."""

    def __init__(self) -> None:
        self._buckets: dict[str, LeakyBucket] = {}
        self._sweep_at = SWEEP_FROM

    def of(self, holder: str, burst: int, per_second: float) -> LeakyBucket:
        bucket = self._buckets.get(holder)
        if bucket is None:
            if len(self._buckets) >= self._sweep_at:
                self._drop_empty()
            bucket = self._buckets[holder] = LeakyBucket(burst, per_second)
        return bucket

    def _drop_empty(self) -> None:
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if not bucket.is_empty()
        }
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._buckets))


class Places:
    """How many of something each holder has now, in this process."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def take(self, holder: str, most: int) -> bool:
        if self._taken[holder] >= most:
            return False
        self._taken[holder] += 1
        return True

    def leave(self, holder: str) -> None:
        self._taken[holder] -= 1
        if self._taken[holder] <= 0:
            del self._taken[holder]


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The client's address: the last hop of X-Forwarded-For that is no proxy of ours.

    What a client wrote into that header itself stands left of the hop that our proxy added.
    """
    address = peer
    for hop in reversed([hop.strip() for hop in forwarded.split(",") if hop.strip()]):
        if not _within(address, proxies):
            break
        address = hop
    return address


def address_of(request: HttpRequest) -> str:
    """The client's address, with HELPDESK_TRUSTED_PROXIES as the proxies."""
    return client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        settings.TRUSTED_PROXIES,
    )


def holder(address: str) -> str:
    """Whom an address's limits belong to: an IPv4 address, or the /64 of an IPv6 one."""
    parsed = _parse(address)
    if parsed is None:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False).network_address)
    return str(parsed)


def is_trusted(address: str) -> bool:
    """Whether HELPDESK_LIMITS_TRUSTED lifts the per-address and per-session limits."""
    return _within(address, settings.CHAT.trusted_networks)


def _within(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parse(address) if networks else None
    return parsed is not None and any(parsed in network for network in networks)


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one in IPv6's clothes as what it is; None for anything else. Some
    proxies write a port behind it."""
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(".") == DOTS and address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed


class PerHour:
    """How much of one kind an address may do within the clock hour, counted for all processes.

    With Redis away each process counts for itself and allows a quarter: neither open nor closed.
    """

    def __init__(self, kind: str, most: Callable[[], int]) -> None:
        self._counts = Counts(kind)
        self._most = most

    def take(self, address: str) -> float:
        """0.0 when one more is allowed, else the seconds until the hour turns."""
        if is_trusted(address):
            return 0.0
        hour, passed = divmod(time.time(), HOUR_S)
        key = self._counts.key(f"{int(hour)}:{holder(address)}")
        return self._counts.ask(partial(self._take, key, HOUR_S - passed))

    def _take(self, key: str, left_s: float, store: BaseCache) -> float | None:
        """As `take`, None with Redis away."""
        most = self._most()
        if self._counts.is_alone(store):
            most = max(1, most // 4)
        count = counted_for(store, key, HOUR_S)
        if count is None:
            return None
        return 0.0 if count <= most else left_s


# Settings are read when they are needed: tests change them.
new_sessions = PerHour("sessions", lambda: settings.CHAT.sessions_per_hour)
uploads = PerHour("uploads", lambda: settings.ATTACHMENTS.per_address)
