"""How far a site's search is behind its entries, and the index itself."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.sites.models import Site


class IndexStateQuerySet(models.QuerySet["IndexState"]):
    def stale(self) -> Self:
        return self.filter(built__lt=models.F("wanted"))

    def due(self) -> Self:
        """An entry has begun or ceased to be valid since the index was built."""
        return self.filter(due_at__lte=timezone.now())

    def want_again(self) -> int:
        """Asks for a new index. The wait counts from the first change that is not in the index,
        so that changes without a pause do not put it off."""
        now = models.Value(timezone.now())
        waiting = models.Case(
            models.When(built=models.F("wanted"), then=now), default=models.F("wanted_at")
        )
        return self.update(wanted=models.F("wanted") + 1, wanted_at=waiting, due_at=None)

    def want(self, site_id: int) -> None:
        """Asks for a new index of the site."""
        self.get_or_create(site_id=site_id)
        self.filter(site_id=site_id).want_again()

    def stale_for(self, seconds: float) -> Self:
        return self.stale().filter(wanted_at__lt=timezone.now() - timedelta(seconds=seconds))


class IndexState(models.Model):
    """How far a site's index is behind its entries, and the newest index itself.

    `wanted` moves in the transaction of every change to entries; `built` follows when the
    index over that state is stored. Processes load `body` when `built` has moved.
    """

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True)
    wanted = models.PositiveBigIntegerField(default=0)
    wanted_at = models.DateTimeField(default=timezone.now)
    built = models.PositiveBigIntegerField(default=0)
    built_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    entries = models.PositiveIntegerField(default=0)
    body = models.BinaryField(default=bytes)

    objects = IndexStateQuerySet.as_manager()

    class Meta:
        verbose_name = _("search index")
        verbose_name_plural = _("search indexes")

    def __str__(self) -> str:
        return f"{self.built}/{self.wanted}"
