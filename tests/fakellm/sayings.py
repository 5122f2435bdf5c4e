"""What each model says: the right answer, or one that is wrong in its own way."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from tests.fakellm.answers import answer
from tests.fakellm.asks import Ask, schema_within
from tests.fakellm.orders import obeyed
from tests.fakellm.prompts import Prompt, read_prompt
from tests.fakellm.refusals import Refused
from tests.fakellm.shapes import Saying

PROSE = "Sure! Here is what I think about it, in my own words."
OTHER = ("这是用另一种语言写的回答。", "This answer is written in another language.")
INVENTED = {
    "invents-order": (" Your order number is {}.", " 您的订单号是{}。", "90817263541"),
    "invents-amount": (" That costs {}.", " 费用是{}。", "¥483.27"),
    "invents-date": (" It arrives on {}.", " 将于{}送达。", "2031-02-17"),
    "invents-url": (" See {}", " 请看 {}", "https://refunds.example.net/claim"),
}
# The one word that `prudish` does not hear.
TABOO = "taboo"
Content = dict[str, Any] | str
Twist = Callable[[Ask, dict[str, Any]], Content]


def say(ask: Ask, scripted: Content | None, count: int) -> Saying:
    """`scripted` takes the place of the answer; `count` calls of this model came before. Raises
    Refused."""
    ask = _heard(ask)
    content = answer(ask) if scripted is None else scripted
    if ask.name.base == "repairable" and count % 2 == 0:
        content = _written(content)[:-1]
    twist = TWISTS.get(ask.name.base)
    if twist and scripted is None:
        content = _twisted(twist, ask, content)
    # OpenAI's end of a call is "stop" when the function was named.
    finish = "tool_calls" if ask.way == "tool" and not ask.forced else "stop"
    saying = Saying(ask, _written(content), ask.name.whole, finish)
    if change := CHANGES.get(ask.name.base):
        change(saying)
    return _shortened(saying)


def _heard(ask: Ask) -> Ask:
    """The request as this model understands it. Raises Refused."""
    base = ask.name.base
    if ask.way == "json_schema" and base in ("400-on-schema", "500-on-schema"):
        status = int(base[:3])
        message = "Validation error: response_format.type must be 'text' or 'json_object'."
        raise Refused(status, message, param="response_format")
    if base == "no-stream" and ask.stream:
        raise Refused(400, "This model does not support streaming.", param="stream")
    if base == "no-stream-options" and "stream_options" in ask.body:
        message = "Unrecognized request argument supplied: stream_options"
        raise Refused(400, message, param="stream_options")
    if base == "prudish" and TABOO in ask.messages[-1][1]:
        raise Refused(400, "The line was not let through.")
    if ask.way in DEAF.get(base, ()):
        schema = schema_within(ask.messages)
        return replace(ask, way="text", schema=schema, tool="")
    return ask


def _twisted(twist: Twist, ask: Ask, content: Content) -> Content:
    """Twists plain text as the reply of a turn."""
    if isinstance(content, dict):
        return twist(ask, content)
    twisted = twist(ask, {"reply": content})
    return str(twisted["reply"]) if isinstance(twisted, dict) and "reply" in twisted else twisted


def _written(content: Content) -> str:
    return content if isinstance(content, str) else orjson.dumps(content).decode()


def _shortened(saying: Saying) -> Saying:
    """Ends where max_tokens says; a token is a character here, which is never too many."""
    most = saying.ask.most_tokens
    if most is not None and saying.used()["completion_tokens"] > most:
        saying.content, saying.finish = saying.content[:most], "length"
    return saying


def _unsure(ask: Ask, content: dict[str, Any]) -> Content:
    low = {"enough": False, "cites": [], "conf": "low" if _is_text(content) else 0.1}
    return content | {key: value for key, value in low.items() if key in content}


def _is_text(content: dict[str, Any]) -> bool:
    return isinstance(content.get("conf"), str)


def _echo(ask: Ask, content: dict[str, Any]) -> Content:
    """The visitor's line as the model got it."""
    return content | {"reply": read_prompt(ask).visitor}


def _wrong_types(_ask: Ask, content: dict[str, Any]) -> Content:
    return {name: [str(value)] for name, value in content.items()}


def _nan(_ask: Ask, content: dict[str, Any]) -> Content:
    return json.dumps({**content, "conf": float("nan")}, ensure_ascii=False)


def _wrong_language(ask: Ask, content: dict[str, Any]) -> Content:
    return content | {"reply": OTHER[read_prompt(ask).is_chinese]}


def _invents(ask: Ask, content: dict[str, Any]) -> Content:
    english, chinese, value = INVENTED[ask.name.base]
    sentence = chinese if read_prompt(ask).is_chinese else english
    return content | _sure(content) | {"reply": f"{content['reply']}{sentence.format(value)}"}


def _invents_cite(_ask: Ask, content: dict[str, Any]) -> Content:
    return content | _sure(content) | {"cites": ["no-such-passage"]}


def _sure(content: dict[str, Any]) -> dict[str, Any]:
    known = {"enough": True, "conf": "high" if _is_text(content) else 0.99}
    return {key: value for key, value in known.items() if key in content}


def _obeys(ask: Ask, content: dict[str, Any]) -> Content:
    prompt: Prompt = read_prompt(ask)
    return content | _sure(content) | obeyed(ask, prompt, content)


def _missing_keys(_ask: Ask, content: dict[str, Any]) -> Content:
    return dict(list(content.items())[:-1])


TWISTS: dict[str, Twist] = {
    "unsure": _unsure,
    "echo": _echo,
    "wrong-types": _wrong_types,
    "nan": _nan,
    "wrong-language": _wrong_language,
    **dict.fromkeys(INVENTED, _invents),
    "invents-cite": _invents_cite,
    "obeys-injection": _obeys,
    "missing-keys": _missing_keys,
    "extra-keys": lambda _ask, content: {"note": "unasked", **content, "mood": 1},
    "reply-first": lambda _ask, content: dict(reversed(content.items())),
    "malformed-json": lambda _ask, content: orjson.dumps(content).decode()[:-1] + ",,",
    "fenced": lambda _ask, content: f"```json\n{_written(content)}\n```",
    "prose": lambda _ask, content: f"Sure! {_written(content)} I hope that helps.",
    "thinking": lambda _ask, content: f"<think>A }} or two.</think>\n{_written(content)}",
    "empty-content": lambda _ask, _content: "",
}
# The ways that a model takes no notice of, without a word.
DEAF = {
    "ignores-schema": ("json_schema",),
    "only-tool": ("json_schema", "json_object"),
    "only-prompt": ("json_schema", "json_object", "tool"),
    "only-prose": ("json_schema", "json_object", "tool", "text"),
}


def _length(saying: Saying) -> None:
    saying.content, saying.finish = saying.content[: len(saying.content) // 2], "length"


def _refusal(saying: Saying) -> None:
    saying.refusal = "I'm sorry, I can't assist with that request."


def _filtered(saying: Saying) -> None:
    saying.content, saying.finish = "", "content_filter"


def _no_usage(saying: Saying) -> None:
    saying.usage = False


def _no_choices(saying: Saying) -> None:
    saying.choices = False


def _other_model(saying: Saying) -> None:
    saying.served = "another-model-2026-01-01"


def _cached(saying: Saying) -> None:
    saying.cached = saying.used()["prompt_tokens"] // 2


def _prose(saying: Saying) -> None:
    saying.content = PROSE


CHANGES: dict[str, Callable[[Saying], None]] = {
    "length": _length,
    "refusal": _refusal,
    "content-filter": _filtered,
    "no-usage": _no_usage,
    "empty-choices": _no_choices,
    "other-model": _other_model,
    "cached": _cached,
    "only-prose": _prose,
}
