"""What a model is told of earlier lines: cut, and nothing personal in part."""

import json

import pytest
from channels.db import database_sync_to_async as in_database

from apps.dialogue.turns.asking import Asker
from apps.dialogue.turns.told import cut
from apps.guard.personal import Mask
from tests.turns.conversations import ALL_DONE
from tests.turns.shop import NEAR, say
from tests.turns.test_drain import until

PADDING = "I wrote to you about it and I am really unhappy with all of that. "
PERSONAL = [
    "110101199003078515",
    "138 0013 8000",
    "4111 1111 1111 1111",
    "zhang.sanfeng@mail.example.com",
]
LONGEST = 500


def at(place, value, behind=" thanks, and goodbye then"):
    """A line with the value at this place of it."""
    return (PADDING * 12)[: place - 1] + " " + value + behind * 20


@pytest.mark.parametrize("value", PERSONAL)
def test_no_part_of_anything_personal_is_left(value):
    for place in range(LONGEST - len(value) - 2, LONGEST + 3):
        kept = cut(at(place, value), LONGEST)
        assert len(kept) <= LONGEST
        told = Mask().mask(kept)
        assert value[:4] not in told, place
        assert at(place, value).startswith(kept)


def test_what_only_the_words_behind_it_tell_goes_with_them():
    number = "0571 8815 8198"
    whole = at(LONGEST - len(number), number, " is my phone number")
    assert number not in Mask().mask(whole)
    assert number not in Mask().mask(cut(whole, LONGEST))


def test_however_many_numbers_there_are_it_ends():
    line = "call 1380013800" * 400
    assert len(cut(line, LONGEST)) <= LONGEST
    assert cut("short", LONGEST) == "short"
    assert cut("x" * 900, LONGEST) == "x" * LONGEST


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("value", PERSONAL)
async def test_what_is_cut_of_an_earlier_line_is_never_sent(
    driver, handle, models, started, watch, fakellm, all_holds, value
):
    await in_database(models)("good")
    await say(driver, handle, at(LONGEST - len(value) + 2, value))
    async with started.drain(Asker()):
        await until(watch, ALL_DONE)
        await say(driver, handle, NEAR)
        await until(watch, ALL_DONE)
    sent = json.dumps([call["body"] for call in fakellm.calls("good")])
    assert PADDING.strip() in sent
    assert value[:4] not in sent
