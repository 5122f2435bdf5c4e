"""Stores what was played together with what must change in the same commit: the ticket that a
handoff makes, the request that is withdrawn, and the actions that a yes sets off."""

from uuid import UUID

from apps.chat.items import Item, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue import subjects
from apps.dialogue.actions import own_orders, proofs
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Played
from apps.engine.events import Act, Address, Reason
from apps.handoff.models import Ticket
from apps.handoff.services import (
    NOTHING,
    Subject,
    add_line,
    open_ticket,
    take_message,
    withdraw_ticket,
)


def store(session: Session, played: Played) -> Outcome:
    """Call with the session locked, in a transaction."""
    if (asked := played.own_order_asked) and (active := played.memory.active):
        played.own_orders = own_orders.told(session, active, asked, played.snapshot)
    subject = subjects.of_request(session, played) if played.handoff else NOTHING
    said = _for_ticket(played)
    if played.asks_address:
        played.about = subject.text or _about(session) or said
    item = played.item()
    outcome = append(item)
    if outcome.verdict is not Verdict.OK:
        return outcome
    if played.handoff:
        _hand_over(session, played.handoff, played, item, subject)
    add_line(session=session, text=said)
    if played.address:
        _leave(session, played.address, played, item)
    if played.resume and not played.resume.kept:
        withdraw_ticket(session=session)
    # A key that is there already is a yes that was heard before: it sets off nothing more.
    ActionRun.objects.bulk_create(_runs(session, played), ignore_conflicts=True)
    return outcome


def _for_ticket(played: Played) -> str:
    """What somebody who waits has added to the request."""
    route = played.judged.route if played.judged and played.is_for_team else ""
    is_told = subjects.adds_to_wish(played) if route == "handoff" else bool(route)
    return subjects.said_for_team(played) if is_told else ""


def _about(session: Session) -> str:
    tickets = Ticket.objects.open().filter(session=session)
    return tickets.values_list("about", flat=True).first() or ""


def _hand_over(
    session: Session, reason: Reason, played: Played, item: Item, subject: Subject
) -> None:
    open_ticket(
        session=session,
        reason=Ticket.Reason(reason),
        language=played.language,
        turn=item.turn.id if item.turn else None,
        subject=subject,
    )


def _leave(session: Session, address: Address, played: Played, item: Item) -> None:
    take_message(
        session=session,
        text="\n".join(line.text for line in played.lines),
        email=address.email,
        phone=address.phone,
        turn=item.turn.id if item.turn else None,
    )


def _runs(session: Session, played: Played) -> list[ActionRun]:
    return [_run(session, act, played.language) for act in played.acts]


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
