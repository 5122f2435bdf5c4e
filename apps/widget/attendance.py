"""Whether somebody from the team is there, for visitors who have not asked for anybody yet."""

from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.chat.transcripts import zone_named
from apps.handoff.services import Attendance, attendance
from apps.sites.models import Site

# A weekday alone is that of the next seven days.
WEEK = timedelta(days=7)


def told(site: Site, language: str, zone: str) -> str:
    """One sentence in `language`; empty while somebody is there. Times are the team's, with their
    place named for a visitor whose clock, that of the time zone `zone`, shows another one."""
    found = attendance(site_id=site.pk, language=language)
    with translation.override(language.lower()):
        return _sentence(found, zone)


def _sentence(found: Attendance, zone: str) -> str:
    if not found.open_now:
        return _opens(found.opens_at, found.zone, zone) if found.opens_at else _closed()
    return "" if found.attended else _("Nobody from our team is here at the moment.")


def _closed() -> str:
    return _("Our team is not here at this hour.")


def _opens(at: datetime, zone: str, visitors: str) -> str:
    there = at.astimezone(ZoneInfo(zone))
    now = timezone.now().astimezone(there.tzinfo)
    clock = f"{there:%H:%M}{_place(there, zone_named(visitors) if visitors else None)}"
    if there.date() == now.date():
        return _("Our team is back today at %(time)s.") % {"time": clock}
    is_near = there.date() < now.date() + WEEK
    day = date_format(there, "l" if is_near else "MONTH_DAY_FORMAT")
    return _("Our team is back on %(day)s at %(time)s.") % {"day": day, "time": clock}


def _place(there: datetime, visitors: tzinfo | None) -> str:
    """ " (UTC+8)", for who would read the hour as another one."""
    offset = there.utcoffset()
    if visitors is None or offset is None or there.astimezone(visitors).utcoffset() == offset:
        return ""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    return f" (UTC{sign}{hours}{f':{rest:02}' if rest else ''})"
