"""Stored lines on their way to those who listen, and how a process reads what others have written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from apps.chat import frames
from apps.chat.models import Message, Session, shown_meta
from apps.chat.threads import in_thread
from apps.dialogue.play import Standing
from apps.engine.memory import load
from apps.engine.types import Author, Mode, State
from apps.guard.timely import Together

# Sessions that one query reads.
AT_ONCE = 200
# Written out, and read into values at once: as models, with their fields one by one, the rows took a
# fifth of what the process that holds the sockets does for a turn.
STANDINGS = """
SELECT s.id, s.site_id, s.language, s.version, s.last_seq, s.state, s.mode, s.memory, s.updated_at,
  i.languages, v.external_id <> ''
FROM chat_session s JOIN sites_site i ON i.id = s.site_id JOIN chat_visitor v ON v.id = s.visitor_id
WHERE s.id = ANY(%s) AND s.closed_at IS NULL
"""
PAGES = f"""
SELECT line.* FROM unnest(%s::uuid[], %s::bigint[]) AS asked(session, seq)
CROSS JOIN LATERAL (
  SELECT m.session_id, m.id, m.seq, m.author, m.name, m.text, m.meta, m.rating, m.cmid, m.created_at
  FROM chat_message m WHERE m.session_id = asked.session AND m.seq > asked.seq
  ORDER BY m.seq LIMIT {frames.PAGE}
) line ORDER BY line.session_id, line.seq
"""  # noqa: S608 the page's length is our own


@dataclass(frozen=True, slots=True)
class Row:
    """A stored line on its way to the feeds."""

    id: UUID
    seq: int
    author: Author | str
    name: str
    text: str
    meta: dict[str, Any]
    cmid: UUID | None
    at: datetime

    @classmethod
    def of(cls, message: Message) -> "Row":
        return cls(
            message.id,
            message.seq,
            message.author,
            message.name,
            message.text,
            _rated(message.shown_meta, message.rating),
            message.cmid,
            message.created_at,
        )

    def frame(self) -> dict[str, Any]:
        return frames.message(
            seq=self.seq,
            author=self.author,
            name=self.name,
            text=self.text,
            at=self.at,
            cmid=self.cmid,
            meta=self.meta,
        )


@dataclass(frozen=True, slots=True)
class Newer:
    """Where a session stands, and one page of its lines after those that were known."""

    standing: Standing
    rows: Sequence[Row]


Place = tuple[UUID, int]


def read_after(session: UUID, seq: int) -> list[Row]:
    """One page of the lines after `seq`."""
    return [Row.of(line) for line in Message.objects.after(session, seq)[: frames.PAGE]]


def read_newer(places: Sequence[Place]) -> dict[Place, Newer]:
    """Without those sessions that have ended."""
    ids, seqs = map(list, zip(*places, strict=True))
    lines: defaultdict[UUID, list[Row]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(STANDINGS, [ids])
        standings = {row[0]: _standing(row) for row in cursor.fetchall()}
        # After the sessions: a line that comes between the two is known, or is delivered now.
        cursor.execute(PAGES, [ids, seqs])
        for session, *line in cursor.fetchall():
            lines[session].append(_line(line))
    return {
        (session, seq): Newer(standings[session], [row for row in lines[session] if row.seq > seq])
        for session, seq in places
        if session in standings
    }


def _standing(row: Sequence[Any]) -> Standing:
    session, site, language, version, last_seq, state, mode, memory, at, languages, verified = row
    return Standing(
        session=session,
        site=site,
        language=language,
        version=version,
        last_seq=last_seq,
        state=State(state),
        mode=Mode(mode),
        memory=load(orjson.loads(memory)),
        languages=tuple(languages),
        moved_at=at if last_seq else None,
        is_verified=verified,
    )


def _line(row: Sequence[Any]) -> Row:
    line, seq, author, name, text, meta, rating, cmid, at = row
    shown = _rated(shown_meta(author, orjson.loads(meta)), rating)
    return Row(line, seq, author, name, text, shown, cmid, at)


def _rated(meta: dict[str, Any], rating: int | None) -> dict[str, Any]:
    return {**meta, "rating": rating} if rating else meta


class Reader:
    """Reads for all who ask meanwhile at once: under load many sessions move with each hint, and two
    queries for each took as long as the rest of a turn. For one event loop."""

    def __init__(self) -> None:
        self._together = Together(_read, AT_ONCE)

    async def read(self, session: UUID, seq: int) -> Newer:
        """Raises Session.DoesNotExist when it has ended, else what a query raises."""
        newer = await self._together.ask((session, seq))
        if newer is None:
            raise Session.DoesNotExist
        return newer


async def _read(places: Sequence[Place]) -> dict[Place, Newer]:
    return await in_thread(read_newer, places)
