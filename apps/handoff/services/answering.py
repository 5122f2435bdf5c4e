"""What operators say to visitors, and to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.items import Line
from apps.chat.models import Message, Session
from apps.engine.types import Author
from apps.handoff import phrases, stages
from apps.handoff.events import publish_tickets
from apps.handoff.locking import lock_open_ticket, lock_own_ticket, lock_session
from apps.handoff.models import Note, Operator, Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services.drafts import NOTE, REPLY, drop_draft
from apps.handoff.services.leaving import refuse_left
from apps.handoff.services.macros import refuse_unfilled
from apps.handoff.services.mails import expect_answer
from apps.handoff.services.suggesting import drop_suggestion, use_suggestion
from apps.handoff.texts import LONGEST_ANSWER, LONGEST_NOTE, check_text
from apps.handoff.trail import change, record

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
    draft_stamp: int | None = None,
    suggestion: int | None = None,
) -> Message:
    """Stores an operator's line, once for its `cmid`. `seen_seq` is the last line on the operator's
    screen; `attachments` are as `meta.attachments` shows them. What was drafted up to `draft_stamp`
    (None: until now) is gone with it. `suggestion` is the drafted answer that it was made of.

    Refused: unseen (message={seq, name, text, at}: a colleague's line behind `seen_seq`, unless
    `anyway`), not_yours (by=), closed, not_found, empty, too_long (limit=), bad_text, cmid_conflict,
    unknown_macro_variable (variable=).
    """
    check_text(text, LONGEST_ANSWER, may_be_empty=bool(attachments))
    refuse_unfilled(text)
    session = lock_session(session_id)
    if known := _stored(session, operator, cmid, text):
        return known
    ticket = lock_own_ticket(session, operator)
    if not anyway:
        _refuse_unseen(session, operator, seen_seq)
    refuse_left(session, by_mail=True)
    meta: dict[str, Any] = {"operator": operator.pk}
    if attachments:
        meta |= {"attachments": [dict(one) for one in attachments]}
    line = Line(Author.OPERATOR, text, name=operator.name, meta=meta, cmid=cmid)
    stages.say(session, line)
    drop_draft(session=session, operator=operator, kind=REPLY, stamp=draft_stamp)
    if suggestion:
        use_suggestion(session=session, operator=operator, number=suggestion, text=text)
    note_answer(session, ticket)
    return Message.objects.get(pk=line.id)


def note_answer(session: Session, ticket: Ticket) -> None:
    """The visitor has a word, whichever verb stored it. Call behind the line, with both locked."""
    now = timezone.now()
    change(ticket, waiting_since=None, first_response_at=ticket.first_response_at or now)
    publish_tickets([ticket.pk])
    drop_suggestion(session)
    expect_answer(session=session)


@transaction.atomic
def correct(*, message_id: UUID, operator: Operator, text: str) -> Message:
    """Puts another text in place of one's own line, within 120 s. What it said before is kept in
    `meta.edited` as [{"text", "at"}], which no visitor is shown; a system line with `meta.corrects`
    ({"seq", "text"}) tells those who have read it.

    Refused: too_late, not_yours, not_found, empty, too_long, bad_text.
    """
    check_text(text, LONGEST_ANSWER)
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
def note(
    *,
    session_id: UUID,
    operator: Operator,
    text: str,
    cmid: UUID | None = None,
    draft_stamp: int | None = None,
) -> Note:
    """A word for the colleagues, once for its `cmid`; what was drafted of it up to `draft_stamp`
    (None: until now) is gone. Refused: empty, too_long, bad_text, not_found."""
    check_text(text, LONGEST_NOTE)
    session = lock_session(session_id)
    if cmid and (known := Note.objects.filter(session=session, operator=operator, cmid=cmid)):
        return known[0]
    made = Note.objects.create(session=session, operator=operator, text=text, cmid=cmid)
    drop_draft(session=session, operator=operator, kind=NOTE, stamp=draft_stamp)
    if ticket := Ticket.objects.filter(session=session).order_by("-pk").first():
        change(ticket)
        record(ticket, TicketEvent.Kind.NOTED, operator)
    return made


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
