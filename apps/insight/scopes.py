"""What a report is about: whole days, and if wanted one site and one team."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.models import Team, Ticket
from apps.sites.models import Site

DAYS_AT_FIRST = 30
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Scope:
    """Both days count in full, in the time zone that is active. No site, no team: all of them."""

    first: date
    last: date
    site: Site | None = None
    team: Team | None = None

    @property
    def begins(self) -> datetime:
        return _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """The first moment that does not belong to it."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def tickets(self) -> QuerySet[Ticket]:
        """Those that were opened in it. None was changed before it was opened: the index of the
        changes bounds what is read."""
        rows = Ticket.objects.filter(
            updated_at__gte=self.begins, created_at__gte=self.begins, created_at__lt=self.ends
        )
        rows = rows.filter(site=self.site) if self.site else rows
        return rows.filter(team=self.team) if self.team else rows

    def chats(self) -> QuerySet[Session]:
        """Those that began in it and in which something was said; of a team, those that came to
        it. The last line is never older than the first: its index bounds what is read."""
        rows = Session.objects.filter(
            updated_at__gte=self.begins,
            created_at__gte=self.begins,
            created_at__lt=self.ends,
            last_seq__gt=0,
        )
        rows = rows.filter(site=self.site) if self.site else rows
        if self.team is None:
            return rows
        return rows.filter(Exists(Ticket.objects.filter(session=OuterRef("pk"), team=self.team)))

    def query(self, **others: Any) -> str:
        """It as the address of a report has it."""
        said = {"first": self.first, "last": self.last, "site": self.site, "team": self.team}
        values = {name: getattr(value, "pk", value) for name, value in said.items()}
        return urlencode({k: v for k, v in (values | others).items() if v is not None})

    def lookups(self, **others: Any) -> dict[str, Any]:
        """It as the filters of a list of tickets or sessions have it."""
        found: dict[str, Any] = {"created_at__gte": self.begins, "created_at__lt": self.ends}
        if self.site:
            found["site__id__exact"] = self.site.pk
        return found | others


def lately(days: int = DAYS_AT_FIRST, **of: Any) -> Scope:
    """The last days, today with them."""
    today = timezone.localdate()
    return Scope(today - timedelta(days=days - 1), today, **of)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
