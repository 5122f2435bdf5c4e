"""A session as an operator reads it: its lines, and everything known about it beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import translation

from apps.chat.causes import CAUSES
from apps.chat.devices import device
from apps.chat.models import Message, Session, Transition, Visitor
from apps.console.lines import Frame, edited_at, line, note, own
from apps.console.people import spoken
from apps.dialogue import by_operators, wiring
from apps.dialogue.play import Standing
from apps.engine.flows import in_language
from apps.handoff.models import Draft, Note, Ticket, TicketEvent
from apps.handoff.packets import shown
from apps.handoff.services import current

# Of lines, and of notes; of each no more than fit into so many bytes, and at least one.
PAGE, PAGE_BYTES = 100, 2**18
MOVES, EVENTS, PAST = 30, 60, 10
# Of the history of tickets; notes and last words stand in the thread themselves.
EVENT_TEXT = 500
Written = TypeVar("Written", Message, Note)


@dataclass(frozen=True, slots=True)
class Thread:
    """`frame` for the operator, `facts` those in it, `edits` when each corrected line was changed, by
    its id, and how far lines and notes reach; `oldest` is the first note that it holds."""

    frame: Frame
    facts: Frame
    seq: int
    note: int
    read: int
    edits: dict[str, str]
    oldest: int = 0


def read_thread(session_id: UUID, operator: int, language: str) -> Thread:
    """Everything but the row. Raises Session.DoesNotExist."""
    session = Session.objects.select_related("site", "visitor").get(id=session_id)
    messages = page(session_id, before=session.last_seq + 1)
    notes = notes_page(session_id, before=2**53)
    oldest = notes[0].pk if notes else 0
    known = facts(session, language)
    frame = {
        "type": "thread",
        "session": str(session.id),
        "last_seq": session.last_seq,
        "messages": [own(line(one), operator) for one in messages],
        "more": has_more(session_id, messages, oldest),
        **known,
        "past": past(session),
        "notes": [note(one) for one in notes],
        "drafts": drafts(session, operator),
        "read": session.read_seq,
    }
    edits = {str(one.id): at for one in messages if (at := edited_at(one))}
    last_note = notes[-1].pk if notes else 0
    return Thread(frame, known, session.last_seq, last_note, session.read_seq, edits, oldest)


@dataclass(frozen=True, slots=True)
class Older:
    """`oldest` is the first note that the console has with it."""

    frame: Frame
    oldest: int


def older(session_id: UUID, before: int, note_before: int, operator: int) -> Older:
    """The lines and notes before those that a console has; no notes when it has none."""
    messages = page(session_id, before)
    notes = notes_page(session_id, note_before)
    oldest = notes[0].pk if notes else note_before
    frame = {
        "type": "older",
        "session": str(session_id),
        "messages": [own(line(one), operator) for one in messages],
        "notes": [note(one) for one in notes],
        "more": has_more(session_id, messages, oldest),
    }
    return Older(frame, oldest)


def drafts(session: Session, operator: int) -> Frame:
    """What the operator has written there and not sent, with its stamps."""
    kept = Draft.objects.filter(session=session, operator=operator).first() or Draft()
    return {
        "reply": {"text": kept.text, "stamp": kept.stamp},
        "note": {"text": kept.note, "stamp": kept.note_stamp},
    }


def page(session_id: UUID, before: int) -> list[Message]:
    """The lines before a number, oldest first."""
    found = Message.objects.filter(session_id=session_id, seq__lt=before).order_by("-seq")
    return _fitting(found[:PAGE])


def notes_page(session_id: UUID, before: int) -> list[Note]:
    """The notes before one, oldest first."""
    found = Note.objects.filter(session_id=session_id, pk__lt=before).select_related("operator")
    return _fitting(found.order_by("-pk")[:PAGE])


def _fitting(newest: Iterable[Written]) -> list[Written]:
    taken: list[Written] = []
    size = 0
    for one in newest:
        size += len(one.text.encode())
        if taken and size > PAGE_BYTES:
            break
        taken.append(one)
    return taken[::-1]


def has_more(session_id: UUID, messages: list[Message], oldest: int) -> bool:
    """Whether there are lines before these, or notes before the oldest."""
    if messages and messages[0].seq > 1:
        return True
    return Note.objects.filter(session=session_id, pk__lt=oldest).exists()


def facts(session: Session, language: str) -> Frame:
    """What changes while the talk goes on, in the operator's language. Five queries."""
    tickets = Ticket.objects.filter(session=session).order_by("-created_at")
    ticket = tickets.filter(status=Ticket.Status.OPEN).first() or tickets.first()
    with translation.override(language):
        return {
            "packet": shown(ticket.packet) if ticket and ticket.packet else None,
            **_flow(session, language),
            "closed": session.closed_at is not None,
            "transitions": _transitions(session),
            "visitor": _visitor(session, ticket),
            "suggestion": _suggestion(session),
            "csat": _csat(session),
            "events": _events(session),
        }


def past(session: Session) -> list[Frame]:
    """Other sessions of the same browser, and of the same person where that is proved."""
    visitor = session.visitor
    visitors = Visitor.objects.same_person(visitor).values("pk")
    theirs = Q(visitor=visitor) | Q(visitor__in=visitors)
    found = Session.objects.filter(theirs, last_seq__gt=0).exclude(pk=session.pk)
    newest = found.order_by("-updated_at").defer("memory")[:PAST]
    summaries = dict(
        Ticket.objects.filter(session__in=[one.pk for one in newest])
        .order_by("created_at")
        .values_list("session_id", "about")
    )
    return [
        {
            "id": str(one.pk),
            "at": one.updated_at.isoformat(),
            "summary": summaries.get(one.pk, "")[:200],
            "mode": one.mode,
            "csat": one.csat,
        }
        for one in newest
    ]


def _flow(session: Session, language: str) -> Frame:
    """The flow that the visitor is in, with every detail of it, also those that are missing."""
    active = Standing.of(session).memory.active
    book = wiring.book(session.site_id)
    flow = book.by_version.get((active.flow, active.version)) if active else None
    return {
        "flow": (in_language(flow.names, spoken(language)) or flow.key) if flow else None,
        "slots": by_operators.details(session, spoken(language)),
    }


def _transitions(session: Session) -> list[Frame]:
    found = Transition.objects.filter(session=session).order_by("-pk")[:MOVES]
    return [
        {
            "from": one.from_state,
            "to": one.to_state,
            "cause": str(CAUSES.get(one.cause, one.cause)),
            "at": one.created_at.isoformat(),
            "by": one.command,
        }
        for one in reversed(found)
    ]


def _visitor(session: Session, ticket: Ticket | None) -> Frame:
    """Name and address as proved, else as they were left."""
    visitor = session.visitor
    return {
        "name": visitor.name or (ticket.name if ticket else ""),
        "email": visitor.email or (ticket.email if ticket else ""),
        "phone": ticket.phone if ticket else "",
        "verified": bool(visitor.external_id),
        "external_id": visitor.external_id,
        "page": {"url": visitor.page_url, "title": visitor.page_title},
        "device": device(visitor.device),
        "locale": visitor.locale,
        "first_seen": visitor.created_at.isoformat(),
    }


def _csat(session: Session) -> Frame | None:
    if not session.csat:
        return None
    return {"score": session.csat, "comment": session.csat_comment}


def _suggestion(session: Session) -> Frame | None:
    """The one that still fits what was said last."""
    found = current(session_id=session.pk)
    if found is None:
        return None
    return {"id": found.pk, "text": found.text, "sources": found.basis, "to_seq": found.to_seq}


def _events(session: Session) -> list[Frame]:
    found = TicketEvent.objects.filter(ticket__session=session).select_related("operator")
    return [
        {
            "id": one.pk,
            "kind": one.kind,
            "label": one.get_kind_display(),
            "operator": one.operator and {"id": one.operator.pk, "name": one.operator.name},
            "text": one.text[:EVENT_TEXT],
            "data": one.data,
            "at": one.at.isoformat(),
        }
        for one in reversed(found.order_by("-pk")[:EVENTS])
    ]
