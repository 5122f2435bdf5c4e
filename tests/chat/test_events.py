"""Hints: they speed things up, and whatever becomes of Redis nobody waits for it."""

import asyncio
import contextlib
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_thread

from apps.chat import events
from apps.guard.pauses import FAILURES, PAUSE_S, Pause
from tests.redis_child import RedisChild

ANN, BEN = uuid.uuid4(), uuid.uuid4()
PATIENCE_S = 20


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


class Layer:
    """A channel layer that does what the test says, and counts."""

    def __init__(self, send=None, subscribe=None):
        self.sent = 0
        self.subscribed = 0
        self.flushed = 0
        self.hints: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._send = send
        self._subscribe = subscribe

    async def group_send(self, group, message):
        self.sent += 1
        if self._send:
            await self._send()
        await self.hints.put(message)

    async def new_channel(self):
        self.subscribed += 1
        if self._subscribe and self.subscribed == 1:
            await self._subscribe()
        return "channel"

    async def group_add(self, group, channel):
        assert group in events.GROUPS
        assert channel == "channel"

    async def receive(self, channel):
        return await self.hints.get()

    async def flush(self):
        self.flushed += 1
        raise ConnectionError("the flush fails as well")


async def hang():
    await asyncio.Event().wait()


async def refuse():
    raise ConnectionError("Redis is away")


async def break_down():
    raise ZeroDivisionError


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(events, "pause", Pause("hints", clock.monotonic))
    monkeypatch.setattr(events, "RETRY_S", 0)
    return clock


@pytest.fixture
def use(monkeypatch, clock, settings):
    """Puts a layer in the place of the real one, with little patience for it."""
    settings.CHAT = replace(settings.CHAT, hint_timeout_s=0.01)

    def use_layer(layer):
        monkeypatch.setattr(events, "get_channel_layer", lambda: layer)
        return layer

    return use_layer


@pytest.fixture
def redis(settings):
    """A Redis of the test's own behind the real channel layer."""
    with tempfile.TemporaryDirectory(prefix="hd-") as folder:
        child = RedisChild(Path(folder))
        child.start()
        config = {"hosts": [{"address": child.url, "socket_connect_timeout": 1}]}
        backend = settings.CHANNEL_LAYERS["default"]["BACKEND"]
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
        # Three that are late shut a breaker whose clock stands still.
        settings.CHAT = replace(settings.CHAT, hint_timeout_s=2.0)
        yield child
        if child.process:
            child.thaw()
            child.kill()


class Ears:
    """Listens in the background until the block ends."""

    def __init__(self):
        self.heard = []
        self._came = asyncio.Event()

    async def __aenter__(self):
        self._task = asyncio.create_task(events.listen(self._hear))
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _hear(self, moved):
        self.heard += moved
        self._came.set()

    async def until(self, position):
        async with asyncio.timeout(PATIENCE_S):
            while position not in self.heard:
                self._came.clear()
                await self._came.wait()

    async def hear_again(self, said):
        """Says it until it is heard: a listener that subscribes anew misses what is said then."""
        self.heard.clear()
        async with asyncio.timeout(PATIENCE_S):
            while not self.heard:
                self._came.clear()
                await events.publish(said)
                try:
                    await asyncio.wait_for(self._came.wait(), 0.1)
                except TimeoutError:
                    continue


@pytest.mark.parametrize("failure", [hang, refuse, break_down])
async def test_a_publish_that_fails_is_over_soon_and_raises_nothing(use, failure):
    layer = use(Layer(send=failure))
    async with asyncio.timeout(PATIENCE_S):
        await events.publish([(ANN, 1)])
    assert layer.sent == 1


async def test_without_a_layer_nothing_is_published_and_nothing_raised(use):
    use(None)
    await events.publish([(ANN, 1)])


async def test_who_cancels_a_publish_is_obeyed(use):
    use(Layer(send=hang))
    task = asyncio.create_task(events.publish([(ANN, 1)]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_after_some_failures_redis_is_left_alone_for_a_while(use, clock):
    layer = use(Layer(send=refuse))
    for _ in range(10):
        await events.publish([(ANN, 1)])
    assert layer.sent == FAILURES
    clock.now += PAUSE_S - 0.001
    await events.publish([(ANN, 1)])
    assert layer.sent == FAILURES
    clock.now += 0.001
    await events.publish([(ANN, 1)])
    assert layer.sent == FAILURES + 1


async def test_after_the_pause_a_hint_goes_through(use, clock):
    use(Layer(send=refuse))
    for _ in range(FAILURES):
        await events.publish([(ANN, 1)])
    clock.now += PAUSE_S
    healthy = use(Layer())
    await events.publish([(ANN, 2)])
    assert healthy.hints.get_nowait() == {"type": "hint", "moved": [[str(ANN), 2]]}


def test_a_success_forgets_the_failures_before_it(clock):
    pause = Pause("hints", clock.monotonic)
    for ok in [False] * (FAILURES - 1) + [True] + [False] * (FAILURES - 1):
        if ok:
            pause.succeeded()
        else:
            pause.failed(pause.now())
    assert not pause.is_on()
    pause.failed(pause.now())
    assert pause.is_on()


def test_failures_side_by_side_are_one(clock):
    pause = Pause("hints", clock.monotonic)
    began = pause.now()
    clock.now += 1
    for _ in range(2 * FAILURES):
        pause.failed(began)
    assert not pause.is_on()


async def test_a_listener_hears_every_position_of_a_hint(use):
    use(Layer())
    async with Ears() as ears:
        await ears.hear_again([(ANN, 3), (BEN, 1)])
    assert ears.heard == [(ANN, 3), (BEN, 1)]


@pytest.mark.parametrize("failure", [refuse, break_down])
async def test_a_listener_that_cannot_subscribe_tries_again(use, failure):
    layer = use(Layer(subscribe=failure))
    async with Ears() as ears:
        await ears.hear_again([(ANN, 3)])
    assert (layer.subscribed, layer.flushed) == (2, 1)


@pytest.mark.parametrize("odd", [{}, {"moved": [["no uuid", 1]]}, {"moved": 7}, {"moved": [[1]]}])
async def test_a_hint_of_another_shape_does_not_end_the_listening(use, odd):
    layer = use(Layer())
    async with Ears() as ears:
        await layer.hints.put(odd)
        await ears.hear_again([(ANN, 3)])
    assert ears.heard == [(ANN, 3)]


async def test_a_listener_ends_when_it_is_told_to(use):
    use(Layer())
    task = asyncio.create_task(events.listen(lambda _moved: None))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_hint_reaches_a_listener_through_redis(redis, clock):
    async with Ears() as ears:
        await ears.hear_again([(ANN, 3), (BEN, 2**40)])
    assert ears.heard[:2] == [(ANN, 3), (BEN, 2**40)]


async def test_a_listener_hears_again_after_redis_was_killed_and_started(redis, clock):
    async with Ears() as ears:
        await ears.hear_again([(ANN, 1)])
        redis.kill()
        for _ in range(FAILURES):
            await events.publish([(ANN, 2)])
        assert events.pause.is_on()
        redis.start()
        clock.now += PAUSE_S
        await ears.hear_again([(ANN, 3)])
    assert ears.heard[-1] == (ANN, 3)


async def test_a_frozen_redis_holds_nobody_up(redis, clock):
    async with Ears() as ears:
        await ears.hear_again([(ANN, 1)])
        redis.freeze()
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(100):
                await events.publish([(ANN, 2)])
        redis.thaw()
        clock.now += PAUSE_S
        await ears.hear_again([(ANN, 3)])


async def test_redis_may_be_away_when_the_listening_begins(redis, clock):
    redis.kill()
    async with Ears() as ears:
        await events.publish([(ANN, 1)])
        redis.start()
        clock.now += PAUSE_S
        await ears.hear_again([(ANN, 2)])


async def test_a_synchronous_caller_is_heard_as_well(redis, clock):
    async with Ears() as ears:
        await ears.hear_again([(ANN, 1)])
        ears.heard.clear()
        await in_thread(events.announce, thread_sensitive=False)([(BEN, 5)])
        await ears.until((BEN, 5))


def test_a_synchronous_caller_without_redis_goes_on(redis, clock):
    redis.kill()
    for _ in range(FAILURES + 2):
        events.announce([(ANN, 1)])
    assert events.pause.is_on()


async def test_what_is_of_no_session_is_heard_by_whoever_listens_for_it(redis):
    heard = []
    came = asyncio.Event()

    def hear(told):
        heard.append(told)
        came.set()

    task = asyncio.create_task(events.listen(lambda _moved: None, on_other=hear))
    message = {"type": "tickets", "ids": [7]}
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not heard:
                came.clear()
                await events.tell(events.TICKETS, message)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(came.wait(), 0.1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert heard[0] == message


async def test_a_listener_that_is_stopped_while_it_connects_stops(redis):
    for turns in range(40):
        task = asyncio.create_task(events.listen(lambda _moved: None))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(task, return_exceptions=True)
        assert task.done()
