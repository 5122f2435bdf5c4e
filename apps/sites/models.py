"""Sites: what a visitor's page belongs to, and what nothing below it can know."""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator, MaxValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.sites import colours

ENGLISH = "en"
CHINESE = "zh-Hans"
LANGUAGES = [(ENGLISH, _("English")), (CHINESE, _("Simplified Chinese"))]


def both_languages() -> list[str]:
    return [ENGLISH, CHINESE]


MOST_QUICK_REPLIES = 4
MOST_OFFSET_PX = 200
MOST_RADIUS_PX = 24
MOST_PEM = 4000
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SIGHTING_KEPT = timedelta(days=30)


class SiteQuerySet(models.QuerySet["Site"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Ink(models.TextChoices):
    AUTO = "auto", _("Whichever reads better")
    WHITE = colours.WHITE, _("White")
    BLACK = colours.BLACK, _("Black")


class Scheme(models.TextChoices):
    AUTO = "auto", _("As the visitor's device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Font(models.TextChoices):
    """Fonts that devices have: the widget loads none."""

    SYSTEM = "system", _("The device's own")
    ROUNDED = "rounded", _("Rounded")
    SERIF = "serif", _("Serif")


class Side(models.TextChoices):
    END = "end", _("Right (end of the line)")
    START = "start", _("Left (start of the line)")


class Algorithm(models.TextChoices):
    """How a site's own server signs who its visitors are (RFC 7518)."""

    HS256 = "HS256", _("HS256, with a secret made here")
    RS256 = "RS256", _("RS256, with your own RSA key")
    ES256 = "ES256", _("ES256, with your own P-256 key")


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
    ink = models.CharField(
        _("text on the accent colour"),
        max_length=7,
        choices=Ink.choices,
        default=Ink.AUTO,
    )
    scheme = models.CharField(
        _("light or dark"), max_length=5, choices=Scheme.choices, default=Scheme.AUTO
    )
    font = models.CharField(_("font"), max_length=7, choices=Font.choices, default=Font.SYSTEM)
    radius = models.PositiveSmallIntegerField(
        _("roundness of corners"),
        default=16,
        validators=[MaxValueValidator(MOST_RADIUS_PX)],
        help_text=_("In pixels, 0 to 24."),
    )
    side = models.CharField(
        _("side of the page"), max_length=5, choices=Side.choices, default=Side.END
    )
    offset_inline = models.PositiveSmallIntegerField(
        _("distance from the side"),
        default=20,
        validators=[MaxValueValidator(MOST_OFFSET_PX)],
        help_text=_("In pixels, 0 to 200."),
    )
    offset_block = models.PositiveSmallIntegerField(
        _("distance from the bottom"),
        default=20,
        validators=[MaxValueValidator(MOST_OFFSET_PX)],
        help_text=_("In pixels, 0 to 200."),
    )
    quick_replies_en = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("first questions (English)"),
        default=list,
        blank=True,
        validators=[MaxLengthValidator(MOST_QUICK_REPLIES)],
    )
    quick_replies_zh_hans = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("first questions (Chinese)"),
        default=list,
        blank=True,
        validators=[MaxLengthValidator(MOST_QUICK_REPLIES)],
    )
    privacy_en = models.CharField(_("privacy notice (English)"), max_length=500, blank=True)
    privacy_zh_hans = models.CharField(_("privacy notice (Chinese)"), max_length=500, blank=True)
    privacy_url = models.URLField(_("privacy page"), blank=True)
    consent = models.BooleanField(
        _("ask for agreement"),
        default=False,
        help_text=_("Visitors agree to the privacy notice before they can write."),
    )
    identity_algorithm = models.CharField(
        _("signed with"), max_length=5, choices=Algorithm.choices, default=Algorithm.HS256
    )
    identity_key = models.TextField(
        _("public key (PEM)"),
        max_length=MOST_PEM,
        blank=True,
        help_text=_("As PEM. For RS256 and ES256 only; the private key stays on your server."),
    )
    identity_key_previous = models.TextField(
        _("previous public key"),
        max_length=MOST_PEM,
        blank=True,
        help_text=_("Still valid while your servers change to the new one. Empty it afterwards."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["name"]

    def __str__(self) -> str:
        """As it is called in the reader's language."""
        chinese = (get_language() or "").startswith("zh")
        return self.title(CHINESE if chinese else ENGLISH)

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

    def quick_replies(self, language: str) -> list[str]:
        return self.quick_replies_zh_hans if language == CHINESE else self.quick_replies_en

    def privacy(self, language: str) -> str:
        return self.privacy_zh_hans if language == CHINESE else self.privacy_en

    @property
    def theme(self) -> dict[str, Any]:
        """What the widget looks like: colours, lengths in CSS pixels, and names of choices."""
        return {
            "accent": self.accent,
            "ink": colours.ink_on(self.accent) if self.ink == Ink.AUTO else self.ink,
            "radius": self.radius,
            "font": self.font,
            "side": self.side,
            "offset": [self.offset_inline, self.offset_block],
            "scheme": self.scheme,
        }

    def allows(self, origin: str) -> bool:
        """Whether a browser would let a page of this origin show the widget's frame."""
        return any(_covers(pattern, origin) for pattern in self.allowed_pages)

    def seen_on(self) -> "list[Sighting]":
        """Where the widget was asked for lately, of the allowed pages; the newest first."""
        return [seen for seen in self.sightings.recent() if self.allows(seen.origin)]

    @cached_property
    def pages_seen(self) -> "list[Sighting]":
        """The same, asked for once."""
        return self.seen_on()

    def strangers(self) -> "list[Sighting]":
        """Pages that asked for it without being allowed: for this site's, or for nobody knows
        whose; the newest first, each once."""
        asked = models.Q(site=self) | models.Q(site=None)
        found: dict[str, Sighting] = {}
        for seen in Sighting.objects.recent().filter(asked):
            if not self.allows(seen.origin):
                found.setdefault(seen.origin, seen)
        return list(found.values())


def without_default_port(origin: str) -> str:
    """As a browser spells it: `https://shop.example` for `https://shop.example:443`."""
    scheme, _sep, _host = origin.partition("://")
    return origin.removesuffix(DEFAULT_PORTS.get(scheme, ""))


def _covers(pattern: str, origin: str) -> bool:
    """Content Security Policy 3, section 6.7.2: `*.` stands for one label or more, `:*` for any
    port, and plain HTTP in the pattern covers HTTPS as well."""
    pattern_scheme, _sep, pattern_host = without_default_port(pattern).partition("://")
    scheme, _sep, host = without_default_port(origin).partition("://")
    if scheme != pattern_scheme and (pattern_scheme, scheme) != ("http", "https"):
        return False
    pattern_name, _sep, pattern_port = pattern_host.partition(":")
    name, _sep, port = host.partition(":")
    if pattern_port not in {"*", port}:
        return False
    if pattern_name.startswith("*."):
        return name.endswith(pattern_name[1:])
    return name == pattern_name


class IdentitySecret(models.Model):
    """A secret that a site's own server shares with us to sign who its visitors are. The newest
    is the current one; the one before stays valid until it is forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="identity_secrets")
    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("secret for signed visitors")
        verbose_name_plural = _("secrets for signed visitors")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return str(self.id)[:8]

    @property
    def owner(self) -> str:
        """What the secret is sealed for: this row of this site."""
        return f"sites.identitysecret {self.id} of {self.site_id}"


class SightingQuerySet(models.QuerySet["Sighting"]):
    def recent(self) -> Self:
        return self.filter(seen_at__gt=timezone.now() - SIGHTING_KEPT).order_by("-seen_at")


class Sighting(models.Model):
    """A page that asked for the widget: is the snippet where its owner put it?

    The script is asked for without a key: those pages are noted for each site that allows them,
    and without a site when none does. The frame is asked for with one: it is noted for that site,
    allowed or not.
    """

    site = models.ForeignKey(
        Site, models.CASCADE, null=True, related_name="sightings", verbose_name=_("site")
    )
    origin = models.CharField(_("page"), max_length=200)
    seen_at = models.DateTimeField(_("seen"))

    objects = SightingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sighting of the widget")
        verbose_name_plural = _("sightings of the widget")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "origin"], nulls_distinct=False, name="sighting_once_per_page"
            )
        ]

    def __str__(self) -> str:
        return self.origin


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
