"""What time alone brings about. Each is called every few seconds, by any number of processes, and
tells how many it moved."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Session
from apps.engine.types import Mode
from apps.handoff import phrases, stages
from apps.handoff.events import publish_tickets
from apps.handoff.locking import lock_free_session, lock_ticket
from apps.handoff.models import Team, Ticket, TicketEvent
from apps.handoff.routing import is_served
from apps.handoff.services.assigning import auto_assign
from apps.handoff.services.holding import put_back
from apps.handoff.services.queueing import queue_place
from apps.handoff.trail import change, record

SILENT_FOR = timedelta(minutes=5)
# Somebody may come back, or be about to open the console.
UNATTENDED_FOR = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
# After their last line visitors are taken to be there still.
STAYS_FOR = timedelta(minutes=15)
AT_ONCE = 100
Kind = TicketEvent.Kind

# The version is looked at again when the row is locked: an answer that came meanwhile has moved it.
WAITING = """
WITH found AS MATERIALIZED (
  SELECT t.id, t.version, (
    SELECT min(m.created_at) FROM chat_message m JOIN chat_turn u ON u.id = m.turn_id
    WHERE m.session_id = t.session_id AND m.author = 'visitor'
      AND u.route IN ('human', 'cancelled') AND m.seq > coalesce((
        SELECT max(o.seq) FROM chat_message o
        WHERE o.session_id = t.session_id AND o.author = 'operator'), 0)) AS since
  FROM handoff_ticket t JOIN chat_session s ON s.id = t.session_id
  WHERE t.status = 'open' AND t.operator_id IS NOT NULL AND t.waiting_since IS NULL
    AND s.mode = 'human'
)
UPDATE handoff_ticket t SET waiting_since = found.since, version = t.version + 1, updated_at = now()
FROM found WHERE t.id = found.id AND t.version = found.version AND found.since IS NOT NULL
RETURNING t.id
"""


@transaction.atomic
def note_waiting() -> int:
    """Sets since when visitors of chats that an operator has wait for a word."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        ids = [row[0] for row in cursor.fetchall()]
    publish_tickets(ids)
    return len(ids)


def give_back_silent() -> int:
    """Chats whose visitor has waited for five minutes for the operator: back to the queue."""
    before = timezone.now() - SILENT_FOR
    held = Ticket.objects.open().exclude(operator=None).filter(session__mode=Mode.HUMAN)
    late = held.annotate(silent_since=Greatest("waiting_since", "claimed_at"))
    ids = late.filter(waiting_since__lt=before, silent_since__lt=before).values_list(
        "pk", flat=True
    )
    return sum(_give_back(number) for number in ids[:AT_ONCE])


def give_back_orphaned() -> int:
    """Chats whose operator is none any more, as one whose account was deleted: back to the queue."""
    live = Ticket.objects.waiting().filter(session__mode=Mode.HUMAN)
    found = live.filter(session__closed_at=None)
    return sum(_give_back_orphan(number) for number in found.values_list("pk", flat=True)[:AT_ONCE])


def assign_waiting() -> int:
    """`auto_assign` for every site with somebody waiting."""
    waiting = Ticket.objects.waiting().exclude(waiting_since=None).exclude(team=None)
    sites = waiting.order_by().values_list("site", flat=True).distinct()
    return sum(len(auto_assign(site_id=site)) for site in sites)


def tell_nobody(line: Callable[[Session, str], Line]) -> int:
    """Visitors in a queue that nobody serves, or for too long, are told, once, and asked for an
    address: from then on it is a message. `line` makes the words and the form for a session, from
    what its ticket is about."""
    before = timezone.now() - UNATTENDED_FOR
    queued = Ticket.objects.waiting().filter(session__mode=Mode.QUEUED)
    ids = _unserved(queued.filter(waiting_since__lt=before).in_queue_order())
    return sum(_tell(number, line) for number in islice(ids, AT_ONCE))


def queue_again() -> int:
    """Visitors who were told that nobody is there, and stayed without leaving an address: they wait
    again as soon as somebody is. Who has waited in vain with people there does not."""
    in_vain = TicketEvent.objects.filter(
        ticket=OuterRef("pk"), kind=Kind.TOLD_NOBODY, data__attended=True
    )
    stayed = (
        Ticket.objects.waiting()
        .without_address()
        .filter(
            waiting_since=None,
            session__mode=Mode.QUEUED,
            session__closed_at=None,
            session__updated_at__gt=timezone.now() - STAYS_FOR,
        )
    )
    ids = stayed.exclude(Exists(in_vain)).in_queue_order().values_list("pk", flat=True)
    return sum(_queue_again(number) for number in ids[:AT_ONCE])


@transaction.atomic
def _give_back(ticket_id: int) -> bool:
    session = lock_free_session(ticket_id)
    if session is None:
        return False
    ticket = lock_ticket(ticket_id)
    operator = ticket.operator
    if operator is None or not _is_silent(session, ticket):
        return False
    line = phrases.system_line(phrases.SILENT, session, name=operator.name)
    put_back(session, ticket, line, missed=F("missed") + 1)
    record(ticket, Kind.MISSED, missed_by=operator.pk)
    return True


def _is_silent(session: Session, ticket: Ticket) -> bool:
    """As it was found, and nobody has taken it or ended it since."""
    since = ticket.waiting_since
    if since is None or session.mode != Mode.HUMAN or ticket.status != Ticket.Status.OPEN:
        return False
    return max(since, ticket.claimed_at or since) < timezone.now() - SILENT_FOR


def _unserved(tickets: QuerySet[Ticket]) -> Iterator[int]:
    """Also those who wait for too long. Whether a kind of chat is served is looked up once."""
    since_long = timezone.now() - LONGEST_WAIT
    teams = Team.objects.select_related("hours").prefetch_related("hours__holidays").in_bulk()
    served: dict[tuple[int, str, str, int | None], bool] = {}
    rows = tickets.values_list(
        "pk", "waiting_since", "site", "session__language", "flow_key", "team"
    )
    for number, since, site, language, flow, team in rows:
        kind = (site, language, flow, team)
        if kind not in served:
            served[kind] = is_served(
                site_id=site, language=language, flow=flow, team=teams.get(team)
            )
        if not served[kind] or (since and since <= since_long):
            yield number


@transaction.atomic
def _give_back_orphan(ticket_id: int) -> bool:
    session = lock_free_session(ticket_id)
    if session is None or session.mode != Mode.HUMAN:
        return False
    ticket = lock_ticket(ticket_id)
    if ticket.operator or ticket.status != Ticket.Status.OPEN:
        return False
    put_back(session, ticket, phrases.system_line(phrases.BACK_IN_QUEUE, session))
    record(ticket, Kind.REQUEUED)
    return True


@transaction.atomic
def _tell(ticket_id: int, line: Callable[[Session, str], Line]) -> bool:
    session = lock_free_session(ticket_id)
    if session is None or session.mode != Mode.QUEUED:
        return False
    ticket = lock_ticket(ticket_id)
    since = ticket.waiting_since
    if ticket.operator or since is None or ticket.status != Ticket.Status.OPEN:
        return False
    place = queue_place(session)
    attended = place.attended and place.open_now
    if attended and since > timezone.now() - LONGEST_WAIT:
        return False
    stages.to_queue(session, ticket, line(session, ticket.about), cause="nobody_there")
    change(ticket, waiting_since=None)
    record(ticket, Kind.TOLD_NOBODY, attended=attended)
    return True


@transaction.atomic
def _queue_again(ticket_id: int) -> bool:
    """Without a line: the place in the queue is told beside, and a form that is being filled in
    stays."""
    session = lock_free_session(ticket_id)
    if session is None or session.mode != Mode.QUEUED:
        return False
    ticket = lock_ticket(ticket_id)
    is_over = ticket.operator or ticket.email or ticket.phone or ticket.status != Ticket.Status.OPEN
    if is_over or ticket.waiting_since:
        return False
    language, flow, team = ticket.language, ticket.flow_key, ticket.team
    if not is_served(site_id=session.site_id, language=language, flow=flow, team=team):
        return False
    change(ticket, waiting_since=timezone.now())
    publish_tickets([ticket.pk])
    return True
