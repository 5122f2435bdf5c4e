"""Colours that can be read. Ratios are those of WCAG 2.2."""

import pytest

from apps.sites import colours


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#ffffff", "#ffffff", 1),
        # The greys that AA is known by: 4.54 and 4.48 on white.
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
    ],
)
def test_contrast(one, other, ratio):
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@pytest.mark.parametrize("colour", ["#0b6e6e", "#ffd54a", "#808080", "#7f7f7f", "#ff0000"])
def test_one_ink_can_always_be_read(colour):
    assert colours.contrast(colour, colours.ink_on(colour)) >= colours.ENOUGH


@pytest.mark.parametrize("colour", ["#ffd54a", "#ff0000", "#f5f5f5", "#00ff00", "#777777"])
def test_the_nearest_readable_colour_is_readable_and_near(colour):
    found = colours.nearest_readable(colour, colours.WHITE)
    assert colours.contrast(found, colours.WHITE) >= colours.ENOUGH
    # Not darker than it has to be.
    assert colours.contrast(found, colours.WHITE) < colours.ENOUGH + 0.15


def test_on_black_text_it_gets_lighter():
    found = colours.nearest_readable("#10106e", colours.BLACK)
    assert colours.luminance(found) > colours.luminance("#10106e")
    assert colours.contrast(found, colours.BLACK) >= colours.ENOUGH


def test_what_can_be_read_stays():
    assert colours.nearest_readable("#0b6e6e", colours.WHITE) == "#0b6e6e"
