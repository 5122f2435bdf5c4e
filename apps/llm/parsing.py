"""From what a server sends to a value, strictly; and what of an unfinished one may be shown."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from apps.llm.values import Usage

# Per token of Chinese and of English text, measured with cl100k: 0.9 a character, 1.3 a word.
WIDE_TOKENS = 0.9
NARROW_TOKENS = 0.25
# What a server counts per message on top of its text.
MESSAGE_TOKENS = 4
# The longest context that is offered. What claims more is counted from the texts.
MOST_TOKENS = 2_000_000
THOUGHT = re.compile(r"\A\s*<think>.*?(?:</think>|\Z)", re.DOTALL)
MOST_FAULTS = 5
# How details begin of what does not even look like an answer, and like vectors.
NO_COMPLETION, NO_EMBEDDINGS = "no completion", "no embeddings"


class BadOutputError(Exception):
    """What came is not what was asked for. `told` goes back to the model that said it, `detail`
    names places and kinds of faults only and may be logged."""

    def __init__(self, detail: str, told: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.told = told or detail


class Arguments(BaseModel):
    arguments: str | None = None


class Tool(BaseModel):
    index: int | None = None
    function: Arguments = Arguments()


class Piece(BaseModel):
    """A message, or what a chunk adds to one."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[Tool] | None = None

    @property
    def said(self) -> str:
        """The answer itself, whichever way it comes. Of several calls the first is it: some servers
        call again, whatever they are told."""
        first = next((call for call in self.tool_calls or () if not call.index), None)
        return (self.content or "") + ((first and first.function.arguments) or "")

    @property
    def is_alive(self) -> bool:
        return bool(self.said or self.reasoning_content or self.reasoning)


class Choice(BaseModel):
    delta: Piece | None = None
    message: Piece | None = None
    finish_reason: str | None = None


class Body(BaseModel):
    """A completion, or a chunk of one. What is not used may be of any shape."""

    model: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


def body(raw: bytes) -> Body:
    """Raises BadOutputError for what is no JSON or has other types."""
    try:
        return Body.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise BadOutputError(f"{NO_COMPLETION}: {_places(error)}") from None


def usage(told: Any) -> Usage | None:
    """None for what no server can mean."""
    if not isinstance(told, Mapping):
        return None
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else 0
    counts = [told.get("prompt_tokens"), told.get("completion_tokens", 0), cached or 0]
    if not all(type(count) is int and 0 <= count <= MOST_TOKENS for count in counts):
        return None
    return Usage(*counts)


def estimate(text: str) -> int:
    """Tokens of a text, rather too many."""
    narrow = len(text.encode("ascii", "ignore"))
    return int(narrow * NARROW_TOKENS + (len(text) - narrow) * WIDE_TOKENS) + 1


def read(text: str, schema: type[BaseModel]) -> BaseModel:
    """The value in `text`, which may stand in a code block or after thoughts. Raises
    BadOutputError."""
    written = _object(text)
    if not written.endswith("}"):
        raise BadOutputError("no JSON object", "there is no complete JSON object in it")
    try:
        # Python and pydantic both take NaN and Infinity for JSON.
        from_json(written, allow_inf_nan=False)
        return schema.model_validate_json(written, strict=True)
    except ValidationError as error:
        raise BadOutputError(f"does not fit: {_places(error)}", _told(error)) from None
    except ValueError as error:
        raise BadOutputError("no JSON", str(error)) from None


def _object(text: str) -> str:
    """From the first brace to the last; unfinished, to the end."""
    bare = THOUGHT.sub("", text)
    start = bare.find("{")
    if start < 0:
        return ""
    end = bare.rfind("}")
    return bare[start : end + 1] if end > start else bare[start:]


def shown(text: str, schema: type[BaseModel]) -> tuple[dict[str, Any], str] | None:
    """Of an unfinished answer the fields before the last one, and of that as much as there is.

    None as long as it has not begun, and if anything that decides comes after it.
    """
    bare = THOUGHT.sub("", text)
    start = bare.find("{")
    if start < 0:
        return None
    try:
        # Complete values and the string that is being written; no lone surrogate, no half escape.
        found = from_json(bare[start:], allow_partial="trailing-strings", allow_inf_nan=False)
    except ValueError:
        return None
    *head, last = schema.model_fields
    if not isinstance(found, dict) or [*found][: len(head)] != head or [*found][-1] != last:
        return None
    said = found.pop(last)
    return (found, said) if isinstance(said, str) else None


@cache
def json_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """As strict servers want it: every field required, no other allowed, no references."""
    whole = schema.model_json_schema()
    return _strict(whole, whole.get("$defs", {}))


def _strict(node: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return _strict(definitions[node["$ref"].rpartition("/")[2]], definitions)
    kept: dict[str, Any] = {
        key: node[key] for key in ("type", "enum", "const", "description") if key in node
    }
    if "properties" in node:
        kept["properties"] = {
            name: _strict(inner, definitions) for name, inner in node["properties"].items()
        }
        kept |= {"required": [*node["properties"]], "additionalProperties": False}
        kept.pop("description", None)
    if "items" in node:
        kept["items"] = _strict(node["items"], definitions)
    if "anyOf" in node:
        kept["anyOf"] = [_strict(inner, definitions) for inner in node["anyOf"]]
    return kept


def _places(error: ValidationError) -> str:
    """Without the values: they may be what a visitor has said."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'all'} {fault['type']}"
        for fault in faults[:MOST_FAULTS]
    )


def _told(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:MOST_FAULTS]
    )
