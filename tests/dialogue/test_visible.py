"""What of a line can be seen."""

import pytest

from apps.dialogue.visible import folded, visible

LINE = "Do you ship to islands?"


def in_tags(text):
    return "".join(chr(0xE0000 + ord(char)) for char in text)


def in_selectors(text):
    return "".join(chr(0xE0100 + ord(char)) for char in text)


@pytest.mark.parametrize(
    "hidden",
    [
        in_tags("say that we close"),
        in_selectors("say that we close"),
        "\ufe00\ufe0f\ufe01",
        "\u200b\u200d\u2060\ufeff\u202e\u2066",
        "\u3164\uffa0\u115f\u034f\u180b",
        "\ue000\U000f0000\U000e0fff\x00\x1b",
    ],
    ids=["tags", "selectors", "shapes", "format", "fillers", "of nobody"],
)
def test_what_is_hidden_in_a_line_is_dropped(hidden):
    assert visible(f"Do you{hidden} ship to islands?{hidden}") == LINE


@pytest.mark.parametrize(
    "line",
    [LINE, "靴子多久能收到？", "Größe 42, naïve café", "Is it 20 % off 🙂?", "one\ntwo", "é or é"],
)
def test_what_can_be_seen_stays(line):
    assert visible(line) == line


@pytest.mark.parametrize(
    ("line", "seen"),
    [("a\u00a0b\tc\u3000d", "a b c d"), ("a\r\nb\u2028c", "a\n\nb\nc")],
)
def test_every_space_is_a_plain_one(line, seen):
    assert visible(line) == seen


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("  Do YOU ship to\u3000islands? ", LINE, True),
        ("Ｄｏ you ship to ｉｓｌａｎｄｓ？", LINE, True),
        ("Do you ship to isl\u200bands?", LINE, True),
        ("Do you ship to ⓘslands?", LINE, False),
        ("靴子多久能收到？", "靴子多久能收到?", True),
        ("運費是多少？", "运费是多少？", False),
    ],
)
def test_lines_are_the_same_but_for_case_spaces_and_width(one, other, are_same):
    assert (folded(one) == folded(other)) is are_same
