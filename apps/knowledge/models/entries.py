"""Entries with their categories and phrasings: what staff write."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.sites.models import LANGUAGES, Site


class Category(models.Model):
    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    slug = models.SlugField(_("short name"))
    name_en = models.CharField(_("name (English)"), max_length=100)
    name_zh_hans = models.CharField(_("name (Chinese)"), max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["site", "slug"], name="category_slug_once_per_site")
        ]

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        return (self.name_zh_hans if chinese else "") or self.name_en


class FaqQuerySet(models.QuerySet["Faq"]):
    def live(self) -> Self:
        return self.filter(status=Faq.Status.LIVE)

    def of(self, site_id: int) -> Self:
        return self.filter(site_id=site_id)

    def valid_at(self, moment: datetime) -> Self:
        begun = models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=moment)
        going_on = models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=moment)
        return self.filter(begun, going_on)

    def waiting(self) -> Self:
        """A reviewer has to look: at the entry itself, or at a change to it."""
        return self.filter(models.Q(status=Faq.Status.REVIEW) | models.Q(proposal__waiting=True))

    def older_than_source(self) -> Self:
        """Translations whose source has got another question or answer since."""
        return self.filter(translated_from__lt=models.F("translation_of__text_version"))

    def without(self, language: str) -> Self:
        """Entries of sites that speak `language` which have no counterpart in it."""
        theirs = Faq.objects.filter(language=language)
        siblings = theirs.filter(translation_of=models.OuterRef("translation_of"))
        return (
            self.filter(site__languages__contains=[language])
            .exclude(language=language)
            .exclude(translation_of__language=language)
            .exclude(models.Exists(theirs.filter(translation_of=models.OuterRef("pk"))))
            .exclude(models.Exists(siblings))
        )


class Faq(models.Model):
    """One question with its answer, in one language. Only live entries are answered from."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        LIVE = "live", _("Live")

    site = models.ForeignKey(Site, models.CASCADE, verbose_name=_("site"))
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, verbose_name=_("category")
    )
    question = models.CharField(_("question"), max_length=300)
    answer = models.TextField(_("answer"), max_length=4000)
    source_url = models.URLField(
        _("source page"), blank=True, help_text=_("Shown to the visitor under the answer.")
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.DRAFT
    )
    high_risk = models.BooleanField(
        _("high risk"),
        default=False,
        help_text=_("Money, medicine, safety: answered only when the bot is sure, else a person."),
    )
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    translation_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="translations",
        verbose_name=_("translation of"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("owner")
    )
    # `version` is the number of the newest version kept, 0 before the first. Question and answer
    # last changed in `text_version`; a translation follows that one of its source.
    version = models.PositiveIntegerField(default=0, editable=False)
    text_version = models.PositiveIntegerField(default=0, editable=False)
    translated_from = models.PositiveIntegerField(default=0, editable=False)
    review_note = models.TextField(_("reviewer's note"), blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = FaqQuerySet.as_manager()

    class Meta:
        verbose_name = _("FAQ entry")
        verbose_name_plural = _("FAQ entries")
        ordering = ["-updated_at"]
        permissions = [("publish_faq", _("Can publish FAQ entries"))]
        indexes = [models.Index(fields=["site", "language", "status"], name="faq_by_site")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gt=models.F("valid_from")),
                name="faq_valid_in_order",
                violation_error_message=_("The end of validity must come after its start."),
            )
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def is_live(self) -> bool:
        return self.status == self.Status.LIVE

    def answers_at(self, moment: datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= moment
        return self.is_live and begun and (self.valid_until is None or self.valid_until > moment)

    @property
    def is_older_than_source(self) -> bool:
        source = self.translation_of
        return source is not None and self.translated_from < source.text_version

    def stamp(self) -> str:
        """What a form or a review was opened on: another one means that somebody was quicker."""
        proposal = getattr(self, "proposal", None)
        # A proposal that takes the place of a dropped one counts its revisions from 1 again.
        change = f"{proposal.revision}.{proposal.updated_at.isoformat()}" if proposal else "0"
        return f"{self.version}.{change}"

    def counterparts(self) -> FaqQuerySet:
        """The same entry in the other languages, whichever of them is the source."""
        family = models.Q(translation_of=self.pk)
        if self.translation_of_id:
            family |= models.Q(pk=self.translation_of_id)
            family |= models.Q(translation_of=self.translation_of_id)
        return Faq.objects.filter(family).exclude(pk=self.pk).order_by("language", "pk")


class FaqVariant(models.Model):
    """Another way in which visitors ask the same question."""

    faq = models.ForeignKey(Faq, models.CASCADE, related_name="variants", verbose_name=_("entry"))
    text = models.CharField(_("text"), max_length=300)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        constraints = [models.UniqueConstraint(fields=["faq", "text"], name="variant_once_per_faq")]

    def __str__(self) -> str:
        return self.text


class FaqUse(models.Model):
    """How often an entry has answered, counted from turns after the fact."""

    faq = models.OneToOneField(Faq, models.CASCADE, primary_key=True, related_name="use")
    answered = models.PositiveBigIntegerField(_("answered"), default=0)
    helpful = models.PositiveBigIntegerField(_("helpful"), default=0)
    unhelpful = models.PositiveBigIntegerField(_("not helpful"), default=0)
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("use of an entry")
        verbose_name_plural = _("uses of entries")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.answered)


class UsesCounted(models.Model):
    """One row: up to which moment the turns are in `FaqUse`."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("count of uses")
        verbose_name_plural = _("counts of uses")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="uses_counted_one_row")
        ]

    def __str__(self) -> str:
        return self.until.isoformat()
