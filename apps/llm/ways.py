"""The ways to bring a model to a structured answer, from the strictest to the loosest.

That a server answers 200 proves nothing: some ignore the schema, some fail on it. What was found to
work stands in `Endpoint.way`; what shows while it is used is remembered here, in each process for
itself, until staff let the model be checked again.
"""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.llm import prompts
from apps.llm.parsing import estimate, json_schema
from apps.llm.values import Ask, Dialect, Endpoint, GatewayError, Message, Outcome, Way

ORDER = (Way.JSON_SCHEMA, Way.JSON_OBJECT, Way.TOOL, Way.PROMPT)
# Its compatible endpoint lists `response_format` among what it ignores.
ORDERS = {Dialect.ANTHROPIC: (Way.TOOL, Way.PROMPT)}
# Three answers of the last twenty that did not fit: the next way is tried. Fewer are chance, and
# each costs a second call.
INVALID = 3
REMEMBERED = 20
# Shorter answers than this are of no use.
LEAST_TOKENS = 64
NAME = "answer"
# What servers answer to a parameter or a way that they do not know; a gateway's 502 is no such.
SAYING_NO = frozenset({400, 422, 500, 501})
# A server that fails on a way says something of its own words for it.
OF_FORMAT = re.compile(
    r"response_format|json_schema|json_object|schema|grammar|guided|structured|tool|validation",
    re.IGNORECASE,
)
# Parameters that a server may not know, and what is sent instead, "" for nothing.
INSTEAD = {
    "temperature": "",
    "stream_options": "",
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_completion_tokens",
}
# Of an answer that did not fit, enough to see what was wrong with it.
MOST_QUOTED = 2_000


@dataclass(slots=True)
class Known:
    """What was seen of a model. `asked` is what its row said then."""

    asked: Way
    way: Way
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    unknown: set[str] = field(default_factory=set)


class Ways:
    """Of all models, in one process."""

    def __init__(self) -> None:
        self._known: dict[UUID, Known] = {}

    def of(self, endpoint: Endpoint) -> Known:
        known = self._known.get(endpoint.model)
        if known is None or known.asked is not endpoint.way:
            first = endpoint.way or order(endpoint)[0]
            known = self._known[endpoint.model] = Known(endpoint.way, first)
        return known

    def record(self, endpoint: Endpoint, *, fits: bool) -> None:
        """Steps down when too many answers did not fit."""
        known = self.of(endpoint)
        known.recent.append(fits)
        below = next_way(endpoint, known.way)
        if known.recent.count(False) >= INVALID and below is not None:
            known.way = below
            known.recent.clear()

    def give_up(self, endpoint: Endpoint, way: Way) -> bool:
        """Goes on to the way below that which the server has refused. False when it has refused
        all: then it is not for the way, and the next call begins with the first again."""
        known = self.of(endpoint)
        below = next_way(endpoint, way)
        known.way = below or known.asked or order(endpoint)[0]
        known.recent.clear()
        return below is not None


def order(endpoint: Endpoint) -> tuple[Way, ...]:
    return ORDERS.get(endpoint.dialect, ORDER)


def next_way(endpoint: Endpoint, way: Way) -> Way | None:
    ways = order(endpoint)
    place = ways.index(way) + 1 if way in ways else len(ways) - 1
    return next((below for below in ways[place:] if below is not way), None)


def is_of_format(told: str, endpoint: Endpoint) -> bool:
    """Whether the way may be what a server has refused. Of one that was never checked every
    refusal may be."""
    return not endpoint.way or bool(OF_FORMAT.search(told))


def unknown_parameter(told: str, sent: Mapping[str, Any]) -> str:
    """The one of those we could do without that a refusal names, else ""."""
    return next((name for name in INSTEAD if name in sent and name in told), "")


def tokens_in(messages: tuple[Message, ...]) -> int:
    return sum(estimate(message.content) for message in messages)


def with_schema(ask: Ask, way: Way) -> tuple[Message, ...]:
    """The messages; where nothing else tells the shape, the instruction does."""
    if way is Way.JSON_SCHEMA or way is Way.TOOL:
        return ask.messages
    written = prompts.INSTRUCTION.format(schema=_compact(ask))
    first, *rest = ask.messages
    if first.role == "system":
        return Message("system", f"{first.content}\n\n{written}"), *rest
    return Message("system", written), *ask.messages


def correction(ask: Ask, said: str, fault: str) -> tuple[Message, ...]:
    """What follows the messages when an answer did not fit."""
    quoted = (Message("assistant", said[:MOST_QUOTED]),) if said.strip() else ()
    told = prompts.REPAIR.format(fault=fault, schema=_compact(ask))
    return *quoted, Message("user", told)


def parameters(
    endpoint: Endpoint, ask: Ask, messages: tuple[Message, ...], known: Known
) -> dict[str, Any]:
    """What `chat.completions.create` is called with. Raises GatewayError if the prompt leaves no
    room for an answer."""
    most = endpoint.most_tokens
    if endpoint.context is not None:
        most = min(most, endpoint.context - tokens_in(messages))
        if most < min(LEAST_TOKENS, endpoint.most_tokens):
            raise GatewayError(Outcome.BAD_REQUEST, "the prompt is too long", only_this=True)
    # Reasoning models of OpenAI refuse the older name, other servers do not know the newer one.
    longest = "max_completion_tokens" if endpoint.dialect is Dialect.OPENAI else "max_tokens"
    made: dict[str, Any] = {
        "model": endpoint.name,
        "messages": [{"role": each.role, "content": each.content} for each in messages],
        longest: most,
        "temperature": 0,
        "stream": ask.stream,
        **_shape(ask, endpoint, known.way),
    }
    if ask.stream:
        made["stream_options"] = {"include_usage": True}
    for name in known.unknown & made.keys():
        value = made.pop(name)
        if INSTEAD[name] and INSTEAD[name] not in known.unknown:
            made[INSTEAD[name]] = value
    return made


def _shape(ask: Ask, endpoint: Endpoint, way: Way) -> dict[str, Any]:
    schema = json_schema(ask.schema)
    match way:
        case Way.JSON_SCHEMA:
            strict = {"name": NAME, "strict": True, "schema": schema}
            return {"response_format": {"type": "json_schema", "json_schema": strict}}
        case Way.JSON_OBJECT:
            inner = {"schema": schema} if endpoint.dialect is Dialect.LLAMACPP else {}
            return {"response_format": {"type": "json_object"} | inner}
        case Way.TOOL:
            function = {"name": NAME, "parameters": schema, "strict": True}
            named = {"type": "function", "function": {"name": NAME}}
            # llama.cpp takes the object for "auto"; there is one to choose from.
            choice = "required" if endpoint.dialect is Dialect.LLAMACPP else named
            return {"tools": [{"type": "function", "function": function}], "tool_choice": choice}
    return {}


def _compact(ask: Ask) -> str:
    return json.dumps(json_schema(ask.schema), ensure_ascii=False, separators=(",", ":"))
