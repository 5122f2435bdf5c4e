"""Lines that wait for one another are answered once: what a visitor wrote in a hurry, or what an
outbox sends when the network is back."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.chat.models import Message, Turn
from apps.dialogue import playing
from apps.dialogue.driver import Driver
from apps.dialogue.play import Standing, play
from tests.dialogue.test_driver import locked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch):
    """What the engine was given to answer, turn by turn."""
    texts = []

    def note(standing, said, *, models):
        texts.append(said.text)
        return play(standing, said, models=models)

    monkeypatch.setattr(playing, "play", note)
    return texts


def line(text, cmid=None, fields=None):
    return Send(cmid=cmid or uuid.uuid4(), text=text, fields=fields)


@in_database
def stored(session):
    return [(m.author, m.text, m.turn_id) for m in Message.objects.filter(session=session)]


@in_database
def turns(session):
    return list(
        Turn.objects.filter(session=session).order_by("from_seq").values_list("from_seq", "to_seq")
    )


async def hurry(driver, handle, session, *frames, feed=None):
    """The first is in flight while the others come; their answers in order."""
    async with locked(session):
        sending = [asyncio.create_task(driver.send(handle, frame, feed)) for frame in frames]
        await asyncio.sleep(0)
        assert handle.waiting == len(frames)
    return await asyncio.gather(*sending)


async def test_those_that_wait_are_one_turn_and_keep_their_own_acks(
    driver, handle, session, ann, ben, asked
):
    frames = [line(text) for text in ("hello", "I want to return it", "order 202580668968")]
    answers = await hurry(driver, handle, session, *frames, feed=ann)
    assert [answer["cmid"] for answer in answers] == [str(frame.cmid) for frame in frames]
    assert [answer["seq"] for answer in answers] == [1, 3, 4]
    assert asked == ["hello", "I want to return it\norder 202580668968"]
    assert await turns(session) == [(1, 1), (3, 4)]
    assert ann.lines == [("ack", 1), ("message", 2), ("ack", 3), ("ack", 4), ("message", 5)]
    assert ben.seqs == [1, 2, 3, 4, 5]
    lines = await stored(session)
    assert [author for author, *_ in lines] == ["visitor", "bot", "visitor", "visitor", "bot"]
    assert lines[2][2] == lines[3][2] == lines[4][2]


async def test_a_resend_among_them_gets_its_first_ack_and_the_rest_is_answered(
    driver, handle, session
):
    """As when a page comes back: its outbox holds a line whose ack was lost."""
    known = line("known already")
    first = await driver.send(handle, known)
    other = Driver()
    fresh = other.hold(Standing.of(session))
    rest = [line("one"), known, line("two")]
    answers = await hurry(other, fresh, session, *rest)
    await other.close()
    assert answers[1] == first
    said = [text for author, text, _ in await stored(session) if author == "visitor"]
    assert sorted(said) == ["known already", "one", "two"]
    assert len(set(said)) == 3


async def test_one_of_them_with_a_used_cmid_is_refused_alone(driver, handle, session, cmid):
    await driver.send(handle, line("mine", cmid))
    frames = [line("first"), line("another text", cmid), line("last")]
    answers = await hurry(driver, handle, session, *frames)
    assert [answer.get("code") for answer in answers] == [None, "cmid_conflict", None]
    said = [text for author, text, _ in await stored(session) if author == "visitor"]
    assert said == ["mine", "first", "last"]


async def test_a_button_is_answered_by_itself_and_in_its_place(driver, handle, session, asked):
    frames = [line("a"), line("b"), line("", fields={"flow": "x"}), line("c"), line("d")]
    await hurry(driver, handle, session, *frames)
    assert asked == ["a", "b", "", "c\nd"]


async def test_they_are_never_longer_together_than_one_may_be(
    driver, handle, session, asked, settings
):
    settings.CHAT = replace(settings.CHAT, message_characters=10)
    await hurry(driver, handle, session, *(line(text) for text in ("a", "bbbbb", "ccc", "ddddd")))
    assert asked == ["a", "bbbbb\nccc", "ddddd"]


async def test_whose_quota_is_spent_is_told_and_the_others_are_answered(
    driver, session, settings, asked
):
    settings.CHAT = replace(settings.CHAT, message_burst=3)
    handle = driver.hold(Standing.of(session))
    answers = await hurry(driver, handle, session, *(line(text) for text in "abcd"))
    assert [answer["type"] for answer in answers] == ["ack", "ack", "ack", "refused"]
    assert answers[3]["code"] == "rate_limited"
    assert asked == ["a", "b\nc"]


async def test_who_goes_away_while_the_first_holds_them_up_is_not_lost(driver, handle, session):
    """The one that would have taken them along is cancelled: the next does."""
    async with locked(session):
        frames = [line(text) for text in "abcd"]
        tasks = [asyncio.create_task(driver.send(handle, frame)) for frame in frames]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.gather(tasks[0], return_exceptions=True)
    answers = await asyncio.gather(*tasks[1:])
    assert [answer["type"] for answer in answers] == ["ack"] * 3
    said = [text for author, text, _ in await stored(session) if author == "visitor"]
    assert said[-3:] == ["b", "c", "d"]
    assert (handle.waiting, handle.under_way) == (0, {})


async def test_a_lost_race_is_played_again_with_all_of_them(driver, handle, session, monkeypatch):
    submit = driver.journal.submit
    lost: list[object] = []

    async def lose_once(item):
        if len(item.lines) > 2 and not lost:
            lost.append(item)
            return await submit(replace(item, version=item.version + 7))
        return await submit(item)

    monkeypatch.setattr(driver.journal, "submit", lose_once)
    answers = await hurry(driver, handle, session, *(line(text) for text in "abc"))
    assert [answer["type"] for answer in answers] == ["ack"] * 3
    assert lost
    assert await turns(session) == [(1, 1), (3, 4)]


async def test_who_goes_away_while_waiting_leaves_his_place(driver, handle, session):
    async with locked(session):
        tasks = [asyncio.create_task(driver.send(handle, line(f"{n}"))) for n in range(9)]
        await asyncio.sleep(0)
        assert handle.waiting == len(tasks)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.gather(*tasks[1:], return_exceptions=True)
        assert handle.waiting == 1
    assert (await tasks[0])["type"] == "ack"
    assert (handle.under_way, len(await stored(session))) == ({}, 2)
