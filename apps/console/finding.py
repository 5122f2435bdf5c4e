"""Sessions by what somebody remembers of them: a name, an address, a number, words."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.chat.models import Message, Session
from apps.console import rows
from apps.console.rows import Row
from apps.handoff.models import Operator, Ticket

FOUND = 50
# Words are looked for in so many sessions, the newest: nothing indexes them.
LOOKED_THROUGH = 2000
LEAST = 2


def find(query: str, operator: Operator, sites: Collection[int]) -> list[Row]:
    """At most FOUND, those with the newest line first; nothing for less than LEAST characters."""
    words = query.strip()
    if len(words) < LEAST and not words.isdecimal():
        return []
    seen = Session.objects.filter(last_seq__gt=0)
    if sites:
        own = Ticket.objects.of(operator).values("session")
        seen = seen.filter(Q(site__in=sites) | Q(pk__in=own))
    named = _named(words)
    spoken = _spoken(words, seen)
    found = seen.filter(named | Q(pk__in=spoken)).order_by("-updated_at")
    ids = list(found.values_list("pk", flat=True)[:FOUND])
    known = rows.read(ids, any_age=True)
    return [known[one] for one in ids if one in known]


def _named(words: str) -> Q:
    ticket = (
        Q(name__icontains=words) | Q(email__icontains=words) | Q(phone__icontains=words)
        | Q(about__icontains=words)
    )  # fmt: skip
    number = words.removeprefix("#")
    if number.isdecimal() and len(number) <= 18:
        ticket |= Q(pk=int(number))
    tickets = Ticket.objects.filter(ticket).values("session")
    found = Q(visitor__name__icontains=words) | Q(visitor__email__icontains=words)
    found |= Q(visitor__external_id=words) | Q(pk__in=tickets)
    try:
        return found | Q(pk=UUID(words))
    except ValueError:
        return found


def _spoken(words: str, sessions: QuerySet[Session]) -> QuerySet[Message, UUID]:
    newest = sessions.order_by("-updated_at").values("pk")[:LOOKED_THROUGH]
    said = Message.objects.filter(session__in=newest, text__icontains=words)
    return said.values_list("session_id", flat=True)
