"""What is confirmed is what was seen: buttons that are pressed twice, a yes that was on its way when
the card came, and words that are said while the action runs."""

import asyncio
import threading
import uuid
from concurrent.futures import wait
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.dialogue import phrases
from apps.dialogue.actions import threads
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Said
from apps.engine.events import Say
from tests.dialogue.ears import listening
from tests.dialogue.refunds import ORDER, TAIL, Counter, acts, opened
from tests.dialogue.test_driver import locked

pytestmark = pytest.mark.django_db(transaction=True)

LANGUAGES = pytest.mark.parametrize(
    ("language", "yes", "stop"), [("en", "yes", "stop"), ("zh-Hans", "好的", "算了")]
)


class Held(Counter):
    """A function of the shop that waits in its middle until it is let go."""

    def __init__(self) -> None:
        super().__init__(work=self._wait)
        self.began, self.go_on = threading.Event(), threading.Event()

    def _wait(self, _: object) -> None:
        self.began.set()
        self.go_on.wait(30)


@pytest.fixture
def shop():
    return Counter()


@pytest.fixture(autouse=True)
def _sells(site, monkeypatch, transactional_db, shop):
    opened(site, monkeypatch)
    acts(monkeypatch, shop)


def frame(text="", seen=None, **fields):
    return Send(cmid=uuid.uuid4(), text=text, fields=fields or None, seen=seen)


async def up_to_the_card(driver, handle, ann):
    """The card, with the proof typed already: a yes acts at once."""
    for fields in ({"flow": "refund"}, {"order_id": ORDER}, {"phone_tail": TAIL}):
        await driver.send(handle, frame(**fields), ann)
    await driver.send(handle, frame(reason="broken"), ann)
    return replies(ann)[-1]


async def settled(driver, handle):
    await asyncio.to_thread(wait, tuple(threads.under_way), 30)
    await driver.refresh(handle)


def replies(ears):
    lines = [frame for frame in ears.frames if frame["type"] == "message"]
    return [line for line in lines if line["author"] == "bot"]


def is_shown_again(line, card, language):
    return (
        line["text"].startswith(phrases.say(Say.LOOK_FIRST, language))
        and line["meta"]["confirm"] == card["meta"]["confirm"]
    )


async def came_back(driver, handle, ann):
    """The question whether to go on, half an hour after the card."""
    await up_to_the_card(driver, handle, ann)
    moved = handle.standing.moved_at
    handle.standing = replace(handle.standing, moved_at=moved.replace(year=moved.year - 1))
    await driver.send(handle, frame("hello"), ann)
    return replies(ann)[-1]["meta"]["quick_replies"]


async def test_two_presses_on_go_on_show_the_card_and_do_nothing(driver, handle, ann, shop):
    yes, no = (await came_back(driver, handle, ann))[:2]
    assert yes["fields"].keys() == no["fields"].keys() == {"confirm", "answer"}
    pressed = [frame(yes["text"], **yes["fields"]) for _ in range(3)]
    await asyncio.gather(*(driver.send(handle, one, ann) for one in pressed))
    await driver.send(handle, frame(no["text"], **no["fields"]), ann)
    await settled(driver, handle)
    assert not await in_database(ActionRun.objects.exists)()
    assert shop.calls == []
    first, *others = replies(ann)[-4:]
    card = first["meta"]["confirm"]
    assert [line["meta"]["confirm"] for line in others] == [card] * 3
    assert all(line["text"].startswith(phrases.say(Say.EXPIRED, "en")) for line in others)
    await driver.send(handle, frame("Yes", confirm=card["id"], answer="yes"), ann)
    await settled(driver, handle)
    assert len(shop.calls) == 1


async def test_an_older_button_without_an_id_acts_on_no_card_it_has_not_seen(
    driver, handle, ann, shop
):
    """A page that was loaded before buttons had ids."""
    yes = (await came_back(driver, handle, ann))[0]["text"]
    await asyncio.gather(*(driver.send(handle, frame(yes), ann) for _ in range(3)))
    await settled(driver, handle)
    assert shop.calls == []


@LANGUAGES
async def test_a_yes_written_before_the_card_came_shows_it_once_more(
    driver, handle, ann, shop, language, yes, stop
):
    card = await up_to_the_card(driver, handle, ann)
    for seen in (0, card["seq"] - 1):
        await driver.send(handle, frame(yes, seen=seen), ann)
        assert is_shown_again(replies(ann)[-1], card, language)
    await settled(driver, handle)
    assert shop.calls == []
    await driver.send(handle, frame(yes, seen=card["seq"]), ann)
    await settled(driver, handle)
    assert len(shop.calls) == 1


@LANGUAGES
@pytest.mark.parametrize("seen", [None, 10**6], ids=["untold", "more than there is"])
async def test_no_line_has_seen_more_than_was_there_when_it_came(
    driver, handle, ann, session, shop, language, yes, stop, seen
):
    for fields in ({"flow": "refund"}, {"order_id": ORDER}, {"phone_tail": TAIL}):
        await driver.send(handle, frame(**fields), ann)
    async with locked(session):
        hurried = [frame(reason="broken"), frame(yes, seen=seen), frame(yes, seen=seen)]
        sending = [asyncio.create_task(driver.send(handle, one, ann)) for one in hurried]
        await asyncio.sleep(0)
        assert handle.waiting == len(hurried)
    await asyncio.gather(*sending)
    card, again = replies(ann)[-2:]
    assert is_shown_again(again, card, language)
    await settled(driver, handle)
    assert shop.calls == []
    await driver.send(handle, frame(yes), ann)
    await settled(driver, handle)
    assert len(shop.calls) == 1


@LANGUAGES
async def test_lines_that_are_answered_as_one_confirm_no_card_that_they_bring(
    driver, handle, ann, session, shop, language, yes, stop
):
    await driver.send(handle, frame(flow="refund"), ann)
    lines = ["hello", ORDER, TAIL, "broken" if language == "en" else "坏了", yes]
    async with locked(session):
        sending = [asyncio.create_task(driver.send(handle, frame(one), ann)) for one in lines]
        await asyncio.sleep(0)
    await asyncio.gather(*sending)
    await settled(driver, handle)
    assert shop.calls == []
    for word in (yes, "2567", yes):
        await driver.send(handle, frame(word, seen=0), ann)
    await settled(driver, handle)
    assert shop.calls == []


def test_lines_that_are_answered_as_one_have_seen_what_the_first_had():
    parts = [Said(uuid.uuid4(), "yes", seen=seen) for seen in (4, None, 2)]
    assert Said.joined(parts).seen == 2
    assert Said.joined(parts[1:2]).seen is None
    assert Said.joined([parts[1], parts[1]]).seen is None


async def test_the_words_of_a_button_confirm_nothing(driver, handle, ann, shop):
    """Only its id does; a slot that is asked for somewhere else may be answered with a yes."""
    card = await up_to_the_card(driver, handle, ann)
    for fields in ({"answer": "yes"}, {"confirm": "x"}, {"strange": "yes"}, {"flow": "gone"}):
        await driver.send(handle, frame("yes", seen=card["seq"], **fields), ann)
        assert replies(ann)[-1]["meta"]["confirm"] == card["meta"]["confirm"]
    await settled(driver, handle)
    assert shop.calls == []


class TestWhileItRuns:
    """The shop's function is in its middle."""

    @pytest.fixture
    def shop(self):
        return Held()

    @LANGUAGES
    async def test_a_stop_after_the_yes_is_told_that_it_is_being_done(
        self, driver, handle, ann, shop, language, yes, stop
    ):
        ben = listening(handle)
        card = await up_to_the_card(driver, handle, ann)
        said = [yes, stop, stop, yes]
        for text in said:
            await driver.send(handle, frame(text, seen=card["seq"]), ann)
        assert await asyncio.to_thread(shop.began.wait, 30)
        running = phrases.say(Say.STILL_RUNNING, language)
        assert [line["text"] for line in replies(ann)[-3:]] == [running] * 3
        shop.go_on.set()
        await settled(driver, handle)
        assert len(shop.calls) == 1
        for ears in (ann, ben):
            told = [line["text"] for line in replies(ears)]
            assert told.count("Refunded.") == 1
            assert told[-1] == "Refunded."
            moved = [one["status"] for one in ears.frames if one["type"] == "action"]
            assert moved.count("done") == 1

    @LANGUAGES
    async def test_a_yes_and_a_stop_at_once_are_told_the_truth(
        self, driver, handle, ann, shop, language, yes, stop
    ):
        """The button and a line from another tab: both are on their way at the same time."""
        card = await up_to_the_card(driver, handle, ann)
        pressed = frame(yes, confirm=card["meta"]["confirm"]["id"], answer="yes")
        both = (pressed, frame(stop, seen=card["seq"]))
        await asyncio.gather(*(driver.send(handle, one, ann) for one in both))
        assert replies(ann)[-1]["text"] == phrases.say(Say.STILL_RUNNING, language)
        shop.go_on.set()
        await settled(driver, handle)
        assert [line["text"] for line in replies(ann)].count("Refunded.") == 1


@LANGUAGES
async def test_a_stop_that_comes_too_late_is_told_that_it_is_done(
    driver, handle, ann, shop, language, yes, stop
):
    """It was written while the action ran, and arrives after the result."""
    card = await up_to_the_card(driver, handle, ann)
    await driver.send(handle, frame(yes, seen=card["seq"]), ann)
    await settled(driver, handle)
    running, refunded = (line for line in replies(ann) if line["seq"] > card["seq"])
    assert refunded["text"] == "Refunded."
    await driver.send(handle, frame(stop, seen=running["seq"]), ann)
    late = replies(ann)[-1]
    assert late["text"].startswith(phrases.say(Say.TOO_LATE, language))
    assert late["meta"]["quick_replies"]
    assert handle.standing.memory.active is None
