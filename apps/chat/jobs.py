"""Housekeeping as plain functions."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.chat.models import Session, Visitor, VisitorToken
from apps.llm.jobs import unlink
from apps.llm.models import Call

SILENT_FOR = timedelta(days=2)
AT_ONCE = 1_000


def delete_expired_tokens() -> int:
    return VisitorToken.objects.expired().delete()[0]


@transaction.atomic
def delete_silent_visitors() -> int:
    """Those who came and never said a word; how many they were.

    Locks the visitors and then their sessions, as whoever enters does. A first line that comes
    meanwhile waits, and keeps its visitor if it was quicker.
    """
    spoke = Session.objects.filter(visitor=OuterRef("pk"), last_seq__gt=0)
    before = timezone.now() - SILENT_FOR
    silent = Visitor.objects.filter(~Exists(spoke), created_at__lt=before)
    # Who is entering is left for the next time.
    held = set(silent.select_for_update(skip_locked=True).values_list("pk", flat=True)[:AT_ONCE])
    sessions = Session.objects.filter(visitor__in=held).select_for_update().order_by("pk")
    lines = sessions.values_list("visitor", "last_seq")
    quicker = {visitor for visitor, last_seq in lines if last_seq}
    deleted = Visitor.objects.filter(pk__in=held - quicker).delete()
    return deleted[1].get("chat.Visitor", 0)


def forget_erased() -> int:
    """Empties and unlinks the calls of models for sessions that are gone: of those that went with
    their visitor or site, and what was booked while one was erased. How many calls."""
    stands = Session.objects.filter(pk=OuterRef("session"))
    calls = Call.objects.filter(session__isnull=False).exclude(Exists(stands))
    gone = calls.order_by().values_list("session", flat=True).distinct()
    forgotten = 0
    while sessions := [session for session in gone[:AT_ONCE] if session]:
        forgotten += unlink(sessions)
    return forgotten
