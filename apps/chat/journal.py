"""The one way in for every line of every session. Two doors over one statement.

`Journal.submit` groups: while one batch commits, the next gathers. `append` works inside the
caller's transaction. Both return an `Outcome`; an `ok` means committed (for `append`: with the
caller's transaction).
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row

from apps.chat import events
from apps.chat.items import BadItemError, Item, Outcome, Stored, Verdict, check, rows
from apps.chat.statement import ALONE, GROUPED, LOCK

logger = logging.getLogger(__name__)

BATCH = 200
# A session locked elsewhere comes back in the next batch; alone, it is asked for this often.
LOCKED_PAUSE_S = 0.01
RECONNECT_PAUSE_S = 0.2
SESSION_SETTINGS = (
    # The planner costs 2 ms a batch and cannot know better: 100 rows are assumed of any JSON.
    "-c plan_cache_mode=force_generic_plan -c statement_timeout=5s -c lock_timeout=3s"
    " -c idle_in_transaction_session_timeout=10s -c synchronous_commit=on -c timezone=UTC"
)
NOTHING_COMMITTED = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

Committed = Callable[[list[events.Position]], None]


class UnavailableError(Exception):
    """The item was not confirmed in time. A keyed item may be submitted again without harm."""


@dataclass(slots=True)
class _Entry:
    item: Item
    answer: asyncio.Future[Outcome]
    until: float


class Journal:
    """The grouped door: one connection and one writer for an event loop.

    `on_commit` is called after the answers are given, with the new position of every session
    that a batch moved. `wait_s` bounds how long an item may wait for a locked session or for
    the database.
    """

    def __init__(
        self, conninfo: dict[str, Any], *, on_commit: Committed, wait_s: float = 5.0
    ) -> None:
        given = conninfo.get("options", "")
        self._conninfo = {**conninfo, "options": f"{given} {SESSION_SETTINGS}".strip()}
        self._on_commit = on_commit
        self._wait_s = wait_s
        self._waiting: deque[_Entry] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._connection: AsyncConnection[TupleRow] | None = None

    async def submit(self, item: Item) -> Outcome:
        """Raises BadItemError for what can never be stored, UnavailableError after `wait_s`."""
        check(item)
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(item, answer, time.monotonic() + self._wait_s))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="journal")
        return await answer

    async def close(self) -> None:
        """Waits for what is queued, then gives the connection back."""
        if self._writer:
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._disconnect()

    async def _write_all(self) -> None:
        while self._waiting:
            batch = self._take()
            self._give_up_on_late(batch)
            if not batch:
                continue
            locked = await self._write(batch)
            self._waiting.extendleft(reversed(locked))
            if locked and len(locked) == len(self._waiting):
                await asyncio.sleep(LOCKED_PAUSE_S)

    def _take(self) -> list[_Entry]:
        """Up to BATCH entries in order, at most one of each session; the others keep theirs."""
        batch: list[_Entry] = []
        passed: list[_Entry] = []
        sessions: set[UUID] = set()
        while self._waiting and len(batch) < BATCH:
            entry = self._waiting.popleft()
            if entry.item.session in sessions:
                passed.append(entry)
            else:
                sessions.add(entry.item.session)
                batch.append(entry)
        self._waiting.extendleft(reversed(passed))
        return batch

    def _give_up_on_late(self, batch: list[_Entry]) -> None:
        now = time.monotonic()
        for entry in [entry for entry in batch if entry.until < now]:
            batch.remove(entry)
            _fail(entry, UnavailableError("not stored in time"))

    async def _write(self, batch: list[_Entry]) -> list[_Entry]:
        """Writes and answers; returns the entries to try again: locked or after a lost try."""
        try:
            outcomes = await self._execute([entry.item for entry in batch])
        except NOTHING_COMMITTED:
            return batch
        except (psycopg.OperationalError, psycopg.InterfaceError, OSError, TimeoutError) as error:
            return await self._after_loss(batch, error)
        except (psycopg.Error, ValueError) as error:
            return await self._bisect(batch, error)
        except Exception:  # a fault of ours must leave nobody waiting for ever
            logger.exception("journal: a batch broke the code")
            await self._disconnect()
            for entry in batch:
                _fail(entry, UnavailableError("the batch broke the code"))
            return []
        return self._answer(batch, outcomes)

    async def _after_loss(self, batch: list[_Entry], error: Exception) -> list[_Entry]:
        """The commit may have happened: only an item that would be found again is retried."""
        logger.warning("journal: connection lost (%s)", type(error).__name__)
        await self._disconnect()
        await asyncio.sleep(RECONNECT_PAUSE_S)
        for entry in batch:
            if not entry.item.keyed:
                _fail(entry, UnavailableError("the connection was lost"))
        return [entry for entry in batch if entry.item.keyed]

    async def _bisect(self, batch: list[_Entry], error: Exception) -> list[_Entry]:
        """A data error rolled the whole batch back: halve it until the offender stands alone."""
        if len(batch) == 1:
            logger.error("journal: an item was refused (%s)", type(error).__name__)
            _fail(batch[0], BadItemError("the database refused the item"))
            return []
        middle = len(batch) // 2
        return await self._write(batch[:middle]) + await self._write(batch[middle:])

    def _answer(self, batch: list[_Entry], outcomes: list[Outcome]) -> list[_Entry]:
        locked: list[_Entry] = []
        moved: list[events.Position] = []
        for entry, outcome in zip(batch, outcomes, strict=True):
            if outcome.verdict is Verdict.LOCKED:
                locked.append(entry)
                continue
            if outcome.verdict is Verdict.OK:
                moved.append((entry.item.session, outcome.last_seq))
            if not entry.answer.done():
                entry.answer.set_result(outcome)
        if moved:
            asyncio.get_running_loop().call_soon(self._on_commit, moved)
        return locked

    async def _execute(self, items: list[Item]) -> list[Outcome]:
        async with asyncio.timeout(self._wait_s + 1):
            if self._connection is None:
                self._connection = await AsyncConnection.connect(
                    **self._conninfo, autocommit=True, row_factory=tuple_row
                )
            cursor = await self._connection.execute(GROUPED, _parameters(items), prepare=True)
            return [_outcome(row) for row in await cursor.fetchall()]

    async def _disconnect(self) -> None:
        lost, self._connection = self._connection, None
        if lost:
            await lost.close()


def conninfo() -> dict[str, Any]:
    """What psycopg needs to reach Django's default database, past Django's own pool."""
    found = connections["default"].settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    names["port"] = "PORT"
    options = {name: value for name, value in found["OPTIONS"].items() if name != "pool"}
    return {name: found[key] for name, key in names.items() if found[key]} | options


def append(item: Item) -> Outcome:
    """The synchronous door, inside the caller's `atomic()`: locks the session, then writes.

    Raises BadItemError, and RuntimeError outside of a transaction. What it wrote is announced
    when the caller's transaction commits.
    """
    check(item)
    if not connection.in_atomic_block:
        raise RuntimeError("append() needs the caller's transaction")
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [item.session])
        cursor.execute(ALONE, _parameters([item]))
        outcome = _outcome(cursor.fetchone())
    if outcome.verdict is Verdict.OK:
        transaction.on_commit(partial(events.announce, [(item.session, outcome.last_seq)]))
    return outcome


def _fail(entry: _Entry, error: Exception) -> None:
    if not entry.answer.done():
        entry.answer.set_exception(error)


def _parameters(items: list[Item]) -> dict[str, str | int]:
    made: dict[str, str | int] = {
        "most_open": settings.CHAT.open_turns,
        "most_restarts": settings.CHAT.turn_restarts,
        "most_characters": settings.CHAT.turn_characters,
    }
    return made | {name: orjson.dumps(found).decode() for name, found in rows(items).items()}


def _outcome(row: tuple[Any, ...]) -> Outcome:
    _, verdict, version, last_seq, at, known = row
    stored = tuple(
        Stored(UUID(line["id"]), line["seq"], UUID(line["cmid"]), line["text"], line["fields"])
        for line in known or ()
    )
    return Outcome(Verdict(verdict), version or 0, last_seq or 0, at, stored)
