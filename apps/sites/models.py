"""Sites: what a visitor's page belongs to, and what nothing below it can know."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

ENGLISH = "en"
CHINESE = "zh-Hans"
LANGUAGES = [(ENGLISH, _("English")), (CHINESE, _("Simplified Chinese"))]


def both_languages() -> list[str]:
    return [ENGLISH, CHINESE]


class SiteQuerySet(models.QuerySet["Site"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Site(models.Model):
    """One shop, brand or help page with its own widget, languages and knowledge."""

    key = models.SlugField(
        _("public key"), unique=True, help_text=_("Stands in the embed code; it is no secret.")
    )
    name = models.CharField(_("name"), max_length=100)
    name_zh_hans = models.CharField(_("name (Chinese)"), max_length=100, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    languages = ArrayField(
        models.CharField(max_length=12, choices=LANGUAGES),
        verbose_name=_("languages"),
        default=both_languages,
    )
    default_language = models.CharField(
        _("default language"), max_length=12, choices=LANGUAGES, default=ENGLISH
    )
    allowed_pages = ArrayField(
        models.CharField(
            max_length=200,
            validators=[
                RegexValidator(
                    r"^https?://(\*\.)?[A-Za-z0-9.-]+(:([0-9]{1,5}|\*))?\Z",
                    _("Write an origin such as https://shop.example or https://*.shop.example."),
                )
            ],
        ),
        verbose_name=_("pages that may embed the widget"),
        default=list,
        blank=True,
        help_text=_("Comma-separated origins such as https://shop.example. Empty: no page may."),
    )
    greeting_en = models.CharField(_("greeting (English)"), max_length=300, blank=True)
    greeting_zh_hans = models.CharField(_("greeting (Chinese)"), max_length=300, blank=True)
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#0b6e6e",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write a colour such as #0b6e6e."))],
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def language(self, locale: str | None) -> str:
        """The site's language nearest to a BCP 47 tag in any case; its own when there is none."""
        wanted = (locale or "").replace("_", "-").lower().split("-")[0]
        for language in self.languages:
            if wanted and language.lower().split("-")[0] == wanted:
                return language
        return self.default_language

    def title(self, language: str) -> str:
        return (self.name_zh_hans if language == CHINESE else "") or self.name

    def greeting(self, language: str) -> str:
        return self.greeting_zh_hans if language == CHINESE else self.greeting_en


class Installation(models.Model):
    """One row. Its epoch tells clients that the numbering of lines may have moved back."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    epoch = models.UUIDField(default=uuid.uuid4)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installations")
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="installation_one_row")
        ]

    def __str__(self) -> str:
        return str(self.epoch)

    @classmethod
    def current(cls) -> "Installation":
        return cls.objects.get_or_create(only=True)[0]

    @classmethod
    def renew(cls) -> "Installation":
        """After a restore: clients that know the old epoch fetch everything again."""
        return cls.objects.update_or_create(only=True, defaults={"epoch": uuid.uuid4()})[0]
