"""Housekeeping as plain functions."""

from apps.chat.models import VisitorToken


def delete_expired_tokens() -> int:
    return VisitorToken.objects.expired().delete()[0]
