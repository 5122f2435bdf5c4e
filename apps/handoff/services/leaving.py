"""A visitor who has ended the chat: they cannot read there any more."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Session
from apps.handoff import phrases, stages
from apps.handoff.events import publish_tickets
from apps.handoff.locking import lock_open_ticket, lock_session
from apps.handoff.models import Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.trail import change, record

LEFT = _("The visitor has ended this chat and left no address to answer to.")


@transaction.atomic
def visitor_left(*, session_id: UUID) -> None:
    """Whoever has the chat reads so. A request that nobody has taken is withdrawn, unless it can be
    answered elsewhere."""
    session = lock_session(session_id)
    ticket = lock_open_ticket(session)
    if ticket is None:
        return
    stages.say(session, phrases.system_line(phrases.LEFT, session))
    waits_in_vain = Ticket.objects.waiting().without_address().filter(pk=ticket.pk)
    if waits_in_vain.exists():
        change(ticket, status=Ticket.Status.WITHDRAWN, waiting_since=None)
        record(ticket, TicketEvent.Kind.WITHDRAWN)
    else:
        change(ticket, waiting_since=None)
        publish_tickets([ticket.pk])


def refuse_left(session: Session, *, by_mail: bool = False) -> None:
    """Refused: closed, when the visitor has ended the chat and left no address; `by_mail`: none that
    an answer goes to by itself."""
    if session.closed_at is None:
        return
    nowhere = {"email": ""} if by_mail else {"email": "", "phone": ""}
    if not Ticket.objects.filter(session=session).exclude(**nowhere).exists():
        raise Refused(RefusalCode.CLOSED, LEFT)
