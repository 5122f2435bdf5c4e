"""What the supervisors' page says in its own way: `{% load floor %}`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400


@register.filter
def so_long(since: datetime | None) -> str:
    """How long ago, as a wait is told: “45 s”, “6:20”, “2 h 5 min”; a dash for none."""
    if since is None:
        return "–"
    seconds = max(0, int((timezone.now() - since).total_seconds()))
    if seconds < MINUTE:
        return _("%(s)d s") % {"s": seconds}
    if seconds < HOUR:
        return f"{seconds // MINUTE}:{seconds % MINUTE:02}"
    if seconds < DAY:
        return _("%(h)d h %(m)d min") % {"h": seconds // HOUR, "m": seconds % HOUR // MINUTE}
    return _("%(d)d d %(h)d h") % {"d": seconds // DAY, "h": seconds % DAY // HOUR}


@register.filter
def badge(state: Any, badges: Mapping[Any, str]) -> str:
    return badges.get(state, "info")
