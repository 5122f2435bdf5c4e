"""The list of sessions can be narrowed by what became of them with people."""

from typing import Any

from apps.chat.admin import SessionAdmin
from apps.handoff.admin.filters import HandedFilter, RatedFilter, SaidFilter, TeamFilter

OURS: list[Any] = [HandedFilter, RatedFilter, TeamFilter, SaidFilter]
SessionAdmin.list_filter = [*SessionAdmin.list_filter, *OURS]
