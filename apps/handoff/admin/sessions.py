"""The list of sessions can be narrowed by what became of them with people, and holds those of the
operator's sites only."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.chat.admin import SessionAdmin
from apps.chat.models import Session
from apps.handoff.admin.filters import HandedFilter, RatedFilter, SaidFilter, TeamFilter
from apps.handoff.services import reach

OURS: list[Any] = [HandedFilter, RatedFilter, TeamFilter, SaidFilter]


def _seen(request: HttpRequest, rows: QuerySet[Session]) -> QuerySet[Session]:
    return reach.sessions_for(request.user, rows)


SessionAdmin.list_filter = [*SessionAdmin.list_filter, *OURS]
SessionAdmin.seen = _seen
