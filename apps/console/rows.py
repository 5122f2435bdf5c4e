"""The rows of the queue: what an operator sees of a session without opening it.

They are read for all operators of a process at once, a handful of queries for any number of rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, Left, NullIf
from django.utils import timezone

from apps.chat.models import Message, Session
from apps.handoff.models import Priority, Ticket
from apps.handoff.services.sweeping import SILENT_FOR

# Sessions with the bot are shown while something is said in them, settled ones for a working day.
WITH_BOT = timedelta(minutes=15)
DONE_FOR = timedelta(hours=12)
MOST_WITH_BOT = 500
# Of a site those that wait, and of each operator those they have: more than anybody works through.
MOST_OPEN = 1000
MOST_DONE = 100
# Lines behind the last answer are counted so far back.
COUNTED_LINES = 50
ABOUT, LAST = 200, 200

# Version of the session, and when its newest ticket was changed: any change of a row moves one.
PLACES = """
SELECT s.id, s.version,
  (SELECT max(t.updated_at) FROM handoff_ticket t WHERE t.session_id = s.id)
FROM chat_session s WHERE s.id IN (
  SELECT session_id FROM (
    SELECT session_id, row_number() OVER (
      PARTITION BY site_id, operator_id
      ORDER BY priority, first_due_at, waiting_since, created_at, id) AS place
    FROM handoff_ticket WHERE status = 'open') AS open WHERE place <= %(most_open)s
  UNION (
    SELECT session_id FROM handoff_ticket
    WHERE status = 'done' AND outcome <> 'returned' AND updated_at > %(done)s
    ORDER BY updated_at DESC LIMIT %(most_done)s)
  UNION (
    SELECT id FROM chat_session
    WHERE mode = 'bot' AND closed_at IS NULL AND last_seq > 0 AND updated_at > %(bot)s
    ORDER BY updated_at DESC LIMIT %(most_bot)s))
"""
# How many wait on a site behind those.
BEYOND = """
SELECT site_id, count(*) - %(most)s FROM handoff_ticket
WHERE status = 'open' AND operator_id IS NULL GROUP BY site_id HAVING count(*) > %(most)s
"""
# The visitor's lines behind the last word of an operator.
BEHIND = """
SELECT s.id, array_agg(m.seq) FROM chat_session s
JOIN chat_message m ON m.session_id = s.id AND m.author = 'visitor'
  AND m.seq > s.last_seq - %(counted)s AND m.seq > coalesce((
    SELECT max(o.seq) FROM chat_message o
    WHERE o.session_id = s.id AND o.author = 'operator' AND o.seq > s.last_seq - %(counted)s), 0)
WHERE s.id = ANY(%(ids)s) GROUP BY s.id
"""

Place = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Last:
    author: str
    text: str
    at: str
    seq: int


@dataclass(frozen=True, slots=True)
class Request:
    """Of a row: the ticket that it stands for, if a person was asked for."""

    ticket: int | None = None
    is_open: bool = False
    is_returned: bool = False
    reason: str = ""
    priority: int = Priority.NORMAL
    about: str = ""
    waiting_since: datetime | None = None
    first_due_at: datetime | None = None
    resolve_due_at: datetime | None = None
    is_answered: bool = False
    operator: int | None = None
    operator_name: str = ""
    team: int | None = None
    claimed_at: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        return self.is_open and self.operator is None

    @property
    def back_at(self) -> datetime | None:
        """When its operator loses it to the queue if they stay silent."""
        if self.operator is None or self.waiting_since is None or not self.is_open:
            return None
        return max(self.waiting_since, self.claimed_at or self.waiting_since) + SILENT_FOR

    @property
    def due(self) -> str | None:
        """Which target is next: "first" for the first answer, "resolution", or None."""
        if not self.is_open:
            return None
        if not self.is_answered:
            return "first" if self.first_due_at else None
        return "resolution" if self.resolve_due_at else None

    @property
    def due_at(self) -> datetime | None:
        return {"first": self.first_due_at, "resolution": self.resolve_due_at}.get(self.due or "")


NOTHING_ASKED = Request()


@dataclass(frozen=True, slots=True)
class Row:
    """What all operators see alike. `behind`: the numbers of the visitor's lines that no operator
    has answered yet."""

    session: UUID
    place: Place
    site_id: int
    site: str
    visitor: str
    verified: bool
    language: str
    mode: str
    state: str
    closed: bool
    last: Last | None
    behind: tuple[int, ...]
    request: Request


def places() -> dict[UUID, Place]:
    """Every session that has a row now, with what it stands at. One query."""
    now = timezone.now()
    asked = {"done": now - DONE_FOR, "bot": now - WITH_BOT}
    asked_most = {"most_open": MOST_OPEN, "most_done": MOST_DONE, "most_bot": MOST_WITH_BOT}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {**asked, **asked_most})
        return {session: (version, changed) for session, version, changed in cursor}


def beyond() -> dict[int, int]:
    """By site, how many wait that have no row. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BEYOND, {"most": MOST_OPEN})
        return dict(cursor.fetchall())


def read(sessions: Collection[UUID], *, any_age: bool = False) -> dict[UUID, Row]:
    """The rows of these sessions; without those that have left the queue, unless of `any_age`.
    Four queries."""
    if not sessions:
        return {}
    tickets = _tickets(sessions)
    lasts = _lasts(sessions)
    behind = _behind(sessions)
    found = Session.objects.filter(id__in=sessions).select_related("site", "visitor")
    rows = {}
    for session in found.defer("memory"):
        theirs = tickets.get(session.id, [])
        if any_age or _is_shown(session, theirs):
            last, lines = lasts.get(session.id), behind.get(session.id, ())
            rows[session.id] = _row(session, theirs, last, lines)
    return rows


def _is_shown(session: Session, tickets: Sequence[Ticket]) -> bool:
    now = timezone.now()
    for ticket in tickets:
        is_settled = ticket.status == Ticket.Status.DONE and not is_returned(ticket)
        if (
            is_settled and ticket.updated_at > now - DONE_FOR
        ) or ticket.status == Ticket.Status.OPEN:
            return True
    return (
        session.mode == "bot"
        and session.closed_at is None
        and session.last_seq > 0
        and session.updated_at > now - WITH_BOT
    )


def is_returned(ticket: Ticket) -> bool:
    """Whether a person has given it back to the bot."""
    return ticket.outcome == Ticket.Outcome.RETURNED


def _row(
    session: Session, tickets: Sequence[Ticket], last: Last | None, behind: Iterable[int]
) -> Row:
    visitor = session.visitor
    ticket = tickets[-1] if tickets else None
    changed = max((ticket.updated_at for ticket in tickets), default=None)
    return Row(
        session=session.id,
        place=(session.version, changed),
        site_id=session.site_id,
        site=session.site.name,
        visitor=visitor.name or (ticket.name if ticket else ""),
        verified=bool(visitor.external_id),
        language=session.language,
        mode=session.mode,
        state=session.state,
        closed=session.closed_at is not None,
        last=last,
        behind=tuple(sorted(behind)),
        request=_request(ticket) if ticket else NOTHING_ASKED,
    )


def _request(ticket: Any) -> Request:
    """Of a row of `_tickets`."""
    return Request(
        ticket=ticket.pk,
        is_open=ticket.status == Ticket.Status.OPEN,
        is_returned=is_returned(ticket),
        reason=ticket.reason,
        priority=ticket.priority,
        about=ticket.summary or ticket.beginning,
        waiting_since=ticket.waiting_since,
        first_due_at=ticket.first_due_at,
        resolve_due_at=ticket.resolve_due_at,
        is_answered=ticket.first_response_at is not None,
        operator=ticket.operator_id,
        operator_name=ticket.operator.name if ticket.operator else "",
        team=ticket.team_id,
        claimed_at=ticket.claimed_at,
    )


def _tickets(sessions: Collection[UUID]) -> dict[UUID, list[Ticket]]:
    """Those of each, the open one last, else the newest."""
    found = (
        Ticket.objects.filter(session_id__in=sessions)
        .select_related("operator")
        .defer("packet", "slots", "about", "text", "kept")
        .annotate(beginning=Left(Coalesce(NullIf("about", Value("")), "text"), ABOUT))
        .order_by(Case(When(status=Ticket.Status.OPEN, then=1), default=0), "created_at")
    )
    tickets: defaultdict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in found:
        tickets[ticket.session_id].append(ticket)
    return tickets


def _lasts(sessions: Collection[UUID]) -> dict[UUID, Last]:
    found = Message.objects.filter(session_id__in=sessions, seq=F("session__last_seq"))
    named = found.values_list("session_id", "author", "text", "created_at", "seq")
    return {
        session: Last(author, text[:LAST], at.isoformat(), seq)
        for session, author, text, at, seq in named
    }


def _behind(sessions: Collection[UUID]) -> dict[UUID, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, {"ids": list(sessions), "counted": COUNTED_LINES})
        return dict(cursor.fetchall())
