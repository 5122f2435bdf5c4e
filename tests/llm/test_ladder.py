"""Which model answers a turn: the order, what hands it on, what ends it."""

import asyncio
import os
import time
from datetime import date
from decimal import Decimal

import pytest

from apps.engine.commands import AskFaq, Courtesy, SmallTalk, StartFlow, WantHuman
from apps.engine.flows import FlowSpec
from apps.engine.types import ActiveFlow
from apps.llm import prompts
from apps.llm.breaker import Breakers
from apps.llm.caps import Account, Caps, Spent
from apps.llm.gateway import Gateway
from apps.llm.ladder import climb
from apps.llm.values import Tier
from tests.llm.asked import LOOPBACK, QUESTION, REPLY, endpoint
from tests.llm.climbs import Watched, go, ladder, terms, told, whys

RETURN = FlowSpec(key="return", version=1, names={"en": "Return"})
RETURN_OPEN = ActiveFlow("return", 1, confirmation="c1")


def said(**values):
    """What a model says, for the fake to repeat."""
    whole = {"why": "", "cmds": [], "enough": True, "cites": ["1"], "conf": "high", "reply": REPLY}
    return whole | values


def cmd(op, key="", val=""):
    return {"op": op, "key": key, "val": val}


async def test_the_first_model_that_may_answer_does(gateway, fakellm):
    watched = Watched()
    found = await go(gateway, ladder(fakellm, "good", "other-model"), watched)
    assert found.said.reply == REPLY
    assert found.said.cited == (0,)
    assert found.said.commands == (AskFaq(QUESTION),)
    assert found.said.step.tier is Tier.LOCAL
    assert found.said.prompt_version == prompts.VERSION
    assert (found.said.confidence, found.said.badge) == (0.92, "default")
    assert found.handed == ()
    assert found.why is None
    assert watched.rows == [("good", "ok", "")]
    assert fakellm.calls("other-model") == []


async def test_without_a_model_there_is_no_answer_and_nothing_to_blame(gateway):
    found = await go(gateway, [])
    assert (found.said, found.handed, found.why) == (None, (), None)


async def test_each_model_says_why_it_passed_the_turn_on(gateway, fakellm):
    watched = Watched()
    found = await go(gateway, ladder(fakellm, "invents-amount", "500", "good"), watched)
    assert found.said.step.tier is Tier.LAST_RESORT
    assert found.said.attempt == 3
    assert whys(found) == [("local", "not_grounded"), ("cloud", "server_error")]
    assert found.handed[0].stored() == {
        "tier": "local",
        "model": "invents-amount",
        "why": "not_grounded",
        "facts": {"faults": [["amount", "¥483.27"]]},
    }
    assert watched.rows == [
        ("invents-amount", "ok", ""),
        ("500", "server_error", "not_grounded"),
        ("good", "ok", "server_error"),
    ]
    assert [one.number for one in watched.tried] == [1, 2, 3]


async def test_no_larger_model_is_asked_for_knowledge(gateway, fakellm):
    found = await go(gateway, ladder(fakellm, "unsure", "good"))
    assert found.said is None
    assert found.why == "no_knowledge"
    assert fakellm.calls("good") == []


async def test_what_a_model_is_not_sure_of_goes_further_up(gateway, fakellm):
    fakellm.script("scripted", said(conf="low"))
    found = await go(gateway, ladder(fakellm, "scripted", "good"))
    assert whys(found) == [("local", "low_confidence")]
    assert found.handed[0].facts == {"confidence": 0.6, "threshold": 0.78}
    assert found.said.step.tier is Tier.CLOUD


async def test_an_answer_that_was_not_taken_is_booked_with_its_reason(gateway, fakellm):
    fakellm.script("scripted", said(conf="low"))
    watched = Watched()
    await go(gateway, ladder(fakellm, "scripted", "good"), watched)
    first, second = watched.tried
    kept = first.rejected.stored()
    assert kept.pop("content") == said(conf="low")["reply"]
    assert kept == {
        "role": "rejected",
        "why": "low_confidence",
        "confidence": 0.6,
        "threshold": 0.78,
    }
    assert second.rejected is None


async def test_a_high_risk_needs_the_higher_cut(gateway, fakellm):
    fakellm.script("scripted", said(conf="mid"), said(conf="mid"))
    steps = ladder(fakellm, "scripted")
    assert (await go(gateway, steps)).said.confidence == 0.84
    assert (await go(gateway, steps, high_risk=True)).why == "low_confidence"


async def test_the_last_resort_is_for_high_value_only(gateway, fakellm):
    steps = ladder(fakellm, "500", "500~b", "good")
    assert whys(await go(gateway, steps, high_value=False))[-1] == ("cloud", "server_error")
    assert fakellm.calls("good") == []
    assert (await go(gateway, steps, high_value=True)).said.step.tier is Tier.LAST_RESORT


@pytest.mark.parametrize(
    ("cmds", "expected"),
    [
        ([cmd("start", "return")], (StartFlow("return"),)),
        ([cmd("chitchat", "thanks")], (SmallTalk(Courtesy.THANKS),)),
        ([cmd("human")], (WantHuman(),)),
    ],
)
async def test_commands_need_no_knowledge(gateway, fakellm, cmds, expected):
    """And a reply that came with them says nothing without it."""
    fakellm.script("scripted", said(cmds=cmds, enough=False, cites=["9"], reply="Done for 5 EUR."))
    found = await go(gateway, ladder(fakellm, "scripted"), about=told(flows=[RETURN]))
    assert found.said.commands == expected
    assert found.said.reply == ""
    assert found.said.cited == ()


async def test_a_command_that_a_model_is_not_sure_of_goes_further_up(gateway, fakellm):
    doubtful = said(cmds=[cmd("start", "return")], enough=False, conf="low", reply="")
    fakellm.script("scripted", doubtful)
    found = await go(gateway, ladder(fakellm, "scripted"), about=told(flows=[RETURN]))
    assert found.why == "low_confidence"
    fakellm.script("scripted", doubtful | {"cmds": [cmd("human")]})
    found = await go(gateway, ladder(fakellm, "scripted"), about=told(flows=[RETURN]))
    assert found.said.commands == (WantHuman(),)


async def test_a_doubtful_reply_beside_a_command_is_left_out(gateway, fakellm):
    start = cmd("start", "return")
    steps, about = ladder(fakellm, "scripted"), told(flows=[RETURN])
    fakellm.script("scripted", said(cmds=[start], cites=[], reply="Gladly, let us begin there."))
    found = await go(gateway, steps, about=about)
    assert (found.said.commands, found.said.reply) == ((StartFlow("return"),), "")
    fakellm.script("scripted", said(cmds=[start]))
    found = await go(gateway, steps, about=about)
    assert (found.said.reply, found.said.cited) == (REPLY, (0,))
    fakellm.script("scripted", said(cmds=[start], cites=[], reply="That costs 5 EUR."))
    assert (await go(gateway, steps, about=about)).why == "not_grounded"


async def test_a_courtesy_is_no_answer_to_a_question_beside_it(gateway, fakellm):
    both = [cmd("chitchat", "thanks"), cmd("ask_kb")]
    fakellm.script("scripted", said(cmds=both, enough=False, reply=""))
    assert (await go(gateway, ladder(fakellm, "scripted"))).why == "no_knowledge"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said(reply=""), "nothing_said"),
        (said(cites=["9"]), "not_grounded"),
        (said(reply="Within 60 days of its arrival you may return a parcel."), "not_grounded"),
        (said(reply="您可以在收到包裹后退货，没有问题。"), "wrong_language"),
        (said(cites=[]), "low_confidence"),
        (said(cites=["2"]), "low_confidence"),
        (said(reply="The moon is made of green cheese and honey."), "low_confidence"),
        (said(cmds=[cmd("yes"), cmd("no")], reply=""), "contrary"),
    ],
)
async def test_what_is_not_said(gateway, fakellm, answer, why):
    fakellm.script("scripted", answer)
    about = told(flows=[RETURN], active=RETURN_OPEN)
    found = await go(gateway, ladder(fakellm, "scripted", "good"), about=about)
    assert whys(found) == [("local", why)]
    assert found.said.step.tier is Tier.CLOUD


async def test_facts_of_an_action_carry_an_answer_of_their_own(gateway, fakellm):
    fakellm.script("scripted", said(cites=[], reply="Your parcel is at the post office."))
    about = told("Where is it?", facts=[("status", "The parcel is at the post office")])
    found = await go(gateway, ladder(fakellm, "scripted"), about=about)
    assert found.said.confidence == 0.86


class TestLimits:
    async def test_a_weaker_model_must_be_sure_when_a_limit_kept_the_stronger_away(
        self, gateway, fakellm
    ):
        strong = endpoint(fakellm, "good", tier=Tier.CLOUD, tokens_per_minute=100)
        weak = endpoint(fakellm, "scripted", tier=Tier.CLOUD)
        await go(gateway, [strong])
        fakellm.script("scripted", said(conf="mid"), said(conf="high"))
        watched = Watched()
        found = await go(gateway, [strong, weak], watched)
        assert whys(found) == [("cloud", "quota"), ("cloud", "weaker")]
        assert watched.shown == []
        assert watched.rows == [("good", "quota", ""), ("scripted", "ok", "quota")]
        assert (await go(gateway, [strong, weak])).said.step is weak

    async def test_a_stronger_model_needs_no_more_than_ever(self, gateway, fakellm):
        full = endpoint(fakellm, "good", tokens_per_minute=100)
        await go(gateway, [full])
        fakellm.script("scripted", said(conf="mid"))
        found = await go(gateway, [full, endpoint(fakellm, "scripted", tier=Tier.CLOUD)])
        assert whys(found) == [("local", "quota")]
        assert found.said.confidence == 0.84

    async def test_a_failure_is_no_limit(self, gateway, fakellm):
        fakellm.script("scripted", said(conf="mid"))
        steps = [endpoint(fakellm, name, tier=Tier.CLOUD) for name in ("500", "scripted")]
        assert (await go(gateway, steps)).said.confidence == 0.84

    async def test_a_cap_leaves_the_local_models(self, gateway, fakellm):
        caps = Caps(chat=Decimal(1), currency="USD")
        watched = Watched(spent=Spent(chat=Decimal(1)))
        found = await go(gateway, ladder(fakellm, "500", "good", "good~b"), watched, caps=caps)
        assert whys(found)[1:] == [("cloud", "cap"), ("last_resort", "cap")]
        assert found.handed[1].facts == {"cap": "chat"}
        assert watched.rows[1:] == [("good", "cap", "server_error"), ("good~b", "cap", "cap")]
        assert watched.looked == 1
        assert fakellm.calls("good") == []

    async def test_a_cap_that_cannot_be_looked_up_is_reached(self, gateway, fakellm):
        looked = []

        async def away():
            looked.append(True)
            raise OSError("no database")

        ports = Watched().ports(spent=away)
        caps = terms(caps=Caps(chat=Decimal(1), currency="USD"))
        found = await climb(gateway, ladder(fakellm, "500", "good", "good"), told(), caps, ports)
        assert whys(found)[1:] == [("cloud", "cap"), ("last_resort", "cap")]
        assert looked == [True], "once: a frozen database takes its time"
        found = await climb(gateway, ladder(fakellm, "good", "good"), told(), caps, ports)
        assert found.said.step.tier is Tier.LOCAL

    async def test_a_day_is_not_overdrawn_by_turns_at_once(self, gateway, fakellm):
        """Their rows are written later, and all of them have read the same sum."""
        day = Account(time.time_ns(), date(2026, 1, 1), "USD")
        caps, spent = Caps(day=Decimal(1), currency="USD"), Spent(account=day)
        paid = {"price_in": Decimal(10), "price_out": Decimal(10), "currency": "USD"}
        steps = ladder(fakellm, "", "good-200ms", **paid)
        async with Gateway(os.environ["REDIS_URL"], LOOPBACK) as other:
            found = await asyncio.gather(
                *(go(each, steps, Watched(spent=spent), caps=caps) for each in [gateway, other] * 7)
            )
            assert sum(one.said is not None for one in found) == 1
            assert len(fakellm.calls()) == 1
            again = await go(other, steps, Watched(spent=spent), caps=caps)
        assert whys(again) == [("cloud", "cap")], "also when it is over"
        assert again.handed[0].facts == {"cap": "day"}

    @pytest.mark.parametrize("caps", [Caps(), Caps(day=Decimal(2), currency="USD")])
    async def test_below_a_cap_the_cloud_is_asked(self, gateway, fakellm, caps):
        watched = Watched(spent=Spent(day=Decimal("1.99")))
        found = await go(gateway, ladder(fakellm, "", "good"), watched, caps=caps)
        assert found.said
        assert watched.looked == bool(caps)

    async def test_what_this_turn_has_cost_counts(self, gateway, fakellm):
        caps = Caps(day=Decimal("0.1"), currency="USD")
        paid = {"price_in": Decimal(1), "price_out": Decimal(1), "currency": "USD"}
        steps = ladder(fakellm, "", "invents-url", "good", **paid)
        found = await go(gateway, steps, caps=caps)
        assert whys(found) == [("cloud", "not_grounded"), ("last_resort", "cap")]
        assert found.handed[1].facts == {"cap": "day"}

    async def test_with_every_breaker_open_nobody_waits(self, gateway, fakellm):
        steps = ladder(fakellm, "404", "404~b", "404~c")
        await go(gateway, steps)
        fakellm.forget()
        watched = Watched()
        found = await go(gateway, steps, watched)
        assert [why for _tier, why in whys(found)] == ["breaker"] * 3
        assert [one.sent for one in watched.tried] == [()] * 3
        assert watched.paused == []
        assert fakellm.calls() == []


class TestPauses:
    def clocked(self, gateway, watched):
        """Its breakers go by the turn's clock."""
        gateway._breakers = Breakers(lambda: 1_000 - watched.seconds)
        return gateway

    async def test_a_provider_that_asks_for_a_moment_gets_one(self, gateway, fakellm):
        watched = Watched()
        steps = ladder(fakellm, "", "429-3", "good")
        found = await go(self.clocked(gateway, watched), steps, watched)
        assert watched.paused == [3.0]
        assert whys(found) == [("cloud", "rate_limited")]
        assert watched.rows == [
            ("429-3", "rate_limited", ""),
            ("429-3", "rate_limited", "rate_limited"),
            ("good", "ok", "rate_limited"),
        ]

    async def test_only_once_in_a_turn(self, gateway, fakellm):
        watched = Watched()
        steps = ladder(fakellm, "429-3", "429-3~b")
        found = await go(self.clocked(gateway, watched), steps, watched)
        assert watched.paused == [3.0]
        assert found.said is None
        assert len(watched.rows) == 3

    @pytest.mark.parametrize(
        ("names", "seconds", "paused"),
        [
            (("429-3600", "good"), 30.0, []),
            (("429-20", "good"), 30.0, []),
            (("429-20",), 30.0, [20.0]),
            (("429-20",), 27.9, []),
            (("429",), 30.0, []),
            (("503-5", "good"), 30.0, [5.0]),
            (("500", "good"), 30.0, []),
        ],
    )
    async def test_as_long_as_there_is_time(self, gateway, fakellm, names, seconds, paused):
        watched = Watched(seconds)
        await go(self.clocked(gateway, watched), ladder(fakellm, *names), watched)
        assert watched.paused == paused
