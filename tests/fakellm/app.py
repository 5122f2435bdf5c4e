"""The ASGI application: OpenAI's doors, and three of its own for tests below /_."""

import contextlib
import json
from collections import Counter, defaultdict, deque
from typing import Any

import orjson

from tests.fakellm import delivery, faults, sayings, vectors
from tests.fakellm.asks import read_ask
from tests.fakellm.exchange import Call, Cut, Exchange, Gone
from tests.fakellm.names import read_name
from tests.fakellm.refusals import Refused, bad_key, by_status, no_key, no_model

KEPT = 10_000
GOOD = ("good", "scripted", "repairable", "flaky")
ANSWERING = frozenset(
    {*GOOD, *sayings.TWISTS, *sayings.CHANGES, *sayings.DEAF, *delivery.DELIVERIES}
    | {"400-on-schema", "500-on-schema", "no-stream", "no-stream-options", "prudish"}
)
EMBEDDING = frozenset({"embed", "embed-small-batch", *vectors.TWISTS})
FAILING = frozenset({*faults.FAULTS, "400", "401", "403", "404", "429", "500", "503", "flaky"})


class App:
    """Holds what arrived, what it was told to say, and how often each model was called."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self.scripts: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.counts: Counter[str] = Counter()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await _read(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        call = Call(scope["path"], headers, _parsed(body))
        exchange = Exchange(call, receive, send)
        # Cut: uvicorn closes the connection of an answer that has no end.
        with contextlib.suppress(Gone, Cut):
            try:
                await self._answer(exchange, scope["method"])
            except Refused as refused:
                await exchange.refuse(refused)
        call.gone = not call.ended and exchange.is_gone
        await exchange.close()

    async def _answer(self, exchange: Exchange, method: str) -> None:
        """Raises Refused, Gone, Cut."""
        call = exchange.call
        if call.path.startswith("/_"):
            await self._own_door(exchange, method)
            return
        self.calls.append(call)
        _check_key(call.headers.get("authorization", ""))
        if (method, call.path) == ("GET", "/v1/models"):
            await exchange.json(200, models())
        elif method == "POST" and call.path in ("/v1/chat/completions", "/v1/embeddings"):
            await self._ask(exchange, call.path == "/v1/embeddings")
        else:
            raise Refused(404, f"Invalid URL ({method} {call.path})")

    async def _ask(self, exchange: Exchange, embeds: bool) -> None:
        body = exchange.call.body
        if not isinstance(body, dict):
            raise Refused(400, "We could not parse the JSON body of your request.")
        if not isinstance(body.get("model"), str):
            raise Refused(400, "you must provide a model parameter")
        name = read_name(body["model"])
        count = self.counts[name.whole]
        self.counts[name.whole] += 1
        if fault := faults.fault(name):
            await fault(exchange, name)
        elif name.base == "flaky" and count < name.given(1):
            raise by_status(500)
        elif embeds:
            await _embed(exchange, name.base)
        elif name.base in ANSWERING:
            await self._chat(exchange, count)
        else:
            raise no_model(name.whole)

    async def _chat(self, exchange: Exchange, count: int) -> None:
        ask = read_ask(exchange.call.body)
        script = self.scripts.get(ask.name.whole)
        saying = sayings.say(ask, script.popleft() if script else None, count)
        await delivery.DELIVERIES.get(ask.name.base, delivery.steady)(exchange, saying)

    async def _own_door(self, exchange: Exchange, method: str) -> None:
        body = exchange.call.body
        match method, exchange.call.path:
            case "GET", "/_calls":
                await exchange.json(200, [call.as_json() for call in self.calls])
            case "DELETE", "/_calls":
                self.calls.clear()
                self.scripts.clear()
                self.counts.clear()
                await exchange.json(200, {})
            case "POST", "/_script":
                self.scripts[body["model"]].extend(body["replies"])
                await exchange.json(200, {})
            case _:
                raise Refused(404, "No such door.")


async def _embed(exchange: Exchange, base: str) -> None:
    if base not in EMBEDDING | {"flaky"}:
        raise no_model(str(exchange.call.body["model"]))
    # Unlike orjson it writes NaN, as some servers do.
    await exchange.whole(200, json.dumps(vectors.embeddings(exchange.call.body)).encode())


def models() -> dict[str, Any]:
    """Every behaviour once, without its numbers."""
    data = [
        {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "fakellm"}
        for name in sorted(ANSWERING | EMBEDDING | FAILING)
    ]
    return {"object": "list", "data": data}


def _check_key(header: str) -> None:
    """Any key is good, except one with `wrong` in it."""
    kind, _, key = header.partition(" ")
    if kind != "Bearer" or not key:
        raise no_key()
    if "wrong" in key:
        raise bad_key(key)


async def _read(receive: Any) -> bytes:
    taken = b""
    more = True
    while more:
        message = await receive()
        taken += message.get("body", b"")
        more = message.get("more_body", False)
    return taken


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
