"""Visitors of the tests: what they say, and how their sessions stand."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.chat.models import Message, Session, Transition
from apps.dialogue.play import Said
from apps.dialogue.services import take_line
from apps.handoff.models import Ticket, TicketEvent


def say(session: Session, text: str) -> Any:
    return take_line(session_id=session.id, said=Said(uuid.uuid4(), text))


def asks(session: Session) -> Ticket:
    """Wants a person; the ticket."""
    say(session, "agent")
    return Ticket.objects.get(session=session, status="open")


def lines(session: Session) -> list[tuple[str, str]]:
    found = Message.objects.filter(session=session).order_by("seq")
    return [(line.author, line.text) for line in found]


def last(session: Session) -> tuple[str, str]:
    return lines(session)[-1]


def stands(session: Session) -> tuple[str, str]:
    now = Session.objects.get(pk=session.pk)
    return now.state, now.mode


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def history(ticket: Ticket) -> list[str]:
    return list(TicketEvent.objects.filter(ticket=ticket).values_list("kind", flat=True))


def causes(session: Session) -> list[str]:
    return list(Transition.objects.filter(session=session).values_list("cause", flat=True))


def long_ago(ticket: Ticket, minutes: float, *fields: str) -> None:
    then = timezone.now() - timedelta(minutes=minutes)
    Ticket.objects.filter(pk=ticket.pk).update(**dict.fromkeys(fields, then))
