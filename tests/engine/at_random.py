"""What is said to the talks at random: lines, values, and commands as understanding gives them."""

from hypothesis import strategies as st

from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    CorrectSlot,
    Courtesy,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    Stale,
    StartFlow,
    Unfit,
    WantBot,
    WantHuman,
)
from apps.engine.types import Passage
from tests.engine.shop import BOOK

# Each begins with a yes.
TAKEN_BACK = (
    *(
        "嗯，算了",
        "好，停",
        "是的，错了",
        "好的，放弃吧",
        "嗯，我想想",
        "right, forget it",
        "嗯算了",
    ),
    *("yes, abort", "yes, hang on", "ok, keep it", "yes, whatever", "好的放弃退货", "ok wait"),
)
LINES = (
    "我昨天买的耳机想退，订单 202580668968，左耳没声音",
    "我要退",
    "cancel my order 202580668968 please",
    "where is my order",
    "202580668968",
    "202580668968 or 202580668969",
    "2567",
    "yes",
    "是的",
    "no",
    "不对",
    "算了",
    "never mind",
    "ok",
    *TAKEN_BACK,
    "thanks",
    "bye",
    "I don't have it",
    "不是这个订单，是202580668969",
    "what is the weather in Paris",
    "how long does a refund take?",
    "<script>alert(1)</script>",
    "agent",
    "continue with the bot",
    "tomorrow",
    "next Blursday",
    "１２３，４５６元",
    "",
    "😀",
)
SLOTS = ("order_id", "reason", "note", "phone_tail", "day", "amount", "strange", "email")
VALUES = (
    "202580668968",
    "202580668969",
    "broken",
    "unwanted",
    "2567",
    "2026-11-25",
    "1999-01-01",
    "50",
    "5000",
    "",
    "x" * 600,
    "<b>",
)
FLOWS = (*BOOK.by_key, "gone")
slots, values = st.sampled_from(SLOTS), st.sampled_from(VALUES)
passages = st.lists(
    st.builds(
        Passage,
        id=st.sampled_from("abc"),
        title=st.just("t"),
        text=st.just("t"),
        confidence=st.sampled_from((0.1, 0.5, 0.75, 0.95)),
        high_risk=st.sampled_from((False, False, False, True)),
    ),
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda one: -one.confidence)))
plain = st.one_of(
    st.builds(StartFlow, st.sampled_from(FLOWS), st.sampled_from((0.3, 0.6, 1.0))),
    st.builds(SetSlot, slots, values, st.sampled_from(("", "said")), st.just(0), st.integers(0, 1)),
    st.builds(CorrectSlot, slots, values),
    st.builds(Unfit, slots, st.sampled_from(("shape", "several", "wrong")), st.just(("a", "b"))),
    st.builds(Lack),
    st.builds(Affirm),
    st.builds(Deny),
    st.builds(Stale),
    st.builds(CancelFlow),
    st.builds(AskFaq, st.sampled_from(LINES)),
    st.builds(SmallTalk, st.sampled_from(Courtesy)),
)
# What a visitor would do who wants to get there: without them hardly any run reaches an action.
ON_THE_WAY = (
    (StartFlow("return"), SetSlot("order_id", "202580668968"), SetSlot("reason", "broken")),
    (StartFlow("cancel_order"), SetSlot("order_id", "202580668968")),
    (StartFlow("pickup"), SetSlot("day", "2026-11-25")),
    (StartFlow("refund"), SetSlot("amount", "50")),
    (StartFlow("status"), SetSlot("order_id", "202580668968"), SetSlot("phone_tail", "2567")),
    (Affirm(),),
    (Affirm(), SetSlot("phone_tail", "2567")),
    (SetSlot("phone_tail", "2567"),),
    (SetSlot("order_id", "202580668969"),),
    (CorrectSlot("order_id", "202580668968"),),
    (Affirm(), CorrectSlot("order_id", "202580668969")),
    (SetSlot("reason", "unwanted"), Affirm()),
    (Deny(),),
)
# Rare, or most talks would be spent waiting.
TO_AND_FRO = ((WantHuman(),), (WantBot(),), (SetSlot("order_id", "202580668968"), WantHuman()))
