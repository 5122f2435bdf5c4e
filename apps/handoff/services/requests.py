"""Verbs on tickets. Locks: the session first, then its ticket."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.cancelling import cancelled
from apps.chat.items import Item, Line, NewTurn, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.chat.satisfaction import ASKED
from apps.engine.types import Author, Mode, State, TurnState
from apps.handoff.events import publish_tickets
from apps.handoff.models import Priority, Team, Ticket, TicketEvent
from apps.handoff.packets import NOTHING, Subject, written
from apps.handoff.routing import serving, team_for
from apps.handoff.stages import to_bot, to_handoff, without_request
from apps.handoff.targets import calendar_of, due
from apps.handoff.trail import change, record

# Nobody waits in the chat for what these came of.
NOT_LIVE = frozenset({Ticket.Reason.ACTION, Ticket.Reason.CONTACT, Ticket.Reason.STEPPED_IN})


def open_ticket(
    *,
    session: Session,
    reason: Ticket.Reason,
    language: str,
    turn: UUID | None = None,
    subject: Subject = NOTHING,
) -> Ticket:
    """The session's open ticket, made by `turn` if there is none; one that is there keeps what it is
    about, and a new subject joins its message. Call with the session locked."""
    ticket = Ticket.objects.open().filter(session=session).first()
    if ticket is None:
        return _new_ticket(session, reason, language, turn, subject)
    if subject.text:
        ticket.add_line(subject.text)
        publish_tickets([ticket.pk])
    return ticket


def _new_ticket(
    session: Session, reason: Ticket.Reason, language: str, turn: UUID | None, subject: Subject
) -> Ticket:
    now = timezone.now()
    priority = _priority(reason, subject)
    team = team_for(site_id=session.site_id, language=language, flow=subject.key, at=now)
    times = due(team=team, priority=priority, since=now)
    is_live = reason not in NOT_LIVE and is_served(session, team, language, subject.key)
    ticket = Ticket.objects.create(
        session=session,
        site_id=session.site_id,
        turn=turn,
        reason=reason,
        language=language,
        about=subject.text,
        flow=subject.flow,
        flow_key=subject.key,
        slots=subject.slots,
        priority=priority,
        team=team,
        waiting_since=now if is_live else None,
        first_due_at=times.first,
        resolve_due_at=times.settled,
        packet=written(session, reason, subject),
    )
    record(ticket, TicketEvent.Kind.OPENED)
    return ticket


def is_attended(session: Session, *, language: str, flow: str) -> bool:
    """Whether somebody who serves it is there, at an hour at which the team works: else whoever asks
    for a person is asked for a message, and does not wait. `flow` is a flow's key, or ""."""
    site_id, now = session.site_id, timezone.now()
    team = team_for(site_id=site_id, language=language, flow=flow, at=now)
    return is_served(session, team, language, flow)


def is_served(session: Session, team: Team | None, language: str, flow: str) -> bool:
    """The same where the team is known; None for what no team serves."""
    if not calendar_of(team.hours if team else None).is_open(timezone.now()):
        return False
    return bool(serving(site_id=session.site_id, language=language, flow=flow, team=team))


def _priority(reason: Ticket.Reason, subject: Subject) -> Priority:
    is_grave = subject.high_value or reason == Ticket.Reason.HIGH_RISK
    return Priority.HIGH if is_grave else Priority.NORMAL


def note_flow(*, session: Session, subject: Subject) -> None:
    """Puts the flow that a message was left in on the open ticket that names none."""
    ticket = Ticket.objects.open().filter(session=session, flow="").first()
    if ticket and subject.flow:
        change(ticket, flow=subject.flow, flow_key=subject.key, slots=subject.slots)


def add_line(*, session: Session, text: str) -> None:
    """Puts what was said while waiting on the open ticket. Call with the session locked."""
    if text and (ticket := Ticket.objects.open().filter(session=session).first()):
        ticket.add_line(text)
        publish_tickets([ticket.pk])


@transaction.atomic
def leave_message(
    *, session_id: UUID, line: Line, notice: Line, name: str, email: str, phone: str
) -> Outcome:
    """Stores the visitor's message with a notice and puts it, with the address, on a ticket. Raises
    Session.DoesNotExist."""
    session = Session.objects.select_for_update(no_key=True).get(id=session_id)
    turn = NewTurn(TurnState.DONE, route="contact", language=session.language)
    outcome = append(
        Item(
            session=session.id,
            version=session.version,
            lines=(line, notice),
            state=State.HANDOFF,
            mode=Mode.HUMAN if session.mode == Mode.HUMAN else Mode.QUEUED,
            memory=without_request(session),
            turn=turn,
            finish=cancelled(session),
            steps=to_handoff(State(session.state), "contact"),
        )
    )
    if outcome.verdict is Verdict.OK:
        take_message(
            session=session, text=line.text, name=name, email=email, phone=phone, turn=turn.id
        )
    return outcome


def take_message(
    *, session: Session, text: str, email: str, phone: str, turn: UUID | None, name: str = ""
) -> Ticket:
    """Puts a message with its address on the session's ticket. Call with the session locked."""
    ticket = open_ticket(
        session=session, reason=Ticket.Reason.CONTACT, language=session.language, turn=turn
    )
    ticket.add_message(text=text, name=name, email=email, phone=phone)
    if ticket.operator_id is None:
        # It can be answered later: nobody has to sit and wait.
        change(ticket, waiting_since=None)
    publish_tickets([ticket.pk])
    return ticket


def withdraw_ticket(*, session: Session) -> bool:
    """Ends the open ticket of a visitor who left no address and goes on with the bot; False if
    there is none. Call with the session locked."""
    ticket = Ticket.objects.open().without_address().filter(session=session).first()
    if ticket is None:
        return False
    change(ticket, status=Ticket.Status.WITHDRAWN, waiting_since=None)
    record(ticket, TicketEvent.Kind.WITHDRAWN)
    return True


@transaction.atomic
def close_ticket(*, ticket: Ticket, notice: str, notice_with_bot: str = "") -> bool:
    """Marks an open ticket done, and gives its session back to the bot if it waits for a person or
    has one; False if it was done. `notice_with_bot` is for a visitor who went on with the bot
    meanwhile; empty, they are told nothing."""
    session = Session.objects.select_for_update(no_key=True).get(id=ticket.session_id)
    found = Ticket.objects.open().select_for_update(no_key=True).filter(pk=ticket.pk).first()
    if found is None:
        return False
    now = timezone.now()
    change(found, status=Ticket.Status.DONE, resolved_at=now, waiting_since=None)
    record(found, TicketEvent.Kind.RESOLVED)
    if session.mode == Mode.BOT:
        _remain_with_bot(session, notice_with_bot)
    else:
        to_bot(session, Line(Author.SYSTEM, notice, meta=dict(ASKED)), cause="ticket_done")
    return True


def _remain_with_bot(session: Session, notice: str) -> None:
    """The session stays where it is; the address is forgotten, so that a new request asks for one
    again."""
    lines = (Line(Author.SYSTEM, notice),) if notice else ()
    memory = without_request(session)
    append(Item(session=session.id, version=session.version, lines=lines, memory=memory))
