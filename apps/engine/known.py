"""What is known of a flow before it asks: details that were told before it, and the order that an
action of this session has found last, with what proved it.

That an order was proved is remembered, and by which action; what proved it stays with the action.
"""

from collections.abc import Mapping
from dataclasses import replace

from apps.engine.checks import problem_of
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow, Proven, SlotValue, Source

# Whoever was away for longer is asked whether to go on, and for what proves an order once more.
AWAY_S = 30 * 60


def recalled(flow: FlowSpec, scene: Scene) -> dict[str, SlotValue]:
    """The details heard before that fit the flow, each for the first slot of its kind."""
    found: dict[str, SlotValue] = {}
    left = dict(scene.memory.heard)
    for spec in flow.slots:
        own = own_name(flow, spec.name)
        name = own if own in left else spec.kind.value
        value = left.get(name)
        if value and not problem_of(spec, value.value, scene.snapshot):
            found[spec.name] = left.pop(name)
    scene.memory = replace(scene.memory, heard=left)
    return found


def own_name(flow: FlowSpec, slot: str) -> str:
    """Under which a detail is kept that only this flow asks for, such as a reason."""
    return f"{flow.key}.{slot}"


def same_order(flow: FlowSpec, scene: Scene) -> dict[str, SlotValue]:
    """The order that was proved last, where the flow asks for one."""
    proven, spec = scene.memory.proven, order_slot(flow)
    if spec is None or proven is None or problem_of(spec, proven.order, scene.snapshot):
        return {}
    return {spec.name: SlotValue(proven.order, source=Source.KNOWN)}


def taken_over(flow: FlowSpec, scene: Scene) -> str:
    """The slot that this turn filled with the order of before, which the visitor is to be told; ""
    for none."""
    spec, before = order_slot(flow), scene.snapshot.memory.active
    given = scene.now.slots.get(spec.name) if spec else None
    if spec is None or given is None or given.source is not Source.KNOWN:
        return ""
    is_told = before is not None and given in before.slots.values()
    return "" if is_told else spec.name


def is_vouched_for(flow: FlowSpec, scene: Scene) -> bool:
    """Whether nothing more has to prove the order: the shop has signed who asks, or each proof was
    given for it before."""
    at_hand = proofs_at_hand(flow, scene)
    return scene.snapshot.verified or all(one.name in at_hand for one in flow.slots if one.proof)


def order_slot(flow: FlowSpec) -> SlotSpec | None:
    """Where the one order stands that the flow is about."""
    orders = [spec for spec in flow.slots if spec.kind is SlotKind.ORDER_ID]
    return orders[0] if len(orders) == 1 else None


def proofs_at_hand(flow: FlowSpec, scene: Scene) -> Mapping[str, str]:
    """The proofs of the flow that were given for this very order before: the slot of each, and the
    one in which the earlier action had it."""
    proven, spec, active = scene.memory.proven, order_slot(flow), scene.active
    if proven is None or spec is None or active is None:
        return {}
    given = active.slots.get(spec.name)
    if given is None or given.value != proven.order:
        return {}
    proofs = (one for one in flow.slots if one.proof)
    return {one.name: proven.proofs[one.kind] for one in proofs if one.kind in proven.proofs}


def proofs_to_take(flow: FlowSpec, scene: Scene) -> tuple[str, Mapping[str, str]]:
    """The key of the earlier action and, as above, the proofs that the visitor did not give anew."""
    proven, given = scene.memory.proven, scene.now.slots
    if proven is None or scene.snapshot.verified:
        return "", {}
    at_hand = proofs_at_hand(flow, scene).items()
    return proven.run, {name: before for name, before in at_hand if name not in given}


def note_order(active: ActiveFlow, flow: FlowSpec, scene: Scene, *, is_proved: bool) -> None:
    """What an action was about is the order that is spoken of; `is_proved`: it was found for what
    was given."""
    spec = order_slot(flow)
    given = active.slots.get(spec.name) if spec else None
    if given is None:
        forget_order(scene)
        return
    had = {*active.slots, *proofs_to_take(flow, scene)[1]} if is_proved else set()
    proofs = {one.kind.value: one.name for one in flow.slots if one.proof and one.name in had}
    scene.memory = replace(scene.memory, proven=Proven(given.value, active.running, proofs))


def forget_order(scene: Scene) -> None:
    if scene.memory.proven:
        scene.memory = replace(scene.memory, proven=None)
