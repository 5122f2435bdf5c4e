"""What operators write: notes among themselves, drafts, ready-made answers; and what a model writes
for them."""

from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.chat.models import Session
from apps.handoff.finding import search_key
from apps.handoff.models.people import Operator, Team
from apps.handoff.models.tickets import Ticket


class Note(models.Model):
    """A word among operators about a session. No line: nothing that serves visitors reads this
    table. With a `cmid` a second try finds the first."""

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="notes", verbose_name=_("session")
    )
    operator = models.ForeignKey(
        Operator, models.SET_NULL, null=True, related_name="notes", verbose_name=_("operator")
    )
    text = models.TextField(_("text"))
    cmid = models.UUIDField(null=True, editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["at"]
        indexes = [models.Index(fields=["session", "at"], name="note_by_session")]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "operator", "cmid"],
                condition=models.Q(cmid__isnull=False),
                name="note_cmid_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Draft(models.Model):
    """What an operator has written to a session and not sent: a reply, and a note. Each has a stamp
    that grows with what is written, so that what comes late takes the place of nothing newer."""

    operator = models.ForeignKey(Operator, models.CASCADE, related_name="drafts")
    session = models.ForeignKey(Session, models.CASCADE, related_name="drafts")
    text = models.TextField(blank=True)
    stamp = models.BigIntegerField(default=0, db_default=0)
    note = models.TextField(blank=True, default="", db_default="")
    note_stamp = models.BigIntegerField(default=0, db_default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "session"], name="draft_one_for_operator_and_session"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class MacroQuerySet(models.QuerySet["Macro"]):
    def for_teams(self, teams: list[int]) -> Self:
        """Those for everybody and those of these teams."""
        mine = models.Q(team=None) | models.Q(team__in=teams)
        return self.filter(mine, active=True)


class Macro(models.Model):
    """A ready-made answer. {visitor.name}, {operator.name}, {site.name} and the name of any slot in
    braces are filled when it is inserted."""

    name = models.CharField(pgettext_lazy("macro", "name"), max_length=100)
    name_en = models.CharField(pgettext_lazy("macro", "name (English)"), max_length=100, blank=True)
    text_zh = models.TextField(_("text (Chinese)"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    shortcut = models.SlugField(_("shortcut"), max_length=40, blank=True)
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="macros",
        verbose_name=_("team"),
        help_text=_("Empty: for everybody."),
    )
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    active = models.BooleanField(_("active"), default=True)
    # What it is found by: its words, and the initials of their pinyin.
    search = models.TextField(blank=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = MacroQuerySet.as_manager()

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        ordering = ["-uses", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        texts = (self.text_zh, self.text_en)
        self.search = search_key(
            name=self.name, name_en=self.name_en, shortcut=self.shortcut, texts=texts
        )
        super().save(*args, **kwargs)

    def text(self, language: str) -> str:
        """In the visitor's language, else in the other."""
        first, second = self.text_en, self.text_zh
        return (second or first) if language.startswith("zh") else (first or second)


class Suggestion(models.Model):
    """An answer that a model wrote for an operator, and what became of it."""

    class Choice(models.TextChoices):
        INSERTED = "inserted", _("Inserted")
        EDITED = "edited", _("Edited")
        DISMISSED = "dismissed", _("Dismissed")
        DROPPED = "dropped", _("Dropped: the talk had moved on")

    session = models.ForeignKey(Session, models.CASCADE, related_name="suggestions")
    ticket = models.ForeignKey(Ticket, models.SET_NULL, null=True, related_name="suggestions")
    text = models.TextField(_("text"))
    # What it goes by: [{"id", "title", "url"?}].
    basis = models.JSONField(_("sources"), default=list)
    route = models.CharField(_("route"), max_length=20, blank=True)
    # The last line that it answers; behind a later one of the visitor's or an operator's it is old.
    to_seq = models.PositiveBigIntegerField()
    choice = models.CharField(_("choice"), max_length=9, choices=Choice.choices, blank=True)
    chosen_by = models.ForeignKey(Operator, models.SET_NULL, null=True, related_name="+")
    chosen_at = models.DateTimeField(_("chosen at"), null=True)
    # What was sent in place of it, when it was edited.
    used_text = models.TextField(blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("suggested answer")
        verbose_name_plural = _("suggested answers")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(choice=""),
                name="suggestion_one_open_per_session",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
