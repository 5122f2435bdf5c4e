"""Providers, their models, and what those cost from which day on."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.llm.values import Dialect, Purpose, Tier, Way

DIALECTS = [
    (Dialect.OPENAI.value, "OpenAI"),
    (Dialect.ANTHROPIC.value, "Anthropic"),
    (Dialect.OLLAMA.value, "Ollama"),
    (Dialect.VLLM.value, "vLLM"),
    (Dialect.LLAMACPP.value, "llama.cpp"),
    (Dialect.OTHER.value, _("Other, OpenAI-compatible")),
]
TIERS = [
    (Tier.LOCAL.value, _("Local")),
    (Tier.CLOUD.value, _("Cloud")),
    (Tier.LAST_RESORT.value, _("Last resort (cloud)")),
]
PURPOSES = [
    (Purpose.ANSWER.value, _("Answers")),
    (Purpose.EMBEDDING.value, _("Embeddings")),
]
WAYS = [
    (Way.JSON_SCHEMA.value, _("JSON by schema")),
    (Way.JSON_OBJECT.value, _("JSON, the schema in the prompt")),
    (Way.TOOL.value, _("A forced tool")),
    (Way.PROMPT.value, _("The prompt only")),
]
MOST_SECONDS = 100
PRICE_DIGITS, PRICE_PLACES = 14, 8
NO_QUOTA = _("A quota of 0 lets nothing through: leave it empty for none, or disable the model.")
TIMES = [MinValueValidator(0.1), MaxValueValidator(MOST_SECONDS)]
NO_CALLS = _(
    "With 0 calls at once nothing is asked: leave it empty for no limit, or disable the model."
)
CODE = RegexValidator(r"^[A-Z]{3}\Z", _("Write three letters, such as USD or CNY."))


class Provider(models.Model):
    """A server that speaks the OpenAI protocol, on this machine or far away.

    `findings` holds the last check's, as `doctor.Finding` stores them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(
        _("name"),
        max_length=100,
        unique=True,
        error_messages={"unique": _("Another provider has this name.")},
    )
    dialect = models.CharField(
        _("kind of server"), max_length=9, choices=DIALECTS, default=Dialect.OTHER.value
    )
    base_url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("Up to where /chat/completions follows, such as http://127.0.0.1:11434/v1."),
    )
    sealed_key = models.TextField(blank=True, editable=False)
    key_end = models.CharField(max_length=4, blank=True, editable=False)
    is_enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Off: none of its models is asked.")
    )
    preset = models.CharField(max_length=40, blank=True, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    findings = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """What the key is sealed for: this row."""
        return f"llm.provider {self.id}"


class ModelQuerySet(models.QuerySet["Model"]):
    def in_order(self) -> Self:
        return self.order_by(*order())

    def usable(self) -> Self:
        return self.filter(is_enabled=True, provider__is_enabled=True)

    def at_rank(self, tier: str, purpose: str, rank: int) -> Self:
        return self.filter(tier=tier, purpose=purpose, rank=rank)

    def next_rank(self, tier: str, purpose: str) -> int:
        """Behind all others of the tier."""
        found = self.filter(tier=tier, purpose=purpose).aggregate(last=models.Max("rank"))
        return (found["last"] or 0) + 1


def order() -> list[Any]:
    """By purpose, as they are asked."""
    places = [models.When(tier=tier, then=place) for place, (tier, _name) in enumerate(TIERS)]
    return ["purpose", models.Case(*places), "rank"]


class Model(models.Model):
    """A model of a provider for one purpose. Those of a tier are tried by rank, the lowest first.

    Times in seconds; `tokens_per_minute` and `concurrency` None stand for no limit; `dimensions`
    is the length of an embedding's vectors, None while nobody has seen one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="models", verbose_name=_("provider")
    )
    name = models.CharField(
        _("name for the server"),
        max_length=200,
        validators=[RegexValidator(r"^[^\s\x00-\x1f]+\Z", _("Write it without spaces."))],
        help_text=_("Exactly as the server calls it, such as gpt-4o-mini or qwen2.5:7b."),
    )
    label = models.CharField(
        _("name for people"), max_length=100, blank=True, help_text=_("Empty: the server's.")
    )
    tier = models.CharField(_("tier"), max_length=11, choices=TIERS, default=Tier.LOCAL.value)
    purpose = models.CharField(
        _("used for"), max_length=9, choices=PURPOSES, default=Purpose.ANSWER.value
    )
    rank = models.PositiveSmallIntegerField(
        _("rank"),
        help_text=_("Within its tier the lowest is asked first. Empty: behind the others."),
    )
    context = models.PositiveIntegerField(
        _("context"),
        null=True,
        blank=True,
        validators=[MinValueValidator(256)],
        help_text=_("How many tokens it reads and writes at most. Empty: not known."),
    )
    most_tokens = models.PositiveIntegerField(
        _("longest answer"),
        default=800,
        validators=[MinValueValidator(16)],
        help_text=_("In tokens."),
    )
    deadline_s = models.FloatField(
        _("deadline"),
        default=20,
        validators=TIMES,
        help_text=_("In seconds, for the whole answer."),
    )
    first_token_s = models.FloatField(
        _("first word within"), default=8, validators=TIMES, help_text=_("In seconds.")
    )
    gap_s = models.FloatField(
        _("longest pause"),
        default=5,
        validators=TIMES,
        help_text=_("In seconds, between two pieces of an answer."),
    )
    tokens_per_minute = models.PositiveIntegerField(
        _("tokens per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1, NO_QUOTA)],
        help_text=_("The quota. Empty: none."),
    )
    concurrency = models.PositiveSmallIntegerField(
        _("calls at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1, NO_CALLS)],
        help_text=_("Empty: no limit. One CPU answers one or two at a time."),
    )
    dimensions = models.PositiveIntegerField(
        _("length of vectors"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(16_000)],
        help_text=_("For embeddings. Empty: the check notes what it sees."),
    )
    way = models.CharField(
        _("way to a structured answer"), max_length=11, choices=WAYS, blank=True, editable=False
    )
    way_checked_at = models.DateTimeField(null=True, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    objects = ModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering = ["purpose", "tier", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["tier", "purpose", "rank"],
                name="llm_model_rank_once",
                violation_error_message=_("Another model has this rank in the tier."),
            ),
            models.UniqueConstraint(
                fields=["provider", "name", "purpose"],
                name="llm_model_once_per_purpose",
                violation_error_message=_("The provider has this model for this purpose already."),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.name


class PriceQuerySet(models.QuerySet["Price"]):
    def on(self, day: date, model_ids: Iterable[Any]) -> "dict[uuid.UUID, Price]":
        """What holds on that day, by model; those without a price are not in it."""
        rows = self.filter(model__in=list(model_ids), valid_from__lte=day)
        latest = rows.order_by("model_id", "-valid_from").distinct("model_id")
        return {row.model_id: row for row in latest if row.covers(day)}


class Price(models.Model):
    """What 1,000 tokens cost from a day on, until the next price or the end of `valid_until`."""

    model = models.ForeignKey(Model, models.CASCADE, related_name="prices", verbose_name=_("model"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("Empty: until the next price.")
    )
    price_in = models.DecimalField(
        _("1,000 tokens read"),
        max_digits=PRICE_DIGITS,
        decimal_places=PRICE_PLACES,
        validators=[MinValueValidator(0)],
    )
    price_out = models.DecimalField(
        _("1,000 tokens written"),
        max_digits=PRICE_DIGITS,
        decimal_places=PRICE_PLACES,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD", validators=[CODE])

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["-valid_from"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["model", "valid_from"],
                name="llm_price_once_per_day",
                violation_error_message=_("Another price begins on this day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from}"

    @property
    def is_free(self) -> bool:
        return not self.price_in and not self.price_out

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class LadderState(models.Model):
    """One row. Moves in the transaction of every change to what `endpoints.load` reads."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("state of the models")
        verbose_name_plural = _("states of the models")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(only=True), name="llm_ladder_state_one_row")
        ]

    def __str__(self) -> str:
        return str(self.version)

    @classmethod
    def move(cls) -> None:
        cls.objects.get_or_create(only=True)
        cls.objects.update(version=models.F("version") + 1)

    @classmethod
    def current(cls) -> int:
        return cls.objects.values_list("version", flat=True).first() or 0
