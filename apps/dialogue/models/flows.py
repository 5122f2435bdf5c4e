"""Flows as they are being written, and the versions that visitors meet."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.engine.flows import LONGEST_VALUE
from apps.sites.models import Site

LONGEST_NAME = 40
# How long after its last day a version is kept at hand for visitors who are inside it.
KEPT_AT_HAND = timedelta(days=30)

SHORT_NAME = RegexValidator(
    r"^[a-z][a-z0-9_]{0,39}\Z",
    _("Small letters a–z, digits and underscores, beginning with a letter; at most 40."),
)


class FlowQuerySet(models.QuerySet["Flow"]):
    def with_live(self) -> Self:
        """Each with `live_number`, `live_revision`, `live_action` and `live_lookup` of its
        published version, else None."""
        live = FlowVersion.objects.live().filter(flow=models.OuterRef("pk"))
        return self.annotate(
            live_number=models.Subquery(live.values("number")[:1]),
            live_revision=models.Subquery(live.values("revision")[:1]),
            live_action=models.Subquery(live.values("spec__action")[:1]),
            live_lookup=models.Subquery(live.values("spec__lookup")[:1]),
        )


class Flow(models.Model):
    """A flow as it stands in the form. Visitors meet its published version.

    `revision` moves with every change of the draft, and a version keeps the one that it was made
    from. `examples_*` hold one line each.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="flows", verbose_name=_("site"))
    key = models.CharField(
        _("short name"),
        max_length=LONGEST_NAME,
        validators=[SHORT_NAME],
        help_text=_("Such as “return_order”. It stays as it is once the flow is stored."),
    )
    name_en = models.CharField(_("name (English)"), max_length=100, blank=True)
    name_zh_hans = models.CharField(_("name (Chinese)"), max_length=100, blank=True)
    description_en = models.CharField(_("description (English)"), max_length=300, blank=True)
    description_zh_hans = models.CharField(_("description (Chinese)"), max_length=300, blank=True)
    examples_en = models.TextField(_("what visitors say (English)"), max_length=20_000, blank=True)
    examples_zh_hans = models.TextField(
        _("what visitors say (Chinese)"), max_length=20_000, blank=True
    )
    confirm_en = models.TextField(_("before the yes (English)"), max_length=1000, blank=True)
    confirm_zh_hans = models.TextField(_("before the yes (Chinese)"), max_length=1000, blank=True)
    done_en = models.TextField(_("when it is done (English)"), max_length=1000, blank=True)
    done_zh_hans = models.TextField(_("when it is done (Chinese)"), max_length=1000, blank=True)
    action = models.CharField(_("what is done"), max_length=120, blank=True)
    lookup = models.BooleanField(
        _("only looks something up"),
        default=False,
        help_text=_("Changes nothing, so the visitor is not asked for a yes."),
    )
    high_value = models.BooleanField(
        _("high value"),
        default=False,
        help_text=_("Rows of the policy may treat these flows with more care."),
    )
    high_risk = models.BooleanField(
        _("high risk"),
        default=False,
        help_text=_("Begun only when the bot is sure that it is meant; else the policy decides."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    enabled = models.BooleanField(
        _("on"), default=True, help_text=_("Off: nobody can begin it; who is inside goes on.")
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = FlowQuerySet.as_manager()

    class Meta:
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        ordering = ["site", "position", "pk"]
        permissions = [("publish_flow", _("Can publish flows"))]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "key"],
                name="flow_key_once_per_site",
                violation_error_message=_("The site has a flow of this short name already."),
            )
        ]

    def __str__(self) -> str:
        names = (self.name_zh_hans, self.name_en)
        chinese = (get_language() or "").startswith("zh")
        return next(filter(None, names if chinese else reversed(names)), self.key)


class Slot(models.Model):
    """One value that a flow needs, with the fields of `engine.flows.SlotSpec`.

    `patterns` hold one regular expression a line; `options` one choice a line, as
    `value | Chinese | English | synonyms, ...`.
    """

    class Kind(models.TextChoices):
        ORDER_ID = "order_id", _("Order number")
        TEXT = "text", _("Text")
        CHOICE = "choice", _("Choice")
        PRODUCT = "product", _("Product")
        DATE = "date", _("Date")
        AMOUNT = "amount", _("Amount")
        PHONE = "phone", _("Phone number")
        PHONE_TAIL = "phone_tail", _("Last four digits of the phone")
        EMAIL = "email", _("E-mail address")

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="slots", verbose_name=_("flow"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    name = models.CharField(
        _("short name"),
        max_length=LONGEST_NAME,
        validators=[SHORT_NAME],
        help_text=_("Such as “order_id”; texts name its value as {order_id}."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TEXT)
    label_en = models.CharField(_("label (English)"), max_length=100, blank=True)
    label_zh_hans = models.CharField(_("label (Chinese)"), max_length=100, blank=True)
    prompt_en = models.CharField(_("question (English)"), max_length=300, blank=True)
    prompt_zh_hans = models.CharField(_("question (Chinese)"), max_length=300, blank=True)
    example_en = models.CharField(_("example (English)"), max_length=100, blank=True)
    example_zh_hans = models.CharField(_("example (Chinese)"), max_length=100, blank=True)
    reask_en = models.CharField(_("when it does not fit (English)"), max_length=300, blank=True)
    reask_zh_hans = models.CharField(
        _("when it does not fit (Chinese)"), max_length=300, blank=True
    )
    required = models.BooleanField(_("required"), default=True)
    proof = models.BooleanField(
        _("proof"),
        default=False,
        help_text=_("Proves that the order is the visitor's; a signed-in visitor is not asked."),
    )
    patterns = models.TextField(
        _("patterns"),
        max_length=2000,
        blank=True,
        help_text=_("Regular expressions, one a line. Empty: the usual shapes of order numbers."),
    )
    options = models.TextField(
        _("options"),
        max_length=20_000,
        blank=True,
        help_text=_("One a line: value | Chinese | English | other words, with commas"),
    )
    minimum = models.FloatField(_("at least"), null=True, blank=True)
    maximum = models.FloatField(_("at most"), null=True, blank=True)
    earliest_days = models.SmallIntegerField(
        _("earliest day"),
        null=True,
        blank=True,
        help_text=_("In days from today; -30 is 30 days ago."),
    )
    latest_days = models.SmallIntegerField(_("latest day"), null=True, blank=True)
    longest = models.PositiveSmallIntegerField(
        _("longest text"),
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_VALUE)],
        help_text=_("In characters, 1 to 500."),
    )
    reask_limit = models.PositiveSmallIntegerField(
        _("asked again at most"),
        default=2,
        validators=[MaxValueValidator(5)],
        help_text=_("0 to 5 times; after that the policy decides."),
    )

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["position", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        chinese = (get_language() or "").startswith("zh")
        labels = (self.label_zh_hans, self.label_en)
        return next(filter(None, labels if chinese else reversed(labels)), self.name)


class FlowVersionQuerySet(models.QuerySet["FlowVersion"]):
    def live(self) -> Self:
        """Those that are published now, whether their flow is on or off."""
        return self.filter(retired_at=None)

    def at_hand(self) -> Self:
        """Those that are published now, or that somebody may still be inside."""
        return self.filter(
            models.Q(retired_at=None) | models.Q(retired_at__gt=timezone.now() - KEPT_AT_HAND)
        )


class FlowVersion(models.Model):
    """A flow as it was published. Never changed; outlives its flow.

    `spec` is an `engine.flows.FlowSpec`; `revision` the one of the draft that it was made from;
    `retired_at` when another version took its place or the flow was deleted.
    """

    flow = models.ForeignKey(
        Flow, models.SET_NULL, null=True, related_name="versions", verbose_name=_("flow")
    )
    site = models.ForeignKey(Site, models.CASCADE, related_name="+", verbose_name=_("site"))
    key = models.CharField(_("short name"), max_length=LONGEST_NAME)
    number = models.PositiveIntegerField(_("version"))
    spec = models.JSONField()
    revision = models.PositiveIntegerField(default=0)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, verbose_name=_("author")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = FlowVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a flow")
        verbose_name_plural = _("versions of flows")
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            # Of the key, not of the row: who is inside a deleted flow must never meet the first
            # version of another that took its name.
            models.UniqueConstraint(
                fields=["site", "key", "number"], name="flow_version_number_once"
            ),
            models.UniqueConstraint(
                fields=["site", "key"],
                condition=models.Q(retired_at=None),
                name="flow_one_live_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Stores a new version. Raises TypeError for one that is stored already."""
        if not self._state.adding:
            raise TypeError("a published version is never changed")
        super().save(*args, **kwargs)
