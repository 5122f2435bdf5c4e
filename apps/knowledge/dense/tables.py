"""Vectors that are too many for the memory of a process: in PostgreSQL, nearest ones by HNSW.

Each language of an index has a table of its own. The length of vectors is part of a column's type,
an embedder's own; a search needs no filter, which would cost an HNSW its recall; and an old index
is gone by DROP TABLE, while rows deleted from a graph stay in it until a vacuum of minutes.
`halfvec`, 2 bytes a number: half the memory of the server, and lengths up to 4 000 instead of 2 000.

The graph is there before the rows. Made at once it would take a sixth of the time, but as one
statement, which outlasts a task and begins anew when it is interrupted.
"""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg import sql

from apps.knowledge.dense.matrix import unit
from apps.knowledge.models import VectorTable
from apps.knowledge.postings import Floats

logger = logging.getLogger(__name__)

Key = tuple[str, bytes]

LENGTH_AT_MOST = 4_000
# Texts that a question is told of: an entry may have several among them.
NEAREST = 64
# Places on the way through the graph; pgvector's own 40 would be fewer than NEAREST.
SEARCHED = 128
# All NEAREST may be of one entry with as many phrasings. Its rivals, of which so many are enough, are
# then among the most that pgvector looks at: no four entries have as many texts.
RIVALS = 5
NEAREST_AT_MOST = 1_000
# What a question may take. Past it words alone answer.
WITHIN_MS = 200
# Processes load the index that follows within a second or so, and search the old one until then.
KEPT = timedelta(minutes=5)
# A drop waits for whoever reads, and whoever comes next waits for the drop.
LOCK_MS = 1_000

_MADE = (
    "CREATE TABLE IF NOT EXISTS {table} (entry text NOT NULL, text bytea NOT NULL, "
    "vector halfvec({size}) NOT NULL, PRIMARY KEY (entry, text))"
)
_GRAPH = "CREATE INDEX IF NOT EXISTS {graph} ON {table} USING hnsw (vector halfvec_cosine_ops)"
_ADD = (
    "INSERT INTO {table} SELECT entry, text, vector::halfvec "
    "FROM unnest(%s::text[], %s::bytea[], %s::text[]) AS new (entry, text, vector) "
    "ON CONFLICT DO NOTHING"
)
_REMOVE = (
    "DELETE FROM {table} USING unnest(%s::text[], %s::bytea[]) AS old (entry, text) "
    "WHERE {table}.entry = old.entry AND {table}.text = old.text"
)
_BOUND = "SELECT set_config('statement_timeout', %s, true), set_config('hnsw.ef_search', %s, true)"
_NEAREST = """
WITH nearest AS MATERIALIZED (
    SELECT entry, vector <=> %(asked)s::halfvec AS distance FROM {table}
    ORDER BY vector <=> %(asked)s::halfvec LIMIT %(nearest)s
), named AS (
    SELECT entry, vector <=> %(asked)s::halfvec AS distance FROM {table}
    WHERE entry = ANY(%(named)s)
)
SELECT entry, 1 - min(distance), count(*) FILTER (WHERE is_near)
FROM (SELECT *, true AS is_near FROM nearest UNION ALL SELECT *, false FROM named) AS found
GROUP BY entry
"""


def why_not(size: int) -> str:
    """Why this server cannot search vectors of that length; empty if it can."""
    if size > LENGTH_AT_MOST:
        return f"vectors have {size} numbers, and pgvector searches up to {LENGTH_AT_MOST}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regtype('halfvec')")
        return "" if cursor.fetchone()[0] else "the database lacks pgvector 0.7 or newer"


@transaction.atomic
def prepared(*, site_id: int, embedder: str, language: str, size: int) -> VectorTable:
    """The table of that language, made if it is not there, or not there any more."""
    row, _ = VectorTable.objects.get_or_create(
        site_id=site_id, embedder=embedder, language=language, size=size, unused_since=None
    )
    _run(row.number, _MADE, size=sql.Literal(size))
    _run(row.number, _GRAPH, graph=sql.Identifier(f"{_name(row.number)}_graph"))
    return row


def keys(number: int) -> set[Key]:
    """Entry and digest of each text that is there."""
    with connection.cursor() as cursor:
        cursor.execute(_composed(number, "SELECT entry, text FROM {table}"))
        return {(entry, bytes(text)) for entry, text in cursor.fetchall()}


def add(number: int, rows: Mapping[Key, Floats]) -> None:
    vectors = unit(np.stack(list(rows.values())))
    given = [entry for entry, _ in rows], [text for _, text in rows], list(map(_spelt, vectors))
    _run(number, _ADD, given)


def remove(number: int, gone: Collection[Key]) -> None:
    _run(number, _REMOVE, ([entry for entry, _ in gone], [text for _, text in gone]))


def analyse(number: int) -> None:
    """Without figures the planner might read the whole table for each question."""
    _run(number, "ANALYZE {table}")


def nearest(number: int, vector: Floats, named: Sequence[str] = ()) -> dict[str, float]:
    """By entry its cosine: of those that the nearest texts belong to, and of those named. Raises
    DatabaseError, also for what takes longer than WITHIN_MS."""
    asked = _spelt(unit(vector[np.newaxis])[0])
    until = _now() + WITHIN_MS / 1000
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (before,) = cursor.fetchone()
        found = _searched(number, asked, named, NEAREST, WITHIN_MS)
        counts = [count for *_, count in found if count]
        if len(counts) < RIVALS and sum(counts) == NEAREST:
            left = max(round((until - _now()) * 1000), 1)
            found = _searched(number, asked, named, NEAREST_AT_MOST, left)
        # A caller's transaction goes on with what it had.
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    # Vectors of zeros have no cosine.
    return {entry: float(np.nan_to_num(cosine)) for entry, cosine, _ in found}


def _searched(
    number: int, asked: str, named: Sequence[str], nearest: int, within_ms: int
) -> list[tuple[str, float, int]]:
    """By entry its cosine, and how many of the nearest texts it has."""
    values: dict[str, Any] = {"asked": asked, "nearest": nearest, "named": list(named)}
    with connection.cursor() as cursor:
        cursor.execute(_BOUND, [str(within_ms), str(max(SEARCHED, nearest))])
        cursor.execute(_composed(number, _NEAREST), values)
        found: list[tuple[str, float, int]] = cursor.fetchall()
    return found


def retire(site_id: int, *, but: Iterable[int] = ()) -> None:
    """Leaves the site's tables but those to be dropped."""
    rows = VectorTable.objects.filter(site_id=site_id, unused_since=None)
    rows.exclude(pk__in=list(but)).update(unused_since=timezone.now())


def lost() -> list[int]:
    """Sites whose index is said to have a table that is not there."""
    rows = VectorTable.objects.filter(unused_since=None).exclude(site=None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'knowledge_vectors_%'")
        there = {name for (name,) in cursor.fetchall()}
    return [row.site_id for row in rows if row.site_id and _name(row.number) not in there]


def drop_unused() -> None:
    """Those that no process can be searching any more, and those whose site is gone."""
    for row in VectorTable.objects.unused(timezone.now() - KEPT):
        try:
            _drop(row)
        except DatabaseError as error:
            logger.warning("index: table %s is dropped later (%s)", row.pk, type(error).__name__)


@transaction.atomic
def _drop(row: VectorTable) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_MS)])
    _run(row.number, "DROP TABLE IF EXISTS {table}")
    row.delete()


def _name(number: int) -> str:
    return f"knowledge_vectors_{number}"


def _composed(number: int, statement: str, **parts: sql.Composable) -> sql.Composed:
    return sql.SQL(statement).format(table=sql.Identifier(_name(number)), **parts)


def _run(number: int, statement: str, values: Sequence[Any] = (), **parts: sql.Composable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_composed(number, statement, **parts), values or None)


def _now() -> float:
    return time.monotonic()


def _spelt(vector: Floats) -> str:
    """As pgvector reads it."""
    return f"[{','.join(map(str, vector.astype(np.float16).tolist()))}]"
