"""What a ticket went through, as conditions for lists and counts."""

from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.handoff.models.tickets import Ticket, TicketEvent

TAKEN_BY = (
    TicketEvent.Kind.CLAIMED,
    TicketEvent.Kind.ASSIGNED,
    TicketEvent.Kind.TAKEN_OVER,
)


def first_taken() -> Coalesce:
    """When somebody took it first; `claimed_at` tells of the last time."""
    events = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind__in=TAKEN_BY)
    return Coalesce(Subquery(events.order_by("id").values("at")[:1]), F("claimed_at"))


def late() -> Q:
    """Its first answer came after it was due, or is due and still missing."""
    missing = Q(first_response_at=None, status=Ticket.Status.OPEN)
    return Q(first_response_at__gt=F("first_due_at")) | missing & Q(first_due_at__lt=timezone.now())


def settled() -> Q:
    """Also what was opened again since."""
    return Q(resolved_at__isnull=False) | Q(reopened__gt=0)


def _taken(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    events = TicketEvent.objects.filter(ticket=OuterRef("pk"), kind__in=TAKEN_BY)
    return tickets.filter(Exists(events) | Q(claimed_at__isnull=False))


COURSES: dict[str, Callable[[QuerySet[Ticket]], QuerySet[Ticket]]] = {
    "taken": _taken,
    "answered": lambda tickets: tickets.filter(first_response_at__isnull=False),
    "late": lambda tickets: tickets.filter(late()),
    "settled": lambda tickets: tickets.filter(settled()),
    "reopened": lambda tickets: tickets.filter(reopened__gt=0),
}
