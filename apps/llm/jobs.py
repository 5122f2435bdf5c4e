"""Housekeeping as plain functions."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.llm.models import Call, DroppedAnswer

AT_ONCE = 2_000
# A kept answer lives for a day, and for an hour more when the clocks are put back.
ANSWERS_LIVE = timedelta(hours=25)


def empty_texts() -> int:
    """Empties what left the house longer ago than `LLM_TEXT_DAYS`; how many rows. Tokens and costs
    stay."""
    before = timezone.now() - timedelta(days=settings.LLM_TEXT_DAYS)
    over = Call.objects.that_left().filter(at__lt=before).order_by("at")
    emptied = 0
    # A statement for each batch: whoever looks at the ledger meanwhile waits for none of them long.
    while keys := list(over.values_list("pk", flat=True)[:AT_ONCE]):
        emptied += Call.objects.filter(pk__in=keys).update(sent=[])
    return emptied


@transaction.atomic
def unlink(sessions: Collection[UUID]) -> int:
    """See `services.forget_sessions`."""
    calls = Call.objects.filter(session__in=sessions)
    calls.that_left().update(sent=[])
    return calls.update(session=None, turn=None)


def forget_dropped() -> int:
    """Deletes what was said of answers that are kept no longer; how many rows."""
    over = DroppedAnswer.objects.filter(at__lt=timezone.now() - ANSWERS_LIVE)
    return over.delete()[0]
