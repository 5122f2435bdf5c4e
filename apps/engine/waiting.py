"""The way to a person and back, and what is said to somebody who waits for one."""

from apps.engine.events import Handoff, Reason, Resume, Say
from apps.engine.policy import Condition, Step
from apps.engine.scene import Scene
from apps.engine.types import Memory, State

HANDOFF = frozenset({Step.HANDOFF})


def want_human(scene: Scene) -> None:
    """Whoever asks for a person gets one, even if no row of the policy is left that says so."""
    scene.route = "handoff"
    if scene.is_waiting:
        scene.say(Say.WAITING if scene.has_address else Say.UNREACHABLE)
        return
    scene.weigh({Condition.ASKED_HUMAN: True}, HANDOFF)
    scene.person = Reason.ASKED


def hand_over(reason: Reason, scene: Scene) -> None:
    """A flow that the visitor is in stays in memory, for whoever takes over."""
    if not scene.route:
        # A risk is a question for whoever takes over.
        scene.route = "high_risk" if reason is Reason.HIGH_RISK else "handoff"
    if scene.has_address:
        scene.say(Say.WAITING if reason is Reason.ASKED else Say.NOTED)
        scene.go(State.HANDOFF, reason)
    else:
        scene.say(Say.HANDOFF)
        scene.go(State.COLLECT, reason)
    scene.steps.append(Handoff(reason))


def want_bot(scene: Scene) -> None:
    """What was tried in vain to prove an order is remembered, or waiting would reset the count."""
    if not scene.is_waiting:
        scene.route = "smalltalk"
        if not scene.active:
            scene.say(Say.ASSENT)
        return
    scene.route = "handoff"
    kept = scene.has_address
    scene.say(Say.KEPT if kept else Say.WITHDRAWN)
    scene.memory = Memory(reachable=kept, wrong=scene.memory.wrong)
    scene.go(State.INIT, "resumed" if kept else "withdrawn")
    scene.steps.append(Resume(kept))


def note(scene: Scene) -> None:
    """The line is one more for the team. Said once, until something else was answered: who
    writes down a long story wants no word after each sentence."""
    if not scene.memory.told:
        scene.say(Say.NOTED if scene.has_address else Say.NOTED_UNREACHABLE)
        scene.tell()
