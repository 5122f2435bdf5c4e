"""How an answer reaches the client: at once, late, by the byte, or not to its end."""

from collections.abc import Awaitable, Callable

import orjson

from tests.fakellm.exchange import EVENTS, PLAIN, Cut, Exchange
from tests.fakellm.refusals import by_status
from tests.fakellm.shapes import DONE, PIECES, Saying, chunks, completion

FIRST_TOKEN_S = 3.0
DRIP_S = 5.0
TOKENS_S = 0.1
KEEPALIVE_S = 0.05
Delivery = Callable[[Exchange, Saying], Awaitable[None]]


async def steady(exchange: Exchange, saying: Saying) -> None:
    """`good-1200ms` takes that long: half of it before the first word, half over the rest."""
    total = saying.ask.name.given(0.0) if saying.ask.name.base in TIMED else 0.0
    await _events(exchange, saying, total / 2, total / 2 / PIECES)


async def slow_first_token(exchange: Exchange, saying: Saying) -> None:
    await _events(exchange, saying, saying.ask.name.given(FIRST_TOKEN_S), 0.0)


async def _events(exchange: Exchange, saying: Saying, first: float, gap: float) -> None:
    if not saying.ask.stream:
        await exchange.pause(first + gap * PIECES)
        await exchange.whole(200, orjson.dumps(completion(saying)))
        return
    await exchange.start(200, EVENTS)
    if not gap:
        await exchange.pause(first)
        await exchange.write(b"".join(chunks(saying)) + DONE, more=False)
        return
    role, *rest = chunks(saying)
    await exchange.pause(first)
    await exchange.write(role + rest[0])
    for number, event in enumerate(rest[1:]):
        if number < PIECES:
            await exchange.pause(gap)
        await exchange.write(event)
    await exchange.write(DONE, more=False)


async def hang_after_head(exchange: Exchange, saying: Saying) -> None:
    """200 and headers, then nothing."""
    await _head(exchange, saying)
    await exchange.pause(None)


async def stall(exchange: Exchange, saying: Saying) -> None:
    """Half of the answer, then nothing."""
    await _half(exchange, saying)
    await exchange.pause(None)


async def cut(exchange: Exchange, saying: Saying) -> None:
    """Half of the answer, then the connection ends."""
    await _half(exchange, saying)
    raise Cut


async def cut_clean(exchange: Exchange, saying: Saying) -> None:
    """Half of the answer, then an end in good order, as if that were all."""
    await exchange.start(200, EVENTS)
    for event in _first_half(saying):
        await exchange.write(event)
    await exchange.write(b"", more=False)


async def no_done(exchange: Exchange, saying: Saying) -> None:
    """The whole answer; only the last line of the stream is missing."""
    await exchange.start(200, EVENTS)
    await exchange.write(b"".join(chunks(saying)), more=False)


async def error_within(exchange: Exchange, saying: Saying) -> None:
    """Half of the answer, then an error as an event of the stream."""
    await exchange.start(200, EVENTS)
    error = b"data: " + orjson.dumps(by_status(500).body) + b"\n\n"
    await exchange.write(b"".join([*_first_half(saying), error]) + DONE, more=False)


async def drip(exchange: Exchange, saying: Saying) -> None:
    """A byte each few seconds."""
    await _head(exchange, saying)
    every = saying.ask.name.given(DRIP_S)
    for byte in _body(saying):
        await exchange.write(bytes([byte]))
        await exchange.pause(every)
    await exchange.write(b"", more=False)


async def one_by_one(exchange: Exchange, saying: Saying) -> None:
    """A whole chunk for each character, each after a wait."""
    await exchange.start(200, EVENTS)
    for event in chunks(saying, pieces=max(1, len(saying.content))):
        await exchange.write(event)
        await exchange.pause(saying.ask.name.given(TOKENS_S))
    await exchange.write(DONE, more=False)


async def keepalive(exchange: Exchange, saying: Saying) -> None:
    """Comments that keep the connection alive, and never a word."""
    await exchange.start(200, EVENTS)
    while True:
        await exchange.write(b": PROCESSING\n\n")
        await exchange.pause(saying.ask.name.given(KEEPALIVE_S))


async def ignores_stream(exchange: Exchange, saying: Saying) -> None:
    """One body, though a stream was asked for."""
    await exchange.json(200, completion(saying))


async def _head(exchange: Exchange, saying: Saying) -> None:
    if saying.ask.stream:
        await exchange.start(200, EVENTS)
    else:
        length = str(len(_body(saying))).encode()
        await exchange.start(200, PLAIN, (b"content-length", length))
    # uvicorn sends the head with the first bytes of the body.
    await exchange.write(b"")


async def _half(exchange: Exchange, saying: Saying) -> None:
    await _head(exchange, saying)
    if saying.ask.stream:
        for event in _first_half(saying):
            await exchange.write(event)
    else:
        body = _body(saying)
        await exchange.write(body[: len(body) // 2])


def _first_half(saying: Saying) -> list[bytes]:
    """The role and half of the pieces."""
    return list(chunks(saying))[: 1 + PIECES // 2]


def _body(saying: Saying) -> bytes:
    if saying.ask.stream:
        return b"".join(chunks(saying)) + DONE
    return orjson.dumps(completion(saying))


TIMED = ("good", "unsure", "echo")
DELIVERIES: dict[str, Delivery] = {
    "slow-first-token": slow_first_token,
    "hang-after-head": hang_after_head,
    "stall": stall,
    "cut": cut,
    "cut-clean": cut_clean,
    "no-done": no_done,
    "error-within": error_within,
    "drip": drip,
    "one-by-one": one_by_one,
    "keepalive": keepalive,
    "ignores-stream": ignores_stream,
}
