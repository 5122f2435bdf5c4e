"""The team of the cast. Nora, Omar and Pia answer visitors; Sam looks after them."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from apps.handoff.models import Member, Operator, Presence, Team


def operator(name: str, *rights: str, **values: Any) -> Operator:
    """One who is at the desk. `rights` are permissions of the app beyond the console's."""
    user = User.objects.create(username=name.lower(), is_staff=True)
    wanted = {"work_console", *rights}
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    made = Operator.objects.create(user=user, name=name, **values)
    # However long a test is held up, they stay.
    there = timezone.now() + timedelta(hours=1)
    Presence.objects.create(operator=made, seen_at=there, active_at=there)
    return made


def nora(**values: Any) -> Operator:
    return operator("Nora", **values)


def omar(**values: Any) -> Operator:
    return operator("Omar", **values)


def sam(**values: Any) -> Operator:
    return operator("Sam", "supervise", "take_over", **values)


def gone(one: Operator) -> Operator:
    """Closed the laptop a while ago."""
    Presence.objects.filter(operator=one).update(seen_at=timezone.now() - timedelta(minutes=2))
    return one


def team(name: str, *members: Operator, **values: Any) -> Team:
    made = Team.objects.create(name=name, **values)
    Member.objects.bulk_create(Member(team=made, operator=one) for one in members)
    return made
