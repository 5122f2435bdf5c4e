"""Asking others from a loop that is late, and for many at once."""

import asyncio

import pytest

from apps.guard.timely import Together, within


async def answer(after: int = 3) -> str:
    """Comes after so many turns of the loop."""
    for _ in range(after):
        await asyncio.sleep(0)
    return "here"


async def never() -> None:
    await asyncio.Event().wait()


class TestWithin:
    async def test_what_comes_in_time(self):
        assert await within(10, answer()) == "here"

    async def test_what_does_not_is_cancelled(self):
        ended = asyncio.Event()

        async def late():
            try:
                await never()
            finally:
                ended.set()

        with pytest.raises(TimeoutError):
            await within(0.01, late())
        assert ended.is_set()

    async def test_a_loop_that_is_late_blames_nobody(self):
        async def block():
            while True:
                sum(range(50_000))
                await asyncio.sleep(0)

        busy = asyncio.create_task(block())
        try:
            assert await within(0.001, answer(after=5)) == "here"
        finally:
            busy.cancel()

    async def test_an_error_is_the_work_s_own(self):
        async def fails():
            raise KeyError("x")

        with pytest.raises(KeyError):
            await within(10, fails())

    async def test_who_gives_up_takes_the_work_along(self):
        ended = asyncio.Event()

        async def work():
            try:
                await never()
            finally:
                ended.set()

        task = asyncio.create_task(within(10, work()))
        for _ in range(2):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()


class TestTogether:
    @pytest.fixture
    def trips(self):
        return []

    @pytest.fixture
    def together(self, trips):
        async def ask(keys):
            trips.append(list(keys))
            await asyncio.sleep(0)
            if 13 in keys:
                raise KeyError(13)
            return {key: key * 2 for key in keys if key != 7}

        return Together(ask, most=3)

    async def test_those_who_come_meanwhile_share_a_trip(self, together, trips):
        first = asyncio.create_task(together.ask(1))
        for _ in range(2):
            await asyncio.sleep(0)
        rest = [asyncio.create_task(together.ask(key)) for key in (2, 3, 2, 4)]
        assert await asyncio.gather(first, *rest) == [2, 4, 6, 4, 8]
        assert trips == [[1], [2, 3], [4]]

    async def test_what_is_not_answered_is_none(self, together):
        assert [await together.ask(7), await together.ask(8)] == [None, 16]

    async def test_an_error_is_told_to_those_of_the_trip_alone(self, together):
        found = await asyncio.gather(*map(together.ask, (1, 13, 2, 3)), return_exceptions=True)
        assert list(map(type, found)) == [KeyError, KeyError, KeyError, int]
        assert await together.ask(5) == 10

    async def test_who_has_given_up_is_not_asked_for(self, together, trips):
        task = asyncio.create_task(together.ask(1))
        await asyncio.sleep(0)
        gone = asyncio.create_task(together.ask(2))
        await asyncio.sleep(0)
        gone.cancel()
        assert await task == 2
        assert await together.ask(3) == 6
        assert [2] not in trips
