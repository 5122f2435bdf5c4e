"""The SQL of who runs which turn: claim, renew, reclaim, give back, and how many places are free.

Every time is the database's. A statement that locks several turns passes over those that are locked
by the journal, which locks sessions first: nothing here ever waits while it holds a lock.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, tuple_row

from apps.chat.items import Stored
from apps.dialogue.play import Standing
from apps.dialogue.turns.faults import place
from apps.dialogue.turns.port import BEYOND, EARLIER, FACT, Claimed, Earlier
from apps.engine.memory import load as load_memory
from apps.engine.types import Mode, State
from apps.llm.prompts import STAFF

logger = logging.getLogger(__name__)

Key = tuple[UUID, int]
Row = tuple[Any, ...]
NOBODY = UUID(int=0)

# How often a turn may be lost in a process of its own before a person sees to it.
ALONE_TRIES = 3
# A lease need not outlast a crash of the server, which ends whatever held it: nobody waits for the
# disk. What a turn comes to is the journal's, which does.
SETTINGS = (
    # Planned anew each time, as for the journal, a statement takes as long as it runs.
    "-c plan_cache_mode=force_generic_plan -c statement_timeout=5s -c lock_timeout=1s -c timezone=UTC"
    " -c synchronous_commit=off"
)
PATIENCE_S = 6.0
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, OSError, TimeoutError)

_TAKE = """UPDATE chat_turn t SET state = 'running', attempt = t.attempt + 1, shown = false,
    losses = t.losses + (t.state = 'running')::int,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM found WHERE t.id = found.id
  RETURNING t.id, t.attempt, t.losses, clock_timestamp() - found.lease_until AS late"""

BEAT = """
INSERT INTO dialogue_drain (id, name, places, held, claiming, started_at, beat_at)
VALUES (%(drain)s, %(name)s, %(places)s, %(held)s, %(claiming)s, now(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET places = excluded.places, held = excluded.held, claiming = excluded.claiming,
  beat_at = excluded.beat_at
"""
END = "DELETE FROM dialogue_drain WHERE id = %(drain)s"

# A heartbeat in the same trip, so that the free places that others count are those of now.
_CLAIM = """
WITH found AS MATERIALIZED (
  SELECT t.id, t.lease_until FROM chat_turn t WHERE t.state = 'pending' AND t.losses = 0
    AND t.deadline_at > clock_timestamp() + make_interval(secs => %(notice)s)
  ORDER BY t.created_at LIMIT %(free)s FOR NO KEY UPDATE SKIP LOCKED
), beat AS (
  UPDATE dialogue_drain SET held = %(held)s + (SELECT count(*) FROM found),
    beat_at = clock_timestamp()
  WHERE id = %(drain)s AND (held <> %(held)s OR EXISTS (SELECT FROM found))
), taken AS ({take}) SELECT id, attempt, losses, extract(epoch FROM late)::float8 FROM taken
"""

# One at a time: whoever takes it runs nothing else. A lease is dead when nobody has renewed it.
_RECLAIM = """
WITH found AS MATERIALIZED (
  SELECT t.id, t.lease_until FROM chat_turn t
  WHERE (t.state = 'running' AND t.lease_until < clock_timestamp() AND t.losses < %(tries)s
      OR t.state = 'pending' AND t.losses > 0)
    AND t.deadline_at > clock_timestamp() + make_interval(secs => %(notice)s)
  ORDER BY t.created_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
), taken AS ({take}) SELECT id, attempt, losses, extract(epoch FROM late)::float8 FROM taken
"""
CLAIM, RECLAIM = _CLAIM.format(take=_TAKE), _RECLAIM.format(take=_TAKE)

# Of the operator who gave the session back to the bot, until a person is asked for again.
WORD = """
SELECT e.text FROM handoff_ticketevent e
WHERE e.kind = 'returned' AND e.text <> '' AND e.ticket_id = (
  SELECT k.id FROM handoff_ticket k WHERE k.session_id = s.id AND k.outcome = 'returned'
    AND NOT EXISTS (SELECT FROM handoff_ticket n WHERE n.session_id = s.id AND n.id > k.id))
ORDER BY e.id DESC LIMIT 1
"""

# A statement of its own after the claim: its snapshot sees every line that the claim covers.
_LOAD = """
SELECT t.id, t.attempt, t.from_seq, s.id, s.site_id, s.language, s.version, s.state, s.mode, s.memory,
  i.languages, v.external_id <> '', i.name, i.name_zh_hans,
  extract(epoch FROM t.deadline_at - clock_timestamp())::float8,
  (SELECT m.created_at FROM chat_message m WHERE m.session_id = s.id AND m.seq = t.from_seq - 1),
  (SELECT json_agg(json_build_object('id', m.id, 'seq', m.seq, 'cmid', m.cmid, 'text', m.text,
      'fields', m.fields) ORDER BY m.seq)
    FROM chat_message m WHERE m.session_id = s.id AND m.seq BETWEEN t.from_seq AND t.to_seq
      AND m.author = 'visitor' AND (m.turn_id = t.id OR m.turn_id IS NULL)),
  (SELECT json_agg(json_build_array(e.author, e.text) ORDER BY e.seq) FROM (
    SELECT m.seq, m.author, left(m.text, {earlier}) AS text FROM chat_message m
    WHERE m.session_id = s.id AND m.seq < t.from_seq AND m.author IN ('visitor', 'bot', 'operator')
    ORDER BY m.seq DESC LIMIT 6) e),
  (SELECT json_agg(json_build_array(r.flow, r.text)) FROM (
    SELECT a.flow, left(a.text, {fact}) AS text FROM dialogue_actionrun a
    WHERE a.session_id = s.id AND a.state = 'done' AND a.text <> ''
    ORDER BY a.finished_at DESC LIMIT 3) r),
  ({word})
FROM unnest(%(turns)s::uuid[], %(attempts)s::int[]) AS c(id, attempt)
JOIN chat_turn t ON t.id = c.id AND t.attempt = c.attempt AND t.state = 'running'
JOIN chat_session s ON s.id = t.session_id
JOIN sites_site i ON i.id = s.site_id
JOIN chat_visitor v ON v.id = s.visitor_id
"""

LOAD = _LOAD.format(earlier=EARLIER + BEYOND, fact=FACT + BEYOND, word=WORD)

# One update for all. Which are still ours is read beside it: a turn that is locked for a moment is
# passed over, and has two more renewals before its lease ends.
RENEW = """
WITH mine AS MATERIALIZED (
  SELECT * FROM unnest(%(turns)s::uuid[], %(attempts)s::int[]) AS c(id, attempt)
), held AS MATERIALIZED (
  SELECT t.id FROM chat_turn t JOIN mine c ON c.id = t.id AND c.attempt = t.attempt
  WHERE t.state = 'running' ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED
), renewed AS (
  UPDATE chat_turn t SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM held WHERE t.id = held.id
)
SELECT t.id, t.attempt FROM chat_turn t JOIN mine c ON c.id = t.id AND c.attempt = t.attempt
WHERE t.state = 'running'
"""

# This one waits for a turn that is locked, in the journal's order: what was shown must be known.
SHOW = """
WITH mine AS MATERIALIZED (
  SELECT * FROM unnest(%(turns)s::uuid[], %(attempts)s::int[]) AS c(id, attempt)
), held AS MATERIALIZED (
  SELECT t.id FROM chat_turn t JOIN mine c ON c.id = t.id AND c.attempt = t.attempt
  WHERE t.state = 'running' ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE chat_turn t SET shown = true FROM held WHERE t.id = held.id RETURNING t.id, t.attempt
"""

# What is locked for a moment stays with whoever gives back: the ids of those are told.
GIVE_BACK = """
WITH mine AS MATERIALIZED (
  SELECT * FROM unnest(%(turns)s::uuid[], %(attempts)s::int[]) AS c(id, attempt)
), held AS MATERIALIZED (
  SELECT t.id FROM chat_turn t JOIN mine c ON c.id = t.id AND c.attempt = t.attempt
  WHERE t.state = 'running' ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED
), given AS (
  UPDATE chat_turn t SET state = 'pending', lease_until = NULL FROM held WHERE t.id = held.id
  RETURNING t.id
)
SELECT ARRAY(SELECT t.id FROM chat_turn t JOIN mine c ON c.id = t.id AND c.attempt = t.attempt
    WHERE t.state = 'running' AND t.id NOT IN (SELECT id FROM held)),
  (SELECT pg_notify('turns', '') WHERE EXISTS (SELECT FROM given))
"""

# A drain lives while its heartbeat is younger than a lease.
PLACES = """
SELECT
  (SELECT count(*) FROM chat_turn WHERE state = 'pending' AND losses = 0
    AND deadline_at > clock_timestamp() + make_interval(secs => %(notice)s)) AS pending,
  coalesce(extract(epoch FROM clock_timestamp() - (SELECT min(created_at) FROM chat_turn
    WHERE state = 'pending' AND losses = 0
    AND deadline_at > clock_timestamp() + make_interval(secs => %(notice)s)))::float8, 0) AS oldest,
  (SELECT count(*) FROM dialogue_drain WHERE claiming AND id <> %(drain)s
    AND beat_at > clock_timestamp() - make_interval(secs => %(lease)s)) AS drains,
  (SELECT coalesce(sum(greatest(places - held, 0)), 0)::int FROM dialogue_drain
    WHERE claiming AND id <> %(drain)s
    AND beat_at > clock_timestamp() - make_interval(secs => %(lease)s)) AS free
"""

# Of the other drains that live: whether one claims, and whether one is younger than this.
HEIRS = """
SELECT coalesce(bool_or(d.claiming), false), coalesce(bool_or(d.started_at > own.started_at), false)
FROM dialogue_drain d JOIN dialogue_drain own ON own.id = %(drain)s AND d.id <> own.id
WHERE d.beat_at > clock_timestamp() - make_interval(secs => %(lease)s)
"""

# Whose lease will end soon without a renewal, or has: time to start a process for them.
LOST = """
SELECT count(*) FILTER (WHERE state = 'pending' OR lease_until < clock_timestamp()), count(*)
FROM chat_turn WHERE (state = 'pending' AND losses > 0 OR state = 'running' AND losses < %(tries)s
    AND lease_until < clock_timestamp() + make_interval(secs => %(soon)s))
  AND deadline_at > clock_timestamp() + make_interval(secs => %(notice)s)
"""

# The deadline is near, or the turn has ended every process that ran it. Those whose notice failed the
# last time come behind the others.
HOPELESS = """
SELECT id, deadline_at <= clock_timestamp() + make_interval(secs => %(notice)s) FROM chat_turn
WHERE state IN ('pending', 'running')
  AND (deadline_at <= clock_timestamp() + make_interval(secs => %(notice)s)
    OR state = 'running' AND losses >= %(tries)s AND lease_until < clock_timestamp())
ORDER BY id = ANY(%(failed)s::uuid[]), deadline_at LIMIT 100
"""

HAS_CLAIMED = "SELECT EXISTS (SELECT FROM dialogue_drain WHERE name = %(name)s)"
DEAD_DRAINS = "DELETE FROM dialogue_drain WHERE beat_at < clock_timestamp() - interval '1 minute'"


def name_of(pid: int) -> str:
    """What a drain of this machine is called in its row."""
    return f"{socket.gethostname()}:{pid}"[:100]


def bounds(drain: UUID = NOBODY) -> dict[str, Any]:
    """What every statement here may name, beside its own values; `drain` does not count itself."""
    times = settings.TURNS
    return {
        "drain": drain,
        "lease": times.lease_s,
        "notice": times.notice_s,
        "soon": times.lease_s - 1.5 * times.renew_s,
        "tries": ALONE_TRIES,
    }


@dataclass(frozen=True, slots=True)
class Places:
    """Turns that wait, since when the oldest does (seconds), and what lives to take them."""

    pending: int
    oldest_s: float
    drains: int
    free: int

    @property
    def are_short(self) -> bool:
        return self.pending > self.free


@dataclass(slots=True)
class Wire:
    """The one connection of a drain for everything here; made again after a loss."""

    conninfo: Mapping[str, Any]
    drain: UUID = field(default_factory=uuid4)
    _connection: AsyncConnection[TupleRow] | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, statement: str, **values: object) -> list[Row]:
        """Raises one of AWAY."""
        async with self._one:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    return await self._ask(statement, bounds(self.drain) | values)
            except AWAY:
                await self._close()
                raise

    async def close(self) -> None:
        async with self._one:
            await self._close()

    async def _ask(self, statement: str, values: Mapping[str, object]) -> list[Row]:
        if self._connection is None:
            options = f"{self.conninfo.get('options', '')} {SETTINGS}".strip()
            self._connection = await AsyncConnection.connect(
                **{**self.conninfo, "options": options}, autocommit=True, row_factory=tuple_row
            )
        cursor = await self._connection.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []

    async def _close(self) -> None:
        lost, self._connection = self._connection, None
        if lost:
            await lost.close()


async def load(line: Wire, keys: Sequence[Key]) -> list[Claimed]:
    """Those of the turns that still run at their attempt, with their sessions as of now. One that
    nothing can be made of is left to its lease, and at last to a person."""
    if not keys:
        return []
    rows = await line.ask(LOAD, **columns(keys))
    return [claimed for claimed in map(_claimed_if_sound, rows) if claimed]


async def still_ours(line: Wire, statement: str, keys: Sequence[Key]) -> set[Key]:
    """For RENEW and SHOW: those that run at their attempt."""
    rows = await line.ask(statement, **columns(keys))
    return {(row[0], row[1]) for row in rows}


def columns(keys: Sequence[Key]) -> dict[str, list[Any]]:
    return {"turns": [turn for turn, _ in keys], "attempts": [attempt for _, attempt in keys]}


def _claimed_if_sound(row: Row) -> Claimed | None:
    try:
        return _claimed(row)
    except Exception as error:  # noqa: BLE001  # a row that another release wrote; the others are loaded
        logger.error("turn %s: cannot be loaded (%s)", row[0], place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote
        return None


def _claimed(row: Row) -> Claimed:
    turn, attempt, from_seq, session, site, language, version, state, mode, memory = row[:10]
    languages, is_verified, name, name_zh, left_s, moved_at, lines, earlier, facts, word = row[10:]
    standing = Standing(
        session=session,
        site=site,
        language=language,
        version=version,
        last_seq=from_seq - 1,
        state=State(state),
        mode=Mode(mode),
        memory=load_memory(memory),
        languages=tuple(languages),
        moved_at=moved_at,
        is_verified=is_verified,
    )
    said = tuple(_stored(line) for line in lines or ())
    return Claimed(
        turn,
        attempt,
        standing,
        said,
        until=time.monotonic() + left_s,
        shop={"en": name, "zh-Hans": name_zh or name},
        earlier=tuple(Earlier(author, text) for author, text in earlier or ()),
        facts=(*([(STAFF, word)] if word else []), *map(tuple, facts or ())),
    )


def _stored(line: Mapping[str, Any]) -> Stored:
    cmid = UUID(line["cmid"]) if line["cmid"] else uuid4()
    return Stored(UUID(line["id"]), line["seq"], cmid, line["text"], line["fields"])
