"""What the shop knows: FAQ entries with their phrasings, and the index made from them."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
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


class IndexStateQuerySet(models.QuerySet["IndexState"]):
    def stale(self) -> Self:
        return self.filter(built__lt=models.F("wanted"))

    def due(self) -> Self:
        """An entry has begun or ceased to be valid since the index was built."""
        return self.filter(due_at__lte=timezone.now())

    def want_again(self) -> int:
        """Asks for a new index. The wait counts from the first change that is not in the index,
        so that changes without a pause do not put it off."""
        now = models.Value(timezone.now())
        waiting = models.Case(
            models.When(built=models.F("wanted"), then=now), default=models.F("wanted_at")
        )
        return self.update(wanted=models.F("wanted") + 1, wanted_at=waiting, due_at=None)

    def stale_for(self, seconds: float) -> Self:
        return self.stale().filter(wanted_at__lt=timezone.now() - timedelta(seconds=seconds))


class IndexState(models.Model):
    """How far a site's index is behind its entries, and the newest index itself.

    `wanted` moves in the transaction of every change to entries; `built` follows when the
    index over that state is stored. Processes load `body` when `built` has moved.
    """

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True)
    wanted = models.PositiveBigIntegerField(default=0)
    wanted_at = models.DateTimeField(default=timezone.now)
    built = models.PositiveBigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    entries = models.PositiveIntegerField(default=0)
    body = models.BinaryField(default=bytes)

    objects = IndexStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("search index")
        verbose_name_plural = _("search indexes")

    def __str__(self) -> str:
        return f"{self.built}/{self.wanted}"


class UnansweredQuerySet(models.QuerySet["UnansweredQuestion"]):
    def open(self) -> Self:
        return self.filter(handled_at__isnull=True)


class UnansweredQuestion(models.Model):
    """A visitor's question that no entry answered. Keeps identifiers of rows that stand higher."""

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
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]
