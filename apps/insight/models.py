"""What the permission to read reports stands on; reports themselves are read from others' rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Report(models.Model):
    """Has no table."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = _("report")
        verbose_name_plural = _("reports")

    def __str__(self) -> str:
        return str(self.pk)
