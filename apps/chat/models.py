"""What was said: visitors, their sessions, and the lines, turns and moves of each session.

Lines, turns and transitions are written by the journal only; see `journal.py`.
"""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.chat.attachments.links import linked
from apps.engine.types import Author, Mode, Rating, State, TurnState
from apps.sites.models import LANGUAGES, Site

STATES = [
    (State.INIT, _("Open")),
    (State.COLLECT, _("Collecting")),
    (State.CONFIRM, _("Confirming")),
    (State.HANDOFF, _("Handed over")),
    (State.END, _("Ended")),
]
MODES = [(Mode.BOT, _("Bot")), (Mode.QUEUED, _("Waiting for a person")), (Mode.HUMAN, _("Person"))]
AUTHORS = [
    (Author.VISITOR, _("Visitor")),
    (Author.BOT, _("Bot")),
    (Author.OPERATOR, _("Operator")),
    (Author.SYSTEM, _("System")),
]
SENDERS = [(who, name) for who, name in AUTHORS if who in (Author.VISITOR, Author.OPERATOR)]
TURN_STATES = [
    (TurnState.PENDING, _("Pending")),
    (TurnState.RUNNING, _("Running")),
    (TurnState.DONE, _("Done")),
    (TurnState.FALLBACK, _("Fallback")),
    (TurnState.CANCELLED, _("Cancelled")),
]
RATINGS = [(Rating.UP, _("Helpful")), (Rating.DOWN, _("Not helpful"))]
# Why an answer did not help, by the code that the widget sends.
REASONS = {
    "wrong": _("It is not true"),
    "beside": _("It is not what I asked"),
    "unclear": _("I do not understand it"),
    "outdated": _("It is out of date"),
}
# What stands in `meta` of an operator's line for the team alone.
FOR_STAFF = frozenset({"operator", "edited"})
OPEN_TURN = models.Q(state__in=[TurnState.PENDING, TurnState.RUNNING])


class VisitorQuerySet(models.QuerySet["Visitor"]):
    def same_person(self, visitor: "Visitor") -> Self:
        """The visitors of the site who proved to be the one that this one proved to be."""
        if not visitor.external_id:
            return self.none()
        return self.filter(site_id=visitor.site_id, external_id=visitor.external_id)


class Visitor(models.Model):
    """A browser that once wrote. Nothing in it proves who sits before it, until the shop's own
    server has signed it: then `external_id` is the shop's name for the person. A visitor is one
    person for good, and a known one has one session: the next of this browser is a stranger's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    locale = models.CharField(_("locale"), max_length=35, blank=True)
    page_url = models.CharField(_("page"), max_length=500, blank=True)
    page_title = models.CharField(_("page title"), max_length=200, blank=True)
    device = models.CharField(_("device"), max_length=200, blank=True)
    external_id = models.CharField(_("ID in your shop"), max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True)
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    objects = VisitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        indexes = [
            models.Index(
                fields=["site", "external_id"],
                condition=~models.Q(external_id=""),
                name="visitor_by_person",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)[:8]


class TokenQuerySet(models.QuerySet["VisitorToken"]):
    def expired(self) -> Self:
        return self.filter(expires_at__lt=timezone.now())


class VisitorToken(models.Model):
    """The SHA-256 of a visitor's bearer token; the token itself is kept nowhere."""

    digest = models.CharField(primary_key=True, max_length=64)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    replaces = models.CharField(max_length=64, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("visitor token")
        verbose_name_plural = _("visitor tokens")

    def __str__(self) -> str:
        return self.digest[:8]

    def is_older_than(self, seconds: float) -> bool:
        return self.created_at < timezone.now() - timedelta(seconds=seconds)


class SessionQuerySet(models.QuerySet["Session"]):
    def current(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def positions(self, ids: list[uuid.UUID]) -> list[tuple[uuid.UUID, int, int]]:
        """(id, last_seq, version) of those that exist."""
        return list(self.filter(id__in=ids).values_list("id", "last_seq", "version"))


class Session(models.Model):
    """One conversation. `version` moves with every committed item, `last_seq` with every line."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    visitor = models.ForeignKey(
        Visitor, models.CASCADE, related_name="sessions", verbose_name=_("visitor")
    )
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    state = models.CharField(_("state"), max_length=8, choices=STATES, default=State.INIT)
    mode = models.CharField(_("answered by"), max_length=8, choices=MODES, default=Mode.BOT)
    memory = models.JSONField(default=dict)
    version = models.PositiveBigIntegerField(default=0)
    last_seq = models.PositiveBigIntegerField(default=0)
    read_seq = models.PositiveBigIntegerField(_("read up to line"), default=0)
    # What stands up to here was written before the visitor proved who they are.
    anonymous_seq = models.PositiveBigIntegerField(null=True)
    csat = models.PositiveSmallIntegerField(_("satisfaction"), null=True)
    csat_comment = models.CharField(_("comment"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last line"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["-updated_at"], name="session_by_activity")]
        constraints = [
            models.UniqueConstraint(
                fields=["visitor"],
                condition=models.Q(closed_at__isnull=True),
                name="session_one_open_per_visitor",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)[:8]


class TurnQuerySet(models.QuerySet["Turn"]):
    def open(self) -> Self:
        return self.filter(OPEN_TURN)

    def without_answer(self) -> Self:
        return self.filter(state=TurnState.DONE, route__in=["near", "unknown"])


class Turn(models.Model):
    """What one visitor line, or several, led to: route, confidence, sources and versions used."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="turns")
    state = models.CharField(_("state"), max_length=9, choices=TURN_STATES)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    from_seq = models.PositiveBigIntegerField(_("from line"))
    to_seq = models.PositiveBigIntegerField(_("to line"))
    route = models.CharField(_("route"), max_length=20, blank=True)
    # Defaults of the database too: processes of the release before write these tables meanwhile.
    rule = models.CharField(_("row of the policy"), max_length=40, blank=True, db_default="")
    flow = models.CharField(_("flow"), max_length=40, blank=True, db_default="")
    confidence = models.FloatField(_("confidence"), null=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    sources = models.JSONField(_("sources"), default=list)
    versions = models.JSONField(_("versions"), default=dict)
    # Something of the answer was shown in this attempt: a line that comes now waits for the next.
    shown = models.BooleanField(default=False, db_default=False)
    follow_seq = models.PositiveBigIntegerField(null=True)
    # How often the process that ran it was lost.
    losses = models.PositiveSmallIntegerField(default=0, db_default=0)
    # Each a command, what it is about and a detail, in short names: values that may say who
    # somebody is stand in the lines alone.
    understood = models.JSONField(_("understood"), default=list, db_default=[])
    lease_until = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["session", "from_seq"], name="turn_by_session"),
            models.Index(fields=["created_at"], condition=OPEN_TURN, name="turn_open"),
            models.Index(
                fields=["finished_at"],
                condition=models.Q(route__in=["near", "unknown"]),
                name="turn_without_answer",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=OPEN_TURN, name="turn_one_open_per_session"
            )
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.state}"

    @property
    def answered_in(self) -> uuid.UUID | None:
        """The turn in which a model gave the answer that this one said: another's, when it came
        from the cache. None for what no model has answered."""
        if self.route != "model":
            return None
        kept = self.versions.get("models", {}).get("cache")
        return uuid.UUID(kept["turn"]) if kept else self.id


def shown_meta(author: str, meta: dict[str, Any]) -> dict[str, Any]:
    """What of a line's `meta` its visitor may read: not which operator it was, nor what a corrected
    line said before."""
    if author != Author.OPERATOR:
        return meta
    shown = {name: value for name, value in meta.items() if name not in FOR_STAFF}
    edited = meta.get("edited")
    return {**shown, "edited_at": edited[-1]["at"]} if edited else shown


class MessageQuerySet(models.QuerySet["Message"]):
    def after(self, session: uuid.UUID, seq: int) -> Self:
        return self.filter(session_id=session, seq__gt=seq).order_by("seq")


class Message(models.Model):
    """One line. `seq` counts from 1 in its session, without gaps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="messages", db_index=False
    )  # the unique (session, seq) serves it
    seq = models.PositiveBigIntegerField()
    author = models.CharField(max_length=8, choices=AUTHORS)
    name = models.CharField(max_length=100, blank=True)
    text = models.TextField(blank=True)
    meta = models.JSONField(default=dict)
    fields = models.JSONField(null=True)
    cmid = models.UUIDField(null=True)
    turn = models.ForeignKey(
        Turn, models.SET_NULL, null=True, related_name="messages", db_index=False
    )
    rating = models.SmallIntegerField(_("rating"), null=True, choices=RATINGS)
    rating_reason = models.CharField(_("reason"), max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["session", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["session", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["session", "author", "cmid"],
                condition=models.Q(cmid__isnull=False),
                name="message_cmid_once",
            ),
            models.UniqueConstraint(
                fields=["turn"], condition=models.Q(author=Author.BOT), name="message_one_bot_reply"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.author}"

    @property
    def files(self) -> list[dict[str, Any]]:
        """What came with it, each with a link that works for a while."""
        found: list[dict[str, Any]] = linked(self.meta).get("attachments", [])
        return found

    @property
    def shown_meta(self) -> dict[str, Any]:
        return shown_meta(self.author, self.meta)

    @property
    def reason(self) -> str:
        """Why it was rated so, in the reader's language: a code's sentence, "code – own words", or
        whatever was sent."""
        code, dash, words = self.rating_reason.partition(" – ")
        return f"{REASONS.get(code, code)}{dash}{words}"


class Transition(models.Model):
    """One move of a session's state, and what caused it."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="transitions")
    turn = models.UUIDField(null=True)
    from_state = models.CharField(_("from"), max_length=8, choices=STATES)
    to_state = models.CharField(_("to"), max_length=8, choices=STATES)
    cause = models.CharField(_("cause"), max_length=40)
    command = models.CharField(_("command"), max_length=40, blank=True, db_default="")
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("state move")
        verbose_name_plural = _("state moves")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} > {self.to_state}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def unused(self) -> Self:
        return self.filter(message__isnull=True)

    def of_visitor(self, session: uuid.UUID) -> Self:
        return self.filter(session_id=session, uploaded_by=Author.VISITOR)


class Attachment(models.Model):
    """A file that came with a line, or is on its way to one: `message` is null until the line is
    stored. `path` is below ATTACHMENTS_DIR, `bytes` and `sha256` are those of what is kept; `width`
    and `height` of a picture."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    uploaded_by = models.CharField(_("sent by"), max_length=8, choices=SENDERS)
    name = models.CharField(_("name"), max_length=100)
    type = models.CharField(_("type"), max_length=40)
    bytes = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=100, unique=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(message__isnull=True),
                name="attachment_unused",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def told(self) -> dict[str, Any]:
        """What a line's `meta.attachments` keeps of it."""
        size = {"width": self.width, "height": self.height} if self.width else {}
        return {
            "id": str(self.id),
            "name": self.name,
            "type": self.type,
            "bytes": self.bytes,
            "image": self.width is not None,
            **size,
        }
