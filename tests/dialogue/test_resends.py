"""Lines that come again, floods, and lines that find nobody to store them: what each may cost."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from apps.chat import services
from apps.chat.frames import Send
from apps.dialogue import driver as driving
from apps.dialogue.driver import TWINS, Driver
from apps.dialogue.handles import KNOWN_LINES, Handle
from apps.dialogue.play import Standing
from apps.dialogue.rows import Row
from apps.guard.limits import LeakyBucket
from tests.dialogue.ears import Ears, listening, row, standing
from tests.dialogue.test_driver import locked, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def driver(settings):
    settings.CHAT = replace(settings.CHAT, message_burst=3, messages_per_second=0.001)
    driver = Driver()
    yield driver
    await driver.close()


@pytest.fixture
def looked_up(monkeypatch):
    """Every cmid that was asked for in the table."""
    found: list[uuid.UUID] = []
    find = services.find_line

    def note_and_find(session, cmid):
        found.append(cmid)
        return find(session, cmid)

    monkeypatch.setattr(driving, "find_line", note_and_find)
    return found


def line(number):
    return Send(cmid=uuid.uuid4(), text=f"hello {number}")


async def test_a_flood_of_new_lines_costs_no_query(driver, session, looked_up):
    handle = driver.hold(Standing.of(session))
    answers = [await driver.send(handle, line(number)) for number in range(40)]
    assert [answer["type"] for answer in answers] == ["ack"] * 3 + ["refused"] * 37
    assert {answer["code"] for answer in answers[3:]} == {"rate_limited"}
    assert looked_up == []


async def test_a_resend_with_an_empty_bucket_gets_the_first_ack_at_once(driver, session, looked_up):
    handle = driver.hold(Standing.of(session))
    frames = [line(number) for number in range(3)]
    first = [await driver.send(handle, frame) for frame in frames]
    assert [await driver.send(handle, frame) for frame in frames] == first
    assert looked_up == [frame.cmid for frame in frames]


async def test_what_a_client_missed_is_known_after_its_resume(driver, session):
    """Its acks were lost with the first socket, and it sends again what it holds."""
    before = driver.hold(Standing.of(session))
    frames = [line(number) for number in range(3)]
    first = [await driver.send(before, frame) for frame in frames]
    driver.desk.give_back(before)
    handle = driver.hold(replace(Standing.of(session), version=3, last_seq=6))
    await handle.join(Ears())
    assert [await driver.send(handle, frame) for frame in frames] == first


def test_only_the_last_lines_of_a_visitor_are_known():
    handle = Handle(standing(), LeakyBucket(20, 1))
    rows = [row(seq, "visitor", uuid.uuid4()) for seq in range(1, KNOWN_LINES + 3)]
    handle.deliver([*rows, row(KNOWN_LINES + 3, "operator", uuid.uuid4())])
    assert list(handle.known) == [kept.cmid for kept in rows[2:]]
    assert isinstance(rows[0], Row)


async def test_no_more_than_so_many_resends_wait_for_a_line_under_way(driver, session):
    handle = driver.hold(Standing.of(session))
    frame = line(0)
    async with locked(session):
        sending = [asyncio.create_task(driver.send(handle, frame)) for _ in range(1 + TWINS)]
        await asyncio.sleep(0)
        refused = await driver.send(handle, frame)
        assert (refused["type"], refused["code"]) == ("refused", "busy")
        assert refused["retry_after"] > 0
    acks = await asyncio.gather(*sending)
    assert {ack["seq"] for ack in acks} == {1}
    assert len(await stored(session)) == 2


async def test_whoever_waits_too_long_is_told_to_come_back(driver, session, settings):
    """The line in flight, those behind it, and resends of either: all at the same time."""
    settings.CHAT = replace(settings.CHAT, journal_wait_s=0.2)
    handle = driver.hold(Standing.of(session))
    ann = listening(handle)
    frames = [line(number) for number in range(5)]
    async with locked(session):
        sending = [driver.send(handle, frame, ann, trusted=True) for frame in frames + frames]
        answers = await asyncio.gather(*sending)
    assert {answer["code"] for answer in answers} == {"busy"}
    assert (handle.waiting, handle.under_way, len(ann.frames)) == (0, {}, 10)
    again = [await driver.send(handle, frame, trusted=True) for frame in frames]
    assert [answer["type"] for answer in again] == ["ack"] * 5
    assert len(await stored(session)) == 10


@pytest.mark.parametrize("first", [True, False])
async def test_who_is_trusted_has_no_limit_and_who_shares_the_session_has_one(
    driver, session, first
):
    handle = driver.hold(Standing.of(session))
    assert driver.hold(Standing.of(session)) is handle
    answers = [
        (trusted, await driver.send(handle, line(number), trusted=trusted))
        for number in range(5)
        for trusted in (first, not first)
    ]
    assert {answer["type"] for trusted, answer in answers if trusted} == {"ack"}
    others = [answer["type"] for trusted, answer in answers if not trusted]
    assert others == ["ack"] * 3 + ["refused"] * 2
