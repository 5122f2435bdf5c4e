"""Which questions an answer is kept for, and which answers are kept."""

import uuid
from dataclasses import replace

import pytest

from apps.chat.items import Stored
from apps.dialogue import recall
from apps.dialogue.play import Played, Said, Standing
from apps.dialogue.turns.port import Claimed, Earlier
from apps.engine.book import EMPTY_BOOK, Book
from apps.engine.commands import AskFaq, WantHuman
from apps.engine.events import Judged, NeedModel
from apps.engine.policy import DEFAULT, Condition, Rule, Step
from apps.engine.types import (
    ActiveFlow,
    Finished,
    Memory,
    Mode,
    Passage,
    SlotValue,
    State,
)
from apps.llm.steps import Accepted
from apps.llm.values import Endpoint, Purpose, Tier
from tests.turns.shop import NEAR

GOOD = Endpoint(
    provider=uuid.uuid4(),
    model=uuid.uuid4(),
    tier=Tier.LOCAL,
    purpose=Purpose.ANSWER,
    base_url="http://127.0.0.1:1/v1",
    key="",
    name="good",
)
LINE = Stored(uuid.uuid4(), 1, uuid.uuid4(), NEAR, None)


@pytest.mark.parametrize(
    ("needs", "standing", "said", "may"),
    [
        ({}, {}, {}, True),
        ({"high_risk": True}, {}, {}, False),
        ({"high_value": True}, {}, {}, False),
        ({"active": ActiveFlow("returns", 1)}, {}, {}, False),
        ({}, {"memory": Memory(active=ActiveFlow("returns", 1))}, {}, False),
        ({}, {"memory": Memory(heard={"order_id": SlotValue("202580668968")})}, {}, True),
        ({}, {"memory": Memory(finished=Finished("returns", 1, 4))}, {}, False),
        ({}, {}, {"fields": {"order_id": "202580668968"}}, False),
        ({}, {}, {"parts": (Said(uuid.uuid4(), NEAR), Said(uuid.uuid4(), NEAR))}, False),
        ({}, {}, {"text": "what do you send to ann.lee@example.com"}, False),
        ({}, {}, {"text": "what do you send to 1380\u200b013\u200b8000"}, False),
        ({"text": "what does he wear"}, {}, {}, False),
    ],
)
def test_whose_answers_may_be_of_use_to_others(needs, standing, said, may):
    stood = Standing(uuid.uuid4(), 1, "en", 0, 0, State.INIT, Mode.BOT, **standing)
    played = Played(stood, stood.snapshot(), State.INIT, Mode.BOT, stood.memory)
    line = Said(uuid.uuid4(), **{"text": NEAR, **said})
    assert (
        recall._may_share(NeedModel(**{"text": line.text, "language": "en", **needs}), played, line)
        is may
    )


@pytest.mark.parametrize(
    ("values", "is_of_none"),
    [
        ({}, True),
        ({"earlier": (Earlier("visitor", "Hello!"), Earlier("bot", "Hello."))}, True),
        ({"earlier": (Earlier("visitor", "My boots leak"), Earlier("bot", "Oh."))}, False),
        ({"earlier": (Earlier("operator", "Hello."),)}, False),
        ({"facts": (("order_status", "It is on its way."),)}, False),
        ({"attempt": 2}, False),
        ({"lines": (LINE, LINE)}, False),
    ],
)
def test_what_a_model_was_told_of_a_chat(values, is_of_none):
    standing = Standing(uuid.uuid4(), 1, "en", 0, 0, State.INIT, Mode.BOT)
    given = {"attempt": 1, "lines": (LINE,), **values}
    claimed = Claimed(uuid.uuid4(), standing=standing, until=0.0, **given)
    assert recall._is_of_no_chat(claimed) is is_of_none


def heard(**values):
    given = {"reply": "Two days.", "cited": (0,), "confidence": 0.9, "commands": (), **values}
    return Accepted(badge="default", step=GOOD, served="", attempt=1, prompt_version="", **given)


def stricter(at):
    """A site's own policy."""
    return Book(rules=(Rule("sure", Condition.SURE, Step.ANSWER, at), *DEFAULT))


@pytest.mark.parametrize(
    ("values", "route", "book", "is_one"),
    [
        ({}, "model", EMPTY_BOOK, True),
        ({"commands": (AskFaq(NEAR),)}, "model", EMPTY_BOOK, True),
        ({"commands": (WantHuman(),)}, "model", EMPTY_BOOK, False),
        ({"reply": ""}, "model", EMPTY_BOOK, False),
        ({"cited": ()}, "model", EMPTY_BOOK, False),
        ({"confidence": 0.5}, "model", EMPTY_BOOK, False),
        ({}, "flow", EMPTY_BOOK, False),
        ({}, "model", stricter(0.95), False),
        ({}, "model", stricter(0.6), True),
    ],
)
def test_what_is_an_answer_and_nothing_else(values, route, book, is_one):
    standing = Standing(uuid.uuid4(), 1, "en", 0, 0, State.INIT, Mode.BOT)
    snapshot = replace(standing.snapshot(), book=book)
    played = Played(standing, snapshot, State.INIT, Mode.BOT, standing.memory)
    played.judged = Judged(route)
    assert recall._is_answer(heard(**values), played) is is_one


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("How long does delivery to Canada take?", True),
        ("Can I pay with a gift card in the shop?", True),
        ("发货以后多久能收到包裹？", True),
        ("How much is it?", False),
        ("What about delivery to Canada?", False),
        ("And the lined winter boots?", False),
        ("Is there another colour of the boots?", False),
        ("Canada?", False),
        ("那运费是多少？", False),
        ("靴子呢？", False),
        ("这个多久能送到家里？", False),
    ],
)
def test_a_line_within_a_chat_has_to_say_what_it_is_about(line, stands):
    assert recall.stands_alone(line) is stands


@pytest.mark.parametrize(
    ("texts", "language", "is_so"),
    [
        (["Send it back within 30 days."], "en", True),
        (["Send it back within 30 days."], "zh-Hans", False),
        (["包裹签收后可以退货。"], "zh-Hans", True),
        (["包裹签收后可以退货。", "Send it back within 30 days."], "zh-Hans", False),
        (["12 345"], "zh-Hans", True),
    ],
)
def test_a_translation_is_told_to_nobody_else(texts, language, is_so):
    cited = [Passage(str(place), "", text, 0.9) for place, text in enumerate(texts)]
    assert recall.is_untranslated(cited, language) is is_so
