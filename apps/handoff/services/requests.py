"""Verbs on tickets. Locks: the session first, then its ticket."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.cancelling import cancelled
from apps.chat.items import Item, Line, NewTurn, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.engine.events import Move
from apps.engine.machine import Machine
from apps.engine.memory import dump, load
from apps.engine.types import Author, Mode, State, TurnState
from apps.handoff.models import Ticket


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about. `flow` is the name of the one that the visitor is in, `slots` are its
    details as (label, value); none of it proves an order."""

    text: str = ""
    flow: str = ""
    slots: tuple[tuple[str, str], ...] = ()


NOTHING = Subject()


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
    ticket, is_new = Ticket.objects.get_or_create(
        session=session,
        status=Ticket.Status.OPEN,
        defaults={
            "site_id": session.site_id,
            "turn": turn,
            "reason": reason,
            "language": language,
            "about": subject.text,
            "flow": subject.flow,
            "slots": [list(slot) for slot in subject.slots],
        },
    )
    if subject.text and not is_new:
        ticket.add_line(subject.text)
    return ticket


def note_flow(*, session: Session, subject: Subject) -> None:
    """Puts the flow that a message was left in on the open ticket that names none."""
    slots = [list(slot) for slot in subject.slots]
    tickets = Ticket.objects.open().filter(session=session, flow="")
    tickets.update(flow=subject.flow, slots=slots)


def add_line(*, session: Session, text: str) -> None:
    """Puts what was said while waiting on the open ticket. Call with the session locked."""
    if text and (ticket := Ticket.objects.open().filter(session=session).first()):
        ticket.add_line(text)


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
            memory=_without_request(session),
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
    return ticket


def to_handoff(state: State, cause: str) -> tuple[Move, ...]:
    """The legal moves from wherever the session stands; an ended one starts anew first."""
    machine = Machine(state)
    moves = list(machine.go(State.INIT, "visitor_returned")) if state is State.END else []
    moves += machine.go(State.HANDOFF, cause)
    return tuple(moves)


def _without_request(session: Session) -> dict[str, Any]:
    """What is remembered of the request to the team is over; the flow a visitor is in is not."""
    return dump(replace(load(session.memory), told=False, reachable=False, unreachable=False))


def withdraw_ticket(*, session: Session) -> bool:
    """Ends the open ticket of a visitor who left no address and goes on with the bot; False if
    there is none. Call with the session locked."""
    tickets = Ticket.objects.open().without_address().filter(session=session)
    return bool(tickets.update(status=Ticket.Status.WITHDRAWN, updated_at=timezone.now()))


@transaction.atomic
def close_ticket(*, ticket: Ticket, notice: str, notice_with_bot: str = "") -> bool:
    """Marks an open ticket done, and gives its session back to the bot if it waits for a person;
    False if it was done. `notice_with_bot` is for a visitor who went on with the bot meanwhile;
    empty, they are told nothing."""
    session = Session.objects.select_for_update(no_key=True).get(id=ticket.session_id)
    closed = (
        Ticket.objects.open()
        .filter(pk=ticket.pk)
        .update(status=Ticket.Status.DONE, updated_at=timezone.now())
    )
    if closed and session.mode != Mode.HUMAN:
        append(_returned(session, notice_with_bot if session.mode == Mode.BOT else notice))
    return bool(closed)


def _returned(session: Session, notice: str) -> Item:
    """With the bot already the session stays where it is; the address is forgotten, so that a new
    request asks for one again."""
    if session.mode == Mode.BOT:
        lines = (Line(Author.SYSTEM, notice),) if notice else ()
        memory = _without_request(session)
        return Item(session=session.id, version=session.version, lines=lines, memory=memory)
    return Item(
        session=session.id,
        version=session.version,
        lines=(Line(Author.SYSTEM, notice),),
        state=State.INIT,
        mode=Mode.BOT,
        memory={},
        steps=(Move(State(session.state), State.INIT, "ticket_done"),),
    )
