"""Where an address leads, as far as it can be told while somebody types it.

The gateway looks again at every connection; here the person is told early. A name that nobody knows
at the moment is no mistake: the server may not be there yet.
"""

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from urllib.parse import urlsplit

from apps.guard.outbound import Address, Network, Problem, is_public, split

RESOLVED_WITHIN_S = 2.0
# A resolver that hangs cannot be stopped, only left alone.
_resolvers = ThreadPoolExecutor(2, thread_name_prefix="llm-address")


def problem_of(url: str, allow: Sequence[Network]) -> Problem | None:
    """BLOCKED for a private address outside of `allow`, PLAIN for one on the internet without TLS.

    Raises OutboundError for what is no address at all.
    """
    is_plain = split(url).scheme == "http"
    for address in _addresses(url):
        if any(address in network for network in allow):
            continue
        if not is_public(address):
            return Problem.BLOCKED
        if is_plain:
            return Problem.PLAIN
    return None


def leaves_house(url: str, allow: Sequence[Network]) -> bool:
    """Whether it leads to the internet; networks that the server's operators listed are home."""
    return any(
        is_public(address) and not any(address in network for network in allow)
        for address in _addresses(url)
    )


def is_known(url: str) -> bool:
    """Whether anybody knows the name in it."""
    return bool(_addresses(url))


def same_place(one: str, other: str) -> bool:
    """Whether both are of one scheme, host, port and path: a host may serve several tenants."""
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/")


def _addresses(url: str) -> list[Address]:
    """Those behind the name; none when it cannot be told in time."""
    host = urlsplit(url).hostname or ""
    asked = _resolvers.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    try:
        found = asked.result(RESOLVED_WITHIN_S)
    except (TimeoutError, OSError, UnicodeError):
        return []
    # An address of IPv6 may carry a zone, as in fe80::1%eth0.
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
