"""What is confirmed is what was seen, over real sockets, in the shop of the demo."""

import pytest

from apps.dialogue import phrases
from apps.engine.events import Say
from tests.widget.visitor import Visitor

pytestmark = pytest.mark.stack

# An order that can be cancelled, and the digits that prove it.
ASKED = {
    "en": ("cancel my order 202611200311", "4831", "yes", "stop"),
    "zh-Hans": ("取消订单 202611190042", "2567", "好的", "算了"),
}


async def up_to_the_card(stack, language):
    """A visitor, and the line with a card; what proves the order is typed on it already."""
    wish, tail, *_ = ASKED[language]
    visitor = Visitor(stack.base_url, language)
    await (await visitor.begin()).connect()
    line = await visitor.ask(wish)
    for _ in range(2):
        if "confirm" in line["meta"]:
            break
        await visitor.send("", fields={"reason": "unwanted"})
        line = await visitor.until("message", author="bot")
    card = line
    fields = {"confirm": "none", "answer": "no", "phone_tail": tail}
    await visitor.send("", fields=fields)
    line = await visitor.until("message", author="bot")
    assert "fields" not in line["meta"]["confirm"]
    return visitor, card


@pytest.mark.parametrize("language", ASKED)
async def test_a_yes_acts_on_the_card_that_was_seen_and_a_stop_after_it_is_told_the_truth(
    stack, language
):
    *_, yes, stop = ASKED[language]
    visitor, card = await up_to_the_card(stack, language)
    await visitor.send(yes, seen=card["seq"] - 1)
    again = await visitor.until("message", author="bot")
    assert again["text"].startswith(phrases.say(Say.LOOK_FIRST, language))
    assert again["meta"]["confirm"]["id"] == card["meta"]["confirm"]["id"]
    # One upon the other: the button, and what is typed beside it.
    button = {"confirm": card["meta"]["confirm"]["id"], "answer": "yes"}
    await visitor.send(yes, fields=button)
    await visitor.send(stop, seen=again["seq"])
    done = await visitor.until("action", id=button["confirm"], status="done")
    await visitor.send("", fields={"confirm": "none", "answer": "no"})
    await visitor.until("message", author="bot", text=phrases.say(Say.EXPIRED, language))
    replies = [one for one in visitor.heard if one["type"] == "message" and one["author"] == "bot"]
    assert [one["text"] for one in replies].count(done["text"]) == 1
    truths = [phrases.say(what, language) for what in (Say.STILL_RUNNING, Say.TOO_LATE)]
    told = [one["text"] for one in replies if one["text"].startswith(tuple(truths))]
    assert len(told) == 1
    await visitor.leave()
