"""Stores what was played together with what must change in the same commit: the ticket that a
handoff makes, the request that is withdrawn, and the actions that a yes sets off."""

from dataclasses import dataclass, replace
from uuid import UUID

from apps.chat.cancelling import cancelled
from apps.chat.items import Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue import subjects
from apps.dialogue.actions import own_orders, proofs
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Played
from apps.engine.events import Act, Address, Reason, Resume
from apps.handoff.models import Ticket
from apps.handoff.services import (
    NOTHING,
    Subject,
    add_line,
    is_attended,
    open_ticket,
    take_message,
    withdraw_ticket,
)


@dataclass(frozen=True, slots=True)
class ForTicket:
    """What the session's ticket is about, and what was said for it while waiting."""

    subject: Subject = NOTHING
    said: str = ""


@dataclass(frozen=True, slots=True)
class LedTo:
    """What a turn wants done besides its lines. `message` is what comes with the `address`."""

    language: str
    turn: UUID | None = None
    handoff: Reason | None = None
    resume: Resume | None = None
    acts: tuple[Act, ...] = ()
    ticket: ForTicket = ForTicket()
    address: Address | None = None
    message: str = ""


def store(session: Session, played: Played) -> Outcome:
    """Call with the session locked, in a transaction."""
    ticket = complete(session, played)
    item = played.item()
    if played.handoff:
        # Whoever wants a person waits for no model.
        item = replace(item, finish=cancelled(session))
    outcome = append(item)
    if outcome.verdict is not Verdict.OK:
        return outcome
    led = LedTo(
        language=played.language,
        turn=item.turn.id if item.turn else None,
        handoff=played.handoff,
        resume=played.resume,
        acts=tuple(played.acts),
        ticket=ticket,
        address=played.address,
        message="\n".join(line.text for line in played.lines),
    )
    follow(session, led)
    return outcome


def complete(session: Session, played: Played) -> ForTicket:
    """Adds to the reply what only the database and the shop know: the visitor's own orders, and what
    a form begins with. Call with the session locked."""
    if (asked := played.own_order_asked) and (active := played.memory.active):
        played.own_orders = own_orders.told(session, active, asked, played.snapshot)
    subject = subjects.of_request(session, played) if played.handoff else NOTHING
    if played.handoff:
        played.is_attended = is_attended(session, language=played.language, flow=subject.key)
    said = _for_ticket(played)
    if played.asks_address:
        played.about = subject.text or _about(session) or said
    return ForTicket(subject, said)


def follow(session: Session, led: LedTo) -> None:
    """What a stored turn changes besides its session, in the same transaction."""
    if led.handoff:
        open_ticket(
            session=session,
            reason=Ticket.Reason(led.handoff),
            language=led.language,
            turn=led.turn,
            subject=led.ticket.subject,
        )
    add_line(session=session, text=led.ticket.said)
    if led.resume and not led.resume.kept:
        withdraw_ticket(session=session)
    # A key that is there already is a yes that was heard before: it sets off nothing more.
    ActionRun.objects.bulk_create(_runs(session, led), ignore_conflicts=True)
    if led.address:
        _leave(session, led.address, led)


def _for_ticket(played: Played) -> str:
    """What somebody who waits has added to the request."""
    route = played.judged.route if played.judged and played.is_for_team else ""
    is_told = subjects.adds_to_wish(played) if route == "handoff" else bool(route)
    return subjects.said_for_team(played) if is_told else ""


def _about(session: Session) -> str:
    tickets = Ticket.objects.open().filter(session=session)
    return tickets.values_list("about", flat=True).first() or ""


def _leave(session: Session, address: Address, led: LedTo) -> None:
    take_message(
        session=session,
        text=led.message,
        email=address.email,
        phone=address.phone,
        turn=led.turn,
    )


def _runs(session: Session, led: LedTo) -> list[ActionRun]:
    return [_run(session, act, led.language) for act in led.acts]


def _run(session: Session, act: Act, language: str) -> ActionRun:
    run = ActionRun(
        key=UUID(act.key),
        session=session,
        site_id=session.site_id,
        flow=act.flow,
        version=act.version,
        action=act.action,
        lookup=act.lookup,
        slots={name: given.value for name, given in act.slots.items()},
        language=language,
    )
    run.slots |= proofs.taken_over(run, act)
    return run
