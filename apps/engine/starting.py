"""Flows begin, wait for their turn, and are taken up again."""

from dataclasses import replace

from apps.engine.checks import problem_of
from apps.engine.commands import Command, SetSlot, StartFlow, Unfit
from apps.engine.confirming import go_on
from apps.engine.events import Say
from apps.engine.filling import HEARD, hear, value_of
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.known import order_slot, own_name, recalled, same_order
from apps.engine.policy import PERSON, Condition
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow, SlotValue


def start(command: StartFlow, scene: Scene) -> None:
    """One flow at a time: one other that is asked for in the middle comes after it."""
    flow = scene.snapshot.book.by_key[command.flow]
    active = scene.active
    is_offered = active and active.paused and not active.slots
    if active is None or (is_offered and (active.flow != flow.key or scene.ended)):
        _begin(flow, command, scene)
    elif active.flow == flow.key:
        scene.about_flow = True
        if active.paused:
            scene.returned = False
            go_on(scene)
    elif (active.after != flow.key and active.after in scene.snapshot.book.by_key) or (
        active.after == flow.key and _is_another(flow, command, scene)
    ):
        scene.say(Say.ASK_LATER, flow=flow.key, version=flow.version)
    else:
        for one in command.given:
            _hear_given(flow, one, scene)
        scene.change(after=flow.key, another=command.another)
        scene.say(Say.LATER, flow=flow.key, version=flow.version)


def _begin(flow: FlowSpec, command: StartFlow, scene: Scene) -> None:
    before = {**same_order(flow, scene), **_kept(flow, scene)}
    if command.another and (order := order_slot(flow)):
        before.pop(order.name, None)
    slots = {**before, **recalled(flow, scene)}
    active = ActiveFlow(flow.key, flow.version, slots=slots, language=scene.language)
    scene.memory = replace(scene.memory, active=active)
    scene.subject = flow.key
    scene.progressed = True
    if flow.high_risk and command.confidence < scene.snapshot.policy.high_risk_at:
        scene.call(scene.weigh({Condition.HIGH_RISK: True}, PERSON))


def _kept(flow: FlowSpec, scene: Scene) -> dict[str, SlotValue]:
    """What was given for a flow that the same line ended, as far as this one asks for it too."""
    before = scene.snapshot.memory.active
    left = before and scene.snapshot.book.by_version.get((before.flow, before.version))
    if not (scene.ended and before and left) or _names_other_order(before, left, flow, scene):
        return {}
    alike = [
        spec
        for spec in flow.slots
        if spec.name in before.slots and left.by_name[spec.name].kind is spec.kind
    ]
    given = ((spec, before.slots[spec.name]) for spec in alike)
    return {
        spec.name: value
        for spec, value in given
        if not problem_of(spec, value.value, scene.snapshot)
    }


def _names_other_order(before: ActiveFlow, left: FlowSpec, flow: FlowSpec, scene: Scene) -> bool:
    """Whether the line is about another order, whose item and reason are others as well."""
    kept = {
        given.value
        for name, given in before.slots.items()
        if left.by_name[name].kind is SlotKind.ORDER_ID
    }
    given = (one for one in scene.commands if isinstance(one, SetSlot))
    orders = {one.value for one in given if _is_order(one.slot, flow)}
    return bool(kept) and bool(orders - kept)


def _is_order(slot: str, flow: FlowSpec) -> bool:
    spec = flow.by_name.get(slot)
    return spec is not None and spec.kind is SlotKind.ORDER_ID


def _is_another(flow: FlowSpec, command: StartFlow, scene: Scene) -> bool:
    """Whether a wish is about another order than the one that waits for the same flow."""
    waits = scene.memory.heard.get(SlotKind.ORDER_ID)
    given = {
        one.value for one in command.given if isinstance(one, SetSlot) and _is_order(one.slot, flow)
    }
    return waits is not None and bool(given - {waits.value})


def hear_for(flow: FlowSpec, command: Command, scene: Scene) -> None:
    """Keeps a detail of a flow that is only offered, for when it is begun."""
    if isinstance(command, SetSlot) and (spec := flow.by_name.get(command.slot)):
        hear(replace(command, slot=spec.kind.value), scene)


def _hear_given(flow: FlowSpec, command: SetSlot | Unfit, scene: Scene) -> None:
    """Keeps a detail of the flow that comes after this one, and what no other asks for as well."""
    hear_for(flow, command, scene)
    if isinstance(command, SetSlot) and flow.by_name[command.slot].kind not in HEARD:
        own = {own_name(flow, command.slot): value_of(command)}
        scene.memory = replace(scene.memory, heard={**scene.memory.heard, **own})
