"""FakeLLM through the real client, which reads its answers into OpenAI's own types."""

import array
import base64
import json
import math
from typing import Any, Literal

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel

from apps.engine.flows import FlowSpec
from apps.llm import prompts
from tests.fakellm.process import FakeLLM

SYSTEM = """Answer from the evidence, as JSON.
<evidence id="parcels">Parcels arrive within 3 working days.</evidence>
<evidence id="tuikuan">退款会在3个工作日内原路退回。</evidence>"""


RETURN = FlowSpec(
    key="return",
    version=1,
    names={"en": "Return", "zh-Hans": "退货"},
    descriptions={"en": "Send a parcel back", "zh-Hans": "把商品退回"},
)


class Command(BaseModel):
    op: Literal["start", "ask_kb", "human"]
    key: str
    val: str


class Turn(BaseModel):
    why: str
    cmds: list[Command]
    enough: bool
    cites: list[str]
    conf: Literal["low", "high"]
    reply: str


@pytest.fixture
def client(fakellm: FakeLLM):
    with OpenAI(base_url=fakellm.base_url, api_key=fakellm.key, max_retries=0, timeout=10) as made:
        yield made


def said(line: str, system: str = SYSTEM) -> list[ChatCompletionMessageParam]:
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"<visitor>{line}</visitor>"},
    ]


def parsed(client: OpenAI, line: str, model: str = "good") -> Turn:
    done = client.chat.completions.parse(model=model, messages=said(line), response_format=Turn)
    assert done.choices[0].message.parsed is not None
    return done.choices[0].message.parsed


def strict(client: OpenAI) -> None:
    """Refuses what the generated types do not know."""
    client._strict_response_validation = True


@pytest.mark.parametrize(
    ("line", "cited", "reply"),
    [
        ("when do parcels arrive", ["parcels"], "Parcels arrive within 3 working days."),
        ("退款会退回到哪里", ["tuikuan"], "退款会在3个工作日内原路退回。"),
        (
            "I ordered them for my mother, so when would the parcels arrive?",
            ["parcels"],
            "Parcels arrive within 3 working days.",
        ),
        ("请问退款一般要几天才会退回来", ["tuikuan"], "退款会在3个工作日内原路退回。"),
    ],
)
def test_the_turn_is_answered_from_the_evidence_in_its_language(client, line, cited, reply):
    turn = parsed(client, line)
    assert (turn.enough, turn.conf, turn.cites, turn.reply) == (True, "high", cited, reply)
    assert turn.cmds == [Command(op="ask_kb", key="", val="")]


@pytest.mark.parametrize(
    ("line", "reply"),
    [("do you sell bicycles", "I found nothing about that."), ("红楼梦", "我没有找到相关的内容。")],
)
def test_without_evidence_it_says_so(client, line, reply):
    turn = parsed(client, line)
    assert (turn.enough, turn.conf, turn.cites, turn.reply) == (False, "low", [], "")
    done = client.chat.completions.create(model="good", messages=said(line))
    assert done.choices[0].message.content == reply


@pytest.mark.parametrize(
    ("line", "language", "cited", "command"),
    [
        ("how long does delivery take", "en", ["1"], ("ask_kb", "")),
        ("配送要多久", "zh-Hans", ["2"], ("ask_kb", "")),
        ("send my parcel back", "en", [], ("start", "return")),
        ("我要找人工", "zh-Hans", [], ("human", "")),
    ],
)
def test_the_prompt_of_a_turn_is_understood(client, line, language, cited, command):
    told = prompts.Told(
        line,
        language,
        flows=[RETURN],
        passages=[
            prompts.Passage("How long does delivery take?", "Parcels take 3 days."),
            prompts.Passage("配送要多久？", "包裹需要3天。"),
        ],
        earlier=[prompts.EarlierLine("visitor", "do you sell bicycles")],
    )
    messages: list[Any] = [
        {"role": message.role, "content": message.content} for message in prompts.turn(told)
    ]
    done = client.chat.completions.parse(
        model="good", messages=messages, response_format=prompts.TurnAnswer
    )
    answer = done.choices[0].message.parsed
    assert (answer.cites, answer.cmds[0].op, answer.cmds[0].key) == (cited, *command)
    assert answer.reply == {"1": "Parcels take 3 days.", "2": "包裹需要3天。"}.get(
        "".join(cited), ""
    )


def test_who_wants_a_person_gets_that_command(client):
    assert [command.op for command in parsed(client, "转人工").cmds] == ["human"]


def test_a_whole_answer_has_the_shape_of_openai(client):
    strict(client)
    done = client.chat.completions.create(model="good", messages=said("parcels arrive"))
    assert (done.object, done.model, done.choices[0].finish_reason) == (
        "chat.completion",
        "good",
        "stop",
    )
    assert done.choices[0].message.content == "Parcels arrive within 3 working days."
    usage = done.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details.cached_tokens == 0


def test_a_stream_has_the_role_first_and_usage_last(client):
    strict(client)
    with client.chat.completions.create(
        model="good-10ms",
        messages=said("parcels arrive"),
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        role, *pieces, end, used = list(stream)
    assert (role.choices[0].delta.role, role.choices[0].delta.content) == ("assistant", "")
    text = "".join(piece.choices[0].delta.content for piece in pieces)
    assert text == "Parcels arrive within 3 working days."
    assert len(pieces) > 4
    assert end.choices[0].finish_reason == "stop"
    assert (used.choices, role.usage) == ([], None)
    assert used.usage.completion_tokens > 5
    assert {chunk.id for chunk in [role, *pieces, end, used]} == {role.id}


def test_without_stream_options_a_stream_has_no_usage(client):
    stream = client.chat.completions.create(model="good", messages=said("hello"), stream=True)
    assert [chunk for chunk in stream if "usage" in chunk.model_dump(exclude_unset=True)] == []


TOOL = openai.pydantic_function_tool(Turn, name="turn")


@pytest.mark.parametrize("choice", [{"type": "function", "function": {"name": "turn"}}, "required"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_forced_tool_is_called(client, choice, stream):
    arguments = {"model": "good", "messages": said("parcels arrive"), "tools": [TOOL]}
    if stream:
        with client.chat.completions.stream(**arguments, tool_choice=choice) as events:
            done = events.get_final_completion()
    else:
        done = client.chat.completions.create(**arguments, tool_choice=choice)
    call = done.choices[0].message.tool_calls[0]
    assert call.function.name == "turn"
    assert Turn.model_validate_json(call.function.arguments).cites == ["parcels"]
    # OpenAI ends with "stop" when the function was named.
    assert done.choices[0].finish_reason == ("tool_calls" if choice == "required" else "stop")


@pytest.mark.parametrize("format", ["json_object", "text"])
def test_a_schema_in_the_prompt_is_enough(client, format):
    schema = json.dumps(Turn.model_json_schema())
    system = f"{SYSTEM}\nAnswer as JSON after this schema:\n{schema}"
    done = client.chat.completions.create(
        model="good", messages=said("parcels arrive", system), response_format={"type": format}
    )
    assert Turn.model_validate_json(done.choices[0].message.content).cites == ["parcels"]


def test_any_other_schema_is_filled_with_what_the_prompt_says(client):
    class Probe(BaseModel):
        colour: str
        count: int
        ok: bool
        rest: list[float]

    done = client.chat.completions.parse(
        model="good",
        messages=[{"role": "user", "content": "Fill in colour=teal, count: 42 and ok=false."}],
        response_format=Probe,
    )
    assert done.choices[0].message.parsed == Probe(colour="teal", count=42, ok=False, rest=[])


def test_most_tokens_are_kept(client):
    done = client.chat.completions.create(
        model="good", messages=said("parcels arrive"), max_completion_tokens=3
    )
    assert (done.choices[0].finish_reason, done.choices[0].message.content) == ("length", "Par")


# Embeddings and models


def test_vectors_have_length_one_and_are_near_when_words_are_shared(client):
    strict(client)
    texts = [
        "return a parcel",
        "how do I return a parcel",
        "weather tomorrow",
        "退货怎么办",
        "怎么退货",
    ]
    done = client.embeddings.create(model="embed", input=texts, encoding_format="float")
    vectors = [each.embedding for each in done.data]
    assert all(math.isclose(math.hypot(*vector), 1, rel_tol=1e-5) for vector in vectors)
    first, near, far, chinese, turned = vectors
    assert dot(first, near) > 0.5
    assert dot(first, far) < 0.2
    assert dot(chinese, turned) > 0.5


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_floats_and_base64_say_the_same(client):
    floats, packed = (
        client.embeddings.create(model="embed-64", input="parcel", encoding_format=way)
        for way in ("float", "base64")
    )
    unpacked = array.array("f", base64.b64decode(packed.data[0].embedding))
    assert floats.data[0].embedding == pytest.approx(unpacked.tolist())
    assert len(unpacked) == 64


def test_dimensions_are_kept(client):
    done = client.embeddings.create(model="embed", input="parcel", dimensions=32)
    assert len(done.data[0].embedding) == 32


def test_the_models_are_listed(client):
    strict(client)
    names = {model.id for model in client.models.list()}
    assert {"good", "embed", "429", "hang", "cut"} <= names


# Refusals


def strictly(schema: dict[str, Any]) -> dict[str, Any]:
    given = {"name": "a", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": given}}


OPTIONAL = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": [],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("change", "error", "code", "param"),
    [
        (
            strictly(OPTIONAL),
            openai.BadRequestError,
            "invalid_json_schema",
            "response_format",
        ),
        ({"model": "gpt-nope"}, openai.NotFoundError, "model_not_found", None),
        ({"messages": []}, openai.BadRequestError, None, "messages"),
        (
            {"stream_options": {"include_usage": True}},
            openai.BadRequestError,
            None,
            "stream_options",
        ),
        (
            {
                "messages": [{"role": "user", "content": "hi"}],
                "response_format": {"type": "json_object"},
            },
            openai.BadRequestError,
            None,
            "messages",
        ),
        (
            strictly(Turn.model_json_schema()),
            openai.BadRequestError,
            "invalid_json_schema",
            "response_format",
        ),
        ({"response_format": {"type": "yaml"}}, openai.BadRequestError, None, "response_format"),
    ],
)
def test_what_openai_refuses_is_refused_in_its_words(client, change, error, code, param):
    with pytest.raises(error) as refused:
        client.chat.completions.create(**{"model": "good", "messages": said("hi"), **change})
    assert (refused.value.code, refused.value.param) == (code, param)
    assert refused.value.type == "invalid_request_error"


def test_a_wrong_key_is_refused_without_showing_it(fakellm):
    with (
        OpenAI(base_url=fakellm.base_url, api_key="sk-wrong-key-7788", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.models.list()
    assert refused.value.code == "invalid_api_key"
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("given", ["", [], ["a", ""]])
def test_empty_texts_are_not_embedded(client, given):
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="embed", input=given)


# What tests ask it


def test_what_arrived_can_be_read(client, fakellm):
    parsed(client, "hello")
    [call] = fakellm.calls("good")
    assert call["path"] == "/v1/chat/completions"
    assert call["body"]["messages"] == said("hello")
    assert call["headers"]["authorization"] == f"Bearer {fakellm.key}"
    assert (call["ended"], call["gone"]) == (True, False)
    assert fakellm.calls("other") == []
    fakellm.forget()
    assert fakellm.calls() == []


def test_answers_can_be_scripted(client, fakellm):
    turn = Turn(why="", cmds=[], enough=True, cites=[], conf="low", reply="as told")
    fakellm.script("scripted", turn.model_dump(), "no JSON at all")
    assert parsed(client, "parcels arrive", "scripted") == turn
    done = client.chat.completions.create(model="scripted", messages=said("parcels arrive"))
    assert done.choices[0].message.content == "no JSON at all"
    assert parsed(client, "parcels arrive", "scripted").cites == ["parcels"]
