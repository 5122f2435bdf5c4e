"""What visitors asked and nothing answered."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.knowledge.masking import masked
from apps.knowledge.models.entries import Faq
from apps.sites.models import LANGUAGES, Site


class UnansweredQuerySet(models.QuerySet["UnansweredQuestion"]):
    def open(self) -> Self:
        return self.filter(handled_at__isnull=True)

    def ungrouped(self) -> Self:
        return self.open().filter(group__isnull=True)

    def with_groups(self, keys: Iterable[int], groups: Iterable[int]) -> Self:
        return self.filter(models.Q(pk__in=list(keys)) | models.Q(group__in=list(groups)))

    def one_of_each_group(self) -> Self:
        """The newest of each group, and those that are in none yet."""
        return self.filter(models.Q(newest_of__isnull=False) | models.Q(group__isnull=True))


class QuestionGroup(models.Model):
    """Unanswered questions of one site and language that are alike. `text` is the first one's:
    later ones join the group by their likeness to it."""

    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    text = models.TextField()
    size = models.PositiveIntegerField(_("times asked"), default=0)
    newest = models.OneToOneField(
        "UnansweredQuestion", models.SET_NULL, null=True, related_name="newest_of"
    )

    class Meta:
        verbose_name = _("group of questions")
        verbose_name_plural = _("groups of questions")
        default_permissions = ()

    def __str__(self) -> str:
        return self.text[:80]


class UnansweredQuestion(models.Model):
    """A visitor's question that no entry answered. Keeps identifiers of rows that stand higher."""

    class Outcome(models.TextChoices):
        OPEN = "", pgettext_lazy("ticket", "Open")
        ANSWERED = "answered", _("Answered")
        CHOSEN = "chosen", _("The visitor chose an entry")
        DISMISSED = "dismissed", _("Dismissed")

    turn = models.UUIDField(_("turn"), unique=True)
    session = models.UUIDField(_("session"))
    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    text = models.TextField(_("question"))
    best = models.ForeignKey(
        Faq, models.SET_NULL, null=True, blank=True, verbose_name=_("nearest entry")
    )
    confidence = models.FloatField(_("confidence"), null=True)
    asked_at = models.DateTimeField(_("asked"))
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=9, choices=Outcome.choices, default=Outcome.OPEN, blank=True
    )
    group = models.ForeignKey(
        QuestionGroup,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="questions",
        verbose_name=_("group"),
    )

    objects = UnansweredQuerySet.as_manager()

    class Meta:
        verbose_name = _("unanswered question")
        verbose_name_plural = _("unanswered questions")
        ordering = ["-asked_at"]
        indexes = [
            models.Index(
                fields=["-asked_at"],
                condition=models.Q(handled_at__isnull=True),
                name="unanswered_open",
            ),
            models.Index(
                fields=["asked_at"],
                condition=models.Q(handled_at__isnull=True, group__isnull=True),
                name="unanswered_ungrouped",
            ),
        ]

    def __str__(self) -> str:
        """Stands in titles, whoever reads them."""
        return masked(self.text)[:80]

    @property
    def is_addable(self) -> bool:
        """Whether its wording may still become a phrasing of the nearest entry."""
        is_open = self.outcome in (self.Outcome.OPEN, self.Outcome.CHOSEN)
        return is_open and self.best_id is not None

    def alike(self) -> UnansweredQuerySet:
        """The questions of its group, itself among them, the newest first."""
        if self.group_id is None:
            return UnansweredQuestion.objects.filter(pk=self.pk)
        return UnansweredQuestion.objects.filter(group=self.group_id).order_by("-asked_at", "-pk")
