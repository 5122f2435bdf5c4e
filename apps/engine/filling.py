"""Slots: what is said is checked, kept, and changed."""

import re
from dataclasses import replace

from apps.engine.checks import problem_of
from apps.engine.commands import CorrectSlot, SetSlot, Unfit
from apps.engine.confirming import go_on
from apps.engine.flows import LONGEST_VALUE, FlowSpec, SlotKind, SlotSpec
from apps.engine.known import forget_order
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow, SlotValue, Source

LETTER = re.compile(r"[^\W_]")
WRONG = "wrong"
# Only these are told apart without knowing what they are for.
HEARD = frozenset(SlotKind) - {SlotKind.TEXT, SlotKind.CHOICE}


def fill(command: SetSlot | CorrectSlot, scene: Scene) -> None:
    """Takes a value, or notes why it cannot be taken."""
    active, flow = scene.active, scene.flow
    if active is None or flow is None:
        hear(command, scene)
        return
    if active.running:
        scene.about_flow = True
        return
    spec = _meant(command.slot, flow, active)
    if spec is None:
        return
    if problem := problem_of(spec, command.value, scene.snapshot):
        scene.unfit = scene.unfit or Unfit(spec.name, problem)
    else:
        _put(spec, value_of(command), scene)


def refuse(command: Unfit, scene: Scene) -> None:
    """Notes what understanding could not take; the first of a turn is told. "wrong" is no failure:
    the visitor wants to give another value."""
    scene.about_flow = True
    scene.unfit = scene.unfit or command
    scene.progressed |= command.problem == WRONG


def lack(scene: Scene) -> None:
    """The visitor does not have what is asked for; what the flow can do without is left out."""
    active, flow = scene.active, scene.flow
    if active is None or flow is None:
        return
    spec = awaited(flow, active)
    if active.running:
        scene.about_flow = True
    elif spec and (spec.required or spec.name != active.pending):
        scene.unfit = scene.unfit or Unfit(spec.name, "lack")
    elif spec:
        slots = {name: value for name, value in active.slots.items() if name != spec.name}
        scene.change(slots=slots, pending="", asked=0, confirmation="", agreed=False)
        scene.progressed = True


def awaited(flow: FlowSpec, active: ActiveFlow) -> SlotSpec | None:
    """What the next line may answer in few words: the slot that is asked for, or the proof that the
    open card has a place for."""
    if active.pending or not active.confirmation or active.agreed:
        return flow.by_name.get(active.pending)
    proofs = [spec for spec in flow.slots if spec.proof and spec.required]
    missing = (spec for spec in proofs if spec.name not in active.slots)
    return next(missing, proofs[0] if proofs else None)


def value_of(command: SetSlot | CorrectSlot) -> SlotValue:
    said = "" if command.said == command.value else command.said[:LONGEST_VALUE]
    return SlotValue(command.value, said, Source.SAID if command.end else Source.TYPED)


def _meant(name: str, flow: FlowSpec, active: ActiveFlow) -> SlotSpec | None:
    """The slot of that name, else the first empty one of that kind, else the first of it."""
    if name in flow.by_name:
        return flow.by_name[name]
    alike = [spec for spec in flow.slots if spec.kind.value == name]
    empty = (spec for spec in alike if spec.name not in active.slots)
    return next(empty, alike[0] if alike else None)


def _put(spec: SlotSpec, value: SlotValue, scene: Scene) -> None:
    active = scene.now
    before = active.slots.get(spec.name)
    if before is None or before.value != value.value:
        scene.change(slots={**active.slots, spec.name: value})
        if spec.kind is SlotKind.ORDER_ID and not _is_proven(value, scene):
            forget_order(scene)
        if not spec.proof:
            # What was shown is no longer what would be done.
            scene.change(confirmation="", agreed=False)
    if active.pending == spec.name:
        scene.change(pending="", asked=0)
    if scene.unfit and scene.unfit.slot == spec.name:
        scene.unfit = None
    scene.progressed = True
    if active.paused:
        go_on(scene)


def _is_proven(value: SlotValue, scene: Scene) -> bool:
    proven = scene.memory.proven
    return proven is not None and proven.order == value.value


def hear(command: SetSlot | CorrectSlot, scene: Scene) -> None:
    """Keeps a detail that no flow has asked for yet."""
    if command.slot not in HEARD or not 0 < len(command.value) <= LONGEST_VALUE:
        return
    heard = {**scene.memory.heard, command.slot: value_of(command)}
    scene.memory = replace(scene.memory, heard=heard)
    scene.heard = (*scene.heard, command.slot)


def is_only_heard(text: str, scene: Scene) -> bool:
    """Whether a line holds nothing but the details that were just kept."""
    for kind in scene.heard:
        value = scene.memory.heard[kind]
        text = text.replace(value.said or value.value, "")
    return bool(scene.heard) and not LETTER.search(text)
