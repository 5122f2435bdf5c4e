"""What operators say to visitors, and to each other."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.chat.models import Message
from apps.handoff.models import Draft, Note, Operator

LONGEST_ANSWER = 10_000
LONGEST_NOTE = 10_000
CORRECTED_WITHIN_S = 120


def answer(  # noqa: PLR0913  # what an answer is made of; each is named where it is called
    *,
    session_id: UUID,
    operator: Operator,
    text: str,
    cmid: UUID,
    seen_seq: int,
    anyway: bool = False,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Message:
    """Stores an operator's line, once for its `cmid`. `seen_seq` is the last line on the operator's
    screen; `attachments` are as `meta.attachments` shows them.

    Refused: unseen (message={seq, name, text, at}: a colleague's line behind `seen_seq`, unless
    `anyway`), not_yours, closed, not_found, empty, too_long (limit=), bad_text, cmid_conflict.
    """
    raise NotImplementedError


def correct(*, message_id: UUID, operator: Operator, text: str) -> Message:
    """Puts another text in place of one's own line, within 120 s. What it said before is kept in
    `meta.edited` as [{"text", "at"}], which no visitor is shown.

    Refused: too_late, not_yours, not_found, empty, too_long, bad_text.
    """
    raise NotImplementedError


def note(*, session_id: UUID, operator: Operator, text: str, cmid: UUID | None = None) -> Note:
    """A word for the colleagues, once for its `cmid`. Refused: empty, too_long, not_found."""
    raise NotImplementedError


def save_draft(*, session_id: UUID, operator: Operator, text: str) -> Draft | None:
    """Keeps what is not sent yet; an empty text keeps nothing. Refused: too_long, not_found."""
    raise NotImplementedError
