"""Which text is taken. What cannot be stored or shown is refused for good; the rest is text."""

import asyncio
import uuid

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.admission import refusal
from apps.chat.codes import Code
from apps.chat.frames import Contact, Send
from apps.chat.models import Message
from apps.dialogue import driver as driving
from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing


def ids(value):
    return ascii(value)[:20]


@pytest.mark.parametrize(
    "text", ["", " ", "\t\r\n", "\u3000", "\u200b\u200d\ufeff", "\u2060 \u200f"], ids=ids
)
def test_nothing_to_be_seen_is_empty(text):
    assert refusal(text) is Code.EMPTY
    assert refusal(text, {}) is Code.EMPTY
    assert refusal(text, {"order_id": "A1"}) is None


@pytest.mark.parametrize("code", [0, 8, 0x0B, 0x0C, 0x0E, 0x1F, 0x7F, 0x85, 0x9F, 0xD800, 0xDFFF])
def test_control_characters_and_half_pairs_are_refused_wherever_they_stand(code):
    bad = f"a{chr(code)}b"
    assert refusal(bad) is Code.BAD_TEXT
    assert refusal("text", {"key": bad}) is Code.BAD_TEXT
    assert refusal("text", {bad: "value"}) is Code.BAD_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\nc\r\n",
        "\u202eright to left\u202c",
        "مرحبا",
        "😀👍🏽",
        "\U0010ffff",
        "<b>'; DROP TABLE x; -- %s {{ 7*7 }}",
        ".",
        "\xa0x",
    ],
    ids=ids,
)
def test_any_other_text_is_text(text):
    assert refusal(text) is None


@pytest.mark.parametrize("character", ["x", "字", "😀"])
def test_length_is_counted_in_characters_and_the_limit_belongs_to_it(settings, character):
    most = settings.CHAT.message_characters
    assert refusal(character * most) is None
    assert refusal(character * (most + 1)) is Code.TOO_LONG


def test_the_length_is_judged_first_so_that_a_giant_is_not_searched(settings):
    assert refusal("\0" * (settings.CHAT.message_characters + 1)) is Code.TOO_LONG


@pytest.mark.django_db(transaction=True)
class TestAtTheDoor:
    """The driver stores nothing of what is refused."""

    @pytest.fixture
    def sessions(self, transactional_db, make_session):
        return make_session(), make_session()

    @pytest.fixture
    async def driver(self):
        driver = Driver()
        yield driver
        await driver.close()

    async def send(self, driver, session, text, fields=None):
        handle = driver.hold(Standing.of(session))
        frame = Send(cmid=uuid.uuid4(), text=text, fields=fields)
        return await driver.send(handle, frame)

    @pytest.mark.parametrize(
        ("text", "fields", "code"),
        [
            ("a\0b", None, "bad_text"),
            ("half \ud83d", None, "bad_text"),
            ("x", {"a": "b\0"}, "bad_text"),
            ("x", {"a\ud800": "b"}, "bad_text"),
            (" ", None, "empty"),
            ("x" * 4001, None, "too_long"),
        ],
        ids=["nul", "half", "field", "key", "empty", "long"],
    )
    async def test_text_that_cannot_be_taken_is_refused_for_good(
        self, driver, sessions, text, fields, code
    ):
        answer = await self.send(driver, sessions[0], text, fields)
        assert (answer["type"], answer["code"]) == ("refused", code)
        assert "retry_after" not in answer
        assert await in_database(Message.objects.count)() == 0

    @pytest.mark.parametrize("text", ["a\0b", " ", "half \ud83d"], ids=ids)
    async def test_the_same_holds_for_a_message_left(self, driver, sessions, text):
        handle = driver.hold(Standing.of(sessions[0]))
        frame = Contact(cmid=uuid.uuid4(), text=text, email="jo@shop.example")
        assert (await driver.contact(handle, frame))["type"] == "refused"
        assert await in_database(Message.objects.count)() == 0

    async def test_a_line_that_the_database_refuses_takes_no_other_down(
        self, driver, sessions, monkeypatch
    ):
        """Whatever the checks let through by mistake."""
        monkeypatch.setattr("apps.chat.journal.check", lambda item: None)
        monkeypatch.setattr(driving, "refusal", lambda text, fields: None)
        poisoned, fine = await asyncio.gather(
            self.send(driver, sessions[0], "a\0b"), self.send(driver, sessions[1], "hello")
        )
        assert (poisoned["type"], poisoned["code"]) == ("refused", "bad_text")
        assert fine["type"] == "ack"
        assert await in_database(Message.objects.filter(session=sessions[0]).count)() == 0
