"""Numbers as people read them."""

from datetime import timedelta

from django.utils.translation import gettext as _

NOTHING = "–"
MINUTE, HOUR, DAY = 60, 3600, 86_400


def told_time(time: timedelta | None) -> str:
    """In its two largest units, such as “3 min 20 s” or “2 h 5 min”."""
    if time is None:
        return NOTHING
    seconds = max(0, round(time.total_seconds()))
    if seconds < MINUTE:
        return _("%(s)d s") % {"s": seconds}
    if seconds < HOUR:
        return _("%(m)d min %(s)d s") % {"m": seconds // MINUTE, "s": seconds % MINUTE}
    if seconds < DAY:
        return _("%(h)d h %(m)d min") % {"h": seconds // HOUR, "m": seconds % HOUR // MINUTE}
    return _("%(d)d d %(h)d h") % {"d": seconds // DAY, "h": seconds % DAY // HOUR}


def told_share(share: float | None) -> str:
    return NOTHING if share is None else f"{share * 100:.0f}%"


def told_mean(mean: float | None) -> str:
    return NOTHING if mean is None else f"{mean:.2f}"


def told_of(part: int, whole: int) -> str:
    return _("%(part)d of %(whole)d") % {"part": part, "whole": whole}
