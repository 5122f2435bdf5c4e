"""Who answers visitors, in which teams, and whether they are there."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.handoff.models.hours import Hours
from apps.handoff.skills import check_skills
from apps.sites.models import LANGUAGES, Site

MOST_CHATS = 50
ALERT_MINUTES = 15
IDLE_AFTER = timedelta(minutes=10)
OFFLINE_AFTER = timedelta(seconds=60)


class OperatorQuerySet(models.QuerySet["Operator"]):
    def active(self) -> Self:
        """Those who may work: a user who was switched off answers nobody."""
        return self.filter(active=True, user__is_active=True)

    def of_site(self, site_id: int) -> Self:
        everywhere = ~models.Exists(
            Operator.sites.through.objects.filter(operator=models.OuterRef("pk"))
        )
        return self.filter(models.Q(sites=site_id) | everywhere).distinct()

    def available(self) -> Self:
        """Those whom a chat may be given without asking: there, and at the keyboard."""
        now = timezone.now()
        return self.active().filter(
            presence__choice=Presence.Choice.AVAILABLE,
            presence__seen_at__gt=now - OFFLINE_AFTER,
            presence__active_at__gt=now - IDLE_AFTER,
        )

    def online(self) -> Self:
        """Those who have the console open, whatever they chose."""
        return self.active().filter(presence__seen_at__gt=timezone.now() - OFFLINE_AFTER)

    def not_away(self) -> Self:
        return self.exclude(presence__choice=Presence.Choice.AWAY)

    def with_load(self) -> Self:
        """Each with `load`: how many open tickets are theirs."""
        mine = models.Q(tickets__status="open")
        return self.annotate(load=models.Count("tickets", filter=mine, distinct=True))


class Operator(models.Model):
    """A user who answers visitors. What they can do is a permission; this is whom they are given."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="operator",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("Visitors read it."))
    sites = models.ManyToManyField(
        Site,
        blank=True,
        related_name="operators",
        verbose_name=_("sites"),
        help_text=_("None chosen: all of them."),
    )
    capacity = models.PositiveSmallIntegerField(
        _("chats at once"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CHATS)],
        help_text=_("No further chat is given to who has as many. They may take one by hand."),
    )
    # JSON lists; empty: all.
    languages = models.JSONField(_("languages"), default=list, blank=True)
    flows = models.JSONField(_("flows"), default=list, blank=True)
    active = models.BooleanField(_("active"), default=True)
    wants_mail = models.BooleanField(
        _("e-mails about waiting tickets"),
        default=True,
        db_default=True,
        help_text=_("About tickets that nobody has taken, at most once an hour."),
    )
    mail_language = models.CharField(
        _("language of e-mails"),
        max_length=12,
        choices=LANGUAGES,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty: the language of this server."),
    )
    preferences = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    # Of those that `with_load` gave.
    load: int

    objects = OperatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for languages or flows that are none."""
        check_skills(self.languages, self.flows)

    def can(self, right: str) -> bool:
        """A permission of this app, such as "supervise"."""
        return bool(self.user.has_perm(f"handoff.{right}"))

    def state(self, now: datetime | None = None) -> "Presence.State":
        """Offline as long as they have never been there."""
        presence: Presence | None = getattr(self, "presence", None)
        return presence.state(now) if presence else Presence.State.OFFLINE

    def speaks(self, language: str) -> bool:
        return not self.languages or language in self.languages

    def knows(self, flow: str) -> bool:
        """`flow` is a flow's key; what is in no flow is for everybody."""
        return not self.flows or not flow or flow in self.flows


class Presence(models.Model):
    """Whether an operator is there. A row of its own, because it is written every few seconds."""

    class Choice(models.TextChoices):
        AVAILABLE = "available", pgettext_lazy("presence", "Available")
        AWAY = "away", pgettext_lazy("presence", "Away")

    class State(models.TextChoices):
        """Only who is available is given chats by themselves; everybody may take one by hand."""

        AVAILABLE = "available", pgettext_lazy("presence", "Available")
        AWAY = "away", pgettext_lazy("presence", "Away")
        IDLE = "idle", pgettext_lazy("presence", "Idle")
        OFFLINE = "offline", pgettext_lazy("presence", "Offline")

    operator = models.OneToOneField(
        Operator, models.CASCADE, primary_key=True, related_name="presence"
    )
    choice = models.CharField(
        _("chosen"), max_length=9, choices=Choice.choices, default=Choice.AVAILABLE
    )
    # The last sign of an open console, and of a key or the pointer in it.
    seen_at = models.DateTimeField(_("last seen"), null=True)
    active_at = models.DateTimeField(_("last active"), null=True)

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presence")

    def __str__(self) -> str:
        return str(self.state().label)

    def state(self, now: datetime | None = None) -> "Presence.State":
        now = now or timezone.now()
        if self.seen_at is None or self.seen_at <= now - OFFLINE_AFTER:
            return Presence.State.OFFLINE
        if self.choice == Presence.Choice.AWAY:
            return Presence.State.AWAY
        if self.active_at is None or self.active_at <= now - IDLE_AFTER:
            return Presence.State.IDLE
        return Presence.State.AVAILABLE


class TeamQuerySet(models.QuerySet["Team"]):
    def of_site(self, site_id: int) -> Self:
        everywhere = ~models.Exists(Team.sites.through.objects.filter(team=models.OuterRef("pk")))
        return self.filter(models.Q(sites=site_id) | everywhere).distinct()


class Team(models.Model):
    """Operators who serve the same sites, languages and flows at the same hours."""

    class Assignment(models.TextChoices):
        OFF = "off", _("Off: operators take chats themselves")
        ROUND_ROBIN = "round_robin", _("In turn")
        LEAST_BUSY = "least_busy", _("To the least busy")

    name = models.CharField(_("name"), max_length=100, unique=True)
    sites = models.ManyToManyField(
        Site,
        blank=True,
        related_name="teams",
        verbose_name=_("sites"),
        help_text=_("None chosen: all of them."),
    )
    # JSON lists; empty: all.
    languages = models.JSONField(_("languages"), default=list, blank=True)
    flows = models.JSONField(_("flows"), default=list, blank=True)
    assignment = models.CharField(
        _("assignment"), max_length=11, choices=Assignment.choices, default=Assignment.OFF
    )
    hours = models.ForeignKey(
        Hours,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("business hours"),
        help_text=_("Empty: always open."),
    )
    alert_minutes = models.PositiveSmallIntegerField(
        _("e-mail after (minutes)"),
        null=True,
        blank=True,
        default=ALERT_MINUTES,
        db_default=ALERT_MINUTES,
        validators=[MinValueValidator(1)],
        help_text=_(
            "How long nobody may have taken a ticket before the team's operators get an e-mail. "
            "Empty: they get none."
        ),
    )
    members = models.ManyToManyField(
        Operator, through="Member", blank=True, related_name="teams", verbose_name=_("members")
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for languages or flows that are none."""
        check_skills(self.languages, self.flows)

    def speaks(self, language: str) -> bool:
        return not self.languages or language in self.languages

    def knows(self, flow: str) -> bool:
        return not self.flows or flow in self.flows


class Member(models.Model):
    """An operator in a team."""

    team = models.ForeignKey(Team, models.CASCADE, verbose_name=_("team"))
    operator = models.ForeignKey(Operator, models.CASCADE, verbose_name=_("operator"))
    # Whose turn it is, where chats are given in turn.
    given_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["team", "operator"], name="member_once_in_a_team")
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.operator_id}"
