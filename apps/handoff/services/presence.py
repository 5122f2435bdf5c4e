"""Whether operators are there."""

from collections.abc import Collection
from datetime import datetime
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
    """Signs of open consoles, of all of a process at once. Each 20 s or so."""
    theirs = Presence.objects.filter(operator__in=operators)
    if theirs.filter(seen_at=None).update(seen_at=timezone.now()):
        publish_people()
    theirs.update(seen_at=timezone.now())


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


def leave(*, operator: int, at: datetime) -> None:
    """A console was closed then; offline, unless another one has given a sign since."""
    last = Presence.objects.filter(operator=operator, seen_at__lte=at)
    if last.update(seen_at=None):
        publish_people()


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
