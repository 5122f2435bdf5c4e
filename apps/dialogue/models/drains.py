"""Who runs the turns that need a model."""

import uuid

from django.db import models
from django.db.models.functions import Now


class Drain(models.Model):
    """A process that claims turns, for as long as it does. It lives while `beat_at` is younger than
    a lease; written by `turns/claims.py` only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    places = models.PositiveIntegerField()
    held = models.PositiveIntegerField()
    claiming = models.BooleanField()
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "drain"
        verbose_name_plural = "drains"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
