"""From a server's bytes to a value: strictly, and of half an answer only what may be shown."""

import json
import time
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from apps.llm import parsing
from apps.llm.parsing import BadOutputError, estimate, json_schema, read, shown
from apps.llm.prompts import TurnAnswer
from apps.llm.streams import events
from apps.llm.values import MOST_BYTES, Usage

GOOD = {
    "why": "Passage 1.",
    "cmds": [{"op": "ask_kb", "key": "", "val": ""}],
    "enough": True,
    "cites": ["1"],
    "conf": "high",
    "reply": '三十天内。 "30" days\n',
}


class Number(BaseModel):
    value: float
    reply: str


def written(**values):
    return json.dumps(GOOD | values)


@pytest.mark.parametrize(
    "text",
    [
        written(),
        f"```json\n{written()}\n```",
        f"Here it is:\n{written()}\nI hope it helps.",
        f"<think>Perhaps {{no}}.</think>\n{written()}",
        f"\ufeff{written()}",
        written(extra=1),
    ],
)
def test_right_json_in_odd_clothes(text):
    found = read(text, TurnAnswer)
    assert isinstance(found, TurnAnswer)
    assert found.reply == '三十天内。 "30" days'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "I would say yes.",
        written()[:-1],
        written() + written(),
        written(conf="sure"),
        written(enough="yes"),
        written(enough=1),
        written(cites="1"),
        written(cites=[1]),
        written(reply=None),
        written(reply=30),
        written(cmds=[{"op": "rm", "key": "", "val": ""}]),
        written().replace('"why"', '"when"'),
        '{"a": ' * 300,
        "<think>" + written(),
        written().replace("Passage", "\\ud800"),
    ],
)
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(BadOutputError):
        read(text, TurnAnswer)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_python_takes_for_a_number_is_none(value):
    with pytest.raises(BadOutputError):
        read(f'{{"value": {value}, "reply": ""}}', Number)


def test_a_refusal_does_not_repeat_what_was_said():
    with pytest.raises(BadOutputError) as raised:
        read(written(conf="my secret", reply=5), TurnAnswer)
    assert "secret" not in raised.value.detail
    assert raised.value.detail == "does not fit: conf literal_error, reply string_type"


@given(st.text(max_size=200), st.integers(min_value=0, max_value=100))
def test_what_is_shown_of_a_growing_answer_only_grows(reply, cut):
    text = json.dumps(GOOD | {"reply": reply})
    seen = [found[1] for end in range(len(text)) if (found := shown(text[:end], TurnAnswer))]
    assert all(reply.startswith(said) for said in seen)
    assert seen == sorted(seen, key=len)
    whole = shown(text, TurnAnswer)
    assert whole is not None
    assert whole[1] == reply


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        '{"why": "x", "reply": "first"',
        json.dumps({"reply": "Yes.", **{key: GOOD[key] for key in GOOD if key != "reply"}}),
        '{"why": "x", "cmds": [], "enough": true, "cites": [], "conf": "hi',
        '{"why": "x", "cmds": [], "enough": true, "cites": [], "conf": "high", "reply": 5',
    ],
)
def test_nothing_is_shown_before_everything_is_decided(text):
    assert shown(text, TurnAnswer) is None


def test_the_schema_is_as_strict_servers_want_it():
    schema = json_schema(TurnAnswer)
    assert schema["required"] == list(TurnAnswer.model_fields)
    assert schema["additionalProperties"] is False
    inner = schema["properties"]["cmds"]["items"]
    assert inner["required"] == ["op", "key", "val"]
    assert inner["additionalProperties"] is False
    assert "start" in inner["properties"]["op"]["enum"]
    for word in ("$ref", "$defs", "title", "maxLength", "default"):
        assert word not in json.dumps(schema)


def test_a_field_may_be_called_like_a_word_of_schemas():
    class Odd(BaseModel):
        title: str
        description: Literal["a", "b"]

    assert list(json_schema(Odd)["properties"]) == ["title", "description"]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 3}, Usage(5, 3, 0)),
        ({"prompt_tokens": 5}, Usage(5, 0, 0)),
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 2},
            },
            Usage(5, 3, 2),
        ),
        ({"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": None}}, Usage(5, 0, 0)),
        ({"prompt_tokens": "5"}, None),
        ({"prompt_tokens": -5}, None),
        ({"prompt_tokens": 5.0}, None),
        ({"prompt_tokens": True}, None),
        ({"prompt_tokens": 10**12}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_usage_is_what_a_server_can_mean(told, found):
    assert parsing.usage(told) == found


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe",
        b'{"choices": 5}',
        b'{"choices": [{"delta": 1}]}',
    ],
)
def test_a_body_that_is_no_completion(raw):
    with pytest.raises(BadOutputError):
        parsing.body(raw)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(raw):
    try:
        parsing.body(raw)
    except BadOutputError as error:
        assert error.detail  # noqa: PT017 either of the two is right


def test_tokens_are_rather_too_many():
    assert estimate("") == 1
    assert 90 <= estimate("字" * 100) <= 100
    assert 13 <= estimate("word " * 10) <= 20


async def data(*chunks):
    async def source():
        for chunk in chunks:
            yield chunk

    return [found async for found in events(source())]


async def test_a_line_without_end_costs_what_its_bytes_cost():
    """Processor time: gluing the rest anew for each byte takes twenty seconds of it."""
    before = time.process_time()
    assert await data(*[b"x"] * MOST_BYTES) == []
    assert time.process_time() - before < 4


async def test_events_come_apart_however_they_are_cut():
    whole = b': hello\r\n\r\ndata: {"a":1}\r\n\r\nevent: x\ndata:{"b":2}\n\ndata: [DONE]\n\n'
    expected = [b'{"a":1}', b'{"b":2}', b"[DONE]"]
    assert await data(whole) == expected
    assert await data(*(whole[at : at + 1] for at in range(len(whole)))) == expected
    assert await data(whole[:20], b"", whole[20:]) == expected


def test_of_several_calls_the_first_is_the_answer():
    calls = [
        {"index": at, "function": {"arguments": text}} for at, text in enumerate(["{1}", "{2}"])
    ]
    assert parsing.Piece.model_validate({"tool_calls": calls}).said == "{1}"
    later = {"tool_calls": [{"index": 1, "function": {"arguments": "{2}"}}]}
    assert parsing.Piece.model_validate(later).said == ""
    whole = {"tool_calls": [{"function": {"arguments": text}} for text in ("{1}", "{2}")]}
    assert parsing.Piece.model_validate(whole).said == "{1}"
