"""The rows that a verb changes, locked in the order of the house: the session, then its ticket."""

from uuid import UUID

from apps.chat.models import Session
from apps.engine.types import Mode
from apps.handoff.models import Operator, Ticket
from apps.handoff.refusals import RefusalCode, Refused


def lock_session(session_id: UUID) -> Session:
    """Refused: not_found."""
    rows = Session.objects.select_for_update(no_key=True)
    session = rows.filter(id=session_id).first()
    if session is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return session


def lock_session_of(ticket_id: int) -> Session:
    """Refused: not_found."""
    of = Ticket.objects.filter(pk=ticket_id).values_list("session", flat=True).first()
    if of is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return lock_session(of)


def lock_free_session(ticket_id: int) -> Session | None:
    """None while somebody else has it: they are at it, and it comes up again."""
    rows = Session.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return rows.filter(tickets=ticket_id).first()


def lock_ticket(ticket_id: int) -> Ticket:
    """With the session locked before. Refused: not_found."""
    rows = Ticket.objects.select_for_update(no_key=True, of=("self",))
    ticket = rows.select_related("operator", "team").filter(pk=ticket_id).first()
    if ticket is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return ticket


def lock_open_ticket(session: Session) -> Ticket | None:
    """The session's open one, with the session locked before."""
    rows = Ticket.objects.open().select_for_update(no_key=True, of=("self",))
    return rows.select_related("operator", "team").filter(session=session).first()


def lock_own_ticket(session: Session, operator: Operator) -> Ticket:
    """Of a chat that the operator is in, with the session locked before. Refused: closed, not_yours
    (by=)."""
    ticket = lock_open_ticket(session)
    if ticket is None:
        raise Refused(RefusalCode.CLOSED)
    if ticket.operator_id != operator.pk or not is_live(session):
        raise not_yours(ticket)
    return ticket


def lock_held(ticket_id: int, operator: Operator) -> tuple[Session, Ticket]:
    """A ticket that the operator has, or may direct, or that nobody has. Refused: not_found, closed,
    not_yours (by=)."""
    session = lock_session_of(ticket_id)
    ticket = lock_ticket(ticket_id)
    if ticket.status != Ticket.Status.OPEN:
        raise Refused(RefusalCode.CLOSED)
    is_free = ticket.operator_id in {None, operator.pk}
    if not is_free and not operator.can("supervise"):
        raise not_yours(ticket)
    return session, ticket


def not_yours(ticket: Ticket) -> Refused:
    """With who has it now."""
    return Refused(RefusalCode.NOT_YOURS, by=ticket.operator.name if ticket.operator else "")


def is_live(session: Session) -> bool:
    """Whether a person answers it."""
    return session.mode == Mode.HUMAN
