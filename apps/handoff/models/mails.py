"""E-mails, each of which goes out once at most."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

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
        """Not while another of the same chat is being sent: if that fails, the next tells its lines
        too."""
        under_way = Mail.objects.filter(state=Mail.State.SENDING, session__isnull=False)
        found = self.filter(state=Mail.State.DUE, due_at__lte=now)
        return found.exclude(session__in=under_way.values("session"))

    def answer_due(self, session: uuid.UUID) -> Self:
        return self.filter(session=session, kind=Mail.Kind.ANSWER, state=Mail.State.DUE)

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

    def take(self) -> None:
        """What an earlier attempt was about to tell is not told."""
        self._keep(
            state=Mail.State.SENDING,
            taken_at=timezone.now(),
            to_seq=None,
            attempts=self.attempts + 1,
        )

    def tell_up_to(self, seq: int | None) -> None:
        self._keep(to_seq=seq)

    def end(self, state: "Mail.State", fault: str = "") -> None:
        sent_at = timezone.now() if state == Mail.State.SENT else None
        self._keep(state=state, fault=fault, sent_at=sent_at)

    def put_off(self, until: datetime, fault: str) -> None:
        self._keep(state=Mail.State.DUE, due_at=until, fault=fault)

    def _keep(self, **values: Any) -> None:
        """In its row, if that is still there: whoever is erased takes their mails along."""
        for name, value in values.items():
            setattr(self, name, value)
        Mail.objects.filter(pk=self.pk).update(**values)
