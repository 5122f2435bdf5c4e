"""What came of an action: told, and the flow goes on from there."""

from dataclasses import replace

from apps.engine.confirming import leave
from apps.engine.events import Ended, Reason, Result, Say
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.known import AWAY_S, forget_order, note_order
from apps.engine.machine import FLOW_STATES
from apps.engine.policy import PERSON, Condition
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow, Mode, State
from apps.engine.waiting import ask_for_address

SAYS = {
    Ended.DONE: Say.DONE,
    Ended.REFUSED: Say.REFUSED,
    Ended.FAILED: Say.FAILED,
    Ended.UNCLEAR: Say.FAILED,
}


# Only what was done or refused is told in the shop's words: those of a fault are for nobody.
TOLD = frozenset({Ended.DONE, Ended.REFUSED})


def take(result: Result, scene: Scene) -> bool:
    """Notes the result, and says whether anything is to be settled. One of no action that the flow
    waits for is told and changes nothing, but what failed is a person's whatever goes on."""
    active, flow = scene.active, scene.flow
    scene.command = "result"
    text = result.text if result.ended in TOLD else ""
    if active is None or active.running != result.key:
        scene.say(SAYS[result.ended], id=result.key, text=text)
        return _is_handed_over(result, scene)
    scene.change(running="")
    is_found = flow and flow.lookup and result.ended is Ended.DONE
    says = Say.FOUND if is_found else SAYS[result.ended]
    beside = tuple(_orders(flow)) if flow and _is_proof_wrong(result, flow, scene) else ()
    scene.say_of(flow, says, id=result.key, text=text, slot=result.slot, candidates=beside)
    if scene.snapshot.mode is not Mode.BOT or scene.machine.state not in FLOW_STATES:
        # A person has taken over meanwhile: the flow is theirs, or over.
        if result.ended is Ended.DONE:
            scene.forget_flow()
        return _is_handed_over(result, scene)
    _note_order(result, active, flow, scene)
    if result.ended is Ended.DONE:
        scene.finish()
        if result.asks_address:
            ask_for_address(scene)
        leave("done", scene)
    elif result.ended is Ended.REFUSED:
        _refuse(result, flow, scene)
    else:
        _fail(scene)
    return True


def _is_handed_over(result: Result, scene: Scene) -> bool:
    """Whether a person is to look into it who does not have the session already."""
    if result.ended in TOLD or scene.snapshot.mode is not Mode.BOT:
        return False
    if scene.machine.state is State.END:
        scene.go(State.INIT, Reason.ACTION_FAILED)
    scene.person = Reason.ACTION_FAILED
    return True


def _refuse(result: Result, flow: FlowSpec | None, scene: Scene) -> None:
    """The shop says no. What it calls wrong is asked for anew; the yes still stands when that is
    no more than the proof."""
    if result.not_found:
        scene.memory = replace(scene.memory, wrong=scene.memory.wrong + 1)
    gone = _wrong_slots(result, flow, scene) if flow and not result.used_up else []
    if not flow or not gone:
        scene.offers_person = True
        leave("refused", scene)
        return
    slots = {slot: value for slot, value in scene.now.slots.items() if slot not in gone}
    scene.change(slots=slots)
    scene.reopened = gone[0]
    is_asked = flow.by_name[gone[0]].proof and not scene.snapshot.verified
    if is_asked and not flow.lookup:
        scene.change(agreed=True, confirmation=scene.fresh())


def _note_order(result: Result, active: ActiveFlow, flow: FlowSpec | None, scene: Scene) -> None:
    """Whether the order was found for what was given. Who was away for long meanwhile is not known
    to be the same."""
    if flow is None or result.ended not in TOLD:
        return
    spec = flow.by_name.get(result.slot)
    is_wrong = spec is not None and (spec.proof or spec.kind is SlotKind.ORDER_ID)
    if result.not_found or is_wrong or scene.snapshot.idle_s > AWAY_S:
        forget_order(scene)
    else:
        note_order(active, flow, scene, is_proved=result.proves)


def _wrong_slots(result: Result, flow: FlowSpec, scene: Scene) -> list[str]:
    """What has to be given anew, the slot that is asked for first. Which of an order and its proof
    is wrong is told to nobody; the proof is what is typed from memory, so it is asked for first and
    the order's number can be changed beside it."""
    named = [spec.name for spec in flow.slots if spec.name == result.slot]
    if not result.not_found:
        return named
    proofs = _proofs(flow)
    return proofs if _is_proof_wrong(result, flow, scene) else [*(named or _orders(flow)), *proofs]


def _is_proof_wrong(result: Result, flow: FlowSpec, scene: Scene) -> bool:
    given = scene.now.slots.keys() & set(_proofs(flow))
    is_refused = result.not_found and not result.used_up
    return is_refused and bool(given) and not scene.snapshot.verified


def _proofs(flow: FlowSpec) -> list[str]:
    return [spec.name for spec in flow.slots if spec.proof]


def _orders(flow: FlowSpec) -> list[str]:
    """The slot with the order's number, if there is one."""
    return [spec.name for spec in flow.slots if spec.kind is SlotKind.ORDER_ID][:1]


def _fail(scene: Scene) -> None:
    """Nobody but a person can tell what was done, so one takes over unless a row offers one."""
    scene.call(scene.weigh({Condition.ACTION_FAILED: True}, PERSON))
    if scene.offers_person:
        leave("failed", scene)
    else:
        scene.person = Reason.ACTION_FAILED
