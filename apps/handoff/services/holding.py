"""Who has a chat: taking it, passing it on, giving it back.

Each verb is one transaction that locks the session, then its open turn, then the ticket, raises the
session's version and the ticket's, and refuses with `Refused`. Whatever the bot has computed on the
older version is dropped when it comes to be stored.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.chat.items import Line
from apps.chat.models import Session
from apps.handoff import phrases, stages
from apps.handoff.locking import (
    lock_held,
    lock_open_ticket,
    lock_session,
    lock_session_of,
    lock_ticket,
)
from apps.handoff.models import Note, Operator, Presence, Team, Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services.leaving import refuse_left
from apps.handoff.services.requests import open_ticket
from apps.handoff.texts import LONGEST_NOTE, check_text
from apps.handoff.trail import change, record
from apps.handoff.waits import unanswered

Kind = TicketEvent.Kind
OTHER_SITE = _("%(name)s does not serve this site.")


@transaction.atomic
def claim(*, ticket_id: int, operator: Operator, kind: Kind = Kind.CLAIMED) -> Ticket:
    """Takes a waiting ticket. Of many who try at once one gets it, by one conditional UPDATE. `kind`
    tells in its history who gave it.

    Refused: taken (by=name, at=ISO), closed, not_found. Taking what is one's own changes nothing.
    """
    session = lock_session_of(ticket_id)
    now = timezone.now()
    is_won = (
        Ticket.objects.waiting()
        .filter(pk=ticket_id)
        .update(operator=operator, claimed_at=now, updated_at=now, version=F("version") + 1)
    )
    ticket = lock_ticket(ticket_id)
    if is_won:
        stages.to_person(session, phrases.system_line(phrases.JOINED, session, name=operator.name))
        record(ticket, kind, operator)
    elif ticket.status != Ticket.Status.OPEN:
        raise Refused(RefusalCode.CLOSED)
    elif ticket.operator_id != operator.pk:
        raise taken(ticket)
    return ticket


@transaction.atomic
def take_over(*, session_id: UUID, operator: Operator) -> Ticket:
    """Takes a chat from the bot, whose open turn ends, from the queue, or from another operator.
    Opens a ticket if the session has none.

    Refused: not_allowed (another operator's, without the right), not_found, closed (the visitor has
    ended it and left no address).
    """
    session = lock_session(session_id)
    ticket = lock_open_ticket(session) or open_ticket(
        session=session, reason=Ticket.Reason.STEPPED_IN, language=session.language
    )
    before = ticket.operator
    if before == operator:
        return ticket
    refuse_left(session)
    if before and not (operator.can("take_over") or operator.can("supervise")):
        raise Refused(RefusalCode.NOT_ALLOWED, by=before.name)
    change(ticket, operator=operator, claimed_at=timezone.now())
    names = {"name": operator.name, "before": before.name if before else ""}
    sentence = phrases.TAKEN_OVER if before else phrases.JOINED
    stages.to_person(session, phrases.system_line(sentence, session, **names))
    record(ticket, Kind.TAKEN_OVER, operator, before=before.pk if before else None)
    return ticket


@transaction.atomic
def return_to_bot(
    *, ticket_id: int, operator: Operator, instruction: str = "", deadline_s: float | None = None
) -> Ticket:
    """The bot answers again: the ticket is done, a line tells the visitor, and what they wrote since
    the operator's last line is answered by one turn, within `deadline_s` (None: the house's).
    `instruction` stands in the ticket's history, and models are told of it (apps/dialogue/turns/claims.py).

    Refused: not_yours, closed, not_found.
    """
    session, ticket = lock_held(ticket_id, operator)
    name = (ticket.operator or operator).name
    line = phrases.system_line(phrases.RETURNED, session, name=name)
    if asked := unanswered(session):
        deadline_s = deadline_s or settings.TURNS.deadline_s
        stages.to_bot_with_question(session, line, asked.seq, deadline_s)
    else:
        stages.to_bot(session, line, cause="returned")
    change(
        ticket,
        status=Ticket.Status.DONE,
        outcome=Ticket.Outcome.RETURNED,
        resolved_at=timezone.now(),
        waiting_since=None,
    )
    record(ticket, Kind.RETURNED, operator, instruction)
    return ticket


@transaction.atomic
def requeue(*, ticket_id: int, why: str, operator: Operator) -> Ticket:
    """Back to the queue, with a line that tells the visitor. `why` stands in the history. One that
    is there already stays as it is.

    Refused: not_yours, closed, not_found.
    """
    session, ticket = lock_held(ticket_id, operator)
    if ticket.operator is None:
        return ticket
    put_back(session, ticket, phrases.system_line(phrases.BACK_IN_QUEUE, session))
    record(ticket, Kind.REQUEUED, operator, why)
    return ticket


@transaction.atomic
def transfer(
    *,
    ticket_id: int,
    operator: Operator,
    to_operator: Operator | None = None,
    to_team: Team | None = None,
    note: str = "",
) -> Ticket:
    """Passes a ticket on: to somebody who is there, whose it is at once, or to a team's queue, of
    which somebody must be there. Exactly one of them. `note` is for the colleagues alone.

    Refused: not_available (name=), nobody (name=), not_yours, closed, not_found, bad_value, too_long,
    bad_text.
    """
    check_text(note, LONGEST_NOTE, may_be_empty=True)
    session, ticket = lock_held(ticket_id, operator)
    if to_operator and not to_team:
        _pass_to(session, ticket, to_operator)
    elif to_team and not to_operator:
        _pass_to_team(session, ticket, to_team)
    else:
        raise Refused(RefusalCode.BAD_VALUE)
    if note:
        Note.objects.create(session=session, operator=operator, text=note)
    to = {"operator": to_operator.pk} if to_operator else {"team": to_team and to_team.pk}
    record(ticket, Kind.TRANSFERRED, operator, note, to=to)
    return ticket


def put_back(session: Session, ticket: Ticket, line: Line, **values: Any) -> None:
    """Into the queue, where the visitor keeps the place that their waiting gives them. Call with
    both locked."""
    asked = unanswered(session)
    since = ticket.waiting_since or (asked.created_at if asked else timezone.now())
    stages.to_queue(session, ticket, line, cause="requeued")
    change(ticket, operator=None, claimed_at=None, waiting_since=since, **values)


def _pass_to(session: Session, ticket: Ticket, to: Operator) -> None:
    presence = Presence.objects.filter(operator=to).first()
    if not _works(to) or presence is None or presence.state() == Presence.State.OFFLINE:
        raise Refused(RefusalCode.NOT_AVAILABLE, name=to.name)
    if ticket.operator_id == to.pk:
        raise Refused(RefusalCode.BAD_VALUE)
    if not Operator.objects.of_site(session.site_id).filter(pk=to.pk).exists():
        raise Refused(RefusalCode.NOT_AVAILABLE, OTHER_SITE % {"name": to.name})
    before = ticket.operator.name if ticket.operator else ""
    sentence = phrases.TAKEN_OVER if before else phrases.JOINED
    line = phrases.system_line(sentence, session, name=to.name, before=before)
    stages.to_person(session, line, cause="transferred")
    change(ticket, operator=to, claimed_at=timezone.now())


def _pass_to_team(session: Session, ticket: Ticket, team: Team) -> None:
    if not Operator.objects.online().filter(teams=team).exists():
        raise Refused(RefusalCode.NOBODY, name=team.name)
    line = phrases.system_line(phrases.PASSED_ON, session, team=team.name)
    put_back(session, ticket, line, team=team)


def _works(operator: Operator) -> bool:
    return Operator.objects.active().filter(pk=operator.pk).exists()


def taken(ticket: Ticket) -> Refused:
    """With who has it, and since when."""
    by = ticket.operator.name if ticket.operator else ""
    at = ticket.claimed_at.isoformat() if ticket.claimed_at else ""
    return Refused(RefusalCode.TAKEN, by=by, at=at)
