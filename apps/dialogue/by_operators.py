"""What operators do with what only flows and knowledge can tell: details, ready-made answers, and
the way back to the bot."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language

from apps.chat.models import Message, Session
from apps.dialogue import ladders, slots
from apps.dialogue.play import Standing
from apps.dialogue.tasks import enqueue_draft
from apps.dialogue.turns.opening import deadline_s
from apps.dialogue.turns.waking import wake
from apps.engine.book import Book
from apps.engine.by_hand import with_detail
from apps.engine.commands import SetSlot
from apps.engine.filling import value_of
from apps.engine.flows import FlowSpec, SlotSpec, in_language
from apps.engine.memory import dump
from apps.engine.recognise import parse
from apps.engine.subject import HIDDEN
from apps.engine.types import ActiveFlow
from apps.handoff import services
from apps.handoff.models import Operator, Ticket
from apps.handoff.packets import Detail
from apps.handoff.refusals import RefusalCode, Refused
from apps.handoff.services.details import ask_detail, keep_detail, lock_chat

LONGEST_VALUE = 500


def details(session: Session, language: str) -> list[dict[str, Any]]:
    """Those of the flow that the visitor is in, in its order: what `meta.form` says of each, with
    `name`, `value` in words and `raw` as a form takes it ("" while it is missing), `source` and
    `missing`. Empty without a flow."""
    standing = Standing.of(session)
    book = standing.snapshot().book
    found = _flow(standing, book)
    return [_told(spec, found[0], book, language) for spec in found[1].slots] if found else []


@transaction.atomic
def edit_slot(*, session_id: UUID, operator: Operator, slot: str, value: str) -> None:
    """Puts a value in place of what a detail has, as the flow would take it from the visitor.

    Refused: bad_value (with the sentence that says why), too_long (limit=), not_found (no such detail,
    or no flow), not_yours, closed.
    """
    if len(value) > LONGEST_VALUE:
        raise Refused(RefusalCode.TOO_LONG, limit=LONGEST_VALUE)
    session, ticket = lock_chat(session_id=session_id, operator=operator)
    standing = Standing.of(session)
    snapshot = standing.snapshot()
    spec = _spec(standing, snapshot.book, slot)
    taken = parse(spec, value, snapshot) if value.strip() else None
    if not isinstance(taken, SetSlot):
        why = slots.problem(taken.problem if taken else "shape", spec, get_language() or "en")
        raise Refused(RefusalCode.BAD_VALUE, why or None)
    given = value_of(replace(taken, start=0, end=0))
    keep_detail(
        session=session,
        ticket=ticket,
        operator=operator,
        memory=dump(with_detail(standing.memory, spec.name, given)),
        detail=Detail(
            spec.name,
            slots.label(spec, ticket.language),
            HIDDEN if spec.proof else slots.in_words(spec, given, snapshot.book, ticket.language),
            str(given.source),
        ),
    )


@transaction.atomic
def ask_slot(*, session_id: UUID, operator: Operator, slot: str) -> Message:
    """Sends the form for a detail, in the flow's own words; what is typed into it is kept. Refused:
    not_found (no such detail, or no flow), not_yours, closed."""
    session, ticket = lock_chat(session_id=session_id, operator=operator)
    standing = Standing.of(session)
    book = standing.snapshot().book
    spec = _spec(standing, book, slot)
    language = session.language
    text = in_language(spec.prompts, language) or slots.label(spec, language)
    form = slots.form(spec, book, language)
    return ask_detail(session=session, ticket=ticket, operator=operator, text=text, form=form)


def find_macros(*, query: str, operator: Operator, session_id: UUID) -> list[services.Filled]:
    """With the details as they stand now, in words. Refused: not_found."""
    session = Session.objects.select_related("site", "visitor").filter(pk=session_id).first()
    if session is None:
        raise Refused(RefusalCode.NOT_FOUND)
    told = details(session, session.language)
    known = {one["name"]: one["value"] for one in told if one["value"] not in {"", HIDDEN}}
    return services.find_macros(
        query=query, operator=operator, session_id=session_id, slots=known or None
    )


def return_to_bot(*, ticket_id: int, operator: Operator, instruction: str = "") -> Ticket:
    """`apps.handoff.services.return_to_bot`, with the site's own deadline for what the bot has to
    answer, and somebody woken for it."""
    site = Ticket.objects.filter(pk=ticket_id).values_list("site", flat=True).first()
    ticket = services.return_to_bot(
        ticket_id=ticket_id,
        operator=operator,
        instruction=instruction,
        deadline_s=deadline_s(site) if site else None,
    )
    transaction.on_commit(wake)
    return ticket


def has_model(site: int) -> bool:
    """Whether there is one that drafts answers and reads what `return_to_bot` is told; rules do
    neither."""
    return ladders.any_answers(site)


def want_suggestion(*, session_id: UUID) -> bool:
    """Asks a model for an answer to what the visitor said last; False where there is none to be
    asked. It comes as `apps.handoff.services.current`, some seconds later or not at all."""
    site = Session.objects.filter(pk=session_id).values_list("site", flat=True).first()
    if site is None or not ladders.any_answers(site):
        return False
    enqueue_draft(session_id)
    return True


def _told(spec: SlotSpec, active: ActiveFlow, book: Book, language: str) -> dict[str, Any]:
    """What proves who somebody is, is nobody's to read or to put into a reply."""
    given = active.slots.get(spec.name)
    words = slots.in_words(spec, given, book, language) if given else ""
    return {
        **slots.form(spec, book, language),
        "name": spec.name,
        "value": HIDDEN if given and spec.proof else words,
        "raw": given.value if given and not spec.proof else "",
        "source": str(given.source) if given else "",
        "missing": given is None and spec.required,
    }


def _spec(standing: Standing, book: Book, name: str) -> SlotSpec:
    found = _flow(standing, book)
    spec = found[1].by_name.get(name) if found else None
    if spec is None:
        raise Refused(RefusalCode.NOT_FOUND)
    return spec


def _flow(standing: Standing, book: Book) -> tuple[ActiveFlow, FlowSpec] | None:
    active = standing.memory.active
    flow = book.by_version.get((active.flow, active.version)) if active else None
    return (active, flow) if active and flow else None
