"""Verbs on tickets. Locks: the session first, then its ticket."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.items import Item, Line, NewTurn, Outcome, Step, Verdict
from apps.chat.journal import append
from apps.chat.models import Message, Session
from apps.engine.events import QUESTIONS
from apps.engine.machine import Machine
from apps.engine.memory import dump, load
from apps.engine.types import Author, Mode, State, TurnState
from apps.handoff.models import Ticket


def open_ticket(
    *, session: Session, reason: Ticket.Reason, language: str, turn: UUID | None = None
) -> Ticket:
    """The session's open ticket, made by `turn` if there is none. Call with the session locked."""
    ticket, _ = Ticket.objects.get_or_create(
        session=session,
        status=Ticket.Status.OPEN,
        defaults={
            "site_id": session.site_id,
            "turn": turn,
            "reason": reason,
            "language": language,
        },
    )
    return ticket


@transaction.atomic
def leave_message(
    *, session_id: UUID, line: Line, notice: Line, name: str, email: str, phone: str
) -> Outcome:
    """Stores the visitor's message with a notice and puts it, with the address, on a ticket."""
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
            steps=_to_handoff(State(session.state)),
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


def _to_handoff(state: State) -> tuple[Step, ...]:
    """The legal moves from wherever the session stands; an ended one starts anew first."""
    machine = Machine(state)
    moves = list(machine.go(State.INIT, "visitor_returned")) if state is State.END else []
    moves += machine.go(State.HANDOFF, "contact")
    return tuple(Step(move.came_from, move.to, move.cause) for move in moves)


def _without_request(session: Session) -> dict[str, Any]:
    """What is remembered of the request to the team is over; the flow a visitor is in is not."""
    return dump(replace(load(session.memory), told=False, reachable=False, unreachable=False))


def last_question(session: Session) -> int | None:
    """The number of the visitor's last line that asked something."""
    lines = Message.objects.filter(
        session=session, author=Author.VISITOR, turn__route__in=QUESTIONS
    )
    return lines.order_by("-seq").values_list("seq", flat=True).first()


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
    closed = Ticket.objects.open().filter(pk=ticket.pk).update(status=Ticket.Status.DONE)
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
        steps=(Step(State(session.state), State.INIT, "ticket_done"),),
    )
