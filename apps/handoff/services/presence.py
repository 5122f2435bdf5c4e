"""Whether operators are there."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.handoff.events import publish_people
from apps.handoff.models import Operator, Presence
from apps.handoff.refusals import RefusalCode, Refused


def come(*, operator: Operator) -> Presence:
    """An operator has opened the console, or it has connected again by itself: there, and at the
    keyboard if nothing else is known of them."""
    now = timezone.now()
    known = Presence.objects.filter(operator=operator).exclude(active_at=None).exists()
    return _store(operator, seen_at=now, **({} if known else {"active_at": now}))


def seen(*, operators: Collection[int]) -> None:
    """Signs of open consoles, one statement for all of a process. Each 20 s or so."""
    Presence.objects.filter(operator__in=operators).update(seen_at=timezone.now())


def active(*, operator: Operator) -> Presence:
    """A key or the pointer was used."""
    now = timezone.now()
    return _store(operator, seen_at=now, active_at=now)


def choose(*, operator: Operator, choice: str) -> Presence:
    """Available or away. Refused: bad_value."""
    if choice not in Presence.Choice.values:
        raise Refused(RefusalCode.BAD_VALUE)
    now = timezone.now()
    return _store(operator, choice=choice, seen_at=now, active_at=now)


def leave(*, operator: Operator) -> None:
    """The last console of an operator was closed: offline at once."""
    _store(operator, seen_at=None)


@transaction.atomic
def _store(operator: Operator, **values: Any) -> Presence:
    """Others are told when it shows."""
    before, _ = Presence.objects.get_or_create(operator=operator)
    stood = before.state()
    for name, value in values.items():
        setattr(before, name, value)
    before.save(update_fields=list(values))
    if before.state() != stood:
        publish_people()
    return before
