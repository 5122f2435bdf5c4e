"""What the engine did, in words for staff. What proves that an order is somebody's is never shown:
whoever reads it could prove the same."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.chat.admin import COMMANDS, ROUTES
from apps.chat.causes import CAUSES
from apps.chat.models import Session
from apps.dialogue import books, slots
from apps.dialogue.actions.proofs import HIDDEN
from apps.dialogue.models import FlowVersion, PolicyRow
from apps.engine.book import Book
from apps.engine.commands import Command, CorrectSlot, SetSlot, StartFlow, Unfit
from apps.engine.events import Judged, Move
from apps.engine.flows import FlowSpec, SlotSpec, in_language
from apps.engine.types import SlotValue
from apps.sites.models import CHINESE, ENGLISH

STATES = dict(Session._meta.get_field("state").flatchoices)


def language() -> str:
    """The reader's, as flows name languages."""
    return CHINESE if (get_language() or "").startswith("zh") else ENGLISH


def spec_of_version(site_id: int, key: str, number: int) -> FlowSpec | None:
    """A version as it was published; None for one that is not there or that this release cannot
    read."""
    if known := books.of(site_id).by_version.get((key, number)):
        return known
    row = FlowVersion.objects.filter(site_id=site_id, key=key, number=number).first()
    try:
        return FlowSpec.model_validate(row.spec) if row else None
    except ValueError:
        return None


def value(spec: SlotSpec | None, text: str, book: Book) -> str:
    """A slot's value; hidden when it proves something, or nobody knows what it is."""
    if spec is None or spec.proof:
        return HIDDEN
    return slots.in_words(spec, SlotValue(text), book, language())


def values(
    given: Mapping[str, Any], flow: FlowSpec | None, book: Book
) -> Iterator[tuple[str, str]]:
    """Label and value of each slot, in the order of the flow."""
    specs = flow.by_name if flow else {}
    for name in sorted(given, key=lambda name: [*specs, name].index(name)):
        spec = specs.get(name)
        yield slot_label(name, spec), value(spec, str(given[name]), book)


def slot_label(name: str, spec: SlotSpec | None) -> str:
    return slots.label(spec, language()) if spec else name


def flow_name(key: str, book: Book) -> str:
    flow = book.by_key.get(key)
    return (in_language(flow.names, language()) if flow else "") or key


def command(found: Command, flow: FlowSpec | None, book: Book) -> dict[str, Any]:
    """A command of the understanding: what it is, and about what."""
    kind = type(found).__name__
    return {"title": COMMANDS.get(kind, kind), "about": _about(found, flow, book)}


def _about(found: Command, flow: FlowSpec | None, book: Book) -> str:
    match found:
        case StartFlow():
            return f"{flow_name(found.flow, book)} · {found.confidence:.0%}"
        case SetSlot() | CorrectSlot():
            spec = flow.by_name.get(found.slot) if flow else None
            shown = value(spec, found.value, book) if spec else found.value
            return f"{slot_label(found.slot, spec)}: {shown}"
        case Unfit():
            spec = flow.by_name.get(found.slot) if flow else None
            why = slots.problem(found.problem, spec, language()) if spec else ""
            return f"{slot_label(found.slot, spec)}: {why or found.problem}"
    return ""


def kept(row: Sequence[str], flow: FlowSpec | None, book: Book) -> str:
    """The same of a command as a turn keeps it."""
    kind, subject, detail = (*row, "", "", "")[:3]
    # What was said while no flow was going on is of the flow that asks for it.
    flows = [flow] if flow else book.by_key.values()
    spec = next((each.by_name[subject] for each in flows if subject in each.by_name), None)
    about = slot_label(subject, spec)
    if kind == StartFlow.__name__:
        about = flow_name(subject, book)
    elif kind == Unfit.__name__:
        why = slots.problem(detail, spec, language()) if spec else ""
        about = f"{about}: {why or detail}"
    elif detail:
        about = f"{about}: {value(spec, detail, book)}"
    return " · ".join(filter(None, (str(COMMANDS.get(kind, kind)), about)))


def move(found: Move) -> str:
    cause = CAUSES.get(found.cause, found.cause)
    return f"{state(found.came_from)} → {state(found.to)} ({cause})"


def state(name: str) -> str:
    return str(STATES.get(name, name))


def route(judged: Judged | None) -> str:
    return str(ROUTES.get(judged.route, judged.route)) if judged else ""


def rule(judged: Judged | None, book: Book) -> str:
    """The row of the policy that decided, with what it says; "" when none had to."""
    name = judged.rule if judged else ""
    row = next((one for one in book.rules if one.id == name), None)
    if row is None:
        return name
    when = PolicyRow.When(row.when.value).label
    then = PolicyRow.Then(row.then.value).label
    return str(_("%(name)s: %(when)s → %(then)s")) % {"name": name, "when": when, "then": then}
