"""Bodies and chunks of chat completions, in OpenAI's shapes."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from tests.fakellm.asks import Ask, tokens

FINGERPRINT = "fp_fake"
PIECES = 8
DONE = b"data: [DONE]\n\n"
_numbers = itertools.count(1)


@dataclass
class Saying:
    """What is said: `content` is the text, or a tool's arguments. Behaviours change the rest."""

    ask: Ask
    content: str
    served: str
    finish: str = "stop"
    refusal: str | None = None
    usage: bool = True
    choices: bool = True
    cached: int = 0
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def is_call(self) -> bool:
        return self.ask.way == "tool" and self.refusal is None

    def head(self, kind: str) -> dict[str, Any]:
        return {
            "id": f"chatcmpl-fake{self.number:08d}",
            "object": kind,
            "created": 1_767_225_600 + self.number,
            "model": self.served,
        }

    def used(self) -> dict[str, Any]:
        sent, said = tokens(self.ask.text()), tokens(self.content)
        return {
            "prompt_tokens": sent,
            "completion_tokens": said,
            "total_tokens": sent + said,
            "prompt_tokens_details": {"cached_tokens": self.cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def completion(saying: Saying) -> dict[str, Any]:
    """The body of an answer in one piece."""
    message: dict[str, Any] = {"role": "assistant", "content": saying.content}
    if saying.is_call:
        message |= {"content": None, "tool_calls": [_call(saying, saying.content)]}
    if saying.refusal is not None:
        message["content"] = None
    message |= {"refusal": saying.refusal, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": saying.finish}
    body = saying.head("chat.completion") | {"choices": [choice] if saying.choices else []}
    if saying.usage:
        body["usage"] = saying.used()
    return body | {"service_tier": "default", "system_fingerprint": FINGERPRINT}


def chunks(saying: Saying, pieces: int = PIECES) -> Iterator[bytes]:
    """The events of a stream: the role, the pieces, the end, usage if asked for. Not [DONE]."""
    head = saying.head("chat.completion.chunk")
    head |= {"service_tier": "default", "system_fingerprint": FINGERPRINT}
    with_usage = saying.ask.wants_usage and saying.usage
    rest: dict[str, Any] = {"usage": None} if with_usage else {}
    yield _event(head | {"choices": _choice(saying, _first(saying))} | rest)
    text = saying.content if saying.refusal is None else saying.refusal
    for piece in split(text, pieces):
        yield _event(head | {"choices": _choice(saying, _next(saying, piece))} | rest)
    yield _event(head | {"choices": _choice(saying, {}, saying.finish)} | rest)
    if with_usage:
        yield _event(head | {"choices": [], "usage": saying.used()})


def split(text: str, pieces: int) -> Iterator[str]:
    """In about as many pieces of equal length."""
    size = max(1, -(-len(text) // pieces))
    for at in range(0, len(text), size):
        yield text[at : at + size]


def _first(saying: Saying) -> dict[str, Any]:
    if saying.is_call:
        call = {"index": 0, **_call(saying, "")}
        return {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None}
    return {"role": "assistant", "content": "", "refusal": None}


def _next(saying: Saying, piece: str) -> dict[str, Any]:
    if saying.is_call:
        return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
    return {"refusal": piece} if saying.refusal is not None else {"content": piece}


def _call(saying: Saying, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_fake{saying.number:08d}",
        "type": "function",
        "function": {"name": saying.ask.tool, "arguments": arguments},
    }


def _choice(
    saying: Saying, delta: dict[str, Any], finish: str | None = None
) -> list[dict[str, Any]]:
    if not saying.choices:
        return []
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"
