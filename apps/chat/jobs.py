"""Housekeeping as plain functions."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.chat.models import Session, Visitor, VisitorToken

SILENT_FOR = timedelta(days=2)
AT_ONCE = 1_000


def delete_expired_tokens() -> int:
    return VisitorToken.objects.expired().delete()[0]


@transaction.atomic
def delete_silent_visitors() -> int:
    """Those who came and never said a word; how many they were.

    Their sessions are locked first: a first line that comes meanwhile waits, and keeps its visitor
    if it was quicker.
    """
    before = timezone.now() - SILENT_FOR
    silent = Session.objects.filter(last_seq=0, visitor__created_at__lt=before)
    locked = silent.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]
    held = {session.visitor_id for session in locked if session.last_seq == 0}
    spoke = Session.objects.filter(last_seq__gt=0).values("visitor")
    deleted = Visitor.objects.filter(id__in=held).exclude(id__in=spoke).delete()
    return deleted[1].get("chat.Visitor", 0)
