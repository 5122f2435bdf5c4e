"""One operator's console over one socket: what it shows, and how a row looks from there."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID

from django.utils import timezone, translation

from apps.chat import frames
from apps.chat.codes import Code
from apps.chat.sockets import Socket
from apps.console import refusing
from apps.console.lines import Frame, own
from apps.console.news import News
from apps.console.people import Person
from apps.console.rows import Request, Row
from apps.console.signs import LASTS_S, Signs
from apps.console.threads import Thread
from apps.handoff.models import Ticket

MOST_WATCHED = 5
# Rows of a frame: while one is made, nobody else is served.
PART = 200
# Sessions of which it is known how far an operator has read.
MOST_SEEN = 5000


@dataclass(slots=True)
class Watch:
    """How far an open thread of a site was shown; `oldest` is the first note of it. `facts` are the
    last that were sent, `edits` when each of the corrected lines was changed, by its id."""

    site: int
    seq: int = 0
    note: int = 0
    read: int = 0
    oldest: int = 0
    edits: dict[str, str] = field(default_factory=dict)
    facts: Frame = field(default_factory=dict)


class Seat:
    """`seen` is how far the operator has read in each session, in all their consoles here."""

    def __init__(self, socket: Socket, person: Person, seen: dict[UUID, int]) -> None:
        self.socket = socket
        self.person = person
        self.watching: dict[UUID, Watch] = {}
        self.viewing: UUID | None = None
        self._typing: tuple[UUID, float] | None = None
        self._is_live = False
        self._seen = seen
        self._seq = 0
        self._shown: set[UUID] = set()
        self._missed: set[UUID] = set()
        self._counts: Frame = {}

    def push(self, frame: Frame) -> None:
        self.socket.push(frames.encode(frame))

    async def begin(
        self, rows: Mapping[UUID, Row], signs: Signs, beyond: Mapping[int, int]
    ) -> None:
        """The whole queue in parts, then live. No row may change meanwhile, but for its signs."""
        self._is_live = False
        mine = [row for row in rows.values() if self.may_see(row)]
        self._shown = {row.session for row in mine}
        for at in range(0, len(mine) or 1, PART):
            self._seq += 1
            shown = [self.row_frame(row, signs) for row in mine[at : at + PART]]
            more = at + PART < len(mine)
            self.push({"type": "queue", "seq": self._seq, "rows": shown, "more": more})
            await asyncio.sleep(0)
        self._is_live = True
        missed, self._missed = self._missed, set()
        self.show({one: rows.get(one) for one in missed}, signs)
        self.count(rows.values(), beyond)

    def show(self, changed: Mapping[UUID, Row | None], signs: Signs) -> None:
        """What has changed of the rows; None for one that left the queue."""
        visible = [row for row in changed.values() if row and self.may_see(row)]
        gone = {one for one in changed if one in self._shown} - {row.session for row in visible}
        if not self._is_live:
            self._missed.update(changed)
            return
        if not visible and not gone:
            return
        self._shown = (self._shown | {row.session for row in visible}) - gone
        self._seq += 1
        shown = [self.row_frame(row, signs) for row in visible]
        gone_ids = [str(one) for one in gone]
        self.push({"type": "rows", "seq": self._seq, "set": shown, "gone": gone_ids})

    def count(self, rows: Iterable[Row], beyond: Mapping[int, int]) -> None:
        """Tells the figures when they are others now. `beyond`: how many more wait on each site than
        there are rows."""
        now = timezone.now()
        asked = [row.request for row in rows if row.request.is_open and self.may_see(row)]
        further = sum(more for site, more in beyond.items() if self.person.may_see(site))
        counts: Frame = {
            "type": "counts",
            "waiting": sum(one.is_waiting for one in asked) + further,
            "beyond": further,
            "mine": sum(one.operator == self.person.operator for one in asked),
            "late": sum(bool(one.due_at and one.due_at <= now) for one in asked),
        }
        if counts != self._counts and self._is_live:
            self._counts = counts
            self.push(counts)

    def may_see(self, row: Row) -> bool:
        """Those of the operator's sites, and whatever they have just now."""
        asked = row.request
        has_it = asked.is_open and asked.operator == self.person.operator
        return has_it or self.person.may_see(row.site_id)

    def is_guest(self, session: UUID) -> bool:
        """Watches it for as long as they have it: it is of a site that is not theirs."""
        mark = self.watching.get(session)
        return mark is not None and not self.person.may_see(mark.site)

    def open(self, session: UUID, site: int, thread: Thread) -> None:
        """From here on what is new in it is told; beyond MOST_WATCHED the oldest is left."""
        mark = Watch(
            site, thread.seq, thread.note, thread.read, thread.oldest, thread.edits, thread.facts
        )
        self.watching.pop(session, None)
        self.watching[session] = mark
        if len(self.watching) > MOST_WATCHED:
            del self.watching[next(iter(self.watching))]

    def lose(self, session: UUID) -> None:
        """It is another's now."""
        if self.watching.pop(session, None):
            language = self.person.language
            self.push(refusing.error(Code.NOT_FOUND, language, session=str(session)))

    def tell(self, session: UUID, news: News) -> None:
        """What is new in an open thread, each once."""
        mark, head = self.watching[session], {"session": str(session)}
        for line in news.lines:
            if line["seq"] > mark.seq:
                mark.seq = line["seq"]
                self._tell_line("message", line, mark, head)
        for line in news.edited:
            if mark.edits.get(line["id"]) != line["edited_at"]:
                self._tell_line("corrected", line, mark, head)
        for note in news.notes:
            if note["id"] > mark.note:
                mark.note = note["id"]
                self.push({"type": "note", **head, "note": note})
        self._tell_facts(mark, head, news)

    def _tell_facts(self, mark: Watch, head: Frame, news: News) -> None:
        if news.read > mark.read:
            mark.read = news.read
            self.push({"type": "read", **head, "seq": news.read})
        facts = news.facts[self.person.language]
        if new := {name: fact for name, fact in facts.items() if mark.facts.get(name) != fact}:
            mark.facts = facts
            self.push({"type": "facts", **head, **new})

    def _tell_line(self, kind: str, line: Frame, mark: Watch, head: Frame) -> None:
        if edited_at := line.get("edited_at"):
            mark.edits[line["id"]] = edited_at
        self.push({"type": kind, **head, "message": own(line, self.person.operator)})

    def typing(self, session: UUID) -> None:
        self._typing = (session, time.monotonic() + LASTS_S)

    def is_typing(self, session: UUID) -> bool:
        return self._typing is not None and (
            self._typing[0] == session and self._typing[1] > time.monotonic()
        )

    def note_read(self, session: UUID, seq: int) -> bool:
        """Whether the operator had not read so far."""
        if self._seen.get(session, 0) >= seq:
            return False
        self._seen[session] = seq
        if len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    def row_frame(self, row: Row, signs: Signs) -> Frame:
        """`row` as this operator sees it, in the protocol's shape."""
        seen, last = self._seen.get(row.session, 0), row.last
        return {
            "id": str(row.session),
            "kind": kind_of(row, self.person.operator),
            "site": row.site_id,
            "visitor": {
                "name": row.visitor,
                "verified": row.verified,
                "language": row.language,
            },
            **_asked(row.request, self.person.language),
            "last": asdict(last) if last else None,
            "unread": sum(seq > seen for seq in row.behind),
            "version": row.place[0],
            "mode": row.mode,
            "state": row.state,
            "closed": row.closed,
            "viewers": signs.of(row.session, besides=self.person.operator),
        }


def _asked(request: Request, language: str) -> Frame:
    operator = request.operator and {"id": request.operator, "name": request.operator_name}
    return {
        "ticket": request.ticket,
        "reason": request.reason or None,
        "reason_text": reason_text(request.reason, language),
        "priority": request.priority,
        "about": request.about,
        "waiting_since": _iso(request.waiting_since),
        "back_at": _iso(request.back_at),
        "due_at": _iso(request.due_at),
        "due": request.due,
        "operator": operator or None,
        "team": request.team,
    }


def kind_of(row: Row, operator: int) -> str:
    """On which tab of `operator`'s console a row stands. A settled one whose visitor goes on is the
    bot's again, as is one that was returned to it."""
    asked = row.request
    if asked.is_waiting:
        return "waiting"
    if asked.is_open:
        return "mine" if asked.operator == operator else "other"
    if asked.is_returned:
        return "bot"
    goes_on = row.last is not None and row.last.author in {"visitor", "bot"}
    return "bot" if goes_on or asked.ticket is None else "done"


@cache
def reason_text(reason: str, language: str) -> str:
    """Why a person was asked for, in words; "" without a reason."""
    with translation.override(language):
        return str(dict(Ticket.Reason.choices).get(reason, reason))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
