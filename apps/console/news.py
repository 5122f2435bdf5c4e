"""What is new in the threads that are open on some console."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from apps.chat.models import Message, Session
from apps.console.lines import Frame, edited_at, line, note
from apps.console.threads import PAGE, facts
from apps.engine.types import Author
from apps.handoff.models import Note

# Lines are corrected within two minutes; the rest is for those who come late.
CORRECTED_OF_LATE = timedelta(minutes=10)


class Since(NamedTuple):
    """What the console that has seen least has seen, and the languages that are read."""

    seq: int
    note: int
    languages: frozenset[str]


@dataclass(slots=True)
class News:
    """`lines` and `notes` behind what was asked for, `edited` the corrected ones of late, `facts`
    by language. `more`: there are further lines."""

    lines: list[Frame] = field(default_factory=list)
    notes: list[Frame] = field(default_factory=list)
    edited: list[Frame] = field(default_factory=list)
    facts: dict[str, Frame] = field(default_factory=dict)
    read: int = 0
    more: bool = False


def read(asked: Mapping[UUID, Since]) -> dict[UUID, News]:
    """Without sessions that have been erased. Some ten queries for each: few are open."""
    found = Session.objects.filter(id__in=asked).select_related("site", "visitor")
    return {session.id: _read(session, asked[session.id]) for session in found}


def _read(session: Session, since: Since) -> News:
    rows = list(Message.objects.after(session.id, since.seq)[:PAGE])
    notes = Note.objects.filter(session=session, pk__gt=since.note)
    return News(
        lines=[line(one) for one in rows],
        notes=[note(one) for one in notes.select_related("operator").order_by("pk")],
        edited=[line(one) for one in _edited(session, since.seq)],
        facts={language: facts(session, language) for language in since.languages},
        read=session.read_seq,
        more=len(rows) == PAGE,
    )


def _edited(session: Session, seq: int) -> Collection[Message]:
    late = timezone.now() - CORRECTED_OF_LATE
    lines = Message.objects.filter(session=session, author=Author.OPERATOR, seq__lte=seq)
    found = lines.filter(created_at__gt=late, meta__has_key="edited").order_by("seq")
    return [one for one in found if edited_at(one)]
