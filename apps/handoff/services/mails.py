"""Telling by e-mail who is not there to read."""

from datetime import datetime, timedelta

from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.models import Mail, Ticket
from apps.handoff.tasks import enqueue_mails

# Time to read it in the chat, and between two mails of one chat.
TO_READ = timedelta(minutes=2)
BETWEEN = timedelta(minutes=10)


def expect_answer(*, session: Session) -> Mail | None:
    """An operator has written: unless the visitor reads it in the chat, it follows by e-mail, with
    what is written until then. None for who left no address. Call with the session locked, inside
    the transaction that stores the line."""
    if not Ticket.objects.filter(session=session).exclude(email="").exists():
        return None
    mail, is_new = Mail.objects.get_or_create(
        session=session,
        kind=Mail.Kind.ANSWER,
        state=Mail.State.DUE,
        defaults={"due_at": _when(session)},
    )
    if is_new:
        enqueue_mails(mail.due_at)
    return mail


def _when(session: Session) -> datetime:
    now = timezone.now()
    last = Mail.objects.filter(session=session, sent_at__isnull=False).order_by("-sent_at").first()
    earliest = last.sent_at + BETWEEN if last and last.sent_at else now
    return max(now + TO_READ, earliest)
