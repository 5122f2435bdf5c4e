"""The ledger's rows of turns, written a batch at a time: no climb waits for the database."""

import asyncio
import logging

from django.db import InterfaceError, OperationalError

from apps.chat.threads import in_thread
from apps.llm.services import Attempt, save_calls

logger = logging.getLogger(__name__)

PAUSE_S = 1.0
# Some minutes without a database at full load; what is more is lost, and said.
MOST_WAITING = 20_000
# What is tried again: the database is not there, or not now.
AWAY = (OperationalError, InterfaceError, TimeoutError)


class Ledger:
    """For one event loop. A process that is killed loses what it booked in the last `PAUSE_S`."""

    def __init__(self) -> None:
        self._waiting: list[Attempt] = []
        self._writer: asyncio.Task[None] | None = None

    def book(self, attempt: Attempt) -> None:
        """Never waits."""
        if len(self._waiting) >= MOST_WAITING:
            logger.error("ledger: full, a call is not booked")
            return
        self._waiting.append(attempt)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Writes what is left, if the database takes it."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._flush()

    async def _write(self) -> None:
        while self._waiting:
            await asyncio.sleep(PAUSE_S)
            await self._flush()

    async def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        left = batch
        try:
            left = await self._save(batch)
        finally:
            # A thread that was given up may still commit: a call that is written twice is one row.
            self._waiting = left + self._waiting

    async def _save(self, batch: list[Attempt]) -> list[Attempt]:
        """Those that have to wait. A row that no database takes is looked for by halves."""
        try:
            await in_thread(save_calls, attempts=batch)
        except AWAY as error:
            logger.warning("ledger: has to wait (%s)", type(error).__name__)
            return batch
        except Exception as error:  # noqa: BLE001 one bad row must not stop all that come after it
            if len(batch) == 1:
                logger.error("ledger: a call is not booked (%s)", type(error).__name__)  # noqa: TRY400 its text may repeat what was said
                return []
            half = len(batch) // 2
            return [*await self._save(batch[:half]), *await self._save(batch[half:])]
        return []
