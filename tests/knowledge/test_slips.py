"""Known words that are one slip away from another."""

import random
from string import ascii_lowercase

import pytest

from apps.knowledge.slips import Slips

WORDS = [
    "parcel",
    "parcels",
    "refund",
    "return",
    "order",
    "border",
    "weather",
    "feather",
    "warranty",
]


@pytest.fixture
def slips():
    return Slips([*WORDS, "our order", "~ord", "退货", "abc", "de"])


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("parcl", {"parcel"}),
        ("parceel", {"parcel"}),
        ("parxel", {"parcel"}),
        ("pracel", {"parcel"}),
        ("parcelz", {"parcel", "parcels"}),
        ("retrun", {"return"}),
        ("parcel", {"parcels"}),
        ("orders", {"order"}),
        ("xorder", set()),
        ("reather", set()),
        ("rodre", set()),
        ("wrranyt", set()),
        ("prc", set()),
        ("order7", set()),
        ("é" * 6, set()),
        ("r" * 17, set()),
    ],
)
def test_a_slip_away(slips, word, known):
    assert slips.near(word) == known


def test_nothing_is_near_where_nothing_is_known():
    assert Slips([]).near("parcel") == set()


def all_slips(word):
    """By making every one."""
    cuts = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right[1:] for left, right in cuts if right for letter in ascii_lowercase),
        *(left + letter + right for left, right in cuts for letter in ascii_lowercase),
    } - {word}


def test_none_is_missed_and_none_is_made_up():
    chance = random.Random(7)
    words = {"".join(chance.choices("abc", k=chance.randint(3, 8))) for _ in range(3_000)}
    slips = Slips(words)
    for word in chance.sample(sorted(word for word in words if len(word) > 3), 300):
        assert slips.near(word) == all_slips(word) & words
