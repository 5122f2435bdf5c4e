"""Where many visitors stand in their queues, at a few queries for each queue."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from apps.handoff.models import Ticket
from apps.handoff.services.queueing import LONGEST_ETA_S, QueuePlace, positions, queue_place


def queue_places(sessions: Collection[UUID]) -> dict[UUID, QueuePlace]:
    """`queue_place` of those that wait in a queue; the others are left out. The first of each queue
    is asked about in full; those behind it wait as many times as long."""
    places = positions(sessions)
    rows = Ticket.objects.waiting().select_related("session").filter(session__in=places)
    firsts: dict[tuple[int, int | None, str, str], QueuePlace] = {}
    found = {}
    for ticket in sorted(rows, key=lambda one: places[one.session_id]):
        queue = (ticket.site_id, ticket.team_id, ticket.session.language, ticket.flow_key)
        if queue not in firsts:
            firsts[queue] = queue_place(ticket.session)
        found[ticket.session_id] = _behind(firsts[queue], places[ticket.session_id])
    return found


def _behind(first: QueuePlace, position: int) -> QueuePlace:
    eta = first.eta_s * position // (first.position or 1) if first.eta_s is not None else None
    is_known = eta is not None and eta <= LONGEST_ETA_S
    return replace(first, position=position, eta_s=eta if is_known else None)
