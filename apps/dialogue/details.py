"""The details of a visitor's flow in an operator's hands: put right, or asked for with a form."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.chat.items import Item, Line
from apps.chat.journal import append
from apps.chat.models import Session
from apps.dialogue import slots
from apps.dialogue.play import Standing
from apps.engine import turn
from apps.engine.commands import SetSlot, Unfit
from apps.engine.filling import fill
from apps.engine.flows import SlotSpec, in_language
from apps.engine.memory import dump
from apps.engine.scene import Scene
from apps.engine.types import Author, Snapshot
from apps.handoff import stages
from apps.handoff.locking import lock_open_ticket, lock_session, not_yours
from apps.handoff.models import Operator, Ticket, TicketEvent
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.trail import change, record

Kind = TicketEvent.Kind


@transaction.atomic
def edit_slot(
    *, session_id: UUID, operator: Operator, slot: str, value: str, language: str = ""
) -> Ticket:
    """Puts a value in a slot of the flow that the visitor is in, checked as if they had typed it;
    what stood there before is in the ticket's history. `language` is that of a refusal's words.

    Refused: not_found (no flow, or it has no such slot), bad_value, not_yours, closed.
    """
    session = lock_session(session_id)
    ticket = _ticket(session, operator)
    standing = Standing.of(session)
    snapshot = standing.snapshot()
    spec = _spec(snapshot, slot)
    command = next(iter(turn.typed(snapshot, {slot: value})), None)
    if not isinstance(command, SetSlot):
        code = command.problem if isinstance(command, Unfit) else ""
        raise _unfit(code, spec, language or session.language)
    scene = Scene.of(snapshot, session.language)
    fill(command, scene)
    if scene.unfit:
        raise _unfit(scene.unfit.problem, spec, language or session.language)
    append(Item(session.id, session.version, memory=dump(scene.memory)))
    change(ticket)
    before, now = (_shown(spec, one, session.language) for one in (snapshot, scene.as_it_stands()))
    told = f"{slots.label(spec, session.language)}: {before} → {now}"
    record(ticket, Kind.SLOT_EDITED, operator, told, slot=slot)
    return ticket


@transaction.atomic
def ask_slot(*, session_id: UUID, operator: Operator, slot: str) -> UUID:
    """Asks the visitor for a slot of the flow that they are in, with its form, as the operator's
    line; its id. What they type into it is kept in the slot.

    Refused: as above.
    """
    session = lock_session(session_id)
    ticket = _ticket(session, operator)
    snapshot = Standing.of(session).snapshot()
    spec, language = _spec(snapshot, slot), session.language
    form = slots.form(spec, snapshot.book, language)
    # They may say so in their own words; a person reads them.
    form.pop("lack", None)
    text = in_language(spec.prompts, language) or slots.label(spec, language)
    meta = {"operator": operator.pk, "form": form}
    line = stages.say(session, Line(Author.OPERATOR, text, name=operator.name, meta=meta))
    answered = ticket.first_response_at or timezone.now()
    change(ticket, waiting_since=None, first_response_at=answered)
    record(ticket, Kind.SLOT_ASKED, operator, slots.label(spec, language), slot=slot)
    return line


def _ticket(session: Session, operator: Operator) -> Ticket:
    ticket = lock_open_ticket(session)
    if ticket is None:
        raise Refused(RefusalCode.CLOSED)
    if ticket.operator_id != operator.pk and not operator.can("supervise"):
        raise not_yours(ticket)
    return ticket


def _spec(snapshot: Snapshot, slot: str) -> SlotSpec:
    active = snapshot.memory.active
    flow = snapshot.book.by_version.get((active.flow, active.version)) if active else None
    spec = flow.by_name.get(slot) if flow else None
    if spec is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return spec


def _unfit(code: str, spec: SlotSpec, language: str) -> Refused:
    return Refused(RefusalCode.BAD_VALUE, slots.problem(code, spec, language) or None)


def _shown(spec: SlotSpec, snapshot: Snapshot, language: str) -> str:
    active = snapshot.memory.active
    given = active.slots.get(spec.name) if active else None
    return slots.in_words(spec, given, snapshot.book, language) if given else slots.NOTHING
