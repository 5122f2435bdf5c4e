"""Verbs on files that come with lines. A file is sent first and named by a line afterwards."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.chat.attachments import files
from apps.chat.attachments.making import FileRefusedError, Made, Upload, make
from apps.chat.codes import Code
from apps.chat.models import Attachment, Session
from apps.chat.threads import in_thread
from apps.engine.types import Author
from apps.guard import limits

# Pictures that a process makes anew at once; those beyond wait. A core for each.
AT_ONCE: Final = 2
HOUR: Final = timedelta(hours=1)

_pool = ThreadPoolExecutor(AT_ONCE, "attachments")


async def take_in(upload: Upload, *, session: UUID, by: Author, address: str = "") -> Attachment:
    """For a door on an event loop: `take`, with its slow part on threads of its own."""
    await in_thread(check_room, session=session, by=by, address=address)
    made = await sync_to_async(make, thread_sensitive=False, executor=_pool)(upload)
    try:
        return await in_thread(keep, made, session=session, by=by, address=address)
    except BaseException:
        files.remove(made.path)
        raise


def take(upload: Upload, *, session: UUID, by: Author, address: str = "") -> Attachment:
    """Checks a file and keeps it, for a line that will name it: `by` Author.VISITOR or
    Author.OPERATOR, and `address` for a visitor, whose files are counted. Not in a transaction: the
    connection is given back while the file is made.

    Raises FileRefusedError.
    """
    check_room(session=session, by=by, address=address)
    if not connection.in_atomic_block:
        connection.close()
    made = _pool.submit(make, upload).result()
    try:
        return keep(made, session=session, by=by, address=address)
    except BaseException:
        files.remove(made.path)
        raise


def check_room(*, session: UUID, by: Author, address: str) -> None:
    """Before anything is done with a file. Raises FileRefusedError."""
    if by is not Author.VISITOR or limits.is_trusted(address):
        return
    if wait := _wait_of(session) or limits.uploads.take(address):
        raise FileRefusedError(Code.TOO_MANY_FILES, retry_after=wait)


@transaction.atomic
def keep(made: Made, *, session: UUID, by: Author, address: str = "") -> Attachment:
    """The row of a file that was made. Files that came at once each counted without the others: the
    session is locked and they are counted again. Raises FileRefusedError; the file stays then."""
    known = Session.objects.select_for_update(no_key=True).filter(id=session, closed_at=None)
    if not known.values_list("id", flat=True).first():
        raise FileRefusedError(Code.TOKEN_UNKNOWN)
    is_counted = by is Author.VISITOR and not limits.is_trusted(address)
    if is_counted and (wait := _wait_of(session)):
        raise FileRefusedError(Code.TOO_MANY_FILES, retry_after=wait)
    return Attachment.objects.create(
        session_id=session,
        uploaded_by=by,
        name=made.name,
        type=made.type,
        bytes=made.bytes,
        sha256=made.sha256,
        path=made.path,
        width=made.width,
        height=made.height,
    )


def _wait_of(session: UUID) -> float:
    """Seconds until the session may send another file, 0.0 if it may now."""
    most = settings.ATTACHMENTS.per_session
    since = timezone.now() - HOUR
    sent = Attachment.objects.of_visitor(session).filter(created_at__gt=since)
    times = sent.order_by("-created_at").values_list("created_at", flat=True)[:most]
    if len(times) < most:
        return 0.0
    return max(1.0, (times[most - 1] - since).total_seconds())


def chosen(
    ids: Collection[UUID], *, session: UUID, by: Author, cmid: UUID | None = None
) -> list[Attachment]:
    """The files that a line names, in its order: of this session and this side, and named by no
    line but one with this `cmid`, which is a resend. Raises FileRefusedError."""
    rows = Attachment.objects.filter(id__in=ids, session_id=session, uploaded_by=by)
    found = {one.id: one for one in rows.select_related("message")}
    free = [
        found[one]
        for one in dict.fromkeys(ids)
        if one in found and (found[one].message is None or _is_line(found[one], cmid))
    ]
    if len(free) != len(set(ids)):
        raise FileRefusedError(Code.FILE_UNKNOWN)
    return free


def _is_line(attachment: Attachment, cmid: UUID | None) -> bool:
    return attachment.message is not None and cmid is not None and attachment.message.cmid == cmid


def attach(attachments: Sequence[Attachment], *, message: UUID) -> None:
    """They belong to this line now, also when they did before. Call in the transaction that stores
    it, with its session locked. Raises FileRefusedError when another line was quicker."""
    free = Q(message=None) | Q(message=message)
    ids = [one.id for one in attachments]
    if Attachment.objects.filter(free, id__in=ids).update(message=message) != len(ids):
        raise FileRefusedError(Code.FILE_UNKNOWN)
