"""What the staff's templates say in their own way: `{% load staff %}`."""

from datetime import datetime
from typing import Any

from django import template
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from helpdesk import roles

register = template.Library()

MINUTE_S = 60


@register.filter
def ago(then: datetime) -> str:
    """“5 minutes ago”; Django's own would begin with “0 minutes”."""
    if (timezone.now() - then).total_seconds() < MINUTE_S:
        return _("just now")
    return _("%(time)s ago") % {"time": timesince(then)}


@register.filter
def page_of(entry: LogEntry) -> str:
    """Where the row of a recent action is shown; nothing once the row is gone."""
    model = entry.content_type.model_class() if entry.content_type else None
    if entry.is_deletion() or model is None:
        return ""
    try:
        is_there = model._base_manager.filter(pk=entry.object_id).exists()
    except (ValueError, ValidationError):
        is_there = False
    return (entry.get_admin_url() or "") if is_there else ""


@register.filter
def called(row: Any) -> str:
    """A row's name in the reader's language."""
    return roles.title(row) if isinstance(row, Group) else str(row)
