"""Which addresses a model's server may have, checked where the connection is made.

Whoever may type a base URL must not reach what only this machine can. A name is resolved here, all
addresses behind it are checked, and aiohttp connects to those and no others; what it takes for an
address by itself comes past `Sockets`, which looks at every address before there is a socket.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

from apps.guard.outbound import Address, Network, OutboundError, is_public, split
from apps.llm.values import GatewayError, Outcome

# A resolver that hangs cannot be stopped, only left alone.
_resolvers = ThreadPoolExecutor(4, thread_name_prefix="llm-resolver")


class BlockedError(OSError):
    """Not allowed: an address of this machine or its network, or one that is reached in the
    clear. An OSError, so that aiohttp passes it on as the cause of what it raises."""


def check_url(base_url: str) -> None:
    """Raises GatewayError with BLOCKED for what may not be called: another scheme, credentials, a
    query (the client would put the path behind it), a fragment."""
    try:
        parts = split(base_url)
    except OutboundError as error:
        raise GatewayError(Outcome.BLOCKED, "the address is not usable") from error
    if parts.query or parts.fragment:
        raise GatewayError(Outcome.BLOCKED, "the address has a query")


def check(
    address: Address, allow: Sequence[Network], *, is_plain: bool, at_home: bool = False
) -> None:
    """Raises BlockedError. Public addresses are for TLS: a key travels in the header. None of them
    is for models `at_home`, which are told what must not leave the house."""
    if any(address in network for network in allow):
        return
    if not is_public(address):
        raise BlockedError("the address is not public")
    if at_home:
        raise BlockedError("the address is public and the model a local one")
    if is_plain:
        raise BlockedError("the address is public and the connection not encrypted")


class Resolver:
    """aiohttp's `AbstractResolver`, by shape: importing it here would load aiohttp in every
    process."""

    def __init__(self, allow: Sequence[Network], *, is_plain: bool, at_home: bool = False) -> None:
        self._allow = allow
        self._is_plain = is_plain
        self._at_home = at_home

    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> list[dict[str, Any]]:
        """Every address of the name, each checked. Raises BlockedError if one is not allowed, and
        OSError for a name that is not known."""
        found = await asyncio.get_running_loop().run_in_executor(
            _resolvers, lambda: look_up(host, port, family)
        )
        for address in found:
            check(_parsed(address), self._allow, is_plain=self._is_plain, at_home=self._at_home)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


def look_up(host: str, port: int, family: int = socket.AF_UNSPEC) -> list[str]:
    """What the system's resolver says, without repetitions. Raises OSError."""
    found = socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Sockets:
    """aiohttp's socket factory."""

    def __init__(self, allow: Sequence[Network], *, is_plain: bool, at_home: bool = False) -> None:
        self._allow = allow
        self._is_plain = is_plain
        self._at_home = at_home

    def __call__(self, info: tuple[Any, ...]) -> socket.socket:
        """For (family, type, proto, canonical name, address). Raises BlockedError."""
        family, kind, proto, _, address = info
        found = _parsed(str(address[0]))
        check(found, self._allow, is_plain=self._is_plain, at_home=self._at_home)
        made = socket.socket(family, kind, proto)
        made.settimeout(0)
        return made


def _parsed(address: str) -> Address:
    """An address of IPv6 may carry a zone, as in fe80::1%eth0."""
    return ip_address(address.partition("%")[0])
