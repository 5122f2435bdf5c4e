"""Tries a model out: is it reached, does it answer, in which way does it keep to a form?

A status of 200 proves nothing: servers exist that take a schema and write prose all the same. So
the question has an answer that cannot be guessed, and what comes back is read.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from apps.llm import parsing, reach, vectors, ways
from apps.llm.findings import Code, Finding
from apps.llm.gateway import Gateway
from apps.llm.values import (
    Answer,
    Ask,
    Endpoint,
    GatewayError,
    Message,
    Outcome,
    Purpose,
    RedirectError,
    Usage,
    Way,
)

Open = Callable[[], Gateway]

# A visitor waits for the first word.
SLOW_FIRST_MS = 3000
TEXTS = ("How do I return a parcel?", "我的订单到哪里了？", "The weather is fine today.")


BY_OUTCOME = {
    Outcome.UNREACHABLE: Code.UNREACHABLE,
    Outcome.BLOCKED: Code.BLOCKED,
    Outcome.TLS: Code.TLS,
    Outcome.AUTH: Code.KEY,
    Outcome.MISSING_MODEL: Code.MISSING_MODEL,
    Outcome.REDIRECT: Code.REDIRECT,
    Outcome.RATE_LIMITED: Code.LIMITED,
    Outcome.DEADLINE: Code.TOO_SLOW,
    Outcome.FIRST_TOKEN: Code.TOO_SLOW,
    Outcome.GAP: Code.TOO_SLOW,
    Outcome.CUT: Code.FAILS,
    Outcome.SERVER_ERROR: Code.FAILS,
    Outcome.TOO_LARGE: Code.FAILS,
    Outcome.BAD_REQUEST: Code.REFUSED,
    Outcome.BAD_OUTPUT: Code.NO_STRUCTURE,
}
# After these another way may work; after all others none does.
ANOTHER_WAY = {Outcome.BAD_REQUEST, Outcome.BAD_OUTPUT, Outcome.SERVER_ERROR}


@dataclass(frozen=True, slots=True)
class Tried:
    """One call of the check, for the ledger."""

    outcome: Outcome
    usage: Usage = field(default_factory=Usage)
    way: Way = Way.UNKNOWN
    served: str = ""
    first_token_ms: int | None = None
    total_ms: int = 0
    sent: tuple[Message, ...] = ()


@dataclass(slots=True)
class Examined:
    """What is known of one model. `way` and `dimensions` are None where nothing was learnt."""

    endpoint: Endpoint
    findings: list[Finding] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)
    way: Way | None = None
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, in how many pieces its reply came, and whether it says what it should."""

    answer: Answer
    pieces: int
    is_right: bool


class Probe(BaseModel):
    """`reply` is last, so that it can be streamed."""

    colour: str
    number: int
    reply: str


async def examine(open_gateway: Open, endpoint: Endpoint, dimensions: int | None) -> Examined:
    """Tries one model out; in gateways of its own, which know nothing of what others have used up
    of its quota. `dimensions`: how long its vectors should be, None for any."""
    if endpoint.purpose == Purpose.EMBEDDING:
        return await _embedding(open_gateway, endpoint, dimensions)
    return await _answering(open_gateway, endpoint)


async def _answering(open_gateway: Open, endpoint: Endpoint) -> Examined:
    """The ways in the order of how far they can be trusted; the first that works is kept, and one
    that works only after a correction if there is no better."""
    found = Examined(endpoint)
    last = GatewayError(Outcome.BAD_OUTPUT)
    corrected: Heard | None = None
    left = list(ways.ORDERS.get(endpoint.dialect, ways.ORDER))
    while left:
        way = left.pop(0)
        try:
            heard = await _hear(open_gateway, replace(endpoint, way=way), found)
        except GatewayError as error:
            last = error
            if error.outcome not in ANOTHER_WAY:
                break
            continue
        # The gateway goes down by itself where a server says that it cannot.
        left = [one for one in left if ways.ORDER.index(one) > ways.ORDER.index(heard.answer.way)]
        if not heard.is_right:
            last = GatewayError(Outcome.BAD_OUTPUT, "what it wrote is not what it was asked for")
        elif heard.answer.repaired:
            corrected = corrected or heard
        else:
            return _kept(found, heard)
    if corrected:
        return _kept(found, corrected)
    found.findings = [await finding_of(endpoint, last)]
    return found


async def _hear(open_gateway: Open, endpoint: Endpoint, found: Examined) -> Heard:
    """One question. Through a gateway of its own: a way that failed must not make the next one
    wait. Raises GatewayError; notes the call in `found` either way."""
    messages, is_right = _question()
    pieces: list[str] = []
    ask = Ask(messages, Probe, stream=True, deadline_s=endpoint.deadline_s)
    try:
        async with open_gateway() as gateway:
            answer = await gateway.ask(endpoint, ask, pieces.append)
    except GatewayError as error:
        found.tried.append(_failed(error, endpoint.way, ask.trail.sent))
        raise
    heard = Heard(answer, len(pieces), is_right(answer.value))
    found.tried.append(_answered(heard, ask.trail.sent))
    return heard


def _kept(found: Examined, heard: Heard) -> Examined:
    found.way = heard.answer.way
    found.findings = _of_answer(found.endpoint, heard)
    return found


async def _embedding(open_gateway: Open, endpoint: Endpoint, wanted: int | None) -> Examined:
    found = Examined(endpoint)
    sent = tuple(Message("user", text) for text in TEXTS)
    try:
        async with open_gateway() as gateway:
            made = await gateway.embed(endpoint, list(TEXTS))
    except GatewayError as error:
        found.tried.append(_failed(error, Way.UNKNOWN, sent))
        found.findings = [await finding_of(endpoint, error, _of_vectors(error))]
        return found
    found.tried.append(Tried(Outcome.OK, usage=made.usage, sent=sent))
    size = len(made.vectors[0])
    if wanted is not None and size != wanted:
        values = {"wanted": wanted, "seen": size}
        found.findings = [Finding(Code.WRONG_SIZE, endpoint.name, values=values)]
    elif len({tuple(vector) for vector in made.vectors}) < len(TEXTS):
        found.findings = [Finding(Code.SAME_VECTORS, endpoint.name)]
    else:
        found.dimensions = size
        found.findings = [Finding(Code.WORKS, endpoint.name, values={"size": size})]
    return found


def _of_vectors(error: GatewayError) -> Code | None:
    """What their reader has found wrong, None for all that went wrong before."""
    if error.outcome != Outcome.BAD_OUTPUT:
        return None
    if error.detail == vectors.ZEROS:
        return Code.ZERO_VECTORS
    is_other = error.detail.startswith(f"{parsing.NO_EMBEDDINGS}: json_invalid")
    return Code.NO_JSON if is_other else Code.BAD_VECTORS


def _question() -> tuple[tuple[Message, ...], Callable[[Any], bool]]:
    """A question with an answer that stands in it alone, and whether a value is that answer."""
    number = 100 + secrets.randbelow(900)
    word = f"heron{secrets.randbelow(10_000):04d}"
    system = (
        "You fill in a JSON object with exactly the fields colour, number and reply. "
        f"colour: teal, number: {number}. reply answers the question from this passage alone, in "
        f'one sentence: <passage id="1">The code word of the day is {word}.</passage>'
    )
    messages = (
        Message("system", system),
        Message("user", "<question>What is the code word of the day?</question>"),
    )

    def is_right(value: Any) -> bool:
        said = value.reply.lower()
        return value.colour.strip().lower() == "teal" and value.number == number and word in said

    return messages, is_right


def _of_answer(endpoint: Endpoint, heard: Heard) -> list[Finding]:
    """What a right answer leaves to be said. A reply that comes in one piece was not streamed."""
    answer = heard.answer
    values = {"first": answer.first_token_ms, "whole": answer.total_ms, "way": answer.way.value}
    found = [Finding(Code.WORKS, endpoint.name, values=values)]
    if answer.repaired:
        found.append(Finding(Code.CORRECTED, endpoint.name))
    elif answer.way == Way.PROMPT:
        found.append(Finding(Code.ONLY_PROMPT, endpoint.name))
    if heard.pieces < 2:
        found.append(Finding(Code.NO_STREAMING, endpoint.name))
    if answer.first_token_ms > SLOW_FIRST_MS:
        seconds = {"seconds": round(answer.first_token_ms / 1000, 1)}
        found.append(Finding(Code.SLOW, endpoint.name, values=seconds))
    return found


async def finding_of(endpoint: Endpoint, error: GatewayError, code: Code | None = None) -> Finding:
    """`code` where the caller knows better than the outcome tells."""
    code = code or BY_OUTCOME.get(error.outcome, Code.FAILS)
    if code == Code.NO_STRUCTURE and error.detail.startswith(parsing.NO_COMPLETION):
        code = Code.NO_JSON
    if code == Code.KEY and not endpoint.key:
        code = Code.NO_KEY
    elif code == Code.UNREACHABLE and not await asyncio.to_thread(
        reach.is_known, endpoint.base_url
    ):
        code = Code.UNKNOWN_HOST
    return Finding(code, endpoint.name, error.detail, _values(endpoint, error, code))


def _values(endpoint: Endpoint, error: GatewayError, code: Code) -> dict[str, Any]:
    if code == Code.TOO_SLOW:
        return {"seconds": endpoint.deadline_s}
    if isinstance(error, RedirectError) and error.host:
        return {"host": error.host}
    return {}


def _failed(error: GatewayError, way: Way, messages: Sequence[Message]) -> Tried:
    sent = tuple(messages) if error.sent else ()
    return Tried(error.outcome, error.usage or Usage(), way, sent=sent)


def _answered(heard: Heard, messages: Sequence[Message]) -> Tried:
    answer = heard.answer
    return Tried(
        Outcome.OK if heard.is_right else Outcome.BAD_OUTPUT,
        answer.usage,
        answer.way,
        answer.served,
        answer.first_token_ms,
        answer.total_ms,
        tuple(messages),
    )
