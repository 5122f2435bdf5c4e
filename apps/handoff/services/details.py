"""Details of a visitor's flow in an operator's hands. What they mean the flow knows, and whoever
knows flows calls this."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from apps.chat.items import Line
from apps.chat.models import Message, Session
from apps.engine.types import Author
from apps.handoff import stages
from apps.handoff.locking import lock_own_ticket, lock_session
from apps.handoff.models import Operator, Ticket, TicketEvent
from apps.handoff.packets import Detail
from apps.handoff.services.answering import note_answer
from apps.handoff.trail import change, record

Kind = TicketEvent.Kind


def lock_chat(*, session_id: UUID, operator: Operator) -> tuple[Session, Ticket]:
    """An operator's chat, locked until the transaction ends. Refused: not_yours (by=), closed,
    not_found."""
    session = lock_session(session_id)
    return session, lock_own_ticket(session, operator)


def keep_detail(
    *,
    session: Session,
    ticket: Ticket,
    operator: Operator,
    memory: Mapping[str, Any],
    detail: Detail,
) -> None:
    """Stores a session's memory with a detail that was changed in it, and puts it on the ticket. Call
    with `lock_chat`."""
    before = {slot["name"]: slot for slot in ticket.packet.get("slots", [])}
    slots = {**before, detail.name: asdict(detail)}
    stages.remember(session, dict(memory))
    pairs = [[slot["label"], slot["value"]] for slot in slots.values()]
    change(ticket, packet={**ticket.packet, "slots": list(slots.values())}, slots=pairs)
    was = before.get(detail.name, {}).get("value", "")
    record(ticket, Kind.SLOT_EDITED, operator, slot=detail.name, before=was, now=detail.value)


def ask_detail(
    *,
    session: Session,
    ticket: Ticket,
    operator: Operator,
    text: str,
    form: Mapping[str, Any],
) -> Message:
    """Sends a form for a detail as the operator's line. Call with `lock_chat`."""
    meta = {"operator": operator.pk, "form": dict(form)}
    line = Line(Author.OPERATOR, text, name=operator.name, meta=meta)
    stages.say(session, line)
    note_answer(session, ticket)
    record(ticket, Kind.SLOT_ASKED, operator, slot=form["slot"])
    return Message.objects.get(pk=line.id)
