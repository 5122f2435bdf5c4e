"""Sends what is due, each mail once at most, and finds the tickets that operators are told about."""

import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.letters import letter_of
from apps.handoff.models import Mail, Operator, Presence, Ticket
from apps.handoff.models.people import ALERT_MINUTES
from apps.handoff.targets import calendar_of

logger = logging.getLogger(__name__)

AT_ONCE = 50
# After each failure; then it is given up.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
KEPT = timedelta(days=90)
BETWEEN_DIGESTS = timedelta(hours=1)
MOST_TICKETS = 500


def send_due() -> int:
    """How many went out."""
    Mail.objects.lost(timezone.now()).update(state=Mail.State.LOST)
    sent = 0
    for _n in range(AT_ONCE):
        mail = _taken()
        if mail is None:
            break
        sent += _send(mail)
    return sent


def forget_old() -> int:
    return Mail.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def note_unanswered() -> int:
    """One mail for each operator who has not been told of them: how many mails. Who is at the
    console sees the queue, and is told nothing."""
    tickets = _unanswered(timezone.now())
    if not tickets:
        return 0
    wanting = Operator.objects.active().filter(wants_mail=True).exclude(user__email="")
    return sum(_tell(key, tickets) for key in wanting.values_list("pk", flat=True))


def is_unanswered(ticket: Ticket, now: datetime) -> bool:
    """Whether nobody has taken it for as long as its team allows, or it is late."""
    minutes = ticket.team.alert_minutes if ticket.team else ALERT_MINUTES
    if minutes is None:
        return False
    since = ticket.waiting_since or ticket.created_at
    is_late = ticket.first_due_at is not None and ticket.first_due_at <= now
    return is_late or now - since >= timedelta(minutes=minutes)


def is_for(operator: Operator, ticket: Ticket) -> bool:
    """Of a team's ticket its members are told; of others whoever serves the site and fits."""
    if ticket.team_id:
        return ticket.team_id in {team.pk for team in operator.teams.all()}
    sites = {site.pk for site in operator.sites.all()}
    fits = operator.speaks(ticket.language) and operator.knows(ticket.flow_key)
    return fits and (not sites or ticket.site_id in sites)


@transaction.atomic
def _taken() -> Mail | None:
    """The next that is due, marked as being sent before anything of it leaves."""
    rows = Mail.objects.due(timezone.now()).select_for_update(skip_locked=True)
    mail = rows.order_by("due_at").first()
    if mail:
        mail.take()
    return mail


def _send(mail: Mail) -> bool:
    """Outside of any transaction: a mail server may be slow."""
    try:
        letter = letter_of(mail)
        if letter:
            mail.tell_up_to(letter.to_seq)
            letter.message(mail).send()
    except Exception as error:  # noqa: BLE001 whatever it was, the mail was not sent
        _failed(mail, error)
        return False
    mail.end(Mail.State.SENT if letter else Mail.State.DROPPED)
    return letter is not None


def _failed(mail: Mail, error: Exception) -> None:
    """The name of the error only: what a mail server says names the recipient."""
    fault = type(error).__name__
    is_final = mail.attempts > len(PAUSES) or _is_refused_for_good(error)
    logger.warning("mail %s: not sent (%s), attempt %d", mail, fault, mail.attempts)
    if is_final:
        mail.end(Mail.State.FAILED, fault)
    else:
        _put_off(mail, fault)


@transaction.atomic
def _put_off(mail: Mail, fault: str) -> None:
    """Where more was written meanwhile, the mail that is due for that tells these lines as well. With
    the session locked, so that none becomes due now."""
    if mail.session_id and _is_followed(mail.session_id):
        mail.end(Mail.State.DROPPED, fault)
    else:
        mail.put_off(timezone.now() + PAUSES[mail.attempts - 1], fault)


def _is_followed(session_id: UUID) -> bool:
    Session.objects.select_for_update(no_key=True).filter(pk=session_id).first()
    return Mail.objects.answer_due(session_id).exists()


def _is_refused_for_good(error: Exception) -> bool:
    """A reply below 500 asks to come again, as servers do that do not know us yet."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= 500 for code, _said in error.recipients.values())  # SMTP's own


def _unanswered(now: datetime) -> list[Ticket]:
    """The oldest first. What comes while its team is closed is told when that opens."""
    rows = Ticket.objects.waiting().defer("about", "text", "slots", "packet")
    waiting = list(rows.select_related("team__hours").order_by("created_at"))
    teams = {ticket.team_id: ticket.team for ticket in waiting if ticket.team}
    closed = {key for key, team in teams.items() if not calendar_of(team.hours).is_open(now)}
    return [one for one in waiting if one.team_id not in closed and is_unanswered(one, now)]


@transaction.atomic
def _tell(operator_id: int, tickets: Sequence[Ticket]) -> int:
    """The operator's row is locked, so that two processes do not tell twice."""
    locked = Operator.objects.select_for_update(of=("self",), skip_locked=True)
    found = locked.select_related("presence").prefetch_related("teams", "sites")
    operator = found.filter(pk=operator_id).first()
    if operator is None or operator.state() == Presence.State.AVAILABLE:
        return 0
    before = Mail.objects.filter(operator=operator)
    if before.filter(created_at__gt=timezone.now() - BETWEEN_DIGESTS).exists():
        return 0
    told = set(before.values_list("tickets", flat=True))
    fresh = [one for one in tickets if one.pk not in told and is_for(operator, one)]
    if not fresh:
        return 0
    Mail.objects.create(kind=Mail.Kind.WAITING, operator=operator).tickets.set(fresh[:MOST_TICKETS])
    return 1
