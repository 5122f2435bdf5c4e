"""Moves a session between the bot, the queue and a person, with the lines that say so. Call with the
session locked; each raises its version."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.chat.cancelling import cancelled
from apps.chat.covering import cover
from apps.chat.items import Item, Line, NewTurn, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.engine.events import Move
from apps.engine.machine import Machine
from apps.engine.memory import dump, load
from apps.engine.types import Mode, State, TurnState
from apps.handoff.models import Ticket
from apps.handoff.refusals import RefusalCode, Refused


def to_person(session: Session, *lines: Line, cause: str = "operator_joined") -> None:
    """What the bot was about to say is not said."""
    _move(
        session,
        lines=lines,
        state=State.HANDOFF,
        mode=Mode.HUMAN,
        finish=cancelled(session),
        steps=to_handoff(State(session.state), cause),
    )


def to_queue(session: Session, ticket: Ticket, line: Line, *, cause: str) -> None:
    """Without an address the visitor may still be asked for one, which the state says."""
    came_from = State(session.state)
    state = State.HANDOFF if ticket.email or ticket.phone else State.COLLECT
    steps = () if came_from is state else _through_handoff(came_from, state, cause)
    _move(session, lines=(line,), state=state, mode=Mode.QUEUED, steps=steps)


def to_bot(session: Session, *lines: Line, cause: str) -> None:
    """What a flow had collected is the person's business, and over."""
    steps = Machine(State(session.state)).go(State.INIT, cause)
    _move(session, lines=lines, state=State.INIT, mode=Mode.BOT, memory={}, steps=tuple(steps))


def to_bot_with_question(session: Session, line: Line, from_seq: int, deadline_s: float) -> None:
    """The same, and the bot answers what was said from the line `from_seq` on."""
    last = session.last_seq
    turn = NewTurn(TurnState.PENDING, language=session.language, deadline_s=deadline_s)
    steps = tuple(Machine(State(session.state)).go(State.INIT, "returned"))
    ended = cancelled(session)
    _move(
        session,
        lines=(line,),
        state=State.INIT,
        mode=Mode.BOT,
        memory={},
        turn=turn,
        finish=ended,
        steps=steps,
    )
    cover(turn.id, session.id, from_seq, last)


def back_to(session: Session, line: Line, state: State, mode: Mode, memory: dict[str, Any]) -> None:
    """As it stood before it was given to the bot."""
    _move(
        session,
        lines=(line,),
        state=state,
        mode=mode,
        memory=memory,
        finish=cancelled(session),
        steps=_through_handoff(State(session.state), state, "undone"),
    )


def to_handoff(state: State, cause: str) -> tuple[Move, ...]:
    """The legal moves from wherever the session stands; an ended one starts anew first."""
    machine = Machine(state)
    moves = list(machine.go(State.INIT, "visitor_returned")) if state is State.END else []
    moves += machine.go(State.HANDOFF, cause)
    return tuple(moves)


def _through_handoff(came_from: State, to: State, cause: str) -> tuple[Move, ...]:
    moves = [*to_handoff(came_from, cause)]
    if to is not State.HANDOFF:
        machine = Machine(State.HANDOFF)
        moves += [*machine.go(State.INIT, cause), *machine.go(to, cause)]
    return tuple(moves)


def without_request(session: Session) -> dict[str, Any]:
    """What is remembered of the request to the team is over; the flow a visitor is in is not."""
    return dump(replace(load(session.memory), told=False, reachable=False, unreachable=False))


def say(session: Session, *lines: Line) -> UUID:
    """Lines that change nothing else; the id of the first."""
    _move(session, lines=lines)
    return lines[0].id


def remember(session: Session, memory: dict[str, Any]) -> None:
    """What is known of the visitor's wish, without a line."""
    _move(session, memory=memory)


def _move(session: Session, **item: Any) -> None:
    """Refused: not_found, for a session that was erased meanwhile."""
    outcome = append(Item(session=session.id, version=session.version, **item))
    if outcome.verdict is not Verdict.OK:
        raise Refused(RefusalCode.NOT_FOUND)
    session.version, session.last_seq = outcome.version, outcome.last_seq
    session.state = item.get("state") or session.state
    session.mode = item.get("mode") or session.mode
    session.memory = item.get("memory", session.memory)
