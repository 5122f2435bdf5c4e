"""Who has a chat, and how it ends."""

from uuid import UUID

from apps.console import frames
from apps.console.verbs.actors import Actor, Outcome
from apps.console.verbs.texts import checked
from apps.dialogue import by_operators
from apps.handoff import services
from apps.handoff.models import Operator, Team
from apps.handoff.refusals import RefusalCode, Refused

LONGEST_INSTRUCTION = 1000


def claim(frame: frames.Claim, actor: Actor) -> Outcome:
    services.claim(ticket_id=actor.ticket(frame.session).pk, operator=actor.operator)
    return _of(frame)


def take_over(frame: frames.TakeOver, actor: Actor) -> Outcome:
    session = actor.session(frame.session)
    services.take_over(session_id=session.pk, operator=actor.operator)
    return _of(frame)


def give_back(frame: frames.Return, actor: Actor) -> Outcome:
    ticket = actor.ticket(frame.session)
    instruction = checked(frame.instruction, LONGEST_INSTRUCTION)
    by_operators.return_to_bot(
        ticket_id=ticket.pk, operator=actor.operator, instruction=instruction
    )
    return _of(frame)


def transfer(frame: frames.Transfer, actor: Actor) -> Outcome:
    if (frame.operator is None) == (frame.team is None):
        raise Refused(RefusalCode.BAD_VALUE)
    services.transfer(
        ticket_id=actor.ticket(frame.session).pk,
        operator=actor.operator,
        to_operator=_operator(frame.operator) if frame.operator else None,
        to_team=_team(frame.team) if frame.team else None,
        note=frame.note,
    )
    return _of(frame)


def resolve(frame: frames.Resolve, actor: Actor) -> Outcome:
    found = services.resolve(
        ticket_id=actor.ticket(frame.session).pk,
        operator=actor.operator,
        outcome=frame.outcome,
        text=frame.text,
    )
    facts = {"undo": found.undo, "until": found.until.isoformat()}
    return Outcome(facts, (frame.session,), people=True)


def undo(frame: frames.Undo, actor: Actor) -> Outcome:
    ticket = services.undo_resolve(token=frame.token, operator=actor.operator)
    return Outcome({}, (ticket.session_id,), people=True)


def reopen(frame: frames.Reopen, actor: Actor) -> Outcome:
    services.reopen(ticket_id=actor.ticket(frame.session).pk, operator=actor.operator)
    return _of(frame)


def set_priority(frame: frames.Priority, actor: Actor) -> Outcome:
    services.set_priority(
        ticket_id=actor.ticket(frame.session).pk, operator=actor.operator, priority=frame.value
    )
    return _of(frame)


def bulk(frame: frames.Bulk, actor: Actor) -> Outcome:
    """One after the other, each by itself: what fails is told, and stops nothing."""
    ok: list[str] = []
    failed: list[dict[str, str]] = []
    for session in dict.fromkeys(frame.sessions):
        try:
            _one_of(frame, session, actor)
            ok.append(str(session))
        except Refused as refusal:
            told = {"code": str(refusal.code), "detail": refusal.detail}
            failed.append({"session": str(session), **told})
    return Outcome({"ok": ok, "failed": failed}, tuple(frame.sessions), people=True)


def _one_of(frame: frames.Bulk, session: UUID, actor: Actor) -> Outcome:
    cid = frame.cid
    match frame.verb:
        case "claim":
            return claim(frames.Claim(cid=cid, session=session), actor)
        case "resolve":
            settled = frames.Resolve(cid=cid, session=session, outcome=frame.outcome)
            return resolve(settled, actor)
        case "transfer":
            passed = frames.Transfer(
                cid=cid,
                session=session,
                operator=frame.operator,
                team=frame.team,
                note=frame.note,
            )
            return transfer(passed, actor)
        case "priority" if frame.value is not None:
            urgent = frames.Priority(cid=cid, session=session, value=frame.value)
            return set_priority(urgent, actor)
    raise Refused(RefusalCode.BAD_VALUE)


def _of(frame: frames.OnSession) -> Outcome:
    return Outcome({}, (frame.session,), people=True)


def _operator(number: int) -> Operator:
    found = Operator.objects.active().filter(pk=number).first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return found


def _team(number: int) -> Team:
    found = Team.objects.filter(pk=number).first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return found
