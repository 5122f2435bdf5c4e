"""Stored lines on their way to those who listen, and how a process reads what others have written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.chat import frames
from apps.chat.models import Message, Session
from apps.chat.threads import in_thread
from apps.dialogue.play import Standing
from apps.engine.types import Author
from apps.guard.timely import Together

# Sessions that one query reads.
AT_ONCE = 200
# What a session stands on, and no more of its site than that.
STANDS_ON = (
    *("site_id", "language", "version", "last_seq", "state", "mode", "memory", "updated_at"),
    *("site__languages", "visitor__external_id"),
)
PAGES = f"""
SELECT line.* FROM unnest(%s::uuid[], %s::bigint[]) AS asked(session, seq)
CROSS JOIN LATERAL (
  SELECT m.* FROM chat_message m WHERE m.session_id = asked.session AND m.seq > asked.seq
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
        rated = {"rating": message.rating} if message.rating else {}
        return cls(
            message.id,
            message.seq,
            message.author,
            message.name,
            message.text,
            {**message.shown_meta, **rated},
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
    ids, seqs = zip(*places, strict=True)
    found = Session.objects.current().select_related("site", "visitor").only(*STANDS_ON)
    standings = {session.id: Standing.of(session) for session in found.filter(id__in=ids)}
    lines: defaultdict[UUID, list[Row]] = defaultdict(list)
    # After the sessions: a line that comes between the two is known, or is delivered now.
    for line in Message.objects.raw(PAGES, [list(ids), list(seqs)]):
        lines[line.session_id].append(Row.of(line))
    return {
        (session, seq): Newer(standings[session], [row for row in lines[session] if row.seq > seq])
        for session, seq in places
        if session in standings
    }


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
