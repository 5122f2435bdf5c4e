"""How far a site's questions may go, and what they may cost."""

from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.llm.models.providers import CODE
from apps.sites.models import Site

LEAST_SECONDS, MOST_SECONDS = 10, 120
# As a float it would be more than itself.
LEAST_CAP = Decimal("0.0001")
NO_CAP = _("Leave it empty for no cap. To spend nothing, choose “Local models only”.")


class Mode(models.TextChoices):
    OFF = "off", _("No model")
    LOCAL_ONLY = "local_only", _("Local models only")
    LOCAL_THEN_CLOUD = "local_then_cloud", _("Local models, then the cloud")


class RoutingQuerySet(models.QuerySet["Routing"]):
    def with_cloud(self) -> Self:
        return self.filter(mode=Mode.LOCAL_THEN_CLOUD)

    def that_cannot_count(self, currency: str) -> Self:
        """With a cap in another currency."""
        return self.exclude(cap_chat=None, cap_day=None).exclude(currency=currency)


class Routing(models.Model):
    """What a site allows. A site without a row follows `Mode.LOCAL_ONLY`: nothing leaves the house
    before somebody has said so."""

    site = models.OneToOneField(
        Site, models.CASCADE, primary_key=True, related_name="routing", verbose_name=_("site")
    )
    mode = models.CharField(
        _("models"), max_length=16, choices=Mode.choices, default=Mode.LOCAL_ONLY
    )
    last_resort = models.BooleanField(
        _("last resort"),
        default=False,
        help_text=_("High-value sessions may ask the models of the tier “Last resort” as well."),
    )
    cap_chat = models.DecimalField(
        _("most per chat"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_CAP, NO_CAP)],
        help_text=_("Once it is spent, the chat asks local models only. Empty: no cap."),
    )
    cap_day = models.DecimalField(
        _("most per day"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_CAP, NO_CAP)],
        help_text=_("For all chats of the site together. Empty: no cap."),
    )
    currency = models.CharField(
        _("currency of the caps"), max_length=3, default="USD", validators=[CODE]
    )

    deadline_s = models.PositiveSmallIntegerField(
        _("answer within"),
        null=True,
        blank=True,
        validators=[MinValueValidator(LEAST_SECONDS), MaxValueValidator(MOST_SECONDS)],
    )

    objects = RoutingQuerySet.as_manager()

    class Meta:
        verbose_name = _("routing")
        verbose_name_plural = _("routing")
        ordering = ["site__name"]

    def __str__(self) -> str:
        return str(self.site)
