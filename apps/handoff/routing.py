"""Which team a chat is for, and who may be given it."""

from datetime import datetime

from django.utils import timezone

from apps.handoff.models import Operator, Team
from apps.handoff.targets import calendar_of


def team_for(*, site_id: int, language: str, flow: str, at: datetime) -> Team | None:
    """Of the teams that serve it: one that works at this hour before others, then one that names its
    flow, then one that names its language, then by name. None when no team serves it. `flow` is a
    flow's key, "" outside of flows."""
    teams = Team.objects.of_site(site_id).select_related("hours")
    teams = teams.prefetch_related("hours__holidays")
    found = [team for team in teams if team.speaks(language) and team.knows(flow)]
    return min(found, key=lambda team: _rank(team, at), default=None)


def serving(*, site_id: int, language: str, flow: str, team: Team | None) -> list[Operator]:
    """The operators who are at the console and may take it: of the team if there is one. Who is away
    may take a chat all the same, but nobody is told to wait for that."""
    online = Operator.objects.online().not_away().of_site(site_id)
    if team:
        online = online.filter(teams=team)
    return [one for one in online if one.speaks(language) and one.knows(flow)]


def is_served(*, site_id: int, language: str, flow: str, team: Team | None) -> bool:
    """Whether one of them is there, at an hour at which the team works."""
    if not calendar_of(team.hours if team else None).is_open(timezone.now()):
        return False
    return bool(serving(site_id=site_id, language=language, flow=flow, team=team))


def _rank(team: Team, at: datetime) -> tuple[bool, bool, bool, str]:
    is_open = calendar_of(team.hours).is_open(at)
    return not is_open, not team.flows, not team.languages, team.name
