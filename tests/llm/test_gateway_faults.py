"""What a model's server may do, and what becomes of it: a reason, in time, at a bounded cost."""

import asyncio
import gc
import resource
import time

import pytest

from apps.llm.breaker import FAILURES
from apps.llm.gateway import Gateway
from apps.llm.values import GatewayError, Message, Outcome, Way
from tests.llm.asked import LOOPBACK, REPLY, ask, endpoint, reply

# Wide enough for two busy cores, and far below what the fake takes.
IN_TIME_S = 9.0


async def fails(gateway, given, **values) -> GatewayError:
    began = time.monotonic()
    with pytest.raises(GatewayError) as raised:
        await gateway.ask(given, ask(**values))
    assert time.monotonic() - began < IN_TIME_S
    assert "sk-fake" not in str(raised.value)
    assert "days" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("hang", Outcome.FIRST_TOKEN),
        ("hang-after-head", Outcome.FIRST_TOKEN),
        ("slow-first-token-10s", Outcome.FIRST_TOKEN),
        ("keepalive-50ms", Outcome.FIRST_TOKEN),
        ("stall", Outcome.GAP),
        ("drip", Outcome.FIRST_TOKEN),
    ],
)
async def test_what_keeps_us_waiting(gateway, fakellm, name, outcome):
    times = {"first_token_s": 20.0, "gap_s": 20.0, f"{outcome.value}_s": 0.8}
    given = endpoint(fakellm, name, **times)
    error = await fails(gateway, given)
    assert error.outcome is outcome
    assert error.sent
    assert not error.usage.measured


async def test_words_that_keep_coming_end_at_the_deadline(gateway, fakellm):
    """Each read is in time: only the clock on the wall ends it."""
    given = endpoint(fakellm, "one-by-one-50ms", deadline_s=1.5, first_token_s=1.4, gap_s=1.4)
    error = await fails(gateway, given)
    assert error.outcome is Outcome.DEADLINE
    assert error.usage.tokens_out > 0


async def test_the_shorter_deadline_counts(gateway, fakellm):
    given = endpoint(fakellm, "one-by-one-50ms")
    error = await fails(gateway, given, deadline_s=0.8)
    assert error.outcome is Outcome.DEADLINE


@pytest.mark.parametrize("name", ["hang", "hang-after-head", "good-10s"])
async def test_an_answer_in_one_piece_has_the_deadline_only(gateway, fakellm, name):
    given = endpoint(fakellm, name, first_token_s=0.1, gap_s=0.1, deadline_s=1.0)
    error = await fails(gateway, given, stream=False)
    assert error.outcome is Outcome.DEADLINE


async def test_a_repair_counts_in(gateway, fakellm):
    given = endpoint(fakellm, "malformed-json", deadline_s=0.15)
    error = await fails(gateway, given)
    assert error.outcome is Outcome.DEADLINE


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("cut", Outcome.CUT),
        ("cut-clean", Outcome.CUT),
        ("drop", Outcome.CUT),
        ("error-within", Outcome.SERVER_ERROR),
        ("500", Outcome.SERVER_ERROR),
        ("503", Outcome.SERVER_ERROR),
        ("502-html", Outcome.SERVER_ERROR),
        ("400", Outcome.BAD_REQUEST),
        ("401", Outcome.AUTH),
        ("403", Outcome.AUTH),
        ("404", Outcome.MISSING_MODEL),
        ("no-such-model", Outcome.MISSING_MODEL),
        ("429", Outcome.RATE_LIMITED),
        ("429-quota", Outcome.RATE_LIMITED),
        ("huge-5mb", Outcome.TOO_LARGE),
        ("huge-line", Outcome.TOO_LARGE),
        ("redirect", Outcome.REDIRECT),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_what_a_server_does(gateway, fakellm, name, outcome, stream):
    error = await fails(gateway, endpoint(fakellm, name), stream=stream)
    assert error.outcome is outcome
    assert error.sent
    assert error.detail


@pytest.mark.parametrize(("name", "seconds"), [("429-3", 3), ("429-3600", 300), ("503-5", 5)])
async def test_when_to_come_back(gateway, fakellm, name, seconds):
    given = endpoint(fakellm, name)
    assert (await fails(gateway, given)).retry_after == seconds


async def test_a_limit_of_the_provider_is_kept_to(gateway, fakellm):
    given = endpoint(fakellm, "429-3600")
    await fails(gateway, given)
    error = await fails(gateway, given)
    assert error.outcome is Outcome.RATE_LIMITED
    assert error.retry_after is not None
    assert 200 < error.retry_after <= 300, "nobody is shut out for days"
    assert not error.sent
    assert len(fakellm.calls()) == 1


async def test_a_wrong_key_is_not_tried_again_and_again(gateway, fakellm):
    given = endpoint(fakellm, "good", key="sk-wrong")
    assert (await fails(gateway, given)).outcome is Outcome.AUTH
    assert (await fails(gateway, given)).outcome is Outcome.BREAKER
    assert len(fakellm.calls()) == 1


async def test_five_failures_and_it_is_left_alone(gateway, fakellm):
    given = endpoint(fakellm, "drop")
    for _ in range(FAILURES):
        await fails(gateway, given)
    before = len(fakellm.calls())
    assert (await fails(gateway, given)).outcome is Outcome.BREAKER
    assert len(fakellm.calls()) == before


async def test_who_gives_a_model_less_than_its_time_does_not_blame_it(gateway, fakellm):
    given = endpoint(fakellm, "good-10s", first_token_s=20)
    for _ in range(FAILURES + 1):
        error = await fails(gateway, given, deadline_s=0.7)
        assert error.outcome is Outcome.DEADLINE
    assert len(fakellm.calls()) == FAILURES + 1


async def test_a_redirect_is_not_followed(gateway, fakellm):
    await fails(gateway, endpoint(fakellm, "redirect"))
    assert [call["path"] for call in fakellm.calls()] == ["/v1/chat/completions"]


async def test_a_long_answer_costs_no_memory(gateway, fakellm):
    await gateway.ask(endpoint(fakellm, "good"), ask())
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("huge~a", "huge-line~b"):
        for stream in (True, False):
            error = await fails(gateway, endpoint(fakellm, name), stream=stream)
            assert error.outcome is Outcome.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


async def test_a_parameter_that_a_server_does_not_know_is_left_out(gateway, fakellm):
    given = endpoint(fakellm, "no-stream-options", way=Way.JSON_SCHEMA)
    for _ in range(2):
        assert reply(await gateway.ask(given, ask())) == REPLY
    named = ["stream_options" in call["body"] for call in fakellm.calls()]
    assert named == [True, False, False], "and it is remembered"


async def test_a_parameter_that_we_cannot_do_without_is_not_left_out(gateway, fakellm):
    error = await fails(gateway, endpoint(fakellm, "no-stream", way=Way.JSON_SCHEMA))
    assert error.outcome is Outcome.BAD_REQUEST
    assert len(fakellm.calls()) == 1


def line(text, asker=None):
    return {"messages": (Message("user", text),), "asker": asker}


async def test_a_line_that_is_refused_takes_the_model_from_nobody(gateway, fakellm):
    """However often one visitor says it."""
    given = endpoint(fakellm, "prudish", way=Way.JSON_SCHEMA)
    for _ in range(2 * FAILURES):
        error = await fails(gateway, given, **line("something taboo", "one"))
        assert error.outcome is Outcome.BAD_REQUEST
    assert await gateway.ask(given, ask())


async def test_a_model_that_refuses_everybody_is_left_alone(gateway, fakellm):
    given = endpoint(fakellm, "prudish", way=Way.JSON_SCHEMA)
    for asker in range(FAILURES):
        error = await fails(gateway, given, **line("something taboo", asker))
        assert error.outcome is Outcome.BAD_REQUEST
    assert (await fails(gateway, given)).outcome is Outcome.BREAKER


async def test_a_local_model_has_no_public_address():
    """Also when its name leads there only later, once it is stored."""
    async with Gateway(None) as strict:
        error = await fails(strict, endpoint("https://192.88.98.1/v1", "good"))
    assert error.outcome is Outcome.BLOCKED
    assert not error.sent


async def test_nobody_listens(gateway):
    given = endpoint("http://127.0.0.1:9/v1", "good")
    error = await fails(gateway, given)
    assert error.outcome is Outcome.UNREACHABLE
    assert not error.sent
    assert error.usage is None


async def test_a_name_that_is_not_known(gateway):
    error = await fails(gateway, endpoint("http://no-such-host.invalid/v1", "good"))
    assert error.outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/v1",
        "http://localhost:{port}/v1",
        "http://127.1:{port}/v1",
        "http://0x7f000001:{port}/v1",
        "http://2130706433:{port}/v1",
        "http://[::ffff:127.0.0.1]:{port}/v1",
        "http://user:secret@127.0.0.1:{port}/v1",
        "http://127.0.0.1:{port}/v1?key=secret",
    ],
)
async def test_what_only_this_machine_can_reach_is_not_asked(fakellm, url):
    async with Gateway(None) as strict:
        error = await fails(strict, endpoint(url.format(port=fakellm.port), "good"))
    assert error.outcome is Outcome.BLOCKED
    assert "secret" not in str(error)
    assert fakellm.calls() == []


async def test_only_what_is_listed_may_be_reached(fakellm):
    async with Gateway(None, LOOPBACK) as listed:
        assert reply(await listed.ask(endpoint(fakellm, "good"), ask())) == REPLY


async def give_up(gateway, given) -> None:
    """Cancels a call when its first words have come."""
    shown = asyncio.Event()
    call = asyncio.create_task(gateway.ask(given, ask(wait_s=0), lambda _text: shown.set()))
    async with asyncio.timeout(IN_TIME_S):
        await shown.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_call_that_is_given_up_leaves_its_place(gateway, fakellm):
    given = endpoint(fakellm, "one-by-one-5ms", concurrency=1)
    await give_up(gateway, given)
    await give_up(gateway, given)


async def test_one_place_is_one_call_at_a_time(gateway, fakellm):
    given = endpoint(fakellm, "good-200ms", concurrency=1)
    first = asyncio.create_task(gateway.ask(given, ask()))
    await asyncio.sleep(0)
    error = await fails(gateway, given, wait_s=0)
    assert error.outcome is Outcome.BUSY
    assert not error.sent
    await first
    await gateway.ask(given, ask())


async def test_who_waits_for_a_place_gets_one(gateway, fakellm):
    given = endpoint(fakellm, "good-50ms", concurrency=1)
    answers = await asyncio.gather(*(gateway.ask(given, ask(wait_s=10)) for _ in range(4)))
    assert len(answers) == 4
