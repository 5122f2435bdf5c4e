"""What entries were before, and what they are proposed to be."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.knowledge.models.entries import Faq
from apps.sites.models import Site


class FaqVersionQuerySet(models.QuerySet["FaqVersion"]):
    def deletions(self) -> Self:
        return self.filter(origin=FaqVersion.Origin.DELETE)

    def once_live(self) -> Self:
        return self.filter(status=Faq.Status.LIVE).exclude(origin=FaqVersion.Origin.DELETE)


class FaqVersion(models.Model):
    """An entry as one change left it, or as it was when it was deleted. Outlives the entry.

    `number` counts from 1 for each entry; `changed` names the fields that the change moved;
    `content` has the shape of `contents.Content`.
    """

    class Origin(models.TextChoices):
        START = "start", _("As it was before")
        FORM = "form", _("Edited")
        LIST = "list", _("Moved in the list")
        REVIEW = "review", _("Reviewed")
        PHRASINGS = "phrasings", _("Visitors' questions added")
        IMPORT = "import", _("Imported")
        RESTORE = "restore", _("Restored")
        DELETE = "delete", _("Deleted")

    faq = models.ForeignKey(
        Faq,
        models.DO_NOTHING,
        db_constraint=False,
        related_name="versions",
        verbose_name=_("entry"),
    )
    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    number = models.PositiveIntegerField(_("version"))
    origin = models.CharField(_("what was done"), max_length=9, choices=Origin.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("author")
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=8, choices=Faq.Status.choices)
    changed = models.JSONField(default=list)
    content = models.JSONField(default=dict)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    objects = FaqVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of an entry")
        verbose_name_plural = _("versions of entries")
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["-id"], condition=models.Q(origin="delete"), name="version_of_deleted"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["faq", "number"], name="version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.content.get('question', '')[:80]} ({self.number})"


class Proposal(models.Model):
    """A change to a live entry by somebody who may not publish. The live text goes on answering.

    `waiting` for a reviewer, else returned to its author. `base` is the entry as it was when the
    change was begun: only what its author moved is published. Both have the shape of
    `contents.Content`.
    """

    faq = models.OneToOneField(
        Faq, models.CASCADE, primary_key=True, related_name="proposal", verbose_name=_("entry")
    )
    base = models.JSONField(default=dict)
    content = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    waiting = models.BooleanField(default=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("author")
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.faq_id)
