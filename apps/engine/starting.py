"""Flows begin, wait for their turn, and are taken up again."""

from dataclasses import replace

from apps.engine.commands import Command, SetSlot, StartFlow
from apps.engine.confirming import go_on
from apps.engine.events import Say
from apps.engine.filling import fill, recalled
from apps.engine.flows import FlowSpec
from apps.engine.policy import PERSON, Condition
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow


def start(command: StartFlow, scene: Scene) -> None:
    """One flow at a time: one other that is asked for in the middle comes after it."""
    flow = scene.snapshot.book.by_key[command.flow]
    active = scene.active
    if active is None or (active.paused and not active.slots and active.flow != flow.key):
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
    active = ActiveFlow(
        flow.key, flow.version, slots=recalled(flow, scene), language=scene.language
    )
    scene.memory = replace(scene.memory, active=active)
    scene.subject = flow.key
    scene.progressed = True
    scene.offered = False
    if flow.high_risk and command.confidence < scene.snapshot.policy.high_risk_at:
        scene.call(scene.weigh({Condition.HIGH_RISK: True}, PERSON))


def hear_for(flow: FlowSpec, command: Command, scene: Scene) -> None:
    """Keeps a detail of a flow that is only offered, for when it is begun."""
    if isinstance(command, SetSlot) and (spec := flow.by_name.get(command.slot)):
        fill(replace(command, slot=spec.kind.value), scene)
