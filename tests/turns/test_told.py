"""What a model is told of earlier lines: cut, and nothing personal in part."""

import json

import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection

from apps.dialogue.turns import claims
from apps.dialogue.turns.asking import Asker
from apps.dialogue.turns.told import cut
from apps.guard.personal import Mask
from apps.handoff.services import claim, return_to_bot
from tests.handoff.talks import asks
from tests.handoff.talks import say as talk
from tests.handoff.team import nora
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


@pytest.mark.django_db(transaction=True)
async def test_what_the_operator_asked_of_the_bot_is_told_without_anything_personal(
    models, make_session, started, watch, fakellm, all_holds
):
    session = await in_database(_handed_back)(models, make_session)
    async with started.drain(Asker()):
        await until(watch, ALL_DONE)
    sent = json.dumps([call["body"] for call in fakellm.calls("good")])
    assert "Offer to send it again, and call" in sent
    assert "(staff)" in sent
    assert PERSONAL[1] not in sent
    await in_database(asks)(session)
    assert await in_database(_words)(session) == [], "it was said of the time before"


def _handed_back(models, make_session):
    models("good")
    session, operator = make_session(), nora()
    ticket = claim(ticket_id=asks(session).pk, operator=operator)
    talk(session, NEAR)
    instruction = f"Offer to send it again, and call {PERSONAL[1]} first."
    return_to_bot(ticket_id=ticket.pk, operator=operator, instruction=instruction)
    assert _words(session) == [instruction]
    return session


def _words(session):
    with connection.cursor() as cursor:
        cursor.execute(claims.WORD.replace("s.id", "%s"), [session.pk] * 2)
        return [word for (word,) in cursor.fetchall()]
