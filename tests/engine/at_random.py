"""What is said to the talks at random: lines, values, and commands as understanding gives them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from apps.engine import turn
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Command,
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
from apps.engine.events import Event, NeedModel, Proposal, Search
from apps.engine.types import Passage, Snapshot
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
# Words or signs beside a yes that make it none.
BESIDE_THE_POINT = (
    *("yes, reject the return", "yes, postpone the return", "yes, return the other one"),
    *("yes return half of it", "yes, return it next week", "yes returning was a mistake"),
    *("yes return nothing", "yes return it to me", "yes return only one of them", "yes do it no"),
    *("yes return it for store credit", "ok return my money", "yes I oppose the return"),
    *("yes delete my return", "yes the return is a joke", "ok I regret the return"),
    *(
        "yes return the return",
        "yes cancel tomorrow",
        "ok cancel nothing",
        "yes cancel the other order",
    ),
    *("yes cancel the cancellation", "ok cancel the request", "yes cancel the cancel"),
    *("好的，撤回退货", "退货作废", "确认退货作废", "我反悔退货", "是的我反悔退货", "退货缓一缓"),
    *("好的退货缓一缓", "确认，明天退货", "可以退货一半", "好的撤销取消", "好的取消另一个"),
    *("好的取消取消", "确认取消申请", "好的退货过几天", "嗯退货给我换新", "确认退货下周"),
    *("ok i see", "ok hello", "yeah right", "yeah, right", "ok sorry", "ok actually", "ok and"),
    *("是吧", "对吧", "好了", "对了", "行不行", "好不好", "我想想", "yes or no", "yes/no", "y/n"),
    *("👎 ok", "好的❌", "¬yes", "!yes", "≠ yes", "✋ ok", "🖕 yes", "[ ] yes", "☐ yes", "sure 🙄"),
    *(
        "y\u0336e\u0336s\u0336",
        "yes\u20e0",
        "yes ❓",
        "yes ❔",
        "yes؟",
        "yes⸮",
        "ok‽",
        "¿yes",
        "yes︖",
    ),
    *("\u202eyes", "y\u200bes", "yes 🙅", "❌ yes", "ok 🤔", "'yes'", "🏻 yes", "\ufe0f yes"),
)
AGREED = (
    *("yes", "Yes please", "yes, go ahead", "ok do it", "yes, return it please", "OK, go ahead."),
    *("yes that's right", "correct, thanks", "sure!", "YES!!!", "yes…", "ｙｅｓ"),
    *("yes, please proceed with the return.", "yes I want to return it", "ok then", "I agree"),
    *("yes, do it now please", "yes — go ahead", "yes, for order W1234567", "perfect, thank you"),
    *(
        "好的，退吧",
        "确认退货",
        "可以，办吧",
        "对，就这样",
        "嗯嗯好的",
        "没问题",
        "好的，谢谢，退货",
        "是的",
    ),
    *(
        "是的，我要退货",
        "好的，帮我办理一下，谢谢",
        "可以，退了吧",
        "提交吧",
        "對，就這樣",
        "好的好的",
        "ok的",
    ),
    *("👍", "👌🏽", "✅", "好的👍🏿", "yes ❤️", "🙏 ok", "ok 😊", "yes 💯", "✔️ yes"),
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
    *BESIDE_THE_POINT,
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
    (StartFlow("status"),),
    (StartFlow("return"), SetSlot("reason", "broken")),
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

# No line of a visitor's, so that no card is agreed to: only a model has anything to say to it.
RIDDLE = "the moon is made of green paper"


def played(
    snapshot: Snapshot,
    line: str,
    commands: Sequence[Command],
    found: tuple[Passage, ...],
    proposal: Proposal | None = None,
) -> list[Event]:
    events: list[Event] = []
    steps = turn.run(snapshot, line, commands)
    answer: tuple[Passage, ...] | Proposal | None = None
    while True:
        try:
            event = steps.send(answer)
        except StopIteration:
            return events
        match event:
            case Search():
                answer = found
            case NeedModel():
                answer = proposal
            case _:
                answer = None
                events.append(event)
