"""What turns a talk inside a flow: another flow instead, a stop among kind words, a proof that is
not there, a question about the flow; and how each of them is put otherwise."""

from dataclasses import replace

import pytest

from apps.engine.about import asks_about
from apps.engine.book import Book
from apps.engine.commands import SetSlot
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.types import State
from apps.engine.understand import understand
from apps.engine.waiting import asks_after
from tests.engine.standard import heard, inside, outside, spec

ABOUT = """
Can I cancel after it has shipped?|how do I return something|how long do returns take
|could you tell me how to cancel an order|what is the process for an exchange?
|What happens if I want to return it?|Once it has been shipped, can I still cancel?
|I want to know how to return an item|发货以后还能取消吗|换货流程是怎样的|怎么取消订单|请问怎么退货
|如果不喜欢可以退吗|收到货之后能退吗|如何申请退款|我想问一下怎么换货
"""
WISHES = """
I want to cancel|can you cancel my order 123|Can I return this?|Can you cancel it before it ships?
|I want to return this, how do I do that|please cancel my order|yes, process the exchange
|怎么还没退款，我要退货|我想退货怎么弄|这单可以换吗|还没发货，能取消吗|付完款还可以取消吗，我想取消
|订单取消不了怎么办|帮我退货
"""


def lines(table):
    return [line.strip() for line in table.split("|")]


@pytest.mark.parametrize("line", lines(ABOUT))
def test_a_question_about_a_flow_is_asked_of_the_faq_too(line):
    assert asks_about(line.lower())
    assert heard(line, outside())[-1] == f"AskFaq {line}"


@pytest.mark.parametrize("line", lines(WISHES))
def test_a_wish_that_asks_starts_its_flow(line):
    assert not asks_about(line.lower())
    commands = heard(line, outside())
    assert commands[0].startswith("StartFlow")


def test_a_long_story_is_no_question_about_a_flow():
    assert not asks_about("how do I " + "x" * 200)


def test_who_names_an_order_wants_it_done():
    assert heard("how do I return order 202580668968", outside()) == [
        "StartFlow return",
        "SetSlot order_id=202580668968",
    ]


# Said on the card of a cancellation.
SWITCHED = {
    "actually I want to return it instead": "return",
    "I'd rather return it": "return",
    "on second thought, exchange it for a new one": "exchange",
    "no, better to exchange it": "exchange",
    "instead of cancelling I want to return it": "return",
    "算了还是换货吧": "exchange",
    "改成退货": "return",
    "还是退货吧": "return",
    "不如换一个": "exchange",
    "那干脆退货算了": "return",
    "can I return it instead?": "return",
    "make it a return": "return",
    "I'd rather return it then": "return",
    "actually I'd rather return it, it is too big": "return",
    "直接换货吧": "exchange",
    "取消换货，改退货": "return",
    "不取消了，换货吧": "exchange",
}
NOT_SWITCHED = {
    "I also want to return something": ["StartFlow return"],
    "and then I need a return": ["StartFlow return"],
    "我还要退货": ["StartFlow return"],
    "I also want to return order W7654321": ["StartFlow return"],
    "顺便帮我退一下W7654321": ["StartFlow return"],
    "should I return it instead": ["StartFlow return"],
    "where is my order instead": ["StartFlow order_status"],
    "is it better to return it or to exchange it?": None,
    "退货还是换货好？": None,
}


@pytest.mark.parametrize(("line", "flow"), SWITCHED.items())
def test_another_flow_instead(line, flow):
    snapshot = inside("cancel", "", State.CONFIRM, order_id="W1234567")
    assert heard(line, snapshot)[:2] == ["CancelFlow", f"StartFlow {flow}"]


@pytest.mark.parametrize("line", ["changed my mind, I want to exchange it", "我改主意了，想换货"])
def test_a_change_of_mind_is_no_reason_for_what_it_turns_to(line):
    snapshot = inside("cancel", "", State.CONFIRM, order_id="W1234567")
    assert heard(line, snapshot) == ["CancelFlow", "StartFlow exchange"]


def test_what_is_said_for_the_flow_instead_is_kept():
    line = "actually swap it for a new one instead, it is broken"
    snapshot = inside("return", "", State.CONFIRM, order_id="W1234567", reason="quality")
    assert heard(line, snapshot) == [
        "CancelFlow",
        "StartFlow exchange",
        "SetSlot reason=not_working",
        "SetSlot wanted=a new one",
    ]


@pytest.mark.parametrize(("line", "commands"), NOT_SWITCHED.items())
def test_another_flow_afterwards(line, commands):
    snapshot = inside("cancel", "", State.CONFIRM, order_id="W1234567")
    found = heard(line, snapshot)
    assert "CancelFlow" not in found
    assert commands is None or found == commands


STOPPED = """
算了算了|算了算了吧|never mind it's fine|forget it, thanks|不弄了吧|算了，没事|stop stop
|never mind, that's ok|forget it, no worries|nvm all good|算了吧，谢谢|不用了谢谢|算了没关系|不办了，麻烦你了
|no no forget it|算了别弄了|never mind then, bye|I'd rather not|算了，不好意思|don't bother
|ok never mind thanks|forget it then, thank you anyway
"""
GOING_ON = (
    "算了，还是退吧|never mind that, just return it|it's fine|没关系|forget it, I want to return it"
)


@pytest.mark.parametrize("line", lines(STOPPED))
@pytest.mark.parametrize("pending", ["reason", "order_id", ""])
def test_a_stop_among_kind_words_is_one(line, pending):
    state = State.COLLECT if pending else State.CONFIRM
    assert heard(line, inside("return", pending, state, order_id="W1")) == ["CancelFlow"]


@pytest.mark.parametrize("line", lines(GOING_ON))
def test_what_is_wished_after_a_stop_is_no_stop(line):
    snapshot = inside("return", "", State.CONFIRM, order_id="W1", reason="damaged")
    assert "CancelFlow" not in heard(line, snapshot)


LACKED = """
I don't have the phone any more|I no longer have that phone|I lost my phone|that number is gone
|my old number doesn't work anymore|I changed my number|I can't remember the phone number
|I don't use that number any more|the number I ordered with is gone|don't remember which phone I used
|原来那个号不用了|以前的手机号停用了|我换号了
|手机号已经不用了|手机丢了|那个号码停用了|我换手机号了|手机号早就注销了|不记得手机号了|号码忘了
"""


@pytest.mark.parametrize("line", lines(LACKED))
@pytest.mark.parametrize("pending", ["phone_tail", ""])
def test_a_phone_that_is_gone_is_a_proof_that_is_lacked(line, pending):
    snapshot = inside("return", pending, State.CONFIRM, order_id="W1", reason="damaged")
    if not pending:
        snapshot = carded(snapshot)
    assert heard(line, snapshot) == ["Lack"]


def carded(snapshot):
    """The same with the card shown."""
    active = replace(snapshot.memory.active, confirmation="card")
    return replace(snapshot, memory=replace(snapshot.memory, active=active))


ON_THE_CARD = {
    "2567": ["SetSlot phone_tail=2567"],
    "it's 2567": ["SetSlot phone_tail=2567"],
    "２５６７": ["SetSlot phone_tail=2567"],
    "是 2567": ["SetSlot phone_tail=2567", "Affirm"],
    "yes 2567": ["SetSlot phone_tail=2567", "Affirm"],
    "好的，尾号2567": ["SetSlot phone_tail=2567", "Affirm"],
    "no, 2567": ["SetSlot phone_tail=2567"],
    "13812345678": ["SetSlot phone_tail=5678"],
    "ok, it ends in 2567": ["SetSlot phone_tail=2567", "Affirm"],
    "2567吧": ["SetSlot phone_tail=2567"],
    "sure 2567 thanks": ["SetSlot phone_tail=2567", "Affirm"],
    "256": ["Unfit phone_tail shape"],
    "I bought it in 2019": ["AskFaq I bought it in 2019"],
    "I don't have it": ["Lack"],
    "没有": ["Deny"],
}


@pytest.mark.parametrize(("line", "commands"), ON_THE_CARD.items())
def test_the_card_has_a_place_for_the_proof(line, commands):
    snapshot = carded(inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged"))
    assert heard(line, snapshot) == commands


@pytest.mark.parametrize("line", ["2567", "25678"])
def test_digits_typed_once_more_are_the_proof_again(line):
    given = inside(
        "return", "", State.CONFIRM, order_id="W1234567", reason="damaged", phone_tail="1111"
    )
    found = heard(line, carded(given))
    assert found in (["CorrectSlot phone_tail=2567"], ["Unfit phone_tail shape"])


YES_TO_AN_OPEN_QUESTION = {
    ("order_id", "yes"): ["Unfit order_id shape"],
    ("order_id", "yes please"): ["Unfit order_id shape"],
    ("order_id", "对的"): ["Unfit order_id shape"],
    ("reason", "yeah"): ["Unfit reason unknown"],
    ("reason", "是的"): ["Unfit reason unknown"],
    # A nod says that the question was heard.
    ("reason", "ok"): ["Affirm"],
    ("order_id", "好的"): ["Affirm"],
    ("order_id", "嗯"): ["Affirm"],
}


@pytest.mark.parametrize(("asked", "commands"), YES_TO_AN_OPEN_QUESTION.items())
def test_a_yes_answers_no_open_question(asked, commands):
    pending, line = asked
    assert heard(line, inside("return", pending)) == commands


SILENT = """
the left one is silent|one side makes no noise|I can't hear anything|the speaker is muted|it just died
|only one side works|screen stays black|it doesn't play any music|声音没了|一边不出声|the left earbud has gone quiet|it won't hold a charge
"""


@pytest.mark.parametrize("line", lines(SILENT))
def test_what_makes_no_sound_does_not_work(line):
    assert heard(line, inside("return", "reason")) == ["SetSlot reason=not_working"]


LINKS = {
    "see example.com/pic for the damage": "see example.com/pic for the damage",
    "see https://example.com/a.b?c=1,2 for the damage": (
        "see https://example.com/a.b?c=1,2 for the damage"
    ),
    "it is damaged as shown on www.example.com/x.jpg thanks": (
        "damaged as shown on www.example.com/x.jpg thanks"
    ),
    "图在 example.com/pic.jpg 里，屏幕碎了": "屏幕碎了",
}


@pytest.mark.parametrize(("line", "said"), LINKS.items())
def test_a_link_is_not_cut_in_a_reason(line, said):
    (command,) = understand(line, inside("return", "reason"))
    assert isinstance(command, SetSlot)
    assert (command.value, command.said) == ("damaged", said)


def test_a_link_is_not_cut_in_a_text():
    line = "the one on shop.example/wool.html, and not W7654321"
    snapshot = inside("exchange", "wanted", order_id="W1234567", reason="wrong_size")
    assert heard(line, snapshot)[0] == "SetSlot wanted=the one on shop.example/wool.html"


FAULTY = """
the order number is wrong|my order number was not right|sorry, the order number I gave is wrong|wrong order number
|订单号错了|我的订单号填错了|订单号不对|不好意思，订单号写错了|我写错订单号了
"""
NOT_FAULTY = (
    "the item is wrong|商品错了|the order number is on the label|订单号没错|" + "订单号错了" * 9
)


@pytest.mark.parametrize("line", lines(FAULTY))
@pytest.mark.parametrize("pending", ["phone_tail", ""])
def test_a_number_that_is_called_wrong_is_asked_for_again(line, pending):
    snapshot = inside("return", pending, State.CONFIRM, order_id="W1234567", reason="damaged")
    assert heard(line, snapshot) == ["Unfit order_id wrong"]


@pytest.mark.parametrize("line", lines(NOT_FAULTY))
def test_other_faults_are_none_of_a_number(line):
    snapshot = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert "Unfit order_id wrong" not in heard(line, snapshot)


CHANGED = """
Change: Reason|change the reason|I want to change my reason please|修改：原因|改一下原因|我想修改原因|更改原因
"""


@pytest.mark.parametrize("line", lines(CHANGED))
def test_a_detail_that_is_to_be_changed_is_asked_for_again(line):
    snapshot = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert heard(line, snapshot) == ["Unfit reason wrong"]
    assert heard(line, carded(snapshot)) == ["Unfit reason wrong"]


def test_after_a_no_its_name_alone_is_enough():
    snapshot = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert heard("the reason", snapshot) == ["Unfit reason wrong"]
    assert heard("原因", snapshot) == ["Unfit reason wrong"]
    assert heard("the reason", carded(snapshot)) != ["Unfit reason wrong"]


@pytest.mark.parametrize("line", lines("I don't have it|I do not have it|我没有|没有这个"))
def test_at_a_card_what_is_lacked_is_the_proof(line):
    snapshot = inside("return", "", State.CONFIRM, order_id="W1234567", reason="damaged")
    assert heard(line, carded(snapshot)) == ["Lack"]


EMAIL_GONE = (
    "I don't have that e-mail address any more|my old e-mail is gone|邮箱注销了|那个邮箱登不上了"
)


@pytest.mark.parametrize("line", lines(EMAIL_GONE))
def test_an_address_that_is_gone_is_lacked_where_one_was_asked_for(line):
    flow = FlowSpec(key="one", version=1, names={"en": "one"}, slots=(spec(SlotKind.EMAIL),))
    assert heard(line, inside("one", "email", book=Book(flows=(flow,)))) == ["Lack"]
    assert heard(line, inside("return", "reason")) != ["Lack"]


ASKED_AFTER = """
are you done?|done yet?|well?|???|how much longer|any news?|has it gone through?|好了吗|办好了没|还没好吗|多久能好|怎么样了
"""
ASKED_OTHERWISE = "how long does shipping take?|where are you based?|运费多少|怎么退货"


@pytest.mark.parametrize("line", lines(ASKED_AFTER))
def test_who_asks_how_far_it_is_asks_after_what_runs(line):
    assert asks_after(line)


@pytest.mark.parametrize("line", lines(ASKED_OTHERWISE))
def test_other_questions_are_not_about_what_runs(line):
    assert not asks_after(line)
