"""Files that nobody needs any more."""

from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.chat.attachments import files
from apps.chat.attachments.services import attach
from apps.chat.models import Attachment, Message

AT_ONCE = 500


def delete_unused() -> int:
    """Those that were sent a day ago and that no line has named; how many. A line that names one
    without having made it its own keeps it."""
    before = timezone.now() - timedelta(seconds=settings.ATTACHMENTS.unused_s)
    with transaction.atomic():
        rows = Attachment.objects.unused().filter(created_at__lt=before)
        found = rows.select_for_update(skip_locked=True)[:AT_ONCE]
        held = [one for one in found if not _taken(one)]
        Attachment.objects.filter(pk__in=[one.pk for one in held]).delete()
    for one in held:
        files.remove(one.path)
    return len(held)


def _taken(attachment: Attachment) -> bool:
    named = {"attachments": [{"id": str(attachment.pk)}]}
    lines = Message.objects.filter(session=attachment.session_id, meta__contains=named)
    line = lines.first()
    if line:
        attach([attachment], message=line.pk)
    return line is not None


def delete_orphans() -> int:
    """Files without a row: their session was erased, or their process ended before it had made one;
    how many. A file is younger than a day while that may still come."""
    old = files.older_than(settings.ATTACHMENTS.unused_s)
    gone = 0
    while paths := list(islice(old, AT_ONCE)):
        known = set(Attachment.objects.filter(path__in=paths).values_list("path", flat=True))
        for path in set(paths) - known:
            files.remove(path)
            gone += 1
    return gone
