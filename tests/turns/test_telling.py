"""Of an answer that grows only what is new travels, wherever its attempt stands."""

import asyncio
import contextlib
import uuid

import pytest

from apps.chat import events
from apps.chat.events import Grown
from apps.dialogue.play import Standing
from apps.dialogue.turns import telling
from apps.dialogue.turns.passing import Shown
from apps.dialogue.turns.port import Claimed
from apps.dialogue.turns.telling import Teller
from apps.engine.types import Mode, State
from apps.guard.pauses import Pause
from tests.redis_child import RedisChild


def claimed() -> Claimed:
    standing = Standing(uuid.uuid4(), 1, "en", 0, 0, State.INIT, Mode.BOT)
    return Claimed(uuid.uuid4(), attempt=1, standing=standing, lines=(), until=0.0)


ANN, BEN = claimed(), claimed()


@pytest.fixture
def told(monkeypatch) -> list[Grown]:
    """What was published, in its order."""
    told: list[Grown] = []

    async def publish(grown: list[Grown]) -> None:
        told.extend(grown)

    monkeypatch.setattr(events, "publish_grown", publish)
    return told


def pieces(told: list[Grown]) -> list[tuple[int, int, str]]:
    return [(one.attempt, one.offset, one.text) for one in told]


async def tell(teller: Teller, *shown: tuple[Claimed, int, str]) -> None:
    await teller.tell([Shown(*one) for one in shown])


async def test_only_what_has_come_since_is_told(told):
    teller = Teller()
    for text in ("Two", "Two days.", "Two days.", "Two days. 好😀", "Two days. 好😀!"):
        await tell(teller, (ANN, 1, text))
    assert pieces(told) == [
        (1, 0, "Two"),
        (1, 3, " days."),
        (1, 9, ""),
        (1, 9, " 好😀"),
        (1, 12, "!"),
    ]
    assert {(one.session, one.turn) for one in told} == {(ANN.session, ANN.turn)}


@pytest.mark.parametrize(("attempt", "text"), [(2, "Three"), (2, "Two days. Or"), (1001, "")])
async def test_another_attempt_begins_anew(told, attempt, text):
    teller = Teller()
    await tell(teller, (ANN, 1, "Two days."))
    await tell(teller, (ANN, attempt, text))
    await tell(teller, (ANN, attempt, f"{text} more"))
    assert pieces(told)[1:] == [(attempt, 0, text), (attempt, len(text), " more")]


async def test_turns_do_not_mix(told):
    teller = Teller()
    await tell(teller, (ANN, 1, "Two"), (BEN, 1, "Ten percent"))
    await tell(teller, (BEN, 1, "Ten percent."), (ANN, 1, "Two days"))
    assert [(one.turn, one.offset, one.text) for one in told] == [
        (ANN.turn, 0, "Two"),
        (BEN.turn, 0, "Ten percent"),
        (BEN.turn, 11, "."),
        (ANN.turn, 3, " days"),
    ]


async def test_the_turn_that_was_told_of_longest_ago_is_forgotten_first(told, monkeypatch):
    monkeypatch.setattr(telling, "KEPT", 2)
    teller, third = Teller(), claimed()
    await tell(teller, (ANN, 1, "a"), (BEN, 1, "b"), (ANN, 1, "aa"), (third, 1, "c"))
    told.clear()
    await tell(teller, (ANN, 1, "aaa"), (BEN, 1, "bb"))
    assert pieces(told) == [(1, 2, "a"), (1, 0, "bb")], "told again, which clients drop"


async def test_many_drains_of_a_long_day_take_no_more_memory(told):
    teller = Teller()
    for _ in range(telling.KEPT + 10):
        await tell(teller, (claimed(), 1, "Two days."))
    assert len(teller._told) == telling.KEPT


@pytest.fixture
def redis(tmp_path, settings, monkeypatch):
    """One of the test's own behind the channel layer."""
    child = RedisChild(tmp_path)
    child.start()
    backend = settings.CHANNEL_LAYERS["default"]["BACKEND"]
    config = {"hosts": [{"address": child.url, "socket_connect_timeout": 1}]}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
    monkeypatch.setattr(events, "pause", Pause("hints"))
    monkeypatch.setattr(events, "RETRY_S", 0)
    yield child
    if child.process:
        child.kill()


async def test_it_arrives_as_it_was_told(redis):
    heard: asyncio.Queue[Grown] = asyncio.Queue()

    def hear(grown: list[Grown]) -> None:
        for one in grown:
            heard.put_nowait(one)

    ears = asyncio.create_task(events.listen(lambda _moved: None, hear))
    try:
        async with asyncio.timeout(30):
            first = None
            while first is None:
                # Until it listens, nobody hears: each time another teller, which knows nothing yet.
                teller = Teller()
                await tell(teller, (ANN, 7, "好😀"))
                with contextlib.suppress(TimeoutError):
                    first = await asyncio.wait_for(heard.get(), 0.1)
            await tell(teller, (ANN, 7, "好😀, two"))
            second = await heard.get()
            while second.offset == 0:
                second = await heard.get()
        assert first == Grown(ANN.session, ANN.turn, 7, 0, "好😀")
        assert second == Grown(ANN.session, ANN.turn, 7, 2, ", two")
    finally:
        ears.cancel()
        await asyncio.gather(ears, return_exceptions=True)


async def test_with_redis_gone_nobody_waits_and_nothing_is_raised(redis):
    teller = Teller()
    redis.kill()
    async with asyncio.timeout(30):
        for length in range(1, 20):
            await tell(teller, (ANN, 1, "x" * length))
    assert teller._told[ANN.turn] == (1, 19)
