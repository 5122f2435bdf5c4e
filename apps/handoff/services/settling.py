"""The end of a ticket, and what comes after it."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Session
from apps.chat.satisfaction import ASKED
from apps.engine.types import Author, Mode, State
from apps.handoff import phrases, stages
from apps.handoff.locking import lock_held, lock_open_ticket, lock_session_of, lock_ticket
from apps.handoff.models import Operator, Priority, Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services.answering import LONGEST_ANSWER
from apps.handoff.services.holding import taken
from apps.handoff.services.mails import expect_answer
from apps.handoff.targets import due
from apps.handoff.trail import change, record

UNDO_S = 5
Kind = TicketEvent.Kind


@dataclass(frozen=True, slots=True)
class Resolved:
    """`undo` is a token for `undo_resolve`, good until `until`."""

    ticket: Ticket
    undo: str
    until: datetime


@transaction.atomic
def resolve(*, ticket_id: int, operator: Operator, outcome: str, text: str = "") -> Resolved:
    """Marks a ticket done and gives the session back to the bot. `text` is a last line to the
    visitor, sent as the operator's; a system line with `meta.csat` says that the chat is closed. A
    visitor who is with the bot already is told nothing but the text.

    Refused: not_yours, closed, not_found, bad_value (outcome), too_long.
    """
    if outcome not in Ticket.Outcome.values:
        raise Refused(RefusalCode.BAD_VALUE)
    if len(text) > LONGEST_ANSWER:
        raise Refused(RefusalCode.TOO_LONG, limit=LONGEST_ANSWER)
    session, ticket = lock_held(ticket_id, operator)
    until = timezone.now() + timedelta(seconds=UNDO_S)
    kept = _kept(session, ticket, operator, until)
    _close(session, operator, text)
    change(
        ticket,
        status=Ticket.Status.DONE,
        outcome=outcome,
        resolved_at=timezone.now(),
        waiting_since=None,
        kept=kept,
    )
    record(ticket, Kind.RESOLVED, operator, text, outcome=outcome)
    return Resolved(ticket, kept["token"], until)


@transaction.atomic
def undo_resolve(*, token: str, operator: Operator) -> Ticket:
    """Everything is as it was before, and a line tells the visitor that the chat goes on.

    Refused: too_late (also for a token that is none, and when the visitor has another ticket by
    now), not_yours.
    """
    number = token.partition(".")[0]
    if not number.isdecimal() or not Ticket.objects.filter(pk=number).exists():
        raise Refused(RefusalCode.TOO_LATE)
    session = lock_session_of(int(number))
    ticket = lock_ticket(int(number))
    kept = ticket.kept
    if kept is None or _is_late(kept, token) or lock_open_ticket(session):
        raise Refused(RefusalCode.TOO_LATE)
    if kept["by"] != operator.pk:
        raise Refused(RefusalCode.NOT_YOURS, by=ticket.operator.name if ticket.operator else "")
    _put_back(session, ticket, kept)
    record(ticket, Kind.UNDONE, operator)
    return ticket


@transaction.atomic
def reopen(*, ticket_id: int, operator: Operator) -> Ticket:
    """Opens a done or withdrawn ticket again, and takes its chat. One that is open is taken over as
    it is by `claim`.

    Refused: taken (by=, at=: the session has an open ticket), not_found.
    """
    session = lock_session_of(ticket_id)
    ticket = lock_ticket(ticket_id)
    if current := lock_open_ticket(session):
        raise taken(current)
    now = timezone.now()
    change(
        ticket,
        status=Ticket.Status.OPEN,
        operator=operator,
        claimed_at=now,
        outcome="",
        resolved_at=None,
        reopened=F("reopened") + 1,
        kept=None,
    )
    line = phrases.system_line(phrases.JOINED, session, name=operator.name)
    stages.to_person(session, line, cause="reopened")
    record(ticket, Kind.REOPENED, operator)
    return lock_ticket(ticket_id)


@transaction.atomic
def set_priority(*, ticket_id: int, operator: Operator, priority: Priority | int) -> Ticket:
    """With the due times that belong to it. Refused: closed, not_found, bad_value."""
    if priority not in Priority.values:
        raise Refused(RefusalCode.BAD_VALUE)
    lock_session_of(ticket_id)
    ticket = lock_ticket(ticket_id)
    if ticket.status != Ticket.Status.OPEN:
        raise Refused(RefusalCode.CLOSED)
    before = ticket.priority
    if before != priority:
        times = due(team=ticket.team, priority=priority, since=ticket.created_at)
        change(ticket, priority=priority, first_due_at=times.first, resolve_due_at=times.settled)
        record(ticket, Kind.PRIORITY, operator, before=before, now=int(priority))
    return ticket


def _kept(session: Session, ticket: Ticket, operator: Operator, until: datetime) -> dict[str, Any]:
    since = ticket.waiting_since
    return {
        "token": f"{ticket.pk}.{secrets.token_urlsafe(16)}",
        "until": until.isoformat(),
        "by": operator.pk,
        "mode": session.mode,
        "state": session.state,
        "memory": session.memory,
        "waiting_since": since.isoformat() if since else None,
    }


def _is_late(kept: dict[str, Any], token: str) -> bool:
    is_it = secrets.compare_digest(kept["token"].encode(), token.encode())
    return not is_it or datetime.fromisoformat(kept["until"]) < timezone.now()


def _close(session: Session, operator: Operator, text: str) -> None:
    said = Line(Author.OPERATOR, text, name=operator.name, meta={"operator": operator.pk})
    lines = [said] if text.strip() else []
    if lines:
        expect_answer(session=session)
    if session.mode == Mode.BOT:
        if lines:
            stages.say(session, *lines)
        return
    line = phrases.system_line(phrases.SETTLED, session, name=operator.name)
    stages.to_bot(session, *lines, replace(line, meta=dict(ASKED)), cause="ticket_done")


def _put_back(session: Session, ticket: Ticket, kept: dict[str, Any]) -> None:
    since = kept["waiting_since"]
    if kept["mode"] != Mode.BOT:
        sentence = phrases.GOES_ON if ticket.operator else phrases.BACK_IN_QUEUE
        name = ticket.operator.name if ticket.operator else ""
        line = phrases.system_line(sentence, session, name=name)
        stages.back_to(session, line, State(kept["state"]), Mode(kept["mode"]), kept["memory"])
    change(
        ticket,
        status=Ticket.Status.OPEN,
        outcome="",
        resolved_at=None,
        waiting_since=datetime.fromisoformat(since) if since else None,
        kept=None,
    )
