"""Asking another program from an event loop that has much to do."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

# As many turns of the loop as an answer needs from the socket to whoever asked, and some more.
SLICES = 10


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to. Raises TimeoutError for work that takes longer, and cancels it.

    A single timer would blame the other side when our own loop is late: it has expired by the time
    that the loop looks at the answer, which has come long since. So the time is cut into slices, and
    in each the loop looks once at least.
    """
    task = asyncio.ensure_future(work)
    try:
        for _ in range(SLICES):
            await asyncio.wait({task}, timeout=seconds / SLICES)
            if task.done():
                return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    raise TimeoutError


class Together(Generic[K, V]):
    """Asks for all who ask meanwhile at once: the busier the loop, the fewer trips. For one event
    loop. `ask` is given each key once, and what it does not answer is None."""

    def __init__(self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], most: int) -> None:
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """Raises what the common trip raises."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            waiting = [(key, future) for key, future in batch if not future.done()]
            try:
                keys = list(dict.fromkeys(key for key, _ in waiting))
                found = await self._ask(keys) if keys else {}
            except Exception as error:  # noqa: BLE001 those who wait get it, whatever it is
                for _, future in waiting:
                    if not future.done():
                        future.set_exception(error)
            else:
                for key, future in waiting:
                    if not future.done():
                        future.set_result(found.get(key))
