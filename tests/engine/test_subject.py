"""What a line to the team is about: whether a wish says what for, and which lines say nothing."""

import pytest

from apps.engine.flows import SlotKind
from apps.engine.subject import is_nod, masked, says_more
from tests.engine.standard import BOOK

RETURN = BOOK.by_key["return"]
OPEN = tuple(spec for spec in RETURN.slots if not spec.proof)
PROOF = next(spec for spec in RETURN.slots if spec.proof)
PLAIN = RETURN.model_copy(update={"slots": OPEN})


def proved_by(kind):
    slots = (*OPEN, PROOF.model_copy(update={"kind": kind}))
    return RETURN.model_copy(update={"slots": slots})


@pytest.mark.parametrize(
    "line",
    [
        "can I talk to someone about descaling",
        "I need a human, the left earbud is dead",
        "get me an agent to cancel my subscription",
        "人工，我的耳机充不进电",
        "我要投诉，转人工",
        "找个真人说一下退款的事",
    ],
)
def test_a_wish_that_says_what_for(line):
    assert says_more(line, BOOK)
    assert not is_nod(line, BOOK)


@pytest.mark.parametrize(
    "line",
    [
        "agent",
        "I want to talk to a real person please",
        "can you get me a human now??",
        "talk to a person, my phone is 555-123-4567",
        "you are not helpful, give me a manager, jo@shop.example",
        "叫个真人来",
        "转人工",
        "别答了，我要找人工客服",
        "能不能帮我转一下人工",
        "I'd like to speak to a human being, I'm tired of waiting",
        "captain",
    ],
)
def test_a_wish_that_says_nothing_more(line):
    assert not says_more(line, BOOK)
    assert is_nod(line, BOOK)


@pytest.mark.parametrize(
    "line",
    [
        "yes",
        "确认",
        "ok thanks",
        "no",
        "算了",
        "4471",
        "尾号2567",
        "hello",
        "Go on with the assistant",
    ],
)
def test_a_nod_is_no_subject(line):
    assert is_nod(line, BOOK)


@pytest.mark.parametrize("line", ["the case is blue", "我的耳机没声音", "my order is W1234567"])
def test_what_tells_something_is_no_nod(line):
    assert not is_nod(line, BOOK)


def test_proofs_and_phones_are_masked_where_they_stand():
    line = "return W1234567, phone ends 2567, ring 138 0000 2567"
    assert masked(line, RETURN, BOOK, ()) == "return W1234567, phone ends ••••, ring ••••"


def test_what_proved_the_order_is_masked_in_any_spelling():
    assert masked("it says AB-77 on it", RETURN, BOOK, ("AB-77", "")) == "it says •••• on it"


def test_four_digits_stand_where_no_phone_proves_anything():
    assert masked("bought in 2024", PLAIN, BOOK, ()) == "bought in 2024"


def test_an_address_that_proves_is_masked():
    by_mail = proved_by(SlotKind.EMAIL)
    assert masked("I am jo@shop.example", by_mail, BOOK, ()) == "I am ••••"
    assert masked("I am jo@shop.example", PLAIN, BOOK, ()) == "I am jo@shop.example"


def test_lines_of_a_flow_that_is_proved_by_anything_else_are_not_told():
    assert masked("open sesame", proved_by(SlotKind.TEXT), BOOK, ()) == ""
