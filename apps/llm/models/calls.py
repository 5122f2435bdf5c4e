"""The ledger: a row for every attempt to ask a model."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.llm.models.providers import PURPOSES, TIERS, Model, Provider
from apps.llm.values import Outcome
from apps.sites.models import Site

OUTCOMES = [
    (Outcome.OK.value, _("Answered")),
    (Outcome.DEADLINE.value, _("Too slow")),
    (Outcome.FIRST_TOKEN.value, _("First word too late")),
    (Outcome.GAP.value, _("Stopped in the middle")),
    (Outcome.UNREACHABLE.value, _("Not reached")),
    (Outcome.TLS.value, _("Certificate does not hold")),
    (Outcome.BLOCKED.value, _("Address not allowed")),
    (Outcome.AUTH.value, _("Key refused")),
    (Outcome.MISSING_MODEL.value, _("Model not there")),
    (Outcome.REDIRECT.value, _("Redirect not followed")),
    (Outcome.RATE_LIMITED.value, _("Provider's limit")),
    (Outcome.SERVER_ERROR.value, _("Error of the server")),
    (Outcome.BAD_REQUEST.value, _("Request refused")),
    (Outcome.BAD_OUTPUT.value, _("Answer not usable")),
    (Outcome.TOO_LARGE.value, _("Answer too long")),
    (Outcome.CUT.value, _("Connection cut")),
    (Outcome.CANCELLED.value, _("Given up: no longer wanted")),
    (Outcome.QUOTA.value, _("Own quota used up")),
    (Outcome.BUSY.value, _("All places taken")),
    (Outcome.BREAKER.value, _("Not asked: failed lately")),
    (Outcome.CAP.value, _("Not asked: cap reached")),
    (Outcome.NO_TIME.value, _("Not asked: no time left")),
    (Outcome.CACHE.value, _("Answered from the cache")),
]
# Why a further model was asked, besides the outcomes of the one before.
WHY: dict[str, Any] = {
    "check": _("Check of the provider"),
    "embedding": _("Search by meaning"),
    "no_knowledge": _("No answer found"),
    "low_confidence": _("Not sure enough"),
    "weaker": _("Not sure enough for a weaker model"),
    "not_grounded": _("Answer not in the sources"),
    "wrong_language": _("Answer in another language"),
    "contrary": _("Answer contradicts itself"),
    "nothing_said": _("Answer without content"),
}
MOST_SUMMED = 100_000
MOST_GROUPS = 100


class CallQuerySet(models.QuerySet["Call"]):
    def of(self, session: Any) -> Self:
        return self.filter(session=session).order_by("at", "attempt")

    def since(self, moment: datetime) -> Self:
        return self.filter(at__gte=moment)

    def spent_by_site(self) -> dict[int, dict[str, Decimal]]:
        """What was paid of each site, by currency."""
        found: dict[int, dict[str, Decimal]] = {}
        paid = self.filter(cost__gt=0).exclude(site=None).order_by()
        for row in paid.values("site_id", "currency").annotate(total=Sum("cost")):
            found.setdefault(row["site_id"], {})[row["currency"]] = row["total"]
        return found

    def that_left(self) -> Self:
        """Those of which is still kept what has left the house."""
        return self.filter(sent__isnull=False).exclude(sent=[])

    def spent(self) -> dict[str, Decimal]:
        """What was paid, by currency."""
        paid = self.filter(cost__gt=0).order_by().values_list("currency")
        return dict(paid.annotate(total=Sum("cost")))

    def totals(self) -> list[dict[str, Any]]:
        """Calls, tokens and cost by currency, of at most `MOST_SUMMED` rows, the latest first.

        Rows without a price come under the currency "". An answer from the cache is no call.
        """
        return self._latest()._summed("currency")

    def by_day_and_site(self) -> list[dict[str, Any]]:
        """The same for each `day` of the server's time zone and `site__name`, of the latest
        `MOST_GROUPS`."""
        by_day = self._latest().annotate(day=TruncDate("at"))
        return by_day._summed("-day", "site__name", "currency")[:MOST_GROUPS]

    def _latest(self) -> Self:
        times = self.order_by("-at").values_list("at", flat=True)
        last = times[MOST_SUMMED - 1 : MOST_SUMMED].first()
        return self.since(last) if last else self

    def _summed(self, *by: str) -> list[dict[str, Any]]:
        summed = (
            self.exclude(outcome=Outcome.CACHE)
            .order_by(*by)
            .values(*(name.removeprefix("-") for name in by))
            .annotate(
                calls=Count("pk"),
                read=Sum("tokens_in"),
                written=Sum("tokens_out"),
                total=Sum("cost"),
            )
        )
        return [dict(row) for row in summed]


class Call(models.Model):
    """One attempt. `why` is the reason for which the step before handed the turn on; `sent` is the
    masked text that left the house, as messages, and an answer that was not taken as the last of
    them (`steps.Rejected`), of cloud tiers only: empty when it is not kept
    any longer, None when nothing left.

    Nothing in the ledger holds its provider, model or site in being, and none of their deletions
    can make a row fail that is being written meanwhile: hence names of its own and no constraints.
    """

    # Of whoever made the call, who may have to write it twice; None for rows from before.
    key = models.UUIDField(null=True, unique=True, editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now)
    site = models.ForeignKey(
        Site,
        models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("site"),
    )
    session = models.UUIDField(_("session"), null=True)
    turn = models.UUIDField(_("turn"), null=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    provider = models.ForeignKey(
        Provider,
        models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("provider"),
    )
    provider_name = models.CharField(_("provider"), max_length=100)
    model = models.ForeignKey(
        Model,
        models.SET_NULL,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("model"),
    )
    model_name = models.CharField(_("model"), max_length=200)
    served = models.CharField(_("model that answered"), max_length=200, blank=True)
    tier = models.CharField(_("tier"), max_length=11, choices=TIERS)
    purpose = models.CharField(_("used for"), max_length=9, choices=PURPOSES)
    outcome = models.CharField(_("outcome"), max_length=13, choices=OUTCOMES)
    why = models.CharField(_("asked because"), max_length=40, blank=True)
    way = models.CharField(_("way to a structured answer"), max_length=11, blank=True)
    tokens_in = models.PositiveIntegerField(_("tokens read"), default=0)
    tokens_out = models.PositiveIntegerField(_("tokens written"), default=0)
    cached_in = models.PositiveIntegerField(_("of these from a cache"), default=0)
    measured = models.BooleanField(_("tokens counted by the provider"), default=True)
    cost = models.DecimalField(_("cost"), max_digits=18, decimal_places=8, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    first_token_ms = models.PositiveIntegerField(_("first word, ms"), null=True)
    total_ms = models.PositiveIntegerField(_("ms"), default=0)
    sent = models.JSONField(_("what left the house"), null=True)
    prompt_version = models.CharField(_("version of the prompt"), max_length=40, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger row")
        verbose_name_plural = _("ledger rows")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["-at", "-id"], name="llm_call_newest"),
            models.Index(fields=["session", "at"], name="llm_call_of_session"),
            # For the cap of a day: what is free is not in it.
            models.Index(
                fields=["site", "at"],
                include=["cost", "currency"],
                condition=Q(cost__gt=0),
                name="llm_call_paid_of_site",
            ),
            # For those whose time is over.
            models.Index(
                fields=["at"],
                condition=Q(sent__isnull=False) & ~Q(sent=[]),
                name="llm_call_with_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_name} {self.at:%Y-%m-%d %H:%M:%S}"
