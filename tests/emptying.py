"""Empties the tables after a test that commits, whoever still reads or writes there.

TRUNCATE, which Django uses, locks out every reader: a background thread or process that reads several
tables at that moment can wait for it while it waits for them, and one of the two fails. DELETE meets
no reader, and costs a tenth. What meets a writer is tried again.
"""

import time
import warnings
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from django.db import connection
from psycopg import errors, sql

from tests.threads import at_rest

# How long what is left of a test may take to end by itself.
PATIENCE_S = 10.0
PAUSE_S = 0.01
# Below the server's `deadlock_timeout`: whoever else waits, it is this side that gives way.
GIVES_WAY: LiteralString = "SET LOCAL lock_timeout = '500ms'"
IN_THE_WAY = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    # A row that was added meanwhile points at one that goes.
    errors.ForeignKeyViolation,
)
# The same in every database with our tables, and Django makes them anew if they go.
KEPT = {"django_content_type", "auth_permission"}
OTHERS: LiteralString = """FROM pg_stat_activity WHERE datname = current_database()
AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""
IS_ALONE: LiteralString = f"SELECT NOT EXISTS (SELECT {OTHERS})"
ENDED: LiteralString = "pg_terminate_backend(pid, 5000)"
END_OTHERS: LiteralString = f"SELECT pid, state, left(query, 300), {ENDED} {OTHERS}"
POINTING: LiteralString = """
WITH RECURSIVE pointing(found) AS (
  SELECT %s::regclass::oid
  UNION SELECT conrelid FROM pg_constraint JOIN pointing ON confrelid = found WHERE contype = 'f'
) SELECT found::regclass::text FROM pointing"""

Connection = psycopg.Connection[Any]


class Leak(UserWarning):
    """A test left something behind that still worked on its database."""


def empty_database(_test: object) -> None:
    """In the place of Django's flush: nobody is in a transaction when the tables are emptied."""
    if not at_rest(PATIENCE_S):
        warnings.warn(Leak("threads of the test are still at work"), stacklevel=1)
    connection.ensure_connection()
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    empty(connection.connection, sorted({*found} - KEPT), alone=True)


def empty_with(connection: Connection, table: str) -> None:
    """This table and all that point at it. Others may go on working there."""
    empty(connection, [name for (name,) in connection.execute(POINTING, [table])])


def empty(
    connection: Connection,
    tables: Sequence[str],
    *,
    alone: bool = False,
    patience_s: float = PATIENCE_S,
) -> None:
    """Deletes their rows, which need no order as foreign keys are checked at the commit. `alone`
    waits until no other client is in a transaction, then ends those that are, with a warning."""
    end = time.monotonic() + patience_s
    while not _emptied(connection, tables, alone=alone):
        if time.monotonic() > end:
            _end_others(connection)
            _delete(connection, tables)
            return
        time.sleep(PAUSE_S)


def _emptied(connection: Connection, tables: Sequence[str], *, alone: bool) -> bool:
    if alone and connection.execute(IS_ALONE).fetchone() == (False,):
        return False
    try:
        _delete(connection, tables)
    except IN_THE_WAY:
        return False
    return True


def _delete(connection: Connection, tables: Sequence[str]) -> None:
    each = sql.SQL("DELETE FROM {}")
    with connection.transaction():
        connection.execute(GIVES_WAY)
        statements = sql.SQL(";").join(each.format(sql.Identifier(name)) for name in tables)
        connection.execute(statements, prepare=False)


def _end_others(connection: Connection) -> None:
    for pid, state, query, _ended in connection.execute(END_OTHERS).fetchall():
        warnings.warn(Leak(f"backend {pid}, {state}, was ended in: {query}"), stacklevel=1)
