"""Where a visitor stands in the queue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.chat.models import Session
from apps.engine.memory import load
from apps.handoff.models import Team, Ticket
from apps.handoff.routing import serving, team_for
from apps.handoff.targets import calendar_of

# How many were taken of late says how long the others wait.
LOOKED_BACK = timedelta(hours=2)
CLAIMS = 20
LEAST_CLAIMS = 3
LONGEST_ETA_S = 2 * 3600

# Who left a message stands in no queue: they do not wait. Nor does who has logged out.
PLACES = """
SELECT session_id, place FROM (
  SELECT t.session_id, row_number() OVER (PARTITION BY t.site_id, t.team_id
    ORDER BY t.priority, t.first_due_at NULLS LAST, t.waiting_since, t.id) AS place
  FROM handoff_ticket t JOIN chat_session s ON s.id = t.session_id AND s.closed_at IS NULL
  WHERE t.status = 'open' AND t.operator_id IS NULL AND t.waiting_since IS NOT NULL) p
WHERE %s::uuid[] IS NULL OR session_id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Attendance:
    """`open_now`: the team works at this hour; `opens_at`: when it does next, None while open or
    when that is never; `zone`: the place whose hours these are, by its IANA name. `attended`:
    somebody who may take the chat is at the console, and has not said to be away."""

    open_now: bool
    opens_at: datetime | None
    zone: str
    attended: bool


@dataclass(frozen=True, slots=True)
class QueuePlace(Attendance):
    """`position` counts from 1; None: not in the queue (someone has it, or it is a message).
    `eta_s` from how fast others were taken of late, None when nobody knows."""

    position: int | None
    eta_s: int | None


def queue_place(session: Session) -> QueuePlace:
    """For a session that waits, and for one that thinks of it: then `position` is None."""
    now = timezone.now()
    rows = Ticket.objects.waiting().select_related("team__hours").filter(session=session)
    ticket = rows.exclude(waiting_since=None).first()
    flow = ticket.flow_key if ticket else _flow(session)
    site_id, language = session.site_id, session.language
    team = (
        ticket.team if ticket else team_for(site_id=site_id, language=language, flow=flow, at=now)
    )
    position = positions([session.pk]).get(session.pk) if ticket else None
    return QueuePlace(
        position=position,
        eta_s=_eta_s(session.site_id, team, position) if position else None,
        **_attendance(now, team=team, site_id=site_id, language=language, flow=flow),
    )


def attendance(*, site_id: int, language: str) -> Attendance:
    """For a visitor who has not begun: of the team that would be asked."""
    now = timezone.now()
    team = team_for(site_id=site_id, language=language, flow="", at=now)
    return Attendance(**_attendance(now, team=team, site_id=site_id, language=language, flow=""))


def _attendance(now: datetime, *, team: Team | None, **serves: Any) -> dict[str, Any]:
    """`serves` as `serving` takes it."""
    calendar = calendar_of(team.hours if team else None)
    is_open = calendar.is_open(now)
    return {
        "open_now": is_open,
        "opens_at": None if is_open else calendar.opens_at(now),
        "zone": calendar.zone.key,
        "attended": bool(serving(team=team, **serves)),
    }


def positions(sessions: Collection[UUID] | None = None) -> dict[UUID, int]:
    """Of those sessions that wait, or of all, in one query: each among those of its site and team."""
    asked = None if sessions is None else list(sessions)
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [asked, asked])
        return dict(cursor.fetchall())


def _eta_s(site_id: int, team: Team | None, position: int) -> int | None:
    """By the pace at which chats of this queue were taken of late."""
    since = timezone.now() - LOOKED_BACK
    taken = Ticket.objects.filter(site=site_id, team=team, claimed_at__gt=since)
    times = list(taken.order_by("-claimed_at").values_list("claimed_at", flat=True)[:CLAIMS])
    if len(times) < LEAST_CLAIMS:
        return None
    newest, oldest = times[0], times[-1]
    assert newest is not None
    assert oldest is not None
    pace = (newest - oldest).total_seconds() / (len(times) - 1)
    eta = round(pace * position)
    return eta if eta <= LONGEST_ETA_S else None


def _flow(session: Session) -> str:
    active = load(session.memory).active
    return active.flow if active else ""
