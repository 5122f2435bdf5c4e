"""How urgent a ticket is."""

from django.db import models
from django.utils.translation import pgettext_lazy


class Priority(models.IntegerChoices):
    """Sorted as numbers: the lowest comes first."""

    URGENT = 0, pgettext_lazy("priority", "Urgent")
    HIGH = 1, pgettext_lazy("priority", "High")
    NORMAL = 2, pgettext_lazy("priority", "Normal")
    LOW = 3, pgettext_lazy("priority", "Low")
