"""Answers that a model writes for an operator, and what became of each: a label for later."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.chat.models import Message, Session
from apps.engine.types import Author
from apps.handoff.events import publish_tickets
from apps.handoff.locking import lock_open_ticket, lock_session
from apps.handoff.models import Operator, Suggestion
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.texts import LONGEST_ANSWER, check_text
from apps.handoff.trail import change

Choice = Suggestion.Choice
CHOSEN = {Choice.INSERTED, Choice.EDITED, Choice.DISMISSED}
# Behind a line of these an answer to what was said before is old.
MOVE_ON = (Author.VISITOR, Author.OPERATOR)


@transaction.atomic
def current(*, session_id: UUID) -> Suggestion | None:
    """The one that still fits; one behind which something was said is dropped."""
    found = _open(session_id).first()
    if found and _has_moved_on(session_id, found.to_seq):
        _open(session_id).filter(pk=found.pk).update(
            choice=Choice.DROPPED, chosen_at=timezone.now()
        )
        return None
    return found


@transaction.atomic
def suggest(
    *,
    session_id: UUID,
    text: str,
    basis: Sequence[Mapping[str, str]],
    route: str,
    to_seq: int,
) -> Suggestion | None:
    """Stores one in place of the last; None when the talk has moved on behind `to_seq`. Refused:
    not_found."""
    session = lock_session(session_id)
    if _has_moved_on(session_id, to_seq):
        return None
    drop_suggestion(session)
    ticket = lock_open_ticket(session)
    if ticket:
        change(ticket, packet={**ticket.packet, "draft": text})
        publish_tickets([ticket.pk])
    return Suggestion.objects.create(
        session=session,
        ticket=ticket,
        text=text,
        basis=[dict(one) for one in basis],
        route=route,
        to_seq=to_seq,
    )


@transaction.atomic
def choose_suggestion(
    *, suggestion_id: int, operator: Operator, choice: str, text: str = ""
) -> Suggestion:
    """What an operator did with it; `text` is what was made of one that was edited.

    Refused: not_found, too_late (it was chosen or dropped before), bad_value,
    too_long, bad_text.
    """
    if choice not in CHOSEN:
        raise Refused(RefusalCode.BAD_VALUE)
    check_text(text, LONGEST_ANSWER, may_be_empty=True)
    rows = Suggestion.objects.select_for_update(no_key=True)
    found = rows.filter(pk=suggestion_id).first()
    if found is None:
        raise Refused(RefusalCode.NOT_FOUND)
    if found.choice:
        raise Refused(RefusalCode.TOO_LATE)
    found.choice, found.chosen_by, found.chosen_at = choice, operator, timezone.now()
    found.used_text = text
    found.save(update_fields=["choice", "chosen_by", "chosen_at", "used_text"])
    return found


def use_suggestion(*, session: Session, operator: Operator, number: int, text: str) -> None:
    """What was made of it went to the visitor, also where the talk had moved on meanwhile. Call with
    the session locked; what was chosen before stays as it is."""
    unchosen = Suggestion.objects.filter(session=session, choice__in=["", Choice.DROPPED])
    found = unchosen.filter(pk=number).first()
    if found:
        found.choice = Choice.INSERTED if text.strip() == found.text.strip() else Choice.EDITED
        found.chosen_by, found.chosen_at, found.used_text = operator, timezone.now(), text
        found.save(update_fields=["choice", "chosen_by", "chosen_at", "used_text"])


def drop_suggestion(session: Session) -> None:
    """The session has moved on. Call with it locked."""
    _open(session.pk).update(choice=Choice.DROPPED, chosen_at=timezone.now())


def _open(session_id: UUID) -> QuerySet[Suggestion]:
    return Suggestion.objects.filter(session=session_id, choice="")


def _has_moved_on(session_id: UUID, to_seq: int) -> bool:
    return Message.objects.after(session_id, to_seq).filter(author__in=MOVE_ON).exists()
