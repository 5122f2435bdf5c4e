"""What operators have written and not sent. It is kept for each of them and each session, and the
newest counts, in whatever order it comes: a page that goes away says its last word over another way
than the words before it."""

from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.chat.models import Session
from apps.handoff.models import Draft, Operator
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.texts import check_text

Kind = Literal["reply", "note"]
REPLY: Kind = "reply"
NOTE: Kind = "note"
# More than may be sent: what is too long is there to be made shorter.
LONGEST_DRAFT = 20_000
FIELDS = {REPLY: ("text", "stamp"), NOTE: ("note", "note_stamp")}


@transaction.atomic
def save_draft(
    *,
    session_id: UUID,
    operator: Operator,
    text: str,
    kind: Kind = REPLY,
    stamp: int | None = None,
) -> bool:
    """False where something with this `stamp` or a newer one is kept already. Stamps are milliseconds
    of this server's clock, at least one more than the last; None: now. What is empty is kept as well:
    else an older text that comes late would be there again.

    Refused: too_long (limit=), bad_text, not_found.
    """
    check_text(text, LONGEST_DRAFT, may_be_empty=True)
    session = Session.objects.filter(pk=session_id).only("pk").first()
    if session is None:
        raise Refused(RefusalCode.NOT_FOUND)
    stamp = _now() if stamp is None else stamp
    named, stamped = FIELDS[kind]
    older = _row(session, operator).filter(**{f"{stamped}__lt": stamp})
    return bool(older.update(updated_at=timezone.now(), **{named: text, stamped: stamp}))


def drop_draft(*, session: Session, operator: Operator, kind: Kind, stamp: int | None) -> None:
    """It was sent, as it stood at `stamp` (None: now). Inside the transaction that stores what was
    sent."""
    stamp = _now() if stamp is None else stamp
    named, stamped = FIELDS[kind]
    sent = _row(session, operator).filter(**{f"{stamped}__lte": stamp})
    sent.update(updated_at=timezone.now(), **{named: "", stamped: stamp})


def _row(session: Session, operator: Operator) -> QuerySet[Draft]:
    Draft.objects.bulk_create([Draft(session=session, operator=operator)], ignore_conflicts=True)
    return Draft.objects.filter(session=session, operator=operator)


def _now() -> int:
    return int(timezone.now().timestamp() * 1000)
