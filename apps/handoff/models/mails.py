"""E-mails, each of which goes out once at most."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.models import Session
from apps.handoff.models.people import Operator
from apps.handoff.models.tickets import Ticket

# Whether a mail that was being sent when its process died has gone out, nobody can tell.
LOST_AFTER = timedelta(minutes=10)


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> Self:
        return self.filter(state=Mail.State.DUE, due_at__lte=now)

    def lost(self, now: datetime) -> Self:
        return self.filter(state=Mail.State.SENDING, taken_at__lt=now - LOST_AFTER)

    def gone(self) -> Self:
        """What has been read, or may have been."""
        return self.filter(state__in=[Mail.State.SENDING, Mail.State.SENT, Mail.State.LOST])

    def told_up_to(self, session: uuid.UUID) -> int:
        """The last line of a session that a mail has told; 0 for none."""
        return self.gone().filter(session=session).aggregate(last=Max("to_seq"))["last"] or 0


class Mail(models.Model):
    """Holds no text and no address: both are read from their own rows when it is sent, so what was
    erased until then is not sent, and what is erased later does not stay here."""

    class Kind(models.TextChoices):
        ANSWER = "answer", _("Answer to a visitor")
        WAITING = "waiting", _("Tickets that nobody has taken")

    class State(models.TextChoices):
        DUE = "due", _("To be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Not needed any more")
        FAILED = "failed", _("Failed")
        LOST = "lost", _("Unclear: it was being sent when the process ended")

    # Also its Message-ID.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.DUE)
    session = models.ForeignKey(
        Session, models.CASCADE, null=True, related_name="mails", verbose_name=_("session")
    )
    # The last of the operators' lines in it.
    to_seq = models.PositiveBigIntegerField(null=True)
    operator = models.ForeignKey(
        Operator, models.CASCADE, null=True, related_name="mails", verbose_name=_("operator")
    )
    tickets = models.ManyToManyField(Ticket, related_name="mails", verbose_name=_("tickets"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # What kept it from going, as the name of an error: never a server's words, which name people.
    fault = models.CharField(_("fault"), max_length=60, blank=True)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("message", "e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["due", "sending"]),
                name="mail_under_way",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(kind="answer", state="due"),
                name="mail_one_due_for_a_session",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)[:8]

    def take(self, to_seq: int | None) -> None:
        self.state, self.taken_at, self.to_seq = Mail.State.SENDING, timezone.now(), to_seq
        self.attempts += 1
        self.save(update_fields=["state", "taken_at", "to_seq", "attempts"])

    def end(self, state: "Mail.State", fault: str = "") -> None:
        self.state, self.fault = state, fault
        self.sent_at = timezone.now() if state == Mail.State.SENT else None
        self.save(update_fields=["state", "fault", "sent_at"])

    def put_off(self, until: datetime, fault: str) -> None:
        self.state, self.due_at, self.fault = Mail.State.DUE, until, fault
        self.save(update_fields=["state", "due_at", "fault"])
