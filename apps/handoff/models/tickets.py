"""Tickets: what waits for a person, and what became of it."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.models import Session
from apps.handoff.models.people import Operator, Team
from apps.handoff.priorities import Priority
from apps.sites.models import LANGUAGES, Site

__all__ = ["Priority", "Ticket", "TicketEvent"]


class TicketQuerySet(models.QuerySet["Ticket"]):
    def open(self) -> Self:
        return self.filter(status=Ticket.Status.OPEN)

    def waiting(self) -> Self:
        """Open, and nobody has taken it."""
        return self.open().filter(operator=None)

    def of(self, operator: Operator) -> Self:
        return self.open().filter(operator=operator)

    def in_queue_order(self) -> Self:
        """Priority, then what is due first, then what waits longest."""
        last = {"nulls_last": True}
        return self.order_by(
            "priority",
            models.F("first_due_at").asc(**last),
            models.F("waiting_since").asc(**last),
            "created_at",
        )

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
        MODEL_DOWN = "model_down", _("The model was out of order")
        DEADLINE = "deadline", _("No answer came in time")
        STEPPED_IN = "stepped_in", _("An operator stepped in")
        # Of before it was told which of the last two.
        UNANSWERED = "unanswered", _("No answer came")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        SORTED_OUT = "sorted_out", _("Sorted out")
        NOT_REACHABLE = "not_reachable", _("Not reachable")
        SPAM = "spam", _("Spam")
        OTHER = "other", pgettext_lazy("outcome", "Other")
        # Not settled: the assistant goes on where a person has left it.
        RETURNED = "returned", _("Returned to the assistant")

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
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        choices=Priority.choices,
        default=Priority.NORMAL,
        db_default=Priority.NORMAL.value,
    )
    # Why, in a sentence, where there is more to tell than the reason.
    summary = models.CharField(_("summary"), max_length=300, blank=True, db_default="")
    # The key of the flow, which skills go by; `flow` is its name.
    flow_key = models.CharField(max_length=40, blank=True, db_default="", editable=False)
    team = models.ForeignKey(
        Team, models.SET_NULL, null=True, related_name="tickets", verbose_name=_("team")
    )
    operator = models.ForeignKey(
        Operator, models.SET_NULL, null=True, related_name="tickets", verbose_name=_("operator")
    )
    claimed_at = models.DateTimeField(_("taken"), null=True)
    # Since when the visitor waits for a word; None while they do not, as who left a message.
    waiting_since = models.DateTimeField(_("waits since"), null=True)
    first_due_at = models.DateTimeField(_("first answer due"), null=True)
    resolve_due_at = models.DateTimeField(_("to be settled by"), null=True)
    first_response_at = models.DateTimeField(_("first answer"), null=True)
    resolved_at = models.DateTimeField(_("settled"), null=True)
    outcome = models.CharField(
        _("outcome"), max_length=13, choices=Outcome.choices, blank=True, db_default=""
    )
    reopened = models.PositiveSmallIntegerField(_("times reopened"), default=0, db_default=0)
    # How often it went back to the queue because its operator was silent.
    missed = models.PositiveSmallIntegerField(_("times missed"), default=0, db_default=0)
    # What the bot hands over: see packets.py.
    packet = models.JSONField(default=dict, db_default={}, editable=False)
    # Moves with every change, so that a console can tell an old row from a new one.
    version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # What an undo within a few seconds puts back: {"token", "until", "by", ...}.
    kept = models.JSONField(null=True, editable=False)
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
        indexes = [
            models.Index(fields=["updated_at"], name="ticket_by_change"),
            models.Index(
                fields=["operator"], condition=models.Q(status="open"), name="ticket_open_of"
            ),
        ]
        permissions = [
            ("work_console", _("Can answer visitors in the console")),
            ("take_over", _("Can take a chat over from another operator")),
            ("supervise", _("Can see and direct the work of all operators")),
            ("draft_entry", _("Can propose an FAQ entry from a conversation")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def add_line(self, text: str) -> None:
        """Adds what was said while waiting. The whole of a long story stands in the session."""
        if not self.about and not self.text:
            self.about = text
        elif not self._holds(text) and len(self.text) + len(text) <= self.LONGEST_TEXT:
            self.text = f"{self.text}\n\n{text}".strip()
        self.save_next()

    def add_message(self, *, text: str, name: str, email: str, phone: str) -> None:
        """Adds what the visitor left; a later message never wipes an earlier one, and what stands
        there is not added twice: a form begins with it. The whole of a long story stands in the
        session."""
        if not self._holds(text) and len(self.text) + len(text) <= self.LONGEST_TEXT:
            self.text = f"{self.text}\n\n{text}".strip()
        self.name = name or self.name
        self.email = email or self.email
        self.phone = phone or self.phone
        self.save_next()

    def save_next(self, **values: Any) -> None:
        """Stores the row under its next version. Call with the session locked."""
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self.save()

    def _holds(self, text: str) -> bool:
        said = text.strip()
        return said == self.about or f"\n\n{said}\n\n" in f"\n\n{self.text}\n\n"


class TicketEvent(models.Model):
    """What somebody did to a ticket. Only ever added."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        CLAIMED = "claimed", _("Taken")
        ASSIGNED = "assigned", _("Given by the queue")
        TAKEN_OVER = "taken_over", _("Taken over")
        TRANSFERRED = "transferred", _("Passed on")
        RETURNED = "returned", _("Returned to the assistant")
        REQUEUED = "requeued", _("Back in the queue")
        MISSED = "missed", _("Back in the queue: the operator was silent for five minutes")
        RESOLVED = "resolved", _("Settled")
        UNDONE = "undone", _("Settling undone")
        REOPENED = "reopened", _("Reopened")
        WITHDRAWN = "withdrawn", _("Withdrawn by the visitor")
        TOLD_NOBODY = "told_nobody", _("Visitor was told that nobody is there")
        NOTED = "noted", _("Noted")
        PRIORITY = "priority", _("Priority changed")
        SLOT_EDITED = "slot_edited", _("Detail changed")
        SLOT_ASKED = "slot_asked", _("Detail asked for")
        CORRECTED = "corrected", _("Answer corrected")

    ticket = models.ForeignKey(
        Ticket, models.CASCADE, related_name="events", verbose_name=_("ticket")
    )
    kind = models.CharField(_("what"), max_length=12, choices=Kind.choices)
    operator = models.ForeignKey(
        Operator, models.SET_NULL, null=True, related_name="+", verbose_name=_("operator")
    )
    text = models.TextField(_("text"), blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("ticket event")
        verbose_name_plural = _("ticket events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.ticket_id}"
