"""The slot that a flow asks for next, and the words in which it is asked for."""

from dataclasses import dataclass

from apps.engine.events import Say
from apps.engine.filling import WRONG
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.known import is_vouched_for
from apps.engine.policy import PERSON, Condition, Rule, Step
from apps.engine.scene import Scene, reason_of
from apps.engine.types import ActiveFlow, State
from apps.engine.waiting import hand_over

BRINGING_BACK = PERSON | {Step.STEER}
MISSING = BRINGING_BACK | {Step.ASK}
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The slot to ask for; `problem` says what was wrong with what was given, "" for nothing."""

    spec: SlotSpec
    problem: str = ""
    candidates: tuple[str, ...] = ()

    @property
    def is_again(self) -> bool:
        """Whether the visitor could not answer it; to want another value is no failure, nor to
        name two."""
        return self.problem not in ("", WRONG, SEVERAL)


def wanted_of(flow: FlowSpec, scene: Scene) -> Wanted | None:
    active, unfit = scene.now, scene.unfit
    # A proof is asked for once it is wanted, and of nobody whom the shop has vouched for. What was
    # given for it in vain on the card is told all the same.
    proves = (flow.lookup or active.agreed) and not is_vouched_for(flow, scene)
    failed = unfit.slot if unfit else ""
    open_slots = {
        spec.name: spec
        for spec in flow.slots
        if not spec.proof or proves or (spec.name == failed and not is_vouched_for(flow, scene))
    }
    if unfit and unfit.slot in open_slots:
        return Wanted(open_slots[unfit.slot], unfit.problem, unfit.candidates)
    missing = (
        spec
        for spec in open_slots.values()
        if spec.name not in active.slots and (spec.required or spec.name == scene.reopened)
    )
    spec = next(missing, None)
    if spec and spec.name == active.pending and active.candidates:
        return Wanted(spec, SEVERAL, active.candidates)
    return Wanted(spec) if spec else None


def ask_for(wanted: Wanted, flow: FlowSpec, scene: Scene) -> None:
    spec = wanted.spec
    asked = _asked(wanted, scene.now)
    used = wanted.is_again and asked > spec.reask_limit
    facts = facts_of(flow, scene) | {Condition.REASKS_USED: used, Condition.SLOT_MISSING: True}
    rule = scene.weigh(facts, MISSING)
    scene.call(rule)
    if rule and rule.when is Condition.REASKS_USED and asked > spec.reask_limit + 1:
        # It went on although a person was offered.
        scene.person = reason_of(rule)
    given = _taken_beside(wanted, flow, scene)
    scene.change(candidates=_to_choose_from(wanted, scene.now), pending=spec.name, asked=asked)
    if not (spec.proof and scene.now.agreed):
        scene.change(confirmation="", agreed=False)
    if scene.person:
        hand_over(scene.person, scene)
        return
    for name in given:
        scene.say_of(flow, Say.TAKEN, slot=name)
    cause = "refused" if scene.reopened else "missing"
    scene.go(State.CONFIRM if scene.now.agreed else State.COLLECT, cause)
    scene.say_of(
        flow,
        _words(wanted, rule, scene),
        slot=spec.name,
        problem=wanted.problem,
        candidates=wanted.candidates,
    )


def _taken_beside(wanted: Wanted, flow: FlowSpec, scene: Scene) -> list[str]:
    """The slots that this turn filled in the place of the one that is asked for once more, which
    would look as if nothing had been heard."""
    before, now = scene.snapshot.memory.active, scene.now
    if before is None or now.agreed or wanted.problem not in ("", SEVERAL):
        return []
    if (before.flow, before.pending) != (flow.key, wanted.spec.name):
        return []
    given = {name: value.value for name, value in before.slots.items()}
    return [name for name, value in now.slots.items() if given.get(name) != value.value]


def _to_choose_from(wanted: Wanted, active: ActiveFlow) -> tuple[str, ...]:
    """Of a value that missed its shape the choice stays open."""
    is_open = active.pending == wanted.spec.name and wanted.problem != WRONG
    return wanted.candidates or (active.candidates if is_open else ())


def _words(wanted: Wanted, rule: Rule | None, scene: Scene) -> Say:
    if wanted.problem == SEVERAL:
        return Say.WHICH_ONE
    if scene.now.agreed and not scene.reopened and not _is_proof_explained(wanted, scene):
        return Say.PROOF
    if wanted.is_again:
        return Say.ASK_AGAIN
    if rule and rule.then is Step.STEER:
        steer(scene)
        return Say.STEER
    return Say.ASK


def _is_proof_explained(wanted: Wanted, scene: Scene) -> bool:
    """Whether it was asked for before this turn, so that the reason was said."""
    before = scene.snapshot.memory.active
    return before is not None and before.agreed and before.pending == wanted.spec.name


def _asked(wanted: Wanted, active: ActiveFlow) -> int:
    """How often the slot was asked for again. Who does not have it is not asked on."""
    before = active.asked if active.pending == wanted.spec.name else 0
    if not wanted.is_again:
        return before
    least = wanted.spec.reask_limit + 1 if wanted.problem == "lack" else 0
    return max(before + 1, least)


def facts_of(flow: FlowSpec, scene: Scene) -> dict[Condition, float | bool]:
    active = scene.now
    again = active.steered + 1 if active.strayed > 1 else 0
    proves = any(spec.proof for spec in flow.slots) and not scene.snapshot.verified
    return {
        Condition.PROOFS_USED: scene.memory.wrong if proves else 0,
        Condition.STRAYED: max(active.strayed, again),
        Condition.STALLED: active.unfilled,
    }


def steer(scene: Scene) -> None:
    scene.change(steered=scene.now.steered + 1)
