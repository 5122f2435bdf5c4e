"""What operators say to visitors, and to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.items import UNSTORABLE, Line
from apps.chat.models import Message, Session
from apps.engine.types import Author
from apps.handoff import phrases, stages
from apps.handoff.events import publish_tickets
from apps.handoff.locking import is_live, lock_open_ticket, lock_session, not_yours
from apps.handoff.models import Draft, Note, Operator, Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services.leaving import refuse_left
from apps.handoff.services.macros import refuse_unfilled
from apps.handoff.services.mails import expect_answer
from apps.handoff.services.suggesting import drop_suggestion
from apps.handoff.trail import change, record

LONGEST_ANSWER = 10_000
LONGEST_NOTE = 10_000
CORRECTED_WITHIN_S = 120


@transaction.atomic
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
    `anyway`), not_yours (by=), closed, not_found, empty, too_long (limit=), bad_text, cmid_conflict,
    unknown_macro_variable (variable=).
    """
    _check(text, LONGEST_ANSWER, may_be_empty=bool(attachments))
    refuse_unfilled(text)
    session = lock_session(session_id)
    if known := _stored(session, operator, cmid, text):
        return known
    ticket = _ticket_of(session, operator)
    if not anyway:
        _refuse_unseen(session, operator, seen_seq)
    refuse_left(session, by_mail=True)
    meta: dict[str, Any] = {"operator": operator.pk}
    if attachments:
        meta |= {"attachments": [dict(one) for one in attachments]}
    line = Line(Author.OPERATOR, text, name=operator.name, meta=meta, cmid=cmid)
    stages.say(session, line)
    now = timezone.now()
    change(ticket, waiting_since=None, first_response_at=ticket.first_response_at or now)
    publish_tickets([ticket.pk])
    Draft.objects.filter(session=session, operator=operator).delete()
    drop_suggestion(session)
    expect_answer(session=session)
    return Message.objects.get(pk=line.id)


@transaction.atomic
def correct(*, message_id: UUID, operator: Operator, text: str) -> Message:
    """Puts another text in place of one's own line, within 120 s. What it said before is kept in
    `meta.edited` as [{"text", "at"}], which no visitor is shown; a system line with `meta.corrects`
    ({"seq", "text"}) tells those who have read it.

    Refused: too_late, not_yours, not_found, empty, too_long, bad_text.
    """
    _check(text, LONGEST_ANSWER)
    found = Message.objects.filter(pk=message_id, author=Author.OPERATOR).only("session").first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    refuse_unfilled(text)
    session = lock_session(found.session_id)
    message = Message.objects.get(pk=message_id)
    if message.meta.get("operator") != operator.pk:
        raise Refused(RefusalCode.NOT_YOURS, by=message.name)
    if message.created_at < timezone.now() - timedelta(seconds=CORRECTED_WITHIN_S):
        raise Refused(RefusalCode.TOO_LATE)
    if text != message.text:
        _put(message, session, operator, text)
    return message


@transaction.atomic
def note(*, session_id: UUID, operator: Operator, text: str, cmid: UUID | None = None) -> Note:
    """A word for the colleagues, once for its `cmid`. Refused: empty, too_long, bad_text,
    not_found."""
    _check(text, LONGEST_NOTE)
    session = lock_session(session_id)
    if cmid and (known := Note.objects.filter(session=session, operator=operator, cmid=cmid)):
        return known[0]
    made = Note.objects.create(session=session, operator=operator, text=text, cmid=cmid)
    if ticket := Ticket.objects.filter(session=session).order_by("-pk").first():
        change(ticket)
        record(ticket, TicketEvent.Kind.NOTED, operator)
    return made


@transaction.atomic
def save_draft(*, session_id: UUID, operator: Operator, text: str) -> Draft | None:
    """Keeps what is not sent yet; an empty text keeps nothing. Refused: too_long, bad_text,
    not_found."""
    _check(text, LONGEST_ANSWER, may_be_empty=True)
    mine = Draft.objects.filter(session=session_id, operator=operator)
    if not text:
        mine.delete()
        return None
    if not Session.objects.filter(pk=session_id).exists():
        raise Refused(RefusalCode.NOT_FOUND)
    kept, _ = Draft.objects.update_or_create(
        session_id=session_id,
        operator=operator,
        defaults={"text": text, "updated_at": timezone.now()},
    )
    return kept


def _check(text: str, limit: int, *, may_be_empty: bool = False) -> None:
    if not may_be_empty and not text.strip():
        raise Refused(RefusalCode.EMPTY)
    if len(text) > limit:
        raise Refused(RefusalCode.TOO_LONG, limit=limit)
    if UNSTORABLE.search(text):
        raise Refused(RefusalCode.BAD_TEXT)


def _stored(session: Session, operator: Operator, cmid: UUID, text: str) -> Message | None:
    """What a resend finds."""
    lines = Message.objects.filter(session=session, author=Author.OPERATOR, cmid=cmid)
    known = lines.first()
    if known and (known.meta.get("operator") != operator.pk or _first_text(known) != text):
        raise Refused(RefusalCode.CMID_CONFLICT)
    return known


def _first_text(message: Message) -> str:
    edited = message.meta.get("edited")
    return str(edited[0]["text"]) if edited else message.text


def _ticket_of(session: Session, operator: Operator) -> Ticket:
    ticket = lock_open_ticket(session)
    if ticket is None:
        raise Refused(RefusalCode.CLOSED)
    if ticket.operator_id != operator.pk or not is_live(session):
        raise not_yours(ticket)
    return ticket


def _refuse_unseen(session: Session, operator: Operator, seen_seq: int) -> None:
    lines = Message.objects.after(session.pk, seen_seq).filter(author=Author.OPERATOR)
    unseen = lines.exclude(meta__operator=operator.pk).last()
    if unseen:
        at = unseen.created_at.isoformat()
        told = {"seq": unseen.seq, "name": unseen.name, "text": unseen.text, "at": at}
        raise Refused(RefusalCode.UNSEEN, message=told)


def _put(message: Message, session: Session, operator: Operator, text: str) -> None:
    before = {"text": message.text, "at": timezone.now().isoformat()}
    message.meta = {**message.meta, "edited": [*message.meta.get("edited", []), before]}
    message.text = text
    message.save(update_fields=["text", "meta"])
    line = phrases.system_line(phrases.CORRECTED, session, name=operator.name, text=text)
    corrects = {"corrects": {"seq": message.seq, "text": text}}
    stages.say(session, replace(line, meta=corrects))
    if ticket := lock_open_ticket(session):
        change(ticket)
        record(ticket, TicketEvent.Kind.CORRECTED, operator, seq=message.seq)
