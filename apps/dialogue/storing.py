"""Stores what was played together with what must change in the same commit: the ticket that a
handoff makes, the request that is withdrawn, and the actions that a yes sets off."""

from uuid import UUID

from apps.chat.items import Item, Outcome, Verdict
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue.models import ActionRun
from apps.dialogue.play import Played
from apps.engine.events import Address, Reason
from apps.handoff.models import Ticket
from apps.handoff.services import open_ticket, take_message, withdraw_ticket


def store(session: Session, played: Played) -> Outcome:
    """Call with the session locked, in a transaction."""
    item = played.item()
    outcome = append(item)
    if outcome.verdict is not Verdict.OK:
        return outcome
    if played.handoff:
        _hand_over(session, played.handoff, played, item)
    if played.address:
        _leave(session, played.address, played, item)
    if played.resume and not played.resume.kept:
        withdraw_ticket(session=session)
    # A key that is there already is a yes that was heard before: it sets off nothing more.
    ActionRun.objects.bulk_create(_runs(session, played), ignore_conflicts=True)
    return outcome


def _hand_over(session: Session, reason: Reason, played: Played, item: Item) -> None:
    open_ticket(
        session=session,
        reason=Ticket.Reason(reason),
        language=played.reply.language if played.reply else session.language,
        turn=item.turn.id if item.turn else None,
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
    language = played.reply.language if played.reply else session.language
    return [
        ActionRun(
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
        for act in played.acts
    ]
