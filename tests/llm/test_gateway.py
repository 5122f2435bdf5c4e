"""Asking a model over a real socket: the answer, the ways to it, and what is shown meanwhile."""

import asyncio
import dataclasses
from typing import Literal

import pytest
from pydantic import BaseModel

from apps.llm.prompts import TurnAnswer
from apps.llm.values import Dialect, GatewayError, Outcome, Usage, Way
from tests.llm.asked import REPLY, ask, endpoint, reply


class Colour(BaseModel):
    colour: Literal["red", "green"]
    reply: str


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer(gateway, fakellm, stream):
    given = endpoint(fakellm, "good-100ms")
    answer = await gateway.ask(given, ask(stream=stream))
    assert isinstance(answer.value, TurnAnswer)
    assert reply(answer) == REPLY
    assert answer.value.cites == ["1"]
    assert answer.served == "good-100ms"
    assert answer.way is Way.JSON_SCHEMA
    assert answer.usage.measured
    assert answer.usage.tokens_in > 0
    assert answer.usage.tokens_out > 0
    assert 0 < answer.first_token_ms <= answer.total_ms
    assert not answer.repaired


@pytest.mark.parametrize("way", [way for way in Way if way])
@pytest.mark.parametrize("stream", [True, False])
async def test_every_way(gateway, fakellm, way, stream):
    given = endpoint(fakellm, "good", way=way)
    answer = await gateway.ask(given, ask(stream=stream))
    assert reply(answer) == REPLY
    assert answer.way is way
    assert len(fakellm.calls("good")) == 1


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("400-on-schema", Way.JSON_OBJECT),
        ("500-on-schema", Way.JSON_OBJECT),
        ("good", Way.JSON_SCHEMA),
    ],
)
async def test_the_next_way_is_found_and_kept(gateway, fakellm, name, way):
    given = endpoint(fakellm, name)
    first = await gateway.ask(given, ask())
    asked = len(fakellm.calls())
    second = await gateway.ask(given, ask())
    assert first.way is second.way is way
    assert len(fakellm.calls()) == asked + 1


@pytest.mark.parametrize("name", ["ignores-schema", "only-tool", "only-prompt"])
async def test_a_server_that_ignores_the_schema_is_repaired_then_asked_otherwise(
    gateway, fakellm, name
):
    given = endpoint(fakellm, name)
    first = await gateway.ask(given, ask())
    assert first.repaired
    for _ in range(3):
        await gateway.ask(given, ask())
    last = await gateway.ask(given, ask())
    assert last.way is not Way.JSON_SCHEMA
    assert reply(last) == REPLY


async def test_a_way_that_was_checked_is_not_left_for_an_outage(gateway, fakellm):
    given = endpoint(fakellm, "500", way=Way.JSON_SCHEMA)
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(given, ask())
    assert raised.value.outcome is Outcome.SERVER_ERROR
    assert len(fakellm.calls()) == 1


async def test_a_way_that_was_checked_anew_is_used(gateway, fakellm):
    given = endpoint(fakellm, "500-on-schema")
    assert (await gateway.ask(given, ask())).way is Way.JSON_OBJECT
    checked = dataclasses.replace(given, way=Way.TOOL)
    assert (await gateway.ask(checked, ask())).way is Way.TOOL


async def test_anthropic_is_asked_with_a_tool(gateway, fakellm):
    given = endpoint(fakellm, "good", dialect=Dialect.ANTHROPIC)
    assert (await gateway.ask(given, ask())).way is Way.TOOL


async def test_a_server_that_does_not_know_streams_is_read_whole(gateway, fakellm):
    seen: list[str] = []
    answer = await gateway.ask(endpoint(fakellm, "ignores-stream"), ask(), seen.append)
    assert reply(answer) == REPLY
    assert seen == [REPLY]


@pytest.mark.parametrize("name", ["fenced", "prose", "thinking", "no-done", "extra-keys"])
@pytest.mark.parametrize("stream", [True, False])
async def test_right_json_in_odd_clothes(gateway, fakellm, name, stream):
    answer = await gateway.ask(endpoint(fakellm, name), ask(stream=stream))
    assert reply(answer) == REPLY
    assert not answer.repaired


async def test_one_repair_tells_what_was_wrong(gateway, fakellm):
    answer = await gateway.ask(endpoint(fakellm, "repairable"), ask())
    assert answer.repaired
    first, second = fakellm.calls()
    assert second["body"]["messages"][-1]["role"] == "user"
    assert "cannot be used" in second["body"]["messages"][-1]["content"]
    assert len(second["body"]["messages"]) == len(first["body"]["messages"]) + 2
    assert answer.usage.measured


@pytest.mark.parametrize(
    "name",
    [
        "malformed-json",
        "malformed-body",
        "empty-body",
        "empty-content",
        "empty-choices",
        "wrong-types",
        "missing-keys",
        "nan",
        "length",
        "only-prose",
        "200-html",
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_what_does_not_fit_is_repaired_once_and_no_more(gateway, fakellm, name, stream):
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(endpoint(fakellm, name), ask(stream=stream))
    assert raised.value.outcome is Outcome.BAD_OUTPUT
    assert raised.value.sent
    assert raised.value.usage
    assert len(fakellm.calls()) == 2


@pytest.mark.parametrize("name", ["refusal", "content-filter"])
async def test_what_a_model_will_not_say_is_not_asked_again(gateway, fakellm, name):
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(endpoint(fakellm, name), ask())
    assert raised.value.outcome is Outcome.BAD_OUTPUT
    assert len(fakellm.calls()) == 1


async def test_what_may_be_shown_grows(gateway, fakellm):
    seen: list[str] = []
    await gateway.ask(endpoint(fakellm, "good-100ms"), ask(), seen.append)
    assert len(seen) > 1
    assert seen[-1] == REPLY
    assert all(REPLY.startswith(text) for text in seen)
    assert sorted(seen, key=len) == seen


async def test_nothing_is_shown_of_a_reply_that_comes_before_what_decides(gateway, fakellm):
    seen: list[str] = []
    answer = await gateway.ask(endpoint(fakellm, "reply-first-100ms"), ask(), seen.append)
    assert reply(answer) == REPLY
    assert seen == []


async def test_what_comes_first_decides_whether_anything_is_shown(gateway, fakellm):
    heads: list[dict[str, object]] = []
    seen: list[str] = []

    def may_show(head):
        heads.append(head)
        return False

    await gateway.ask(endpoint(fakellm, "good-100ms"), ask(may_show=may_show), seen.append)
    assert seen == []
    assert len(heads) == 1
    assert list(heads[0]) == ["why", "cmds", "enough", "cites", "conf"]


async def test_another_schema(gateway, fakellm):
    fakellm.script("scripted", {"colour": "green", "reply": "Yes."})
    answer = await gateway.ask(endpoint(fakellm, "scripted"), ask(schema=Colour))
    assert answer.value == Colour(colour="green", reply="Yes.")


async def test_who_has_answered_and_what_came_from_a_cache(gateway, fakellm):
    other = await gateway.ask(endpoint(fakellm, "other-model"), ask())
    assert other.served != "other-model"
    cached = await gateway.ask(endpoint(fakellm, "cached"), ask())
    assert 0 < cached.usage.cached_in < cached.usage.tokens_in


async def test_tokens_that_nobody_counted_are_estimated(gateway, fakellm):
    counted = await gateway.ask(endpoint(fakellm, "good"), ask())
    guessed = await gateway.ask(endpoint(fakellm, "no-usage"), ask())
    assert not guessed.usage.measured
    assert 0.5 < guessed.usage.tokens_in / counted.usage.tokens_in < 2
    assert 0.5 < guessed.usage.tokens_out / counted.usage.tokens_out < 2


async def test_a_prompt_that_leaves_no_room_is_not_sent(gateway, fakellm):
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(endpoint(fakellm, "good", context=300), ask())
    assert raised.value.outcome is Outcome.BAD_REQUEST
    assert raised.value.only_this
    assert not raised.value.sent
    assert raised.value.usage is None
    assert fakellm.calls() == []


async def test_a_repair_that_fits_is_paid_for_twice(gateway, fakellm):
    once = await gateway.ask(endpoint(fakellm, "good"), ask())
    twice = await gateway.ask(endpoint(fakellm, "repairable"), ask())
    assert twice.usage.tokens_in > 2 * once.usage.tokens_in
    assert Usage(1, 2, 1) + Usage(3, 4, 0, measured=False) == Usage(4, 6, 1, measured=False)


async def test_many_at_once(gateway, fakellm):
    given = endpoint(fakellm, "good-100ms")
    answers = await asyncio.gather(*(gateway.ask(given, ask()) for _ in range(100)))
    assert {reply(answer) for answer in answers} == {REPLY}
