"""Files that operators send: up by a form, then with a line."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.chat.attachments.links import linked
from apps.chat.attachments.making import FileRefusedError, Upload
from apps.chat.attachments.services import attach, chosen, take
from apps.chat.models import Attachment, Message
from apps.console import frames
from apps.console.verbs.actors import Actor
from apps.engine.types import Author
from apps.handoff import services
from apps.handoff.refusals import RefusalCode, Refused

MOST_FILES = 10


def take_file(file: Upload, session: UUID, actor: Actor) -> dict[str, Any]:
    """Keeps a file for a line to this session; what a line's `attachments` will say of it. Not in a
    transaction. Raises Refused, for a session that is not the operator's to see, and
    FileRefusedError."""
    kept = take(file, session=actor.session(session).pk, by=Author.OPERATOR)
    [told] = linked({"attachments": [kept.told()]})["attachments"]
    return dict(told)


@transaction.atomic
def send_with_files(frame: frames.Send, actor: Actor) -> Message:
    """An operator's line with its files, both or neither. Raises Refused."""
    if len(frame.attachments) > MOST_FILES:
        detail = _("A message may have %(most)s files.") % {"most": MOST_FILES}
        raise Refused(RefusalCode.TOO_LONG, detail, limit=MOST_FILES)
    try:
        files = chosen(
            frame.attachments, session=frame.session, by=Author.OPERATOR, cmid=frame.cmid
        )
        said = services.answer(
            session_id=frame.session,
            operator=actor.operator,
            text=frame.text,
            cmid=frame.cmid,
            seen_seq=frame.seen_seq,
            anyway=frame.anyway,
            attachments=[file.told() for file in files],
            draft_stamp=frame.draft,
            suggestion=frame.suggestion,
        )
        attach(_free(files), message=said.pk)
    except FileRefusedError as error:
        raise Refused(RefusalCode.NOT_FOUND) from error
    return said


def _free(files: Collection[Attachment]) -> list[Attachment]:
    """Of a resend they hang on the line already."""
    return [file for file in files if file.message_id is None]
