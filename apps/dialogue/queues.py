"""What a visitor is told beside where the session stands: the place in the queue, or who is here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.engine.types import Mode
from apps.handoff.models import Ticket
from apps.handoff.services import QueuePlace
from apps.handoff.services.places import queue_places

Told = dict[str, Any]


def read_told(modes: Mapping[UUID, Mode]) -> dict[UUID, Told]:
    """Of sessions that wait or that a person has: `{"queue": {...}}`, `{"operator": name}`, or
    nothing for who has left a message and does not wait. A few queries for all of them."""
    waiting = [session for session, mode in modes.items() if mode is Mode.QUEUED]
    held = [session for session, mode in modes.items() if mode is Mode.HUMAN]
    told = {session: {"queue": _frame(place)} for session, place in queue_places(waiting).items()}
    rows = Ticket.objects.open().filter(session__in=held).exclude(operator=None)
    names = rows.values_list("session", "operator__name") if held else ()
    return told | {session: {"operator": name} for session, name in names}


def _frame(place: QueuePlace) -> Told:
    """Without what is not known."""
    frame = {
        "position": place.position,
        "eta_s": place.eta_s,
        "open": place.open_now,
        "opens_at": place.opens_at.isoformat() if place.opens_at else None,
        "zone": place.zone if place.opens_at else None,
        "attended": place.attended,
    }
    return {name: value for name, value in frame.items() if value is not None}
