"""What is said and done when a turn's commands have been heard: the one place where a flow moves."""

from dataclasses import replace

from apps.engine.asking import BRINGING_BACK, ask_for, facts_of, steer, wanted_of
from apps.engine.confirming import leave
from apps.engine.drift import strayed
from apps.engine.events import Act, Part, Say
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.known import is_vouched_for, proofs_to_take, taken_over
from apps.engine.policy import PERSON, Condition, Step
from apps.engine.scene import Scene, Sequel
from apps.engine.text import normalise
from apps.engine.types import ActiveFlow, State
from apps.engine.waiting import asks_after, hand_over

# What asks for no yes or no when it is said beside a card. An answer may end in a question of its own.
ASKS_NOTHING = frozenset(
    {
        *(Say.CONFIRM, Say.JUST_YES, Say.LOOK_FIRST, Say.EXPIRED, Say.STEER, Say.LATER),
        *(Say.ASK_LATER, Say.GREETING, Say.THANKS, Say.ASSENT, Say.IDENTITY, Say.ANSWER),
        *(Say.UNKNOWN, Say.TOO_LATE, Say.SAME_ORDER, Say.TAKEN),
    }
)
# Turns after which a flow that is not taken up again is dropped without a word.
PAUSED_TURNS = 2
SAID_LINES = 6
SAID_CHARACTERS = 200


def settle(scene: Scene) -> None:
    """Says what is pending, once, after whatever else the turn says."""
    if scene.ended:
        _end(scene)
    if scene.person:
        hand_over(scene.person, scene)
        return
    active, flow = scene.active, scene.flow
    if active is None or flow is None:
        _settle_idle(scene)
    elif scene.progressed or scene.sequel is not Sequel.NOTHING:
        _settle_flow(active, flow, scene)
    if scene.offers_person and not scene.person:
        scene.say_of(scene.flow, Say.OFFER_PERSON)
    _note_what_else_is_asked(scene)


def _note_what_else_is_asked(scene: Scene) -> None:
    """While a card is open."""
    active = scene.active
    if active is None or not active.confirmation or not scene.parts:
        return
    is_shown = any(part.say is Say.CONFIRM for part in scene.parts)
    mixed = not is_shown or any(map(_asks, scene.parts))
    if mixed != active.mixed:
        scene.change(mixed=mixed)


def _asks(part: Part) -> bool:
    """Whether it may be answered with a yes."""
    if part.say is Say.CONFIRM:
        return bool(part.passages)
    asks = part.say is Say.ANSWER and "?" in normalise(part.passages[0].text)
    return asks or bool(part.candidates) or part.say not in ASKS_NOTHING


def _end(scene: Scene) -> None:
    """Without a word more, unless something follows at once."""
    follows = scene.active is not None or scene.person is not None
    scene.go(State.INIT if follows else State.END, scene.ended)


def _settle_idle(scene: Scene) -> None:
    """A detail alone may be for a flow, and so may an order that is asked about in vain."""
    kinds = set(scene.heard)
    if scene.parts:
        kinds &= {SlotKind.ORDER_ID} if scene.parts[-1].say is Say.UNKNOWN else set()
    flows = scene.snapshot.book.flows if kinds else ()
    fitting = [flow.key for flow in flows if any(spec.kind in kinds for spec in flow.slots)]
    if fitting:
        scene.parts[-1:] = []
        scene.say(Say.WHICH_FLOW, candidates=tuple(fitting))
        scene.route = "flow"
    elif not scene.parts:
        scene.say(Say.EXPIRED)


def _settle_flow(active: ActiveFlow, flow: FlowSpec, scene: Scene) -> None:
    if active.running:
        _tell_of_the_action(active, flow, scene)
        return
    if active.paused:
        _settle_paused(active, flow, scene)
        return
    if scene.line is not None and (scene.progressed or not scene.missed):
        _count(scene.line, active, flow, scene)
    if slot := taken_over(flow, scene):
        scene.say_of(flow, Say.SAME_ORDER, slot=slot)
    _take_next_step(flow, scene)
    if scene.near and scene.parts:
        scene.parts[-1] = replace(scene.parts[-1], passages=scene.near)


def _tell_of_the_action(active: ActiveFlow, flow: FlowSpec, scene: Scene) -> None:
    """What runs is named to whoever asks after it, or has asked what nobody knows."""
    said = [part.say for part in scene.parts]
    if said == [Say.UNKNOWN] and asks_after(scene.line or ""):
        scene.parts.clear()
        scene.offers_person = False
    if scene.about_flow or said in ([], [Say.UNKNOWN], [Say.GREETING]):
        scene.say_of(flow, Say.STILL_RUNNING, id=active.running)


def _settle_paused(active: ActiveFlow, flow: FlowSpec, scene: Scene) -> None:
    if scene.ended:
        scene.go(State.COLLECT, "offered")
        _ask_to_go_on(Say.NEXT, flow, scene)
    elif scene.returned or scene.missed:
        _ask_to_go_on(Say.GO_ON, flow, scene)
    elif not scene.parts or active.unfilled + 1 < PAUSED_TURNS:
        scene.change(unfilled=active.unfilled + 1)
        _ask_to_go_on(Say.GO_ON, flow, scene)
    else:
        scene.forget_flow()
        scene.go(State.INIT, "abandoned")


def _ask_to_go_on(what: Say, flow: FlowSpec, scene: Scene) -> None:
    """Under an id, so that a second press on its yes is none to what comes after it."""
    question = scene.now.question or scene.fresh()
    scene.change(question=question)
    scene.say_of(flow, what, id=question)


def _count(line: str, active: ActiveFlow, flow: FlowSpec, scene: Scene) -> None:
    """How the turn stands in the row of those before it."""
    if scene.progressed:
        said = (*active.said, line[:SAID_CHARACTERS]) if line else active.said
        scene.change(unfilled=0, strayed=0, steered=0, said=said[-SAID_LINES:])
    else:
        is_question = bool(scene.asked) and not scene.unfit
        away = is_question and strayed(line, active, flow, scene.language)
        scene.change(unfilled=active.unfilled + 1, strayed=active.strayed + 1 if away else 0)
    if active.language != scene.language:
        scene.change(language=scene.language)


def _take_next_step(flow: FlowSpec, scene: Scene) -> None:
    if wanted := wanted_of(flow, scene):
        ask_for(wanted, flow, scene)
    elif flow.lookup or scene.now.agreed:
        _act(flow, scene)
    else:
        _show(flow, scene)


def _show(flow: FlowSpec, scene: Scene) -> None:
    """The card with everything that would be done, which a yes is asked to."""
    rule = (
        None if scene.sequel is Sequel.CARD else scene.weigh(facts_of(flow, scene), BRINGING_BACK)
    )
    scene.call(rule)
    if scene.person:
        hand_over(scene.person, scene)
        return
    slots = scene.now.slots
    shown = [spec.name for spec in flow.slots if spec.name in slots and not spec.proof]
    if scene.sequel is Sequel.CHANGES and not _is_corrected(scene):
        scene.say_of(flow, Say.DECLINED, candidates=tuple(shown))
        return
    if rule and rule.then is Step.STEER:
        steer(scene)
        scene.say_of(flow, Say.STEER)
    card = scene.now.confirmation
    if not card:
        card = scene.fresh()
        scene.change(confirmation=card, shown=scene.snapshot.reply_at)
    scene.change(pending="", asked=0)
    scene.go(State.CONFIRM, "complete")
    rows = tuple((name, slots[name]) for name in shown)
    scene.say_of(flow, Say.CONFIRM, rows=rows, id=card, candidates=_proofs(flow, scene))


def _is_corrected(scene: Scene) -> bool:
    """Whether the no came with what is right instead."""
    before, now = scene.snapshot.memory.active, scene.now.slots
    given = before.slots.items() if before else ()
    return any(name in now and now[name].value != value.value for name, value in given)


def _proofs(flow: FlowSpec, scene: Scene) -> tuple[str, ...]:
    """Those that will be asked for after the yes."""
    if is_vouched_for(flow, scene):
        return ()
    slots = scene.now.slots
    return tuple(
        spec.name for spec in flow.slots if spec.proof and spec.required and spec.name not in slots
    )


def _act(flow: FlowSpec, scene: Scene) -> None:
    """What was agreed to, or needs no yes, is done: once, under the id of its card."""
    active = scene.now
    if not active.agreed:
        scene.go(State.COLLECT, "complete")
    if not flow.action:
        _finish(flow, scene)
        return
    facts = {Condition.PROOFS_USED: facts_of(flow, scene)[Condition.PROOFS_USED]}
    scene.call(scene.weigh(facts, PERSON))
    if scene.person:
        hand_over(scene.person, scene)
        return
    key = active.confirmation if active.agreed else scene.fresh()
    scene.say_of(flow, Say.RUNNING, id=key)
    scene.change(running=key, confirmation="", agreed=False, pending="", asked=0)
    slots, before = dict(active.slots), proofs_to_take(flow, scene)
    scene.steps.append(Act(key, flow.key, flow.version, flow.action, slots, flow.lookup, *before))


def _finish(flow: FlowSpec, scene: Scene) -> None:
    """A flow that has nothing to do but to be agreed to."""
    scene.say_of(flow, Say.DONE)
    scene.finish()
    leave("done", scene)
    _end(scene)
    following = scene.flow
    if following:
        _settle_paused(scene.now, following, scene)
