"""Sessions with turns that need a model, said and read as other processes would."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from channels.db import database_sync_to_async as in_database
from django.db import connection, transaction

from apps.chat.items import Item, Line, NewTurn, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Message, Session, Turn
from apps.engine.types import Author, TurnState

DEADLINE_S = 60.0
PATIENCE_S = 60.0


def database_url() -> str:
    """Of the database that the tests use."""
    found = connection.settings_dict
    login = f"{quote(found['USER'])}:{quote(found['PASSWORD'])}"
    return f"postgresql://{login}@/{found['NAME']}?host={quote(found['HOST'], safe='')}"


@transaction.atomic
def ask(session: Session, text: str = "a riddle", deadline_s: float = DEADLINE_S) -> uuid.UUID:
    """A visitor's line that opens a turn; the turn."""
    turn = NewTurn(TurnState.PENDING, deadline_s=deadline_s, language=session.language)
    outcome = append(Item(session.id, None, (said(text),), turn=turn))
    assert outcome.verdict is Verdict.OK
    return turn.id


@transaction.atomic
def add(session: Session, text: str = "and this", **fields: str) -> Outcome:
    """A line that comes while the turn is open, or a button."""
    return append(Item(session.id, None, (said(text, **fields),), joins=True))


def said(text: str, **fields: str) -> Line:
    return Line(Author.VISITOR, text, fields=fields or None, cmid=uuid.uuid4(), of_turn=True)


def lines(session: Session) -> list[tuple[str, str]]:
    rows = Message.objects.filter(session=session).order_by("seq")
    return [(line.author, line.text) for line in rows]


def turns(session: Session) -> list[tuple[str, int, int, int]]:
    """(state, attempt, from_seq, to_seq) of each, oldest first."""
    rows = Turn.objects.filter(session=session).order_by("created_at", "from_seq")
    return [(turn.state, turn.attempt, turn.from_seq, turn.to_seq) for turn in rows]


asks, adds = in_database(ask), in_database(add)
reads, turns_of = in_database(lines), in_database(turns)


async def until_told(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(30):
        while text not in caplog.text:  # noqa: ASYNC110  # a log, and no event tells of it
            await asyncio.sleep(0)


class Watch:
    """Waits for rows to be as wanted: each change of a turn wakes it. However many changes there are,
    it gives up after `patience_s`."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute(TRIGGER)
        self._connection.execute("LISTEN changed")

    def until(self, statement: str, *values: object, seconds: float = 0) -> None:
        """Returns once the statement's first value is true. Raises AssertionError, with what was
        waited for and how the turns stand, if it is not within `seconds` or the patience."""
        given = seconds or self._patience_s
        end = time.monotonic() + given
        while not self._is_true(statement, values):
            if (left := end - time.monotonic()) <= 0:
                stand = "\n".join(map(str, self.rows(STAND))) or "no turn"
                told = f"never came true in {given:g} s: {statement} {list(values)}"
                raise AssertionError(f"{told}\n{stand}")
            list(self._connection.notifies(timeout=left, stop_after=1))

    def _is_true(self, statement: str, values: Sequence[object]) -> bool:
        row = self._connection.execute(statement, values).fetchone()
        return bool(row and row[0])

    def run(self, statement: str) -> None:
        self._connection.execute(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()

    def close(self) -> None:
        self._connection.execute("DROP TRIGGER told_changed ON chat_turn")
        self._connection.close()


TRIGGER = """
CREATE OR REPLACE FUNCTION tell_changed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('changed', ''); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER told_changed AFTER INSERT OR UPDATE ON chat_turn
FOR EACH STATEMENT EXECUTE FUNCTION tell_changed()
"""
# What a failure tells: nothing that a visitor wrote.
STAND = """SELECT state, attempt, losses, count(*), min(deadline_at - clock_timestamp())::text
FROM chat_turn GROUP BY state, attempt, losses ORDER BY 1, 2, 3"""
ALL_DONE = "SELECT count(*) = 0 FROM chat_turn WHERE state IN ('pending', 'running')"
