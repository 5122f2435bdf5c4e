"""How often an answer that a model gave before was said again, and which are said no more."""

from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, F, Max, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.sites.models import Site

# Every process reads them every second. Of more in a day, the oldest are said again.
MOST_READ = 10_000


class AnswerCountQuerySet(models.QuerySet["AnswerCount"]):
    def of_last(self, days: int) -> Self:
        """Today is the last of them."""
        return self.filter(day__gt=timezone.localdate() - timedelta(days=days))

    def by_site(self) -> list[dict[str, Any]]:
        """`site__name`, `asked` and `hits`, in the order of the names."""
        summed = self.order_by("site__name").values("site__name", "site")
        return [dict(row) for row in summed.annotate(asked=Sum("asked"), hits=Sum("hits"))]


class AnswerCount(models.Model):
    """Of a site and a day of the server's time zone: how many questions an answer could have been
    kept for, and how many had one."""

    # Without a constraint: a site that is deleted meanwhile must not undo the counts of others.
    site = models.ForeignKey(
        Site, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    day = models.DateField()
    asked = models.PositiveBigIntegerField(default=0)
    hits = models.PositiveBigIntegerField(default=0)

    objects = AnswerCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of the answer cache")
        verbose_name_plural = _("uses of the answer cache")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["site", "day"], name="llm_answer_count_once_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.hits}/{self.asked}"

    @classmethod
    def add(cls, site_id: int, day: date, asked: int, hits: int) -> None:
        cls.objects.get_or_create(site_id=site_id, day=day)
        rows = cls.objects.filter(site_id=site_id, day=day)
        rows.update(asked=F("asked") + asked, hits=F("hits") + hits)


class DroppedAnswerQuerySet(models.QuerySet["DroppedAnswer"]):
    def turns(self) -> list[UUID]:
        """Whose answers are said no more: of at most `MOST_READ`, those that were rated last."""
        rows = self.order_by().values_list("turn").annotate(last=Max("at")).order_by("-last")
        return [turn for turn, _ in rows[:MOST_READ]]

    def by_site(self) -> dict[int, int]:
        """How many answers are said no more, by the key of their site."""
        counted = self.order_by().values_list("site_id")
        return dict(counted.annotate(answers=Count("turn", distinct=True)))


class DroppedAnswer(models.Model):
    """A visitor's word, for each turn that said it, that the answer which a model gave in `turn`
    was of no use. Turns belong to a higher layer: hence their numbers alone."""

    said = models.UUIDField(primary_key=True, editable=False)
    turn = models.UUIDField()
    # Without a constraint: see `AnswerCount`.
    site = models.ForeignKey(
        Site, models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    objects = DroppedAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("dropped answer")
        verbose_name_plural = _("dropped answers")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.turn)
