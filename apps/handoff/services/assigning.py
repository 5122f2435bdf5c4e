"""Chats that find their operator by themselves."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.handoff.locking import lock_free_session
from apps.handoff.models import Member, Operator, Team, Ticket, TicketEvent
from apps.handoff.refusals import Refused
from apps.handoff.services.holding import claim

Kind = TicketEvent.Kind
AT_ONCE = 50
# Who let a chat go back to the queue is not given the same again at once.
SPARED_FOR = timedelta(minutes=30)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def auto_assign(*, site_id: int) -> list[Ticket]:
    """Gives waiting tickets of teams that assign to those who are available, speak the language,
    know the flow and have room. Any number of processes may do so at once."""
    teams = Team.objects.exclude(assignment=Team.Assignment.OFF)
    waiting = Ticket.objects.waiting().filter(site=site_id, team__in=teams)
    live = waiting.exclude(waiting_since=None).filter(session__closed_at=None).in_queue_order()
    given: list[Ticket] = []
    tried: Counter[tuple[int | None, str, str]] = Counter()
    for ticket in live.only("site", "team", "language", "flow_key"):
        kind = (ticket.team_id, ticket.language, ticket.flow_key)
        if len(given) == AT_ONCE or tried[kind] == AT_ONCE:
            continue
        if taken := _assign(ticket.pk):
            given.append(taken)
        # Those whom nobody has room for keep none behind them.
        tried[kind] = tried[kind] + 1 if taken or _able(ticket) else AT_ONCE
    return given


@transaction.atomic
def _assign(ticket_id: int) -> Ticket | None:
    """Locks in the order of the house: the session, the ticket in `claim`, and beside them the
    operator, whose load no other assignment changes meanwhile. What somebody else has locked is
    theirs to deal with."""
    if lock_free_session(ticket_id) is None:
        return None
    ticket = Ticket.objects.waiting().select_related("team").filter(pk=ticket_id).first()
    chosen = _choose(ticket) if ticket and ticket.team else None
    if chosen is None:
        return None
    try:
        given = claim(ticket_id=ticket_id, operator=chosen.operator, kind=Kind.ASSIGNED)
    except Refused:
        return None
    Member.objects.filter(pk=chosen.pk).update(given_at=timezone.now())
    return given


def _choose(ticket: Ticket) -> Member | None:
    """The first of those that fit who is not locked by another assignment, looked at again once
    they are: their load may have grown."""
    for member in _fitting(ticket):
        rows = Operator.objects.select_for_update(no_key=True, skip_locked=True)
        if rows.filter(pk=member.operator_id).first() is None:
            continue
        if Ticket.objects.of(member.operator).count() < member.operator.capacity:
            return member
    return None


def _fitting(ticket: Ticket) -> Sequence[Member]:
    spared = _spared(ticket)
    by_turn = ticket.team and ticket.team.assignment == Team.Assignment.ROUND_ROBIN
    found = [
        (0 if by_turn else load, one.given_at or LONG_AGO, one.pk, one)
        for load, one in _able(ticket)
        if one.operator_id not in spared
    ]
    return [one for *_order, one in sorted(found)]


def _able(ticket: Ticket) -> list[tuple[int, Member]]:
    """Of its team those who have room for such a chat, each behind their load."""
    operators = Operator.objects.available().of_site(ticket.site_id).with_load()
    loads = {
        one.pk: one.load
        for one in operators
        if one.load < one.capacity and one.speaks(ticket.language) and one.knows(ticket.flow_key)
    }
    members = Member.objects.select_related("operator").filter(
        team=ticket.team_id, operator__in=loads
    )
    return [(loads[one.operator_id], one) for one in members]


def _spared(ticket: Ticket) -> set[int]:
    since = timezone.now() - SPARED_FOR
    missed = TicketEvent.objects.filter(ticket=ticket, kind=Kind.MISSED, at__gt=since)
    return {event.data["missed_by"] for event in missed}
