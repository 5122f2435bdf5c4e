"""Which way a model is asked, and what makes it another."""

import dataclasses
import itertools

import pytest

from apps.llm.values import Dialect, GatewayError, Message, Way
from apps.llm.ways import (
    INVALID,
    ORDER,
    REMEMBERED,
    Ways,
    correction,
    next_way,
    parameters,
    with_schema,
)
from tests.llm.asked import ask, endpoint

URL = "http://127.0.0.1:1/v1"


@pytest.fixture
def model():
    return endpoint(URL, "m")


@pytest.fixture
def ways():
    return Ways()


def test_the_strictest_way_is_tried_first(ways, model):
    assert ways.of(model).way is Way.JSON_SCHEMA
    assert ways.of(dataclasses.replace(model, way=Way.TOOL)).way is Way.TOOL


def test_a_way_that_is_refused_leads_to_the_next(ways, model):
    for before, after in itertools.pairwise(ORDER):
        assert ways.of(model).way is before
        assert ways.give_up(model, before)
        assert ways.of(model).way is after


def test_after_the_last_it_begins_again(ways, model):
    """Whoever refuses every way refuses for another reason."""
    for way in ORDER[:-1]:
        ways.give_up(model, way)
    assert not ways.give_up(model, Way.PROMPT)
    assert ways.of(model).way is ORDER[0]


def test_a_way_from_elsewhere_ends_at_the_loosest():
    anthropic = endpoint(URL, "m", dialect=Dialect.ANTHROPIC, way=Way.JSON_SCHEMA)
    assert next_way(anthropic, Way.JSON_SCHEMA) is Way.PROMPT
    assert next_way(anthropic, Way.PROMPT) is None


def test_answers_that_do_not_fit_lead_to_the_next(ways, model):
    for _ in range(INVALID - 1):
        ways.record(model, fits=False)
    assert ways.of(model).way is Way.JSON_SCHEMA
    ways.record(model, fits=False)
    assert ways.of(model).way is Way.JSON_OBJECT


def test_a_few_among_many_do_not(ways, model):
    for _ in range(5):
        ways.record(model, fits=False)
        for _ in range(REMEMBERED // (INVALID - 1)):
            ways.record(model, fits=True)
    assert ways.of(model).way is Way.JSON_SCHEMA


def test_nothing_stands_below_the_prompt(ways, model):
    only = dataclasses.replace(model, way=Way.PROMPT)
    for _ in range(2 * INVALID):
        ways.record(only, fits=False)
    assert ways.of(only).way is Way.PROMPT


@pytest.mark.parametrize("way", [Way.JSON_OBJECT, Way.PROMPT])
def test_where_nothing_else_tells_the_shape_the_prompt_does(way):
    first, *rest = with_schema(ask(), way)
    assert first.content.startswith(ask().messages[0].content[:40])
    assert '"additionalProperties":false' in first.content
    assert "JSON" in first.content
    assert len(rest) == 1


def test_a_prompt_without_rules_gets_them_first():
    messages = with_schema(ask(messages=(Message("user", "hi"),)), Way.PROMPT)
    assert [message.role for message in messages] == ["system", "user"]


def test_what_goes_back_for_a_repair_is_short():
    quoted, told = correction(ask(), "x" * 100_000, "no end")
    assert quoted.role == "assistant"
    assert len(quoted.content) < 5_000
    assert "no end" in told.content
    assert len(correction(ask(), "  ", "empty")) == 1


def made(ways, model, **values):
    given = ask(**values)
    return parameters(model, given, given.messages, ways.of(model))


def test_each_way_has_its_parameters(ways, model):
    def by(way, **values):
        return made(ways, dataclasses.replace(model, way=way, **values))

    strict = by(Way.JSON_SCHEMA)["response_format"]["json_schema"]
    assert strict["strict"] is True
    assert by(Way.JSON_OBJECT)["response_format"] == {"type": "json_object"}
    llamacpp = by(Way.JSON_OBJECT, dialect=Dialect.LLAMACPP)["response_format"]
    assert llamacpp["schema"] == strict["schema"]
    tool = by(Way.TOOL)
    assert tool["tool_choice"]["function"]["name"] == tool["tools"][0]["function"]["name"]
    assert by(Way.TOOL, dialect=Dialect.LLAMACPP)["tool_choice"] == "required"
    assert not {"response_format", "tools"} & by(Way.PROMPT).keys()


def test_a_parameter_that_is_not_known_has_a_stand_in(ways, model):
    ways.of(model).unknown.update({"max_tokens", "temperature"})
    sent = made(ways, model)
    assert sent["max_completion_tokens"] == model.most_tokens
    assert not {"max_tokens", "temperature"} & sent.keys()
    ways.of(model).unknown.add("max_completion_tokens")
    assert "max_tokens" not in made(ways, model)
    assert "max_completion_tokens" not in made(ways, model)


def test_usage_of_a_stream_is_asked_for(ways, model):
    assert made(ways, model)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in made(ways, model, stream=False)


def test_a_context_that_is_too_small(ways, model):
    with pytest.raises(GatewayError):
        made(ways, dataclasses.replace(model, context=100))
