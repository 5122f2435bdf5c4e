"""Details that come while a person has the chat: from a form that the person sent, or by their hand."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apps.engine.commands import Command, SetSlot
from apps.engine.events import Remember
from apps.engine.filling import value_of
from apps.engine.types import Memory, SlotValue, Snapshot


def noted(snapshot: Snapshot, commands: Sequence[Command]) -> Iterator[Remember]:
    """Keeps what a visitor typed into a form of the flow that they were in; nothing is asked or done
    about it: that is the person's business."""
    memory, active = snapshot.memory, snapshot.memory.active
    flow = snapshot.book.by_version.get((active.flow, active.version)) if active else None
    for command in commands:
        if isinstance(command, SetSlot) and flow and command.slot in flow.by_name:
            memory = with_detail(memory, command.slot, value_of(command))
    if memory is not snapshot.memory:
        yield Remember(memory)


def with_detail(memory: Memory, name: str, value: SlotValue) -> Memory:
    """Outside of a flow there is nowhere to put it. What was shown or proved before is so no more."""
    active = memory.active
    if active is None:
        return memory
    slots = {**active.slots, name: value}
    active = replace(active, slots=slots, confirmation="", agreed=False)
    is_other = memory.proven is not None and memory.proven.order != value.value
    return replace(memory, active=active, proven=None if is_other else memory.proven)
