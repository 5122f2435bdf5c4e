"""Whatever a model's server does, at whichever tier: the next one answers, or a person is next."""

import json

import pytest

from apps.llm.breaker import FAILURES
from apps.llm.values import Outcome, Way
from tests.llm.asked import PASSAGE, REPLY
from tests.llm.climbs import TIERS, Watched, go, ladder, told, whys

# Of those that fail by them alone: on a busy machine any other is slow at times.
LIMITS = {
    "first_token": {"first_token_s": 0.3},
    "gap": {"gap_s": 0.3},
    "deadline": {"deadline_s": 1.0},
}
# By the reason for which the next model is asked.
HAND_ON = {
    "first_token": ["hang", "hang-after-head", "slow-first-token-3s", "keepalive-50ms", "drip"],
    "gap": ["stall"],
    "deadline": ["one-by-one-50ms"],
    "cut": ["drop", "cut", "cut-clean"],
    "bad_request": ["400", "no-stream"],
    "redirect": ["redirect", "redirect-away", "redirect-broken"],
    "auth": ["401", "403"],
    "missing_model": ["404", "no-such-model"],
    "rate_limited": ["429", "429-3600", "429-quota"],
    "server_error": ["500", "503", "502-html", "error-within"],
    "too_large": ["huge-5mb", "huge-line"],
    "bad_output": [
        "200-html",
        "malformed-body",
        "empty-body",
        "empty-choices",
        "empty-content",
        "length",
        "content-filter",
        "refusal",
        "only-prose",
        "malformed-json",
        "wrong-types",
        "nan",
        "missing-keys",
    ],
    "wrong_language": ["wrong-language"],
    "not_grounded": [
        "invents-order",
        "invents-amount",
        "invents-date",
        "invents-url",
        "invents-cite",
    ],
}
FAULTS = [(name, why) for why, names in HAND_ON.items() for name in names]
HARMLESS = [
    "good",
    "cached",
    "other-model",
    "no-done",
    "ignores-stream",
    "no-usage",
    "no-stream-options",
    "prudish",
    "400-on-schema",
    "500-on-schema",
    "fenced",
    "prose",
    "thinking",
    "extra-keys",
    "reply-first",
]


@pytest.mark.parametrize("tier", range(3), ids=TIERS)
@pytest.mark.parametrize(("name", "why"), FAULTS)
async def test_a_fault(gateway, fakellm, name, why, tier):
    below = [""] * tier
    faulty = ladder(fakellm, *below, name, **LIMITS.get(why, {}))
    watched = Watched()
    found = await go(gateway, [*faulty, *ladder(fakellm, "", *below, "good")], watched)
    assert whys(found) == [(TIERS[tier].value, why)]
    is_answer = why not in set(Outcome)
    assert watched.rows[0] == (name, "ok" if is_answer else why, "")
    assert watched.shown == [] or watched.shown[-1][0] > 1
    if tier == 2:
        assert found.said is None
        assert found.why == why
        assert watched.shown == [] or watched.shown[-1][1] == ""
    else:
        assert found.said.reply == REPLY
        assert found.said.step.tier is TIERS[tier + 1]
        assert watched.rows[1:] == [("good", "ok", why)]


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_is_no_fault(gateway, fakellm, name):
    found = await go(gateway, ladder(fakellm, name, "good~other"))
    assert found.handed == ()
    assert found.said.reply == REPLY


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://127.0.0.1:9/v1", "unreachable"), ("http://10.1.2.3/v1", "blocked")],
)
async def test_a_server_that_is_not_there(gateway, fakellm, url, why):
    steps = [*ladder(url, "good"), *ladder(fakellm, "", "good")]
    watched = Watched()
    found = await go(gateway, steps, watched)
    assert whys(found) == [("local", why)]
    assert watched.tried[0].sent == ()
    assert found.said.reply == REPLY


async def test_a_visitor_whose_lines_are_refused_takes_the_model_from_nobody(gateway, fakellm):
    steps = ladder(fakellm, "prudish", way=Way.JSON_SCHEMA)
    for _ in range(2 * FAILURES):
        found = await go(gateway, steps, about=told("Something taboo?"), asker="one")
        assert whys(found) == [("local", "bad_request")]
    assert (await go(gateway, steps, asker="another")).said


async def test_reasons_are_plain_and_hold_nothing_of_what_was_said(gateway, fakellm):
    hanging = ladder(fakellm, "", "", "hang", **LIMITS["first_token"])
    steps = [*ladder(fakellm, "500", "wrong-types"), *hanging]
    found = await go(gateway, steps)
    written = json.dumps([one.stored() for one in found.handed])
    assert "parcel" not in written
    assert "sk-fake" not in written
    assert PASSAGE.title not in written
