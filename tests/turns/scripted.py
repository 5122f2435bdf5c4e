"""Runners that do what a test says, in this process."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.chat.items import Line
from apps.dialogue.turns.port import Claimed, Finish
from apps.engine.types import Author
from tests.turns.conversations import PATIENCE_S


def answer(text: str, **more: object) -> Finish:
    return Finish(reply=Line(Author.BOT, text), route="model", **more)  # type: ignore[arg-type]  # the test knows the fields


@dataclass(slots=True)
class Call:
    """A turn that runs until the test ends it."""

    claimed: Claimed
    show: Callable[[int, str], None]
    _end: asyncio.Future[Finish] = field(default_factory=asyncio.Future)
    was_cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.claimed.lines]

    def answer(self, text: str, **more: object) -> None:
        self._end.set_result(answer(text, **more))

    def fail(self, error: Exception) -> None:
        self._end.set_exception(error)

    async def ended(self) -> Finish:
        try:
            return await self._end
        except asyncio.CancelledError:
            self.was_cancelled.set()
            raise


class Calls(asyncio.Queue[Call]):
    async def get(self) -> Call:
        """Raises AssertionError if none comes."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await super().get()
        except TimeoutError:
            raise AssertionError(f"no turn was run in {PATIENCE_S:g} s") from None


class Held:
    """Each call waits in `calls` for the test to take it."""

    def __init__(self) -> None:
        self.calls = Calls()

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish:
        call = Call(claimed, show)
        self.calls.put_nowait(call)
        return await call.ended()

    async def ready(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Holds nothing."""


class Echo:
    """Answers at once with what was said."""

    def __init__(self) -> None:
        self.ran: list[tuple[uuid.UUID, int]] = []

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish:
        self.ran.append(claimed.key)
        return answer("echo: " + " / ".join(line.text for line in claimed.lines))

    async def ready(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Holds nothing."""
