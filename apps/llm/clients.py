"""The `openai` client as we use it, and the only module that knows what it is built on.

The client brings a lot that we do not want: retries, redirects, proxies and keys from the
environment, headers about this machine. All of that is off here, and what leaves the house is what
`_tidy` lets through. Answers are read as bytes by `streams`: an object for each token costs more
than the rest of a call, and its models let wrong types pass.
"""

import asyncio
import contextlib
import importlib
import logging
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import urljoin, urlsplit

import orjson

from apps.guard.outbound import Network
from apps.llm.addresses import Resolver, Sockets, check_url
from apps.llm.values import Endpoint, GatewayError, Outcome, RedirectError, Tier

if TYPE_CHECKING:
    import aiohttp
    from openai import AsyncOpenAI

CONNECT_S = 3.0
# As many as one turn worker drives.
MOST_CONNECTIONS = 500
# Uvicorn, which most model servers run on, closes after 5 s. A request on a connection that the
# other side is just closing is lost.
KEEP_ALIVE_S = 4.0
NO_KEY = "none"
HEADERS = frozenset({"accept", "content-length", "content-type", "host"})
AGENT = "Helpdesk"
# To the client itself: it leaves the body unread. It is never sent.
UNREAD = {"X-Stainless-Raw-Response": "stream"}
POSTED = {**UNREAD, "Content-Type": "application/json"}
# What the client would fill in by itself: it copies each default anew, which takes as long as writing
# the request does.
GIVEN = {"max_retries": 0, "params": {}, "security": {"bearer_auth": True}}


@dataclass(slots=True)
class Request:
    """One request on its way. `sent`: its head was written to a connection, `reused`: to one that
    was kept from before. `status` is 0 until the head of the answer has come."""

    most_bytes: int
    sent: bool = False
    reused: bool = False
    status: int = 0


_current: ContextVar[Request] = ContextVar("llm_request")


class TooLargeError(Exception):
    """The answer is longer than the model's `most_bytes`."""


class Response(Protocol):
    """What of httpx's response is used, in either major version of the client."""

    status_code: int
    headers: Any
    url: Any
    stream: Any


class Capped:
    """A stream of bytes that ends in TooLargeError once there are too many."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream = stream
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise TooLargeError
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextlib.asynccontextmanager
async def posted(client: "AsyncOpenAI", path: str, made: dict[str, Any]) -> AsyncIterator[Any]:
    """An answer whose body is still to be read.

    By the client's own way to paths that it has no method for: its methods compare each parameter
    with its types, which takes an eighth of a turn's CPU. It is given bytes, since
    it would write them with a slower encoder.
    """
    options: Any = {**GIVEN, "headers": POSTED, "timeout": client.timeout}
    content = orjson.dumps(made)
    response = await client.post(path, cast_to=object, content=content, options=options)
    try:
        yield response
    finally:
        await cast("Any", response).close()


@contextlib.asynccontextmanager
async def got(client: "AsyncOpenAI", path: str) -> AsyncIterator[Any]:
    """The same of what is only read."""
    response = await client.get(path, cast_to=object, options={"headers": UNREAD})
    try:
        yield response
    finally:
        await cast("Any", response).close()


@contextlib.contextmanager
def tracked(request: Request) -> Iterator[None]:
    """Makes it the one that the client's hooks tell about."""
    token = _current.set(request)
    try:
        yield
    finally:
        _current.reset(token)


class Clients:
    """One client for each provider, and one more for its local models; made when it is first asked.
    For one event loop."""

    def __init__(self, allow: Sequence[Network]) -> None:
        self._allow = tuple(allow)
        self._clients: dict[tuple[Any, ...], AsyncOpenAI] = {}

    def of(self, endpoint: Endpoint) -> "AsyncOpenAI":
        """Raises GatewayError with BLOCKED for an address that may not be called."""
        # A changed key or address makes a new one; calls under way keep the old.
        at_home = endpoint.tier is Tier.LOCAL
        name = (endpoint.provider, endpoint.base_url, endpoint.key, at_home)
        found = self._clients.get(name)
        if found is None:
            check_url(endpoint.base_url)
            found = self._clients[name] = _client(endpoint, self._allow)
        return found

    async def load(self) -> None:
        """Loads the client's library in a thread: it takes a second, which no call can spare."""
        await asyncio.to_thread(_load)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        self._clients.clear()


def _load() -> None:
    for name in ("openai", "openai.resources.chat", "openai.resources.embeddings", "aiohttp"):
        importlib.import_module(name)
    _trust()


@cache
def _trust() -> ssl.SSLContext:
    """The system's certificates, as for webhooks. Made once: it takes 50 ms."""
    return ssl.create_default_context()


def _client(endpoint: Endpoint, allow: Sequence[Network]) -> "AsyncOpenAI":
    from openai import AsyncOpenAI, DefaultAioHttpClient, Timeout  # noqa: PLC0415 takes a second

    # OPENAI_LOG=debug would write what visitors have said into the log.
    for name in ("openai", "httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    http = DefaultAioHttpClient(
        transport=_transport(endpoint, allow),
        follow_redirects=False,
        trust_env=False,
        # Our own clock runs over all phases but this one.
        timeout=Timeout(None, connect=CONNECT_S),
        event_hooks={"response": [_guard]},
    )
    return AsyncOpenAI(
        api_key=endpoint.key or NO_KEY,
        base_url=endpoint.base_url,
        organization="",
        project="",
        webhook_secret="",
        max_retries=0,
        http_client=http,
    )


def _transport(endpoint: Endpoint, allow: Sequence[Network]) -> Any:
    """Over aiohttp: it takes half of the CPU that httpx' own takes."""
    try:
        module = importlib.import_module("httpx_aiohttp")
    except ImportError:
        # From 3.0 on the client carries its own copy.
        module = importlib.import_module("openai._vendor.httpx_aiohttp")
    return module.AiohttpTransport(verify=_trust(), client=lambda: _session(endpoint, allow))


def _session(endpoint: Endpoint, allow: Sequence[Network]) -> "aiohttp.ClientSession":
    import aiohttp  # noqa: PLC0415 not in every process

    is_plain = endpoint.base_url.lower().startswith("http:")
    at_home = endpoint.tier is Tier.LOCAL
    connector = aiohttp.TCPConnector(
        limit=MOST_CONNECTIONS,
        keepalive_timeout=KEEP_ALIVE_S,
        ssl=_trust(),
        resolver=cast("Any", Resolver(allow, is_plain=is_plain, at_home=at_home)),
        use_dns_cache=False,
        socket_factory=cast("Any", Sockets(allow, is_plain=is_plain, at_home=at_home)),
    )
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(_tidy(endpoint.key))
    trace.on_request_headers_sent.append(_has_sent)
    trace.on_connection_reuseconn.append(_has_reused)
    return aiohttp.ClientSession(
        connector=connector,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[trace],
    )


async def _has_sent(*_told: Any) -> None:
    _current.get().sent = True


async def _has_reused(*_told: Any) -> None:
    _current.get().reused = True


def _tidy(key: str) -> Any:
    """Leaves of a request's headers what is needed, whatever the environment has added.

    Here and not in a hook of the client, which finds in its request how the answer is to be read.
    """

    async def tidy(_session: Any, _context: Any, params: "aiohttp.TraceRequestStartParams") -> None:
        headers = params.headers
        kept = [(name, headers[name]) for name in HEADERS if name in headers]
        headers.clear()
        headers.extend(kept)
        # A compressed answer could be a thousand times as long as it came.
        headers["Accept-Encoding"] = "identity"
        headers["User-Agent"] = AGENT
        if key:
            headers["Authorization"] = f"Bearer {key}"

    return tidy


async def _guard(response: Response) -> None:
    """Sees an answer before its body. Errors' bodies are read by the client itself, all of them."""
    request = _current.get()
    request.status = response.status_code
    if 300 <= response.status_code < 400:
        raise RedirectError(_host_of(response))
    if response.headers.get("content-encoding", "identity") != "identity":
        raise GatewayError(
            Outcome.SERVER_ERROR, "the answer is compressed, which was not asked for"
        )
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > request.most_bytes:
        raise TooLargeError
    response.stream = _capped(response.stream, request.most_bytes)


def _host_of(response: Response) -> str:
    """Where it redirects to; the rest of such an address may hold names and keys."""
    try:
        host = urlsplit(urljoin(str(response.url), response.headers.get("location", ""))).hostname
        return (host or "").encode("idna").decode()
    except ValueError:
        return ""


def _capped(stream: Any, most: int) -> Any:
    """Of the class that the client's transport is built on: it looks at that."""
    kinds = type(stream).__mro__
    return _capped_kind(next(kind for kind in kinds if kind.__name__ == "AsyncByteStream"))(
        stream, most
    )


@cache
def _capped_kind(base: type) -> type:
    return type("CappedStream", (Capped, base), {})
