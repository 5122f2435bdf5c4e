"""What a turn understood, as it is kept: commands in short names, each with what it is about and a
detail. A visitor's own words and numbers are not in it; they stand in the lines."""

from collections.abc import Iterable

from apps.engine.commands import Command, CorrectSlot, SetSlot, StartFlow, Unfit
from apps.engine.flows import FlowSpec, SlotKind

# Kinds whose values are of the shop's making.
SHOWN_KINDS = frozenset({SlotKind.CHOICE, SlotKind.PRODUCT})
MOST = 20


def noted(commands: Iterable[Command], flow: FlowSpec | None) -> list[list[str]]:
    """`flow` is the one that the turn was about."""
    return [_noted(one, flow) for one in list(commands)[:MOST]]


def _noted(command: Command, flow: FlowSpec | None) -> list[str]:
    kind = type(command).__name__
    match command:
        case StartFlow():
            return [kind, command.flow, f"{command.confidence:.2f}"]
        case SetSlot() | CorrectSlot():
            spec = flow.by_name.get(command.slot) if flow else None
            is_shown = spec is not None and spec.kind in SHOWN_KINDS and not spec.proof
            return [kind, command.slot, command.value if is_shown else ""]
        case Unfit():
            return [kind, command.slot, command.problem]
    return [kind, "", ""]
