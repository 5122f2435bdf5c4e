"""What a visitor typed into a form or pressed, as commands."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from apps.engine.commands import Affirm, CancelFlow, Command, Deny, Lack, SetSlot, StartFlow, Unfit
from apps.engine.filling import WRONG
from apps.engine.flows import FlowSpec
from apps.engine.recognise import parse
from apps.engine.types import Snapshot

# Keys of fields that are no slots; no slot may be called so.
RESERVED = frozenset({"confirm", "answer", "lack", "flow", "change", "stop"})


def typed(snapshot: Snapshot, fields: Mapping[str, str]) -> tuple[Command, ...]:
    """The commands of a frame's fields; unknown ones are passed over.

    Values come before the answer to a card, so that what is typed on a card counts with its yes.
    """
    active = snapshot.memory.active
    flow = None
    if active:
        flow = snapshot.book.by_version.get((active.flow, active.version))
    return (*_values(flow, snapshot, fields), *_pressed(flow, snapshot, fields))


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
    if active and fields.get("lack") == active.pending != "":
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
