"""From a number to the rows that it counts."""

from copy import copy
from dataclasses import replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from apps.handoff.models import Team
from apps.insight.scopes import Scope

TICKETS, CHATS = "handoff_ticket", "chat_session"
PERMISSIONS = {TICKETS: "handoff.view_ticket", CHATS: "chat.view_session"}
NO_TEAM = "none"


class Links:
    """Addresses of lists that show what a number of the scope counts; "" for who may not see them."""

    def __init__(self, request: HttpRequest, scope: Scope) -> None:
        self._scope = scope
        self._team: Any = scope.team.pk if scope.team else None
        self._may = {name: request.user.has_perm(one) for name, one in PERMISSIONS.items()}

    def of_day(self, day: date) -> Self:
        found = copy(self)
        found._scope = replace(self._scope, first=day, last=day)
        return found

    def of_team(self, team: Team | None) -> Self:
        """None: of no team."""
        found = copy(self)
        found._team = team.pk if team else NO_TEAM
        return found

    def tickets(self, **filters: Any) -> str:
        """Whatever became of them."""
        return self._list(TICKETS, {"status": "all", **filters})

    def chats(self, **filters: Any) -> str:
        return self._list(CHATS, {"said": "yes", **filters})

    def _list(self, name: str, filters: dict[str, Any]) -> str:
        if not self._may[name]:
            return ""
        of_team = {"team": self._team} if self._team else {}
        query = urlencode(self._scope.lookups() | of_team | filters)
        return f"{reverse(f'admin:{name}_changelist')}?{query}"
