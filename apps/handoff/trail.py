"""How a change of a ticket is kept and told."""

from typing import Any

from django.db.models import F
from django.utils import timezone

from apps.handoff.events import publish_tickets
from apps.handoff.models import Operator, Ticket, TicketEvent


def record(
    ticket: Ticket,
    kind: TicketEvent.Kind,
    operator: Operator | None = None,
    text: str = "",
    **data: Any,
) -> TicketEvent:
    """One line of its history; consoles are told after the commit."""
    event = TicketEvent.objects.create(
        ticket=ticket, kind=kind, operator=operator, text=text, data=data
    )
    publish_tickets([ticket.pk])
    return event


def change(ticket: Ticket, **values: Any) -> None:
    """Stores these values, whatever else the row holds, under its next version. Call with the ticket
    locked."""
    values |= {"updated_at": timezone.now()}
    Ticket.objects.filter(pk=ticket.pk).update(version=F("version") + 1, **values)
    for name, value in values.items():
        setattr(ticket, name, value)
    ticket.version += 1
