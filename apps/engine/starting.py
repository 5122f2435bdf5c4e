"""Flows begin, wait for their turn, and are taken up again."""

from dataclasses import replace

from apps.engine.commands import Command, SetSlot, StartFlow
from apps.engine.confirming import go_on
from apps.engine.events import Say
from apps.engine.filling import fill, problem_of, recalled
from apps.engine.flows import FlowSpec
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
    elif active.after != flow.key and active.after in scene.snapshot.book.by_key:
        scene.say(Say.ASK_LATER, flow=flow.key, version=flow.version)
    else:
        scene.change(after=flow.key)
        scene.say(Say.LATER, flow=flow.key, version=flow.version)


def _begin(flow: FlowSpec, command: StartFlow, scene: Scene) -> None:
    slots = {**_kept(flow, scene), **recalled(flow, scene)}
    active = ActiveFlow(flow.key, flow.version, slots=slots, language=scene.language)
    scene.memory = replace(scene.memory, active=active)
    scene.subject = flow.key
    scene.progressed = True
    scene.offered = False
    if flow.high_risk and command.confidence < scene.snapshot.policy.high_risk_at:
        scene.call(scene.weigh({Condition.HIGH_RISK: True}, PERSON))


def _kept(flow: FlowSpec, scene: Scene) -> dict[str, SlotValue]:
    """What was given for a flow that the same line ended, as far as this one asks for it too."""
    before = scene.snapshot.memory.active
    left = before and scene.snapshot.book.by_version.get((before.flow, before.version))
    if not (scene.ended and before and left):
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


def hear_for(flow: FlowSpec, command: Command, scene: Scene) -> None:
    """Keeps a detail of a flow that is only offered, for when it is begun."""
    if isinstance(command, SetSlot) and (spec := flow.by_name.get(command.slot)):
        fill(replace(command, slot=spec.kind.value), scene)
