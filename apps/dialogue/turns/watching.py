"""The sweeper's part: it calls no model and needs no broker, and sees to it that no visitor waits in
silence whatever else is away.

One sweeper leads, by a lock that lives as long as its connection; another takes over when it is gone.
"""

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError

from apps.dialogue.turns import claims
from apps.dialogue.turns.claims import Places
from apps.dialogue.turns.faults import place
from apps.dialogue.turns.finishing import give_notice
from apps.dialogue.turns.listening import direct
from apps.dialogue.turns.waking import wake

logger = logging.getLogger(__name__)

# What starts a management command of ours.
MANAGE: tuple[str, ...] = (sys.executable, "manage.py")
DRAIN = ("drain",)
# More than a process takes to begin; one that has not begun by then is not waited for.
START_S = 60.0
LEADER = 0x74_75_72_6E  # the number of the lock


class Watcher:
    """Keeps the leader's connection and the processes that it has started."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None
        self._started: list[Started] = []
        self._failed: set[UUID] = set()

    def look(self) -> int:
        """One round; how many turns it ended with a notice. Raises DatabaseError."""
        try:
            if not self._leads():
                return 0
            told = self._tell_hopeless()
            self._see_to_lost()
            self._see_to_pending()
            self._ask(claims.DEAD_DRAINS)
        except psycopg.Error as error:
            self.resign()
            raise DatabaseError(type(error).__name__) from error
        return told

    def resign(self) -> None:
        lost, self._connection = self._connection, None
        if lost:
            lost.close()

    def close(self) -> None:
        """Leaves nothing behind: a drain that is told to stop gives back what it holds."""
        self.resign()
        for started in self._started:
            if started.process.poll() is None:
                started.process.send_signal(signal.SIGTERM)

    def _leads(self) -> bool:
        if self._connection is not None:
            self._ask("SELECT 1")
            return True
        connection = psycopg.connect(**direct(), autocommit=True)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LEADER]).fetchone()
        if not (row and row[0]):
            connection.close()
            return False
        logger.info("sweeper: leads (%d)", os.getpid())
        self._connection = connection
        return True

    def _ask(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        assert self._connection is not None
        cursor = self._connection.execute(statement, claims.bounds() | values)
        return cursor.fetchall() if cursor.description else []

    def _tell_hopeless(self) -> int:
        found = self._ask(claims.HOPELESS, failed=list(self._failed))
        self._failed = set()
        return sum(self._tell(turn, late=late) for turn, late in found)

    def _tell(self, turn: UUID, *, late: bool) -> bool:
        try:
            told = give_notice(turn)
        except DatabaseError as error:
            logger.warning("turn %s: a notice has to wait (%s)", turn, type(error).__name__)
            return False
        except Exception as error:  # noqa: BLE001  # one turn must not keep the others from theirs
            logger.error("turn %s: its notice is broken (%s)", turn, place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote
            self._failed.add(turn)
            return False
        if told:
            why = "its deadline" if late else "its losses"
            logger.warning("turn %s: ended by %s, with a ticket", turn, why)
        return told

    def _see_to_lost(self) -> None:
        _lost, endangered = self._ask(claims.LOST)[0]
        if endangered:
            self._start("drain", "--alone")

    def _see_to_pending(self) -> None:
        places = Places(*self._ask(claims.PLACES)[0])
        if places.oldest_s <= settings.TURNS.quiet_s:
            return
        if not places.drains:
            self._start(*DRAIN)
        elif places.are_short:
            wake()

    def _start(self, *words: str) -> None:
        """A process of its own for it, unless the last one sees to it or is about to."""
        self._started = [one for one in self._started if one.process.poll() is None]
        if any(self._is_at_it(one) for one in self._started if one.words == words):
            return
        logger.info("sweeper: starts %s", " ".join(words))
        process = subprocess.Popen([*MANAGE, *words], cwd=settings.BASE_DIR)  # noqa: S603  # our own
        self._started.append(Started(words, process))

    def _is_at_it(self, started: "Started") -> bool:
        """A drain that has had its row and is needed all the same claims no longer, or is frozen: it
        may hold turns for minutes yet."""
        if started.words != DRAIN:
            return True
        if not started.has_claimed:
            name = claims.name_of(started.process.pid)
            started.has_claimed = self._ask(claims.HAS_CLAIMED, name=name)[0][0]
        return not started.has_claimed and time.monotonic() - started.at < START_S


@dataclass(slots=True)
class Started:
    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    has_claimed: bool = False
    at: float = field(default_factory=time.monotonic)
