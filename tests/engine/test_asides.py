"""A question beside a wish, and what sounds like one; what is given in the place of what is asked."""

import pytest

from apps.engine.commands import AskFaq
from apps.engine.recognise.misspelt import misspelt
from apps.engine.understand import understand
from tests.engine.standard import BOOK, heard, inside, outside

A = "202580668968"
ASKED = {
    f"please cancel order {A}. also what are your store hours?": "what are your store hours?",
    f"cancel order {A} and could you tell me what your warranty is": "could you tell me what your warranty is",
    f"what is your warranty, and where is order {A}": "what is your warranty",
    "I want to return this. is there a shop in Leeds and is it open on Sunday?": "is there a shop in Leeds and is it open on Sunday?",
    f"cancel order {A}. Is the desk lamp dimmable?": "Is the desk lamp dimmable?",
    f"取消订单{A}，另外你们几点营业": "你们几点营业",
    "我要退货，请问保修多久？": "请问保修多久？",
    f"帮我取消订单{A}，还有可以开发票吗": "可以开发票吗",
}
NOT_ASKED = f"""
can you cancel order {A}?|cancel order {A}, can you help me?|I want to return this, how do I do that
|I'd like to return the desk lamp, is that possible?|return it please, what should I do
|cancel it and refund me|where is my order? I want to cancel it|cancel order {A}, and what now?
|耳机不知道为什么没声音了，我要退货|我要退货，可以吗|取消订单{A}，怎么办|帮我取消订单{A}，谢谢，麻烦了
|我要退货，怎么弄呢|那另一个订单呢，帮我查一下物流|what is your warranty, how long is it
"""
LACKED = """
umm I have not got the order number here|I don't have it with me|I haven't got it on me
|uh, I don't have that here|no order number here|I have no order number|the number is not here
|I lost the email with the number|I don't have the order number in front of me|I left it at home
|找不到订单号了|我这里没有订单号|订单号不在手边|没带订单号|呃，我现在手上没有订单号|订单号在家里|短信删了
"""
NOT_LACKED = """
I haven't got it yet|I have not got a refund|the number is 202580668968|where is the number
|订单号是202580668968|没有收到货|订单号在哪里看
"""


def each(table):
    return [line.strip() for line in table.split("|")]


def beside(line, snapshot):
    found = (one for one in understand(line, snapshot) if isinstance(one, AskFaq))
    return [one.text for one in found if one.beside]


@pytest.mark.parametrize(("line", "question"), ASKED.items())
def test_a_question_beside_a_wish_is_heard(line, question):
    assert beside(line, outside()) == [question]
    assert heard(line, outside())[0].startswith("StartFlow")


@pytest.mark.parametrize("line", each(NOT_ASKED))
def test_what_only_sounds_like_one_is_none(line):
    assert beside(line, outside()) == []


def test_what_the_question_names_is_not_what_is_wished_for():
    assert "SetSlot product=lamp" not in heard(
        f"cancel order {A}. Is the desk lamp dimmable?", outside()
    )
    assert "SetSlot product=coat" in heard(
        "can the wool coat be washed by hand? I want to return it", outside()
    )


@pytest.mark.parametrize("line", each(LACKED))
def test_what_is_not_at_hand_is_lacked(line):
    assert heard(line, inside("return", "order_id")) == ["Lack"]


@pytest.mark.parametrize("line", each(NOT_LACKED))
def test_what_has_not_come_is_not_lacked(line):
    assert "Lack" not in heard(line, inside("return", "order_id"))


@pytest.mark.parametrize("line", ["the desk lanp", "desklamp", "its my erabuds", "earbud"])
def test_a_product_may_be_misspelt(line):
    (found,) = heard(line, inside("return", "product", order_id=A))
    assert found.startswith("SetSlot product=")


@pytest.mark.parametrize("line", ["lam", "a dusk lump", "zebra", "x" * 50])
def test_what_is_too_far_from_it_is_none(line):
    assert misspelt(line, BOOK) == ""
