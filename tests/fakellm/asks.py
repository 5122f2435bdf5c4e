"""A chat request as OpenAI reads it, and the requests that OpenAI refuses."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fakellm.names import Name, read_name
from tests.fakellm.refusals import Refused

SCHEMA_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
CHARACTERS_PER_TOKEN = 4
NO_WORD_JSON = (
    "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
    "'json_object'."
)
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Ask:
    """`way`: json_schema, json_object, tool or text. `schema` is what the answer must be like, also
    when only the prompt says so; None: nothing does."""

    body: dict[str, Any]
    name: Name
    messages: list[tuple[str, str]]
    way: str
    schema: dict[str, Any] | None
    tool: str
    forced: bool

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True

    @property
    def wants_usage(self) -> bool:
        """In a stream usage comes only when it was asked for."""
        options = self.body.get("stream_options") or {}
        return not self.stream or options.get("include_usage") is True

    @property
    def most_tokens(self) -> int | None:
        return self.body.get("max_completion_tokens") or self.body.get("max_tokens")

    def text(self, *roles: str) -> str:
        return "\n".join(text for role, text in self.messages if not roles or role in roles)


def tokens(text: str) -> int:
    """About as many as a real tokenizer makes: a Chinese character is one, four letters are one."""
    wide = sum(char > "\u2e7f" for char in text) if not text.isascii() else 0
    return wide + (len(text) - wide + CHARACTERS_PER_TOKEN - 1) // CHARACTERS_PER_TOKEN


def read_ask(body: dict[str, Any]) -> Ask:
    """Raises Refused."""
    messages = _messages(body)
    if body.get("stream_options") and not body.get("stream"):
        raise Refused(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )
    way, schema, tool = _format(body, messages)
    forced = isinstance(body.get("tool_choice"), dict)
    return Ask(body, read_name(str(body["model"])), messages, way, schema, tool, forced)


def _messages(body: dict[str, Any]) -> list[tuple[str, str]]:
    given = body.get("messages")
    if not isinstance(given, list) or not given:
        raise Refused(400, "Missing required parameter: 'messages'.", param="messages")
    return [_message(number, message) for number, message in enumerate(given)]


def _message(number: int, message: Any) -> tuple[str, str]:
    where = f"messages[{number}]"
    match message:
        case {"role": "system" | "developer" | "user" | "assistant" | "tool" as role, **rest}:
            pass
        case _:
            raise Refused(400, f"Invalid value for '{where}.role'.", param=f"{where}.role")
    match rest.get("content"):
        case str(text):
            return str(role), text
        case list(parts):
            texts = [part["text"] for part in parts if part.get("type") == "text"]
            return str(role), "\n".join(texts)
        case None if role == "assistant":
            return str(role), ""
    raise Refused(400, f"Invalid value for '{where}.content'.", param=f"{where}.content")


def _format(
    body: dict[str, Any], messages: list[tuple[str, str]]
) -> tuple[str, dict[str, Any] | None, str]:
    """The way, the schema and the tool's name."""
    if chosen := _tool(body):
        parameters = chosen.get("parameters") or {"type": "object", "properties": {}}
        if chosen.get("strict"):
            what = f"function '{chosen['name']}'"
            _check_strict(parameters, what, "tools[0].function.parameters")
        return "tool", parameters, str(chosen["name"])
    match body.get("response_format"):
        case {"type": "json_schema", "json_schema": dict(given)}:
            return "json_schema", _schema(given), ""
        case {"type": "json_object"}:
            if not any("json" in text.lower() for _, text in messages):
                raise Refused(400, NO_WORD_JSON, param="messages")
            return "json_object", schema_within(messages), ""
        case None | {"type": "text"}:
            return "text", schema_within(messages), ""
    raise Refused(400, "Invalid value for 'response_format'.", param="response_format")


def _schema(given: dict[str, Any]) -> dict[str, Any]:
    param = "response_format.json_schema"
    match given:
        case {"name": str(name), "schema": dict(schema)} if SCHEMA_NAME.fullmatch(name):
            if given.get("strict"):
                _check_strict(schema, f"response_format '{name}'", "response_format")
            return schema
        case {"schema": dict()}:
            raise Refused(400, f"Invalid '{param}.name'.", param=f"{param}.name")
    raise Refused(400, f"Missing required parameter: '{param}.schema'.", param=f"{param}.schema")


def _tool(body: dict[str, Any]) -> dict[str, Any] | None:
    """The function that has to be called, if any. Left to choose, this model never calls one."""
    functions = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or ()}
    match body.get("tool_choice"):
        case {"type": "function", "function": {"name": str(name)}}:
            if name not in functions:
                message = f"Tool choice 'function:{name}' not found in 'tools' parameter."
                raise Refused(400, message, param="tool_choice")
            return dict(functions[name])
        case "required" if functions:
            return dict(next(iter(functions.values())))
        case None | "auto" | "none":
            return None
    raise Refused(400, "Invalid value for 'tool_choice'.", param="tool_choice")


def _check_strict(schema: Any, what: str, param: str, context: tuple[str, ...] = ()) -> None:
    """The rules of strict mode: every property required, no others allowed. Raises Refused."""
    if not isinstance(schema, dict):
        return
    if "properties" in schema:
        missing = [name for name in schema["properties"] if name not in schema.get("required", ())]
        problem = ""
        if schema.get("additionalProperties") is not False:
            problem = "'additionalProperties' is required to be supplied and to be false."
        elif missing:
            problem = (
                "'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{missing[0]}'."
            )
        if problem:
            message = f"Invalid schema for {what}: In context={context}, {problem}"
            raise Refused(400, message, param=param, code="invalid_json_schema")
    for where, inner in _within(schema):
        _check_strict(inner, what, param, (*context, *where))


def _within(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The schemas inside of a schema."""
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield (key, name), inner
    for key in ("anyOf", "allOf"):
        for number, inner in enumerate(schema.get(key, ())):
            yield (key, str(number)), inner
    if "items" in schema:
        yield ("items",), schema["items"]


def schema_within(messages: list[tuple[str, str]]) -> dict[str, Any] | None:
    """A JSON Schema that stands in a message."""
    for _, text in messages:
        if '"properties"' not in text:
            continue
        for found in objects_within(text):
            if isinstance(found.get("properties"), dict):
                return found
    return None


def objects_within(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, outermost ones only."""
    at = text.find("{")
    while at >= 0:
        try:
            found, end = _decoder.raw_decode(text, at)
        except ValueError:
            end = at + 1
        else:
            yield found
        at = text.find("{", end)
