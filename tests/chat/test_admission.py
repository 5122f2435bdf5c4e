"""Which text is taken. What cannot be stored or shown is refused for good; the rest is text."""

import pytest

from apps.chat.admission import refusal
from apps.chat.codes import Code


def ids(value):
    return ascii(value)[:20]


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "\u3000", "\u200b\u200d\ufeff", "\u2060 \u200f"], ids=ids)
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
