"""What the bot did: runs of actions, the webhooks that carry some of them out, and wrong proofs."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.chat.models import Session
from apps.dialogue.models.flows import Flow
from apps.engine.events import Ended
from apps.sites.models import LANGUAGES, Site

# Within this time wrong tries at an order count together, from whatever sessions they come.
GUESSES_COUNT_FOR = timedelta(hours=24)


class Webhook(models.Model):
    """An address of the shop that carries actions out. What it is told is signed with a secret that
    is shown once; the one before it signs too for a day after it was renewed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, models.CASCADE, related_name="webhooks", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("Such as https://shop.example/helpdesk. It must not redirect."),
    )
    sealed = models.TextField(editable=False)
    sealed_previous = models.TextField(blank=True, editable=False)
    renewed_at = models.DateTimeField(_("secret made"), default=timezone.now, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def owner(self) -> str:
        """What its secrets are sealed for: this row of this site."""
        return f"dialogue.webhook {self.id} of {self.site_id}"


class ActionRunQuerySet(models.QuerySet["ActionRun"]):
    def with_names(self) -> Self:
        """Each with `flow_en`, `flow_zh_hans` and `webhook`: what its flow and the webhook of its
        action are called now, None for what was deleted."""
        flow = Flow.objects.filter(site=models.OuterRef("site"), key=models.OuterRef("flow"))
        as_text = Cast("pk", models.CharField())
        hooks = Webhook.objects.annotate(named=Concat(models.Value("webhook:"), as_text))
        hook = hooks.filter(named=models.OuterRef("action"), site=models.OuterRef("site"))
        return self.annotate(
            flow_en=models.Subquery(flow.values("name_en")[:1]),
            flow_zh_hans=models.Subquery(flow.values("name_zh_hans")[:1]),
            webhook=models.Subquery(hook.values("name")[:1]),
        )

    def open(self) -> Self:
        return self.filter(state__in=ActionRun.OPEN)

    def due(self, late_by: timedelta = timedelta()) -> Self:
        """Those that somebody should work at, and for that long already."""
        return self.open().filter(due_at__lte=timezone.now() - late_by).order_by("due_at")

    def dead(self) -> Self:
        """Webhooks that were given up."""
        return self.filter(delivery__dead=True)


class ActionRun(models.Model):
    """One action, for one yes. The key is the id of the confirmation, so there is never another.

    While it is open `due_at` says from when on it may be claimed: by the time that its worker has,
    or the next try. `attempts` fences: who lost the claim stores nothing, and no number comes
    again. `turn` told the result.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        RUNNING = "running", _("Running")
        DONE = Ended.DONE.value, _("Done")
        REFUSED = Ended.REFUSED.value, _("Refused by the shop")
        FAILED = Ended.FAILED.value, _("Failed")
        UNCLEAR = Ended.UNCLEAR.value, _("Not clear")

    OPEN = (State.PENDING, State.RUNNING)

    key = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(
        Session, models.CASCADE, related_name="runs", verbose_name=_("session")
    )
    site = models.ForeignKey(Site, models.CASCADE, related_name="+", verbose_name=_("site"))
    flow = models.CharField(_("flow"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    action = models.CharField(_("action"), max_length=120)
    lookup = models.BooleanField(_("only looks something up"), default=False)
    slots = models.JSONField(_("slots"), default=dict)
    language = models.CharField(_("language"), max_length=12, choices=LANGUAGES)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next try"), default=timezone.now)
    text = models.TextField(_("what the shop said"), blank=True)
    turn = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = ActionRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("action run")
        verbose_name_plural = _("action runs")
        ordering = ["-created_at"]
        permissions = [("resend_actionrun", _("Can send a webhook again"))]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state__in=["pending", "running"]),
                name="action_run_due",
            ),
            models.Index(fields=["-created_at"], name="action_run_newest"),
        ]

    def __str__(self) -> str:
        return str(self.key)[:8]


class WebhookDelivery(models.Model):
    """What a run sends to its webhook: the same bytes at each try. `uncertain`: a try may have
    reached the shop without a clear answer. `dead`: given up, until a person sends it again, which
    begins a round of tries: `tries_before` are those of the rounds before it."""

    run = models.OneToOneField(ActionRun, models.CASCADE, primary_key=True, related_name="delivery")
    webhook = models.ForeignKey(
        Webhook, models.SET_NULL, null=True, related_name="deliveries", verbose_name=_("webhook")
    )
    body = models.TextField()
    uncertain = models.BooleanField(default=False)
    last_status = models.PositiveSmallIntegerField(_("last answer"), null=True)
    last_error = models.CharField(_("last error"), max_length=20, blank=True)
    dead = models.BooleanField(_("given up"), default=False)
    tries_before = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.run_id)[:8]


class WrongProofQuerySet(models.QuerySet["WrongProof"]):
    def recent(self, digest: str) -> Self:
        return self.filter(digest=digest, tried_at__gt=timezone.now() - GUESSES_COUNT_FOR)

    def old(self) -> Self:
        return self.filter(tried_at__lte=timezone.now() - GUESSES_COUNT_FOR)


class WrongProof(models.Model):
    """A try at an order that was not proved, or not yet: taken before the shop is asked, deleted
    once it has found the order. What is counted, an order or a visitor, is kept as an HMAC only."""

    digest = models.CharField(max_length=64)
    run = models.UUIDField(null=True, db_index=True)
    tried_at = models.DateTimeField(default=timezone.now)

    objects = WrongProofQuerySet.as_manager()

    class Meta:
        verbose_name = _("wrong proof")
        verbose_name_plural = _("wrong proofs")
        default_permissions = ()
        indexes = [models.Index(fields=["digest", "tried_at"], name="wrong_proof_of_order")]

    def __str__(self) -> str:
        return self.digest[:8]
