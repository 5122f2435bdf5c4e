"""Vectors for texts: as many, in order, of one length, and numbers."""

from dataclasses import replace

import pytest

from apps.llm.breaker import FAILURES
from apps.llm.values import GatewayError, Outcome, Purpose, Usage
from tests.fakellm.asks import tokens
from tests.llm.asked import endpoint

TEXTS = ["parcel arrives tomorrow", "how to return shoes", "parcel arrives today"]


def embedder(fakellm, name, **values):
    return endpoint(fakellm, name, purpose=Purpose.EMBEDDING, **values)


async def test_a_vector_for_each_text(gateway, fakellm):
    made = await gateway.embed(embedder(fakellm, "embed-384"), TEXTS)
    found = made.vectors
    assert [len(vector) for vector in found] == [384, 384, 384]
    assert all(isinstance(number, float) for number in found[0])
    assert fakellm.calls()[0]["body"]["encoding_format"] == "float"


async def test_nothing_for_nothing(gateway, fakellm):
    assert (await gateway.embed(embedder(fakellm, "embed"), [])).vectors == []
    assert fakellm.calls() == []


async def test_the_order_is_that_of_the_texts(gateway, fakellm):
    straight = await gateway.embed(embedder(fakellm, "embed"), TEXTS)
    turned = await gateway.embed(embedder(fakellm, "embed-reversed"), TEXTS)
    assert straight.vectors == turned.vectors


async def test_many_long_vectors_fit(gateway, fakellm):
    found = await gateway.embed(embedder(fakellm, "embed-3072"), TEXTS * 20)
    assert len(found.vectors) == 60


async def test_the_servers_own_count_is_taken(gateway, fakellm):
    made = await gateway.embed(embedder(fakellm, "embed"), TEXTS)
    assert made.usage == Usage(tokens_in=sum(map(tokens, TEXTS)))


@pytest.mark.parametrize(
    "name",
    [
        "embed-uneven",
        "embed-nested",
        "embed-nan",
        "embed-texts",
        "embed-too-few",
        "embed-too-many",
        "embed-zero",
        "malformed-body",
        "empty-body",
    ],
)
async def test_what_is_no_vector_for_each_text(gateway, fakellm, name):
    with pytest.raises(GatewayError) as raised:
        await gateway.embed(embedder(fakellm, name), TEXTS)
    assert raised.value.outcome is Outcome.BAD_OUTPUT
    assert raised.value.usage
    assert not raised.value.usage.measured, "it was read, whatever came back"


async def test_a_length_that_changes_is_refused(gateway, fakellm):
    given = embedder(fakellm, "embed-384")
    await gateway.embed(given, TEXTS)
    other = embedder(fakellm, "embed-256", model=given.model)
    with pytest.raises(GatewayError) as raised:
        await gateway.embed(other, TEXTS)
    assert raised.value.outcome is Outcome.BAD_OUTPUT
    assert raised.value.detail == "embeddings of length 256 instead of 384"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("hang", Outcome.DEADLINE),
        ("500", Outcome.SERVER_ERROR),
        ("429-3", Outcome.RATE_LIMITED),
        ("401", Outcome.AUTH),
        ("no-such-model", Outcome.MISSING_MODEL),
        ("huge", Outcome.TOO_LARGE),
        ("drop", Outcome.CUT),
        ("redirect", Outcome.REDIRECT),
    ],
)
async def test_what_a_server_does(gateway, fakellm, name, outcome):
    with pytest.raises(GatewayError) as raised:
        await gateway.embed(embedder(fakellm, name, deadline_s=1.0), TEXTS)
    assert raised.value.outcome is outcome
    took = raised.value.usage is not None
    assert took is (outcome in {Outcome.DEADLINE, Outcome.TOO_LARGE, Outcome.CUT})


async def test_a_text_that_is_too_long_blames_no_model(gateway, fakellm):
    given = embedder(fakellm, "embed-small-batch")
    for _ in range(FAILURES):
        with pytest.raises(GatewayError) as raised:
            await gateway.embed(given, ["parcel " * 600])
        assert (raised.value.outcome, raised.value.only_this) == (Outcome.SERVER_ERROR, True)
    assert (await gateway.embed(given, TEXTS)).vectors


async def test_whoever_has_less_time_than_the_model_does_not_blame_it(gateway, fakellm):
    given = embedder(fakellm, "hang", deadline_s=20.0)
    for _ in range(FAILURES):
        with pytest.raises(GatewayError) as raised:
            await gateway.embed(given, TEXTS, deadline_s=0.1)
        assert (raised.value.outcome, raised.value.only_this) == (Outcome.DEADLINE, True)
    assert (await gateway.embed(replace(given, name="embed"), TEXTS, deadline_s=60.0)).vectors


async def test_a_model_that_had_its_time_is_to_blame(gateway, fakellm):
    given = embedder(fakellm, "hang", deadline_s=0.1)
    for outcome in (*[Outcome.DEADLINE] * FAILURES, Outcome.BREAKER):
        with pytest.raises(GatewayError) as raised:
            await gateway.embed(given, TEXTS, deadline_s=5.0)
        assert (raised.value.outcome, raised.value.only_this) == (outcome, False)


async def test_embeddings_have_a_quota_too(gateway, fakellm):
    given = embedder(fakellm, "embed", tokens_per_minute=10)
    await gateway.embed(given, TEXTS)
    with pytest.raises(GatewayError) as raised:
        await gateway.embed(given, TEXTS)
    assert raised.value.outcome is Outcome.QUOTA
