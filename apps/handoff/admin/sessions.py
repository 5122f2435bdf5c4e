"""The list of sessions can be narrowed by what became of them with people."""

from apps.chat.admin import SessionAdmin
from apps.handoff.admin.filters import HandedFilter, RatedFilter, SaidFilter, TeamFilter

SessionAdmin.list_filter = [
    *SessionAdmin.list_filter,
    HandedFilter,
    RatedFilter,
    TeamFilter,
    SaidFilter,
]
