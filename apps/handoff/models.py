"""Tickets: what waits for a person."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Session
from apps.sites.models import LANGUAGES, Site


class TicketQuerySet(models.QuerySet["Ticket"]):
    def open(self) -> Self:
        return self.filter(status=Ticket.Status.OPEN)

    def without_address(self) -> Self:
        """Those whose visitor cannot be answered but in the chat. Not what a flow has ordered: that
        is to be done whether anyone is told or not."""
        return self.filter(email="", phone="").exclude(reason=Ticket.Reason.ACTION)


class Ticket(models.Model):
    """A session, or a message left, that a person has to see to."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Reason(models.TextChoices):
        ASKED = "asked", _("Visitor asked for a person")
        HIGH_RISK = "high_risk", _("High risk and not sure enough")
        LOW_CONFIDENCE = "low_confidence", _("Not sure enough")
        NO_KNOWLEDGE = "no_knowledge", _("No answer found")
        SLOT_FAILED = "slot_failed", _("A detail could not be had")
        ACTION_FAILED = "action_failed", _("An action failed, or its end is not clear")
        LOOP = "loop", _("The conversation went in circles")
        POLICY = "policy", _("A row of the policy")
        ACTION = "action", _("A flow ended in this ticket")
        CONTACT = "contact", _("Visitor left a message")
        UNANSWERED = "unanswered", _("No answer came in time")

    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="tickets", verbose_name=_("session")
    )
    turn = models.UUIDField(_("turn"), null=True, unique=True, editable=False)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.OPEN
    )
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    name = models.CharField(_("name"), max_length=100, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    # What it is about as it was when a person was asked for: the session goes on. `slots` are
    # [label, value], as the visitor was shown them.
    about = models.TextField(_("about"), blank=True, db_default="")
    flow = models.CharField(_("flow"), max_length=100, blank=True, db_default="")
    slots = models.JSONField(_("details"), default=list, db_default=[])
    text = models.TextField(_("message"), blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TicketQuerySet.as_manager()

    LONGEST_TEXT = 20_000

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(status="open"),
                name="ticket_one_open_per_session",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def add_line(self, text: str) -> None:
        """Adds what was said while waiting. The whole of a long story stands in the session."""
        if not self.about and not self.text:
            self.about = text
        elif not self._holds(text) and len(self.text) + len(text) <= self.LONGEST_TEXT:
            self.text = f"{self.text}\n\n{text}".strip()
        self.save()

    def add_message(self, *, text: str, name: str, email: str, phone: str) -> None:
        """Adds what the visitor left; a later message never wipes an earlier one, and what stands
        there is not added twice: a form begins with it."""
        if not self._holds(text):
            self.text = f"{self.text}\n\n{text}".strip()
        self.name = name or self.name
        self.email = email or self.email
        self.phone = phone or self.phone
        self.save()

    def _holds(self, text: str) -> bool:
        said = text.strip()
        return said == self.about or f"\n\n{said}\n\n" in f"\n\n{self.text}\n\n"
