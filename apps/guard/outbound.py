"""Requests to addresses that staff have typed in: signed calls to a shop's own server.

Whoever may type an address must not reach what only this machine can. The name is resolved once,
every address behind it is checked, and the connection goes to a checked one with the name in `Host`
and in TLS. Redirects are not followed and no proxy is asked. What a stranger's server does costs at
most `deadline_s` of wall clock and `most_bytes` of body: timeouts of sockets are for each read,
which one byte a second never trips, so a timer cuts the connection. http.client bounds each line
alone, so what stands around the body is counted where it is received.
"""

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, cast
from urllib.parse import SplitResult, quote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = {"http": 80, "https": 443}
# An IPv4 address travels in the last 32 bits of these.
CARRIERS = tuple(map(ip_network, ("::ffff:0:0/96", "64:ff9b::/96")))
# Of IPv6 only this much was ever given to networks.
UNICAST = ip_network("2000::/3")
# Set aside in IANA's registries, beyond what each release of Python knows of: the relays of 6to4,
# what multicast and reverse lookups of private addresses are sent to, all of Teredo and 6to4, which
# carry addresses of IPv4 in several places, and examples. In no registry, but within every machine
# of Azure the door to its host: 168.63.129.16.
SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.175.48.0/24", "168.63.129.16/32", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)  # fmt: skip
WHOLE_RETRY_DIGITS = 6
# What paths and queries are written with; "%" begins what is encoded already.
AS_IT_STANDS = "%/?:@!$&'()*+,;=[]~"
CONNECT_S = 3.0
# For the head, trailers and what cuts a body into chunks, as it comes.
MOST_AROUND = 65_536
# A look-up that hangs cannot be stopped, only left alone, and may outlive several calls: there is
# room for four of each that the relay makes at once. Threads are started as they are needed.
RESOLVERS = 64
_resolvers = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolver")


class Problem(StrEnum):
    """Why there is no answer."""

    BAD_URL = "bad_url"
    BLOCKED = "blocked"  # an address that only this machine or its network can reach
    PLAIN = "plain"  # not encrypted, to an address outside of the allowed networks
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    CUT = "cut"  # the connection ended within the answer
    TOO_LARGE = "too_large"
    NO_HTTP = "no_http"


class OutboundError(Exception):
    """There is no answer. `arrived`: the other side may have got the request all the same."""

    def __init__(self, problem: Problem, *, arrived: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.arrived = arrived


@dataclass(frozen=True, slots=True)
class Answer:
    """`retry_after` in seconds, when the other side names them."""

    status: int
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """`allow`: networks that may be reached though they are not public, and without TLS."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    allow: Sequence[Network] = ()
    deadline_s: float = 10.0
    most_bytes: int = 65_536


def post(request: Request) -> Answer:
    """Sends it once. Raises OutboundError."""
    until = time.monotonic() + request.deadline_s
    parts = split(request.url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    addresses = _resolve(host, port, until)
    _check(addresses, request.allow, is_plain=parts.scheme == "http")
    with _connected(addresses, port, until) as raw, _cut_at(raw, until) as cut:
        sock = _with_tls(raw, host, cut) if parts.scheme == "https" else raw
        with contextlib.closing(sock):
            return _exchange(sock, parts, request, cut)


def check(url: str, allow: Sequence[Network] = (), deadline_s: float = CONNECT_S) -> None:
    """Whether `post` would call it, as its name leads now; nothing is sent. Raises OutboundError."""
    parts = split(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    is_plain = parts.scheme == "http"
    if is_plain and not allow:
        raise OutboundError(Problem.PLAIN)
    _check(_resolve(host, port, time.monotonic() + deadline_s), allow, is_plain=is_plain)


def split(url: str) -> SplitResult:
    """The parts of an address that may be called. Raises OutboundError with BAD_URL."""
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.hostname.encode("idna")
        usable = parts.scheme in PORTS and named and parts.port != 0
    except (ValueError, UnicodeError):
        usable = False
    if not usable or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise OutboundError(Problem.BAD_URL)
    return parts


def is_public(address: Address) -> bool:
    """Whether anybody on the internet reaches it. An IPv4 address within an IPv6 one is what counts
    there."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in CARRIERS):
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST:
            return False
    if any(address in network for network in SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolve(host: str, port: int, until: float) -> list[Address]:
    """Every address of the name, also of `127.1` and `0x7f000001`, which the resolver reads too."""
    asked = _resolvers.submit(
        socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
    )
    try:
        found = asked.result(_left(until))
    except TimeoutError as error:
        # One that has no thread yet takes none any more.
        asked.cancel()
        raise OutboundError(Problem.TIMEOUT) from error
    except (OSError, UnicodeError) as error:
        raise OutboundError(Problem.UNKNOWN_HOST) from error
    # An address of IPv6 may carry a zone, as in fe80::1%eth0.
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _check(addresses: Sequence[Address], allow: Sequence[Network], *, is_plain: bool) -> None:
    for address in addresses:
        if any(address in network for network in allow):
            continue
        if not is_public(address):
            raise OutboundError(Problem.BLOCKED)
        if is_plain:
            raise OutboundError(Problem.PLAIN)


@contextlib.contextmanager
def _connected(addresses: Sequence[Address], port: int, until: float) -> Iterator[socket.socket]:
    """To the first that answers. One that is silent leaves time for the next."""
    problem = Problem.UNREACHABLE
    for address in addresses:
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as raw:
            raw.settimeout(min(CONNECT_S, _left(until)))
            try:
                raw.connect((str(address), port))
            except TimeoutError:
                problem = Problem.TIMEOUT
                continue
            except OSError:
                problem = Problem.UNREACHABLE
                continue
            # From here on only the timer cuts.
            raw.settimeout(None)
            yield raw
            return
    raise OutboundError(problem)


@contextlib.contextmanager
def _cut_at(raw: socket.socket, until: float) -> Iterator[threading.Event]:
    """Ends the connection at that moment, whatever it waits for; the event tells that it did.

    On a duplicate, since TLS takes the socket over.
    """
    other = raw.dup()
    has_cut = threading.Event()

    def cut() -> None:
        has_cut.set()
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(_left(until), cut)
    timer.daemon = True
    timer.start()
    try:
        yield has_cut
    finally:
        timer.cancel()
        timer.join()
        other.close()


def _with_tls(raw: socket.socket, host: str, cut: threading.Event) -> ssl.SSLSocket:
    try:
        return ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except (OSError, ValueError) as error:
        raise OutboundError(Problem.TIMEOUT if cut.is_set() else Problem.TLS) from error


class _Counted(io.RawIOBase):
    """What a socket brings, until it is too much."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self._sock = sock
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises OutboundError."""
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise OutboundError(Problem.TOO_LARGE, arrived=True)
        return count


class _Bounded:
    """As much of a socket as http.client uses. Who opened the socket closes it."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self.sendall = sock.sendall
        self._counted = _Counted(sock, most)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._counted)

    def close(self) -> None:
        """The answer is still to be read."""


def _exchange(
    sock: socket.socket, parts: SplitResult, request: Request, cut: threading.Event
) -> Answer:
    # It is connected already, and Host is written below: of a name it would read a port.
    connection = http.client.HTTPConnection("connected")
    connection.sock = cast(Any, _Bounded(sock, request.most_bytes + MOST_AROUND))
    _write_head(connection, parts, request)
    arrived = False
    try:
        connection.endheaders()
        arrived = True
        connection.send(request.body)
        response = connection.getresponse()
        body = _read(response, request.most_bytes)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutboundError(_problem(error, cut), arrived=arrived) from error
    if cut.is_set():
        raise OutboundError(Problem.TIMEOUT, arrived=True)
    return Answer(response.status, body, _retry_after(response.getheader("Retry-After")))


def _write_head(
    connection: http.client.HTTPConnection, parts: SplitResult, request: Request
) -> None:
    """Sends nothing yet. Raises OutboundError for what cannot be written."""
    target = quote(parts.path or "/", safe=AS_IT_STANDS)
    if parts.query:
        target += f"?{quote(parts.query, safe=AS_IT_STANDS)}"
    try:
        # http.client would write the port of HTTPS into Host.
        host = parts.netloc.encode("idna").decode()
        connection.putrequest("POST", target, skip_host=True, skip_accept_encoding=True)
        headers = {"Host": host, "Accept-Encoding": "identity", **request.headers}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
    except (http.client.HTTPException, ValueError) as error:
        raise OutboundError(Problem.BAD_URL) from error


def _read(response: http.client.HTTPResponse, most: int) -> bytes:
    """Raises IncompleteRead, and OutboundError for a body that is longer."""
    if (response.length or 0) > most:
        raise OutboundError(Problem.TOO_LARGE, arrived=True)
    body = response.read(most + 1)
    if len(body) > most:
        raise OutboundError(Problem.TOO_LARGE, arrived=True)
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


def _problem(error: Exception, cut: threading.Event) -> Problem:
    if cut.is_set():
        return Problem.TIMEOUT
    ended = (OSError, http.client.IncompleteRead, http.client.RemoteDisconnected)
    return Problem.CUT if isinstance(error, ended) else Problem.NO_HTTP


def _retry_after(value: str | None) -> float | None:
    """Seconds only: a date would trust two clocks."""
    given = (value or "").strip()
    if given.isascii() and given.isdecimal() and len(given) <= WHOLE_RETRY_DIGITS:
        return float(given)
    return None


def _left(until: float) -> float:
    return max(0.001, until - time.monotonic())
