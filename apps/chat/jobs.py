"""Housekeeping as plain functions."""

from datetime import timedelta

from django.utils import timezone

from apps.chat.models import Session, Visitor, VisitorToken

SILENT_FOR = timedelta(days=2)


def delete_expired_tokens() -> int:
    return VisitorToken.objects.expired().delete()[0]


def delete_silent_visitors() -> int:
    """Those who came and never said a word; how many they were."""
    spoke = Session.objects.filter(last_seq__gt=0).values("visitor")
    silent = Visitor.objects.filter(created_at__lt=timezone.now() - SILENT_FOR)
    return silent.exclude(id__in=spoke).delete()[1].get("chat.Visitor", 0)
