"""When a team works, and how soon it wants to have answered."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.handoff.priorities import Priority
from apps.handoff.weeks import check_week, check_zone


class Hours(models.Model):
    """A week as it usually is, in a place's own time. `week` has a list of [from, to] for each day
    that is worked, such as {"mon": [["09:00", "12:00"], ["13:00", "18:00"]]}; "24:00" ends a day."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    timezone = models.CharField(
        _("time zone"),
        max_length=60,
        default="Asia/Shanghai",
        help_text=_("Such as Asia/Shanghai or Europe/Berlin."),
    )
    week = models.JSONField(_("week"), default=dict, blank=True)

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError for a place or a week that is none."""
        check_zone(self.timezone)
        check_week(self.week)


class Holiday(models.Model):
    """A day that is not as its weekday is: closed, or open at other times."""

    hours = models.ForeignKey(
        Hours, models.CASCADE, related_name="holidays", verbose_name=_("business hours")
    )
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=100, blank=True)
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["hours", "day"], name="holiday_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(opens=None, closes=None)
                | models.Q(opens__isnull=False, closes__isnull=False, closes__gt=models.F("opens")),
                name="holiday_closed_or_open_for_a_while",
                violation_error_message=_(
                    "Leave both times empty for a day that is closed, or write an end that is "
                    "after the beginning."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()


class Target(models.Model):
    """How soon a ticket of this priority is to be answered and settled, in minutes that the team
    works. One of a team counts before one for all."""

    name = models.CharField(_("name"), max_length=100)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices)
    team = models.ForeignKey(
        "handoff.Team",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="targets",
        verbose_name=_("team"),
        help_text=_("Empty: for every team that has none of its own."),
    )
    first_response_minutes = models.PositiveIntegerField(
        _("first answer within (minutes)"), default=5, validators=[MinValueValidator(1)]
    )
    resolution_minutes = models.PositiveIntegerField(
        _("settled within (minutes)"), default=480, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("service target")
        verbose_name_plural = _("service targets")
        ordering = ["team", "priority"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "priority"],
                name="target_once_for_each_priority",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name
