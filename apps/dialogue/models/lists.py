"""The lists around the flows: phrases, the catalogue, the policy's rows, and when they moved."""

import re
from collections.abc import Iterable
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.engine.book import PhraseKind
from apps.engine.policy import Condition, Step
from apps.sites.models import LANGUAGES, Site


class Phrase(models.Model):
    """A whole line that stands for a yes, a no, a thank-you and so on, besides those that ship."""

    class Kind(models.TextChoices):
        AFFIRM = PhraseKind.AFFIRM.value, _("Yes")
        DENY = PhraseKind.DENY.value, _("No")
        CANCEL = PhraseKind.CANCEL.value, _("Stop it")
        LACK = PhraseKind.LACK.value, _("I don't have it")
        HUMAN = PhraseKind.HUMAN.value, _("I want a person")
        GREETING = PhraseKind.GREETING.value, _("Greeting")
        THANKS = PhraseKind.THANKS.value, _("Thanks")
        FAREWELL = PhraseKind.FAREWELL.value, _("Goodbye")

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", verbose_name=_("site"))
    kind = models.CharField(_("what it means"), max_length=8, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    text = models.CharField(_("text"), max_length=80)

    class Meta:
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        ordering = ["kind", "language", "text"]
        constraints = [
            # Of all kinds: one line cannot mean both yes and no.
            models.UniqueConstraint(
                fields=["site", "text"],
                name="phrase_once_per_site",
                violation_error_message=_("This phrase is in the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.text


class Product(models.Model):
    """One line of the shop's catalogue. `synonyms` are separated by commas."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", verbose_name=_("site"))
    sku = models.CharField(
        _("product number"),
        max_length=60,
        validators=[RegexValidator(r"^[^\s,|]+\Z", _("Without spaces and commas."))],
    )
    name_en = models.CharField(_("name (English)"), max_length=120, blank=True)
    name_zh_hans = models.CharField(_("name (Chinese)"), max_length=120, blank=True)
    synonyms = models.CharField(
        _("other names"),
        max_length=500,
        blank=True,
        help_text=_("What visitors call it, with commas between."),
    )

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["sku"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "sku"],
                name="product_sku_once_per_site",
                violation_error_message=_("The site has a product of this number already."),
            )
        ]

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        names = (self.name_zh_hans, self.name_en)
        return next(filter(None, names if chinese else reversed(names)), self.sku)

    def names(self) -> tuple[str, ...]:
        """All that visitors may call it, each once."""
        others = re.split(r"[,，、]", self.synonyms)
        stripped = (name.strip() for name in (self.name_en, self.name_zh_hans, *others))
        return tuple(dict.fromkeys(filter(None, stripped)))


class SitePolicy(Site):
    """A site as the owner of its policy: the table is edited and checked as a whole."""

    class Meta:
        proxy = True
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        default_permissions = ("change", "view")


class PolicyRow(models.Model):
    """One row of a site's policy, see `engine.policy`. A site without rows follows the defaults.

    `name` is stored with every decision that the row makes.
    """

    class When(models.TextChoices):
        ASKED_HUMAN = Condition.ASKED_HUMAN.value, _("a person was asked for")
        HIGH_RISK = Condition.HIGH_RISK.value, _("the question is high risk")
        PROOFS_USED = Condition.PROOFS_USED.value, _("orders that could not be proved (number)")
        REASKS_USED = Condition.REASKS_USED.value, _("a slot was asked for as often as it may be")
        ACTION_FAILED = Condition.ACTION_FAILED.value, _("an action failed")
        LOOP = Condition.LOOP.value, _("the same answer again (times)")
        STALLED = Condition.STALLED.value, _("turns in a flow without progress (number)")
        STRAYED = Condition.STRAYED.value, _("turns on another subject (number)")
        SLOT_MISSING = Condition.SLOT_MISSING.value, _("a flow lacks a slot")
        SURE = Condition.SURE.value, _("the best entry is sure (probability)")
        NEAR = Condition.NEAR.value, _("the three best entries are near (probability)")
        ALWAYS = Condition.ALWAYS.value, _("always")

    class Then(models.TextChoices):
        HANDOFF = Step.HANDOFF.value, _("hand over to a person")
        OFFER_PERSON = Step.OFFER_PERSON.value, _("offer a person")
        STEER = Step.STEER.value, _("bring the visitor back")
        ASK = Step.ASK.value, _("ask for it")
        ANSWER = Step.ANSWER.value, _("answer with it")
        OFFER_NEAR = Step.OFFER_NEAR.value, _("offer the near entries")
        SAY_UNKNOWN = Step.SAY_UNKNOWN.value, _("say that the bot does not know")

    site = models.ForeignKey(
        Site, models.CASCADE, related_name="policy_rows", verbose_name=_("site")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = models.SlugField(
        _("short name"), max_length=40, help_text=_("Stands beside every decision of the row.")
    )
    when = models.CharField(_("when"), max_length=13, choices=When.choices)
    at = models.FloatField(_("threshold"), null=True, blank=True)
    then = models.CharField(_("then"), max_length=12, choices=Then.choices)
    high_value_only = models.BooleanField(_("only in high-value flows"), default=False)
    enabled = models.BooleanField(_("on"), default=True)

    class Meta:
        verbose_name = _("row of the policy")
        verbose_name_plural = _("rows of the policy")
        ordering = ["position", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class BookStateQuerySet(models.QuerySet["BookState"]):
    def move(self, site_ids: Iterable[int]) -> None:
        """Tells every process that what the sites' visitors meet has changed."""
        for site_id in sorted(set(site_ids)):
            self.get_or_create(site_id=site_id)
            self.filter(site_id=site_id).update(version=models.F("version") + 1)

    def versions(self) -> Any:
        return self.values_list("site_id", "version")


class BookState(models.Model):
    """Moves in the transaction of every change to what a site's `engine.book.Book` is made of."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="+")
    version = models.PositiveBigIntegerField(default=0)

    objects = BookStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of the flows")
        verbose_name_plural = _("states of the flows")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.version)
