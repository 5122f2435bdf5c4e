"""A yes that waits for the proof stands only behind lines that were asked for."""

from dataclasses import replace

import pytest

from apps.engine.events import Act, Remember, Reply, Say
from apps.engine.flows import FlowSpec, Option, SlotKind
from apps.engine.types import ActiveFlow, Memory, Mode, Snapshot
from tests.engine.standard import BOOK, spec
from tests.engine.test_consent import acts, card, played, said


def agreed(flow: str, proof: str = "phone_tail") -> Snapshot:
    """A session in which the card was said yes to, and the proof asked for."""
    shown = card(flow, proof="")
    assert shown.memory.active
    active = replace(shown.memory.active, agreed=True, pending=proof)
    return replace(shown, memory=Memory(active=active))


def after(events: list[object], snapshot: Snapshot) -> ActiveFlow | None:
    found = [event.memory.active for event in events if isinstance(event, Remember)]
    return found[-1] if found else snapshot.memory.active


def takes_back(line: str, snapshot: Snapshot) -> bool:
    events = played(snapshot, line)
    active = after(events, snapshot)
    return not acts(events) and (active is None or not (active.agreed or active.running))


@pytest.mark.parametrize(
    "line",
    [
        *("2567", "2567.", "it's 2567", "It is 2567, thanks", "here you go: 2567"),
        *("yes, 2567", "ok 2567 please", "2567, yes please", "2567 👍", "sure, it ends in 2567"),
        *("the last four digits are 2567", "my phone number ends in 2567", "ending in 2567"),
        *("last 4 digits of my phone: 2567", "mobile 2567", "my number is 13800002567"),
        *("尾号2567", "好的，2567", "是2567", "手机尾号是2567", "我的手机号后四位是2567，谢谢"),
        *("2567，麻烦了", "后四位：2567", "嗯，2567", "１２３４", "13800002567", "尾号 2567 退吧"),
        *("yes, go ahead, 2567", "2567 for order W1234567"),
    ],
)
def test_the_proof_alone_is_enough(line):
    assert acts(played(agreed("return"), line)), line


@pytest.mark.parametrize(
    "line",
    [
        *("2567 but wait, please don't return it yet", "why do you need 4831", "not 2567", "2567?"),
        *("尾号2567，先别取消", "4831\nwait, don't return it yet", "wait\n2567", "2567\n不退了"),
        *("算了，2567", "hold on, 2567", "my phone does not end in 2567", "I paid 2567 for it"),
        *("2567 only if it is free", "2567 is it free", "no 2567", "no, it's 2567", "2567 no wait"),
        *(
            "2567 can I still change my mind",
            "2567, but I'd rather keep it",
            "2567 tomorrow please",
        ),
        *("what if it is 2567", "is it 2567", "2567 right", "it's not 2567", "2567 not sure"),
        *(
            "I'm not sure, maybe 2567",
            "我不确定，可能是2567",
            "2567，我再想想",
            "2567 但是只退一半",
        ),
        *("不退了 2567", "2567 换成换货", "总共2567元", "the year 2567", "2567 keep it", "2567 ❌"),
        *(
            "13800002567不要退",
            "2567, if the refund is full",
            "2567 or 4831",
            "2567吧",
            "2567 对吗",
        ),
        *("2567 and thanks for nothing", "2567 return it later", "2567 继续我的订单", "¬2567"),
    ],
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_the_proof_with_more_beside_it_takes_the_yes_back(line, flow):
    assert takes_back(line, agreed(flow))


@pytest.mark.parametrize(
    "line",
    [
        *("I'd rather keep it", "undo", "take it back", "I take back my yes", "absolutely not"),
        *("反悔了", "撤销", "我不同意", "I changed my mind", "我后悔了", "that was a mistake"),
        *(
            "I said yes by mistake",
            "wait",
            "hold on",
            "先别退",
            "等等",
            "not yet",
            "it works again",
        ),
        *(
            "what happens if I do that",
            "I still want the order",
            "我还要这个订单",
            "please do nothing",
        ),
        *(
            "no thanks",
            "bye",
            "没事了",
            "not sure",
            "没有",
            "cancel",
            "zyx",
            "two five",
            "return it",
        ),
        *(
            "where is my order?",
            "how long does it take?",
            "can I still change my mind?",
            "exchange it",
        ),
        *("don't cancel my order", "please keep my order", "不取消了", "点错了", "i refuse"),
    ],
)
@pytest.mark.parametrize("flow", ["return", "cancel"])
def test_a_line_without_the_proof_takes_the_yes_back(line, flow):
    assert takes_back(line, agreed(flow))


@pytest.mark.parametrize(
    "line",
    [
        *("yes", "ok", "yes please", "好的", "thanks", "hello", "谢谢", "256", "尾号256", "25678"),
        *(
            "I don't have it",
            "I don't know",
            "忘了",
            "where do I find the number?",
            "在哪里看号码？",
        ),
    ],
)
def test_what_was_asked_for_leaves_the_yes(line):
    snapshot = agreed("return")
    events = played(snapshot, line)
    active = after(events, snapshot)
    assert not acts(events)
    assert active is not None
    assert (active.agreed, active.pending) == (True, "phone_tail")


def test_the_card_is_shown_again_with_the_proof_on_it():
    events = played(agreed("return"), "2567 but only if it is free")
    assert said(events) == [Say.JUST_YES, Say.CONFIRM]
    (shown,) = (part for one in events if isinstance(one, Reply) for part in one.parts[1:])
    assert shown.candidates == ()
    again = replace(agreed("return"), memory=Memory(active=after(events, agreed("return"))))
    (act,) = (one for one in played(again, "yes") if isinstance(one, Act))
    assert act.slots["phone_tail"].value == "2567"


def test_an_answer_brings_the_card_behind_it():
    assert said(played(agreed("return"), "how long does it take?"))[-1] is Say.CONFIRM


@pytest.mark.parametrize("kind", [SlotKind.TEXT, SlotKind.CHOICE])
def test_a_proof_in_free_words_holds_nothing_back(kind):
    options = (Option(value="ten", labels={"en": "EC1A"}),) if kind is SlotKind.CHOICE else ()
    code = spec(kind, "code", proof=True, options=options)
    plain = BOOK.by_key["cancel"]
    flow = FlowSpec(**plain.model_dump() | {"slots": (*plain.slots[:1], code)})
    snapshot = replace(agreed("cancel", "code"), book=replace(BOOK, flows=(flow,)))
    assert acts(played(snapshot, "EC1A"))
    for line in ("EC1A, but do not do it", "EC1A, wait", "is it EC1A?"):
        assert takes_back(line, snapshot), line


def test_who_took_leave_is_shown_the_card_before_a_yes_counts():
    snapshot = agreed("return")
    events = played(snapshot, "bye")
    again = replace(snapshot, memory=Memory(active=after(events, snapshot)))
    events = played(again, "yes")
    assert said(events) == [Say.CONFIRM]


def test_who_waits_for_a_person_is_answered_once():
    events = played(replace(agreed("return"), mode=Mode.QUEUED), "bye")
    assert said(events) == [Say.FAREWELL]
