"""What a visitor typed into a form or pressed, as commands."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from apps.engine.commands import (
    Affirm,
    CancelFlow,
    Command,
    Deny,
    Lack,
    SetSlot,
    Stale,
    StartFlow,
    Unfit,
)
from apps.engine.filling import WRONG, awaited
from apps.engine.flows import FlowSpec
from apps.engine.recognise import parse
from apps.engine.types import ActiveFlow, Snapshot

# Keys of fields that are no slots; no slot may be called so.
RESERVED = frozenset({"confirm", "answer", "lack", "flow", "change", "stop", "attachments"})
# Those that answer one question. When it is not open the words of the button are no line: a "yes"
# would be taken for the answer to another.
ANSWERS = RESERVED - {"flow", "attachments"}


def typed(snapshot: Snapshot, fields: Mapping[str, str]) -> tuple[Command, ...]:
    """The commands of a frame's fields; unknown ones are passed over.

    Values come before the answer to a card, so that what is typed on a card counts with its yes.
    """
    active = snapshot.memory.active
    flow = None
    if active:
        flow = snapshot.book.by_version.get((active.flow, active.version))
    found = (*_values(flow, snapshot, fields), *_pressed(flow, snapshot, fields))
    return found or ((Stale(),) if ANSWERS & fields.keys() else ())


def _values(
    flow: FlowSpec | None, snapshot: Snapshot, fields: Mapping[str, str]
) -> Iterator[SetSlot | Unfit]:
    for name, text in fields.items():
        spec = flow.by_name.get(name) if flow and name not in RESERVED else None
        if spec is None:
            continue
        found = parse(spec, text, snapshot) if text.strip() else Unfit(name, "shape")
        yield replace(found, start=0, end=0) if isinstance(found, SetSlot) else found


def _pressed(
    flow: FlowSpec | None, snapshot: Snapshot, fields: Mapping[str, str]
) -> Iterator[Command]:
    active = snapshot.memory.active
    if active and fields.get("lack") in _lacking(flow, active):
        yield Lack()
    if flow and (name := fields.get("change", "")) in flow.by_name:
        yield Unfit(name, WRONG)
    if active and fields.get("stop") == active.flow:
        yield CancelFlow()
    if (key := fields.get("flow", "")) in snapshot.book.by_key:
        yield StartFlow(key)
    if card := fields.get("confirm", ""):
        match fields.get("answer"):
            case "yes":
                yield Affirm(card)
            case "no":
                yield Deny(card)


def _lacking(flow: FlowSpec | None, active: ActiveFlow) -> set[str]:
    """What may be said to be lacking: what is asked for, or the proof that the card asks for."""
    proof = awaited(flow, active) if flow else None
    return {name for name in (active.pending, proof.name if proof else "") if name}
