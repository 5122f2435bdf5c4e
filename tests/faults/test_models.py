"""Models that fail: the next one answers, or a person gets the question, and nobody waits in silence."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.faults import raw
from tests.faults.models import asked
from tests.faults.shop import LONG, UNKNOWN, near
from tests.faults.waiting import until
from tests.stack import free_port

pytestmark = pytest.mark.stack

# Of a model that would keep everybody waiting the limit that is tried, in seconds. Its others are
# long, so that a slow machine meets this one first.
LIMIT_S = 1.0
NEXT_S = 40.0
LONG_TIMES = {"first_token_s": NEXT_S, "gap_s": NEXT_S, "deadline_s": NEXT_S + 5}
FIRST_TOKEN, GAP = ({**LONG_TIMES, name: LIMIT_S} for name in ("first_token_s", "gap_s"))
DEADLINE = {**LONG_TIMES, "deadline_s": LIMIT_S}
CLOSED = "closed"


@dataclass(frozen=True)
class Fault:
    """By its number: the model, how its calls end, how many requests they are and with which times."""

    number: int
    name: str
    outcomes: list[str]
    requests: int
    times: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"F{self.number}-{self.name}"


# A server that fails with 500 may mean the form that is asked for: each of the four ways is tried.
FAULTS = [
    Fault(37, CLOSED, ["unreachable"], 0),
    Fault(38, "hang", ["first_token"], 1, FIRST_TOKEN),
    Fault(38, "stall", ["gap"], 1, GAP),
    Fault(39, "one-by-one-50ms", ["deadline"], 1, DEADLINE),
    Fault(39, "drip-20ms", ["deadline"], 1, DEADLINE),
    Fault(40, "cut", ["cut"], 1),
    Fault(40, "cut-clean", ["cut"], 1),
    Fault(41, "429-3", ["rate_limited", "rate_limited"], 2),
    Fault(41, "429-3600", ["rate_limited"], 1),
    Fault(42, "500", ["server_error"], 4),
    Fault(42, "502-html", ["server_error"], 1),
    Fault(42, "401", ["auth"], 1),
    Fault(43, "malformed-json", ["bad_output"], 2),
    Fault(43, "empty-choices", ["bad_output"], 2),
    Fault(43, "wrong-types", ["bad_output"], 2),
    Fault(43, "nan", ["bad_output"], 2),
    Fault(43, "invalid-utf8", ["bad_output"], 2),
    Fault(43, "unknown-finish", ["bad_output"], 2),
    Fault(44, "huge", ["too_large"], 1),
]


@pytest.fixture(scope="module", autouse=True)
def crew(house, web):
    """A worker and the sweeper."""
    made = [house.worker(), house.sweeper()]
    yield
    for each in made:
        house.end(each)
    house.tidy()


def nowhere():
    """An address at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}/v1"


@pytest.fixture
async def broken(models, fakellm, fault):
    """Returns what makes its model the first, and what counts the requests that it has had."""
    answer = raw.ANSWERS.get(fault.name)
    if answer is None:

        async def make(*further):
            if fault.name == CLOSED:
                await models("good~closed", *further, url=nowhere())
            else:
                await models(fault.name, *further, **fault.times)

        yield make, lambda: len(fakellm.calls("good~closed")) + len(fakellm.calls(fault.name))
        return
    async with raw.raw_server(answer) as server:

        async def make_raw(*further):
            await models("raw", *further, url=server.base_url)

        yield make_raw, lambda: server.asked


def happened(fault, calls, requests):
    """That the calls met this fault, and ended by the limit that was tried."""
    assert [call.outcome for call in calls] == fault.outcomes
    assert requests == fault.requests
    if fault.times:
        assert LIMIT_S * 1000 - 50 <= calls[0].total_ms < NEXT_S * 1000, "not by the next limit"
    if len(calls) > 1:
        assert calls[1].at_s - calls[0].at_s >= 3, "as the provider wished"


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_with_one_model_a_person_gets_the_question(talk, teller, fakellm, broken, fault):
    """F37-F44: a notice and one ticket before the deadline, and nothing of a broken answer."""
    make, count = broken
    await make()
    visitor = await talk()
    await visitor.acked(UNKNOWN)
    told = await teller.over(visitor)
    assert (told.state, told.attempt, told.in_time, told.tickets) == ("fallback", 1, True, 1)
    assert (len(visitor.notices), visitor.replies) == (1, [])
    happened(fault, await teller.calls(told.turn, len(fault.outcomes)), count())
    if fault.times:
        # It would have kept us for ever, and it was we who hung up.
        await until(lambda: fakellm.calls(fault.name)[0]["gone"], "the model is left")


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_with_a_second_model_that_one_answers(talk, teller, broken, fault):
    """F37-F44: one reply by the second model, whole, and the reason why the first gave none."""
    make, count = broken
    await make("good")
    visitor = await talk()
    await visitor.acked(near())
    told = await teller.over(visitor)
    assert (told.state, told.attempt, told.answered, told.in_time) == ("done", 1, "good", True)
    assert (visitor.replies, visitor.notices, told.tickets) == ([LONG], [], 0)
    *calls, last = await teller.calls(told.turn, len(fault.outcomes) + 1)
    happened(fault, calls, count())
    assert (last.outcome, last.why) == ("ok", fault.outcomes[-1]), "why the second was asked"


async def test_an_answer_that_holds_after_one_repair_is_given(talk, teller, models, fakellm):
    """F43: nobody sees what was broken."""
    whole = {"why": "", "cmds": [], "enough": True, "cites": ["1"], "conf": "high", "reply": LONG}
    fakellm.script("scripted", raw.HALF, whole)
    await models("scripted")
    visitor = await talk()
    await visitor.acked(near())
    told = await teller.over(visitor)
    assert (told.state, told.answered, visitor.replies) == ("done", "scripted", [LONG])
    assert [call.outcome for call in await teller.calls(told.turn, 1)] == ["ok"]
    assert len(fakellm.calls("scripted")) == 2


async def test_a_silent_model_keeps_only_its_own_visitor_waiting(talk, teller, models, fakellm):
    """F38: others are answered meanwhile, and a "stop" ends it."""
    await models("hang", **LONG_TIMES)
    waiting = await talk()
    await waiting.acked(near())
    await asked(fakellm, "hang")
    await models("good")
    others = await asyncio.gather(*(talk() for _ in range(5)))
    for other in others:
        await other.acked(near())
        assert (await teller.over(other)).answered == "good"
    assert (teller.turn(waiting).state, waiting.replies) == ("running", [])
    await waiting.write(type="stop")
    assert (await teller.over(waiting)).state == "cancelled"
    await until(lambda: fakellm.calls("hang")[0]["gone"], "the model is left")
