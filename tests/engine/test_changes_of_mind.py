"""What a visitor means who names another flow, finds fault with a value, has enough, or types in a
hurry."""

import pytest

from apps.engine.commands import AskFaq, CancelFlow, Courtesy, SmallTalk, StartFlow, TakeBack
from apps.engine.reading import matcher
from apps.engine.slips import is_slip, slips
from apps.engine.types import ActiveFlow, Memory, Policy, SlotValue, Snapshot, State
from apps.engine.understand import understand
from tests.engine.standard import BOOK, TODAY, heard, inside, outside

ORDER = "202611010198"
TO_RETURN = ["CancelFlow", "StartFlow return", f"SetSlot order_id={ORDER}"]
TO_EXCHANGE = ["CancelFlow", "StartFlow exchange", f"SetSlot order_id={ORDER}"]
TO_CANCEL = ["CancelFlow", "StartFlow cancel", f"SetSlot order_id={ORDER}"]
TO_STATUS = ["CancelFlow", "StartFlow order_status", f"SetSlot order_id={ORDER}"]
GIVEN = [f"SetSlot order_id={ORDER}"]


# While a cancellation asks for its order number.
NUMBER_FOR = {
    f"{ORDER} 退货": TO_RETURN,
    f"退货 {ORDER}": TO_RETURN,
    f"return {ORDER}": TO_RETURN,
    f"I want to return {ORDER}": TO_RETURN,
    f"refund {ORDER} please": TO_RETURN,
    f"我想退掉{ORDER}": TO_RETURN,
    f"I'd like to exchange {ORDER}": TO_EXCHANGE,
    f"{ORDER} 我要换货": TO_EXCHANGE,
    f"查一下{ORDER}到哪了": TO_STATUS,
    f"my order is {ORDER}": GIVEN,
    f"track {ORDER}": TO_STATUS,
    f"order {ORDER}, the wrong colour, I ordered black": [*GIVEN, "SetSlot reason=wrong_item"],
    f"order number {ORDER}": GIVEN,
    f"订单号是{ORDER}": GIVEN,
    f"cancel {ORDER}": GIVEN,
    f"don't return it, cancel {ORDER}": GIVEN,
    f"不是退货，取消{ORDER}": GIVEN,
    f"should I return {ORDER} or exchange it": GIVEN,
    f"retrun {ORDER}": TO_RETURN,
}


@pytest.mark.parametrize(("line", "commands"), NUMBER_FOR.items())
def test_a_number_with_another_flows_wish_is_that_flows(line, commands):
    assert heard(line, inside("cancel", "order_id")) == commands


def test_a_lookup_takes_no_flow_away_that_holds_something():
    card = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert "CancelFlow" not in heard(f"查一下{ORDER}到哪了", card)


def test_a_number_for_another_flow_leaves_a_card_too():
    card = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert heard(f"取消{ORDER}这单", card) == TO_CANCEL


# What is said for a reason may sound like any wish.
WHY = {
    "I got the wrong one, I wanted the blue one": ["SetSlot reason=wrong_item"],
    "it stopped working after two days": ["SetSlot reason=not_working"],
    "等太久了，一直没到": ["SetSlot reason=late"],
    "I don't want it any more": ["SetSlot reason=no_longer_needed"],
    "收到的是假的": ["SetSlot reason=not_as_described"],
    "发错货了，给我换一个": ["CancelFlow", "StartFlow exchange", "SetSlot reason=wrong_item"],
    "假的吧": ["AskFaq 假的吧"],
    "不会吧": ["AskFaq 不会吧"],
    "seriously": ["AskFaq seriously"],
    "20261104oo17": ["CorrectSlot order_id=202611040017"],
    "never mind": ["CancelFlow"],
}


@pytest.mark.parametrize(("line", "commands"), WHY.items())
def test_a_reason_was_asked_for(line, commands):
    assert heard(line, inside("return", "reason", order_id="W1234567")) == commands


ANEW = """
换个原因|换一个原因|我想换个理由|改一下原因|原因错了|理由选错了|不是这个原因|选错原因了
|a different reason please|another reason|the reason is wrong|wrong reason|I picked the wrong reason
|that's not the reason|can I change the reason?|change the reason
"""
CORRECTED = {
    "actually it's the wrong size": "wrong_size",
    "actually it doesn't fit": "wrong_size",
    "it's not broken, it's too small": "wrong_size",
    "no, it was damaged when it came": "damaged",
    "sorry, I ordered it by mistake": "by_mistake",
    "其实不是坏了，是买错了": "by_mistake",
    "其实是尺码不对": "wrong_size",
    "是尺码问题，不是坏了": "wrong_size",
    "没坏，就是不想要了": "no_longer_needed",
    "应该是发错货了": "wrong_item",
    "原因改成买错了": "by_mistake",
}
SWITCHED = {
    "其实我要换货": [],
    "实际上我想换货": [],
    "改成换货": [],
    "应该是换货": [],
    "说错了，我要换货": [],
    "change it to an exchange": [],
    "actually, exchange please": [],
    "改成换黑色的": ["SetSlot wanted=黑色的"],
    "in fact I want to swap it for a new one": ["SetSlot wanted=a new one"],
}
ENOUGH = "不用了|不用啦|不必了|先不用了|不用了谢谢|no need|算了不退了"


def card():
    return inside("return", "", State.CONFIRM, order_id="W1234567", reason="not_working")


def each(table):
    return [line.strip() for line in table.split("|")]


@pytest.mark.parametrize("line", each(ANEW))
def test_a_reason_that_is_called_wrong_is_asked_for_anew(line):
    assert heard(line, card()) == ["Unfit reason wrong"]


@pytest.mark.parametrize(("line", "reason"), CORRECTED.items())
def test_another_reason_corrects_it(line, reason):
    assert heard(line, card()) == [f"CorrectSlot reason={reason}"]


@pytest.mark.parametrize(("line", "given"), SWITCHED.items())
def test_who_means_another_flow_gets_it_instead(line, given):
    assert heard(line, card()) == ["CancelFlow", "StartFlow exchange", *given]


@pytest.mark.parametrize("line", ["it's actually faulty", "其实就是没声音"])
def test_the_same_reason_once_more_is_no_other_wish(line):
    assert heard(line, card()) == ["StartFlow return"]


def test_another_flow_may_still_come_afterwards():
    assert heard("其实我还想再换一件", card()) == ["StartFlow exchange"]


OTHER_ORDER = """
another order|Another order please|no, a different order|it's for my other order|a different one|the other order
|I mean another order|另一个订单|换一个订单|不是这个订单|是另外一个订单|我说的是另一张订单|换个订单
"""
NO_OTHER_ORDER = """
I have another order coming|where is my other order|cancel the other order|what about another order?
"""


@pytest.mark.parametrize("line", each(OTHER_ORDER))
def test_who_means_another_order_is_asked_which(line):
    assert heard(line, card()) == ["Unfit order_id wrong"]


@pytest.mark.parametrize("line", each(NO_OTHER_ORDER))
def test_who_says_more_of_another_order_is_not(line):
    assert "Unfit order_id wrong" not in heard(line, card())


def test_another_order_is_no_answer_where_none_was_named():
    asked = inside("return", "order_id")
    assert "Unfit order_id wrong" not in heard("another order", asked)


@pytest.mark.parametrize("line", each(ENOUGH))
def test_who_has_enough_stops(line):
    assert heard(line, card()) == ["CancelFlow"]


@pytest.mark.parametrize("line", each("算了不换了|算了，不换了|不换了吧|forget it, no exchange"))
@pytest.mark.parametrize("pending", ["order_id", "reason", "wanted", ""])
def test_an_exchange_is_stopped(line, pending):
    state = State.COLLECT if pending else State.CONFIRM
    assert heard(line, inside("exchange", pending, state, order_id="W1234567")) == ["CancelFlow"]


DISMISSED = "belay that|算了|never mind|nope|no|nah|nvm|forget it|算了吧|没什么|不了|don't bother|no worries"


@pytest.mark.parametrize("line", each(DISMISSED))
def test_where_nothing_is_open_there_is_nothing_to_stop(line):
    assert understand(line, outside()) == [SmallTalk(Courtesy.ASSENT)]


@pytest.mark.parametrize("line", ["cancel", "取消", "stop", "none of my lamps, never mind those"])
def test_what_may_be_a_wish_is_none_to_dismiss(line):
    assert SmallTalk(Courtesy.ASSENT) not in understand(line, outside())


ENTRIES = ["东西啥时候能到", "where is my package right now", "start a return"]
SAME = "退货|我要退货|I want to return something|cancel my order|取消订单|exchange|换货|快递到哪了"


@pytest.mark.parametrize("line", ENTRIES)
def test_an_entrys_own_words_are_looked_for_where_a_wish_is_sure(line):
    start, question = understand(line, outside())
    assert isinstance(start, StartFlow)
    assert question == AskFaq(line, exact=True)


@pytest.mark.parametrize("line", each(SAME))
def test_what_says_the_same_as_an_example_is_the_flows(line):
    assert [type(one) for one in understand(line, outside())] == [StartFlow]


@pytest.mark.parametrize("line", ["delivery", "快递"])
def test_one_word_that_is_no_sure_wish_is_a_question(line):
    start, question = understand(line, outside())
    assert isinstance(start, StartFlow)
    assert start.about
    assert question == AskFaq(line)


ASKED_BESIDE = "帮我改地址|发票|invoice|the first one|coupon"
WHERE = """
在哪里找订单号|去哪看订单号|订单号怎么查|什么是订单号|where do I find the order number|what order number?
|how do I get my order id?|where is that?|what's an order number
"""


@pytest.mark.parametrize("line", each(ASKED_BESIDE))
def test_words_where_a_number_was_asked_for_may_be_a_question(line):
    commands = understand(line, inside("return", "order_id"))
    assert commands[0] == understand("abc", inside("return", "order_id"))[0]
    assert commands[1:] == [AskFaq(line, maybe=True)]


@pytest.mark.parametrize("line", each(WHERE))
def test_where_a_number_stands_its_prompt_says(line):
    assert heard(line, inside("return", "order_id"))[0] == "StartFlow return"


@pytest.mark.parametrize(
    "line", ["我手机丢了", "I lost my phone", "I don't have my phone any more"]
)
def test_a_lost_phone_is_nothing_to_have_instead(line):
    snapshot = inside("exchange", "wanted", order_id="W1234567", reason="damaged")
    assert heard(line, snapshot) == [f"AskFaq {line}"]


@pytest.mark.parametrize(
    ("text", "flow", "pending"),
    [
        ("order", "cancel", "order_id"),
        ("my order", "cancel", "order_id"),
        ("订单", "cancel", "order_id"),
        ("我的订单", "cancel", "order_id"),
        ("商品", "return", "order_id"),
        ("order number", "return", "order_id"),
    ],
)
def test_a_word_for_what_the_flow_is_about_is_no_other_wish(text, flow, pending):
    assert heard(text, inside(flow, pending))[0] == f"StartFlow {flow}"


def agreed(flow):
    values = {"order_id": SlotValue("W1234567")}
    active = ActiveFlow(flow, 1, values, pending="phone_tail", confirmation="card", agreed=True)
    memory = Memory(active=active)
    return Snapshot(Policy(0.78, 0.15), State.CONFIRM, memory=memory, book=BOOK, today=TODAY)


@pytest.mark.parametrize("line", each("不想要了|我不要了|买错了|changed my mind|bought by mistake"))
def test_a_reason_for_what_is_agreed_to_may_take_the_yes_back(line):
    assert heard(line, agreed("cancel")) == ["StartFlow cancel", "TakeBack"]


def test_who_does_not_want_it_any_more_is_asked_what_is_meant():
    line = "I don't want it any more"
    assert understand(line, agreed("cancel")) == [CancelFlow(unsure=True), TakeBack()]


NUMBERS = {
    "20261104oo17": "202611040017",
    "2O2611010198": "202611010198",
    "20261lO10198": "202611010198",
}


@pytest.mark.parametrize(("said", "number"), NUMBERS.items())
def test_letters_for_digits_are_read_as_digits(said, number):
    (command,) = understand(said, inside("return", "order_id"))
    assert (command.value, command.said) == (number, said)


TAILS = """
phone ends in 2567|phone ends 2567|last four 2567|my phone number ends with 2567|mobile ending 2567
|last 4 digits 2567|last four of my phone: 2567|手机尾号2567|手机后四位2567
"""


@pytest.mark.parametrize("tail", each(TAILS))
def test_the_proof_is_heard_in_the_first_line(tail):
    line = f"cancel 202611200311, {tail}" if tail.isascii() else f"取消202611200311，{tail}"
    assert heard(line, outside()) == [
        "StartFlow cancel",
        "SetSlot order_id=202611200311",
        "SetSlot phone_tail=2567",
    ]


@pytest.mark.parametrize("line", ["the card ending in 4242", "where is the order ending in 0311"])
def test_what_else_ends_in_digits_is_no_phone(line):
    assert not any("phone_tail" in one for one in heard(line, outside()))


HASTY = {
    "cancle my oder 202611200311 plz": "cancel",
    "cancell order 202611200311": "cancel",
    "pls cacnel": "cancel",
    "i want to retrun my order 202611200311": "return",
    "refudn 202611200311": "return",
    "can i exhange this": "exchange",
    "trck my parcel": "order_status",
}


@pytest.mark.parametrize(("line", "flow"), HASTY.items())
def test_a_slip_in_a_key_word_is_read_over(line, flow):
    assert heard(line, outside())[0] == f"StartFlow {flow}"


@pytest.mark.parametrize("line", ["a cancer charity", "do you have a statue", "truck", "monkey"])
def test_another_word_is_no_slip(line):
    assert matcher(BOOK).slips.mended(line) == line


@pytest.mark.parametrize(
    ("said", "meant", "one"),
    [
        ("cancle", "cancel", True),
        ("cancl", "cancel", True),
        ("cancell", "cancel", True),
        ("camcel", "cancel", True),
        ("cancel", "cancel", True),
        ("clncae", "cancel", False),
        ("cance", "cancels", False),
    ],
)
def test_one_slip_is_one(said, meant, one):
    assert is_slip(said, meant) is one


def test_a_word_near_to_two_is_left():
    several = slips(
        [["parcel here", "parcel there", "parcel", "parcels", "parcels a", "parcels b"]], []
    )
    assert several.mended("parcell and parcel") == "parcell and parcel"


def test_without_key_words_nothing_is_mended():
    assert slips([], ["anything"]).mended("retrun") == "retrun"
