"""Yes, no and stop: what they mean where they are said."""

from collections.abc import Sequence

from apps.engine.commands import (
    Affirm,
    Command,
    CorrectSlot,
    Deny,
    Lack,
    SetSlot,
    StartFlow,
    Unfit,
)
from apps.engine.events import Say
from apps.engine.known import recalled, same_order
from apps.engine.scene import Scene, Sequel
from apps.engine.types import ActiveFlow, State


def affirm(command: Affirm, scene: Scene) -> None:
    """A yes counts for the card that is open, and for no other: what is done is what was seen."""
    active = scene.active
    if active is None:
        if command.confirmation:
            expire(scene)
    elif _is_of_another(command, active):
        expire(scene)
    elif active.running:
        scene.about_flow = True
    elif active.paused:
        _hear_the_answer(command, scene)
        go_on(scene)
    elif active.confirmation:
        _agree(command, active, scene)


def _agree(command: Affirm, active: ActiveFlow, scene: Scene) -> None:
    """Whoever types a yes while the card is on its way says it to something else, and where more
    was asked than what the card asks it may be to that."""
    if active.agreed:
        return
    seen = scene.snapshot.seen
    if command.unsure:
        scene.missed = True
        scene.say(Say.JUST_YES)
    elif not command.confirmation and seen is not None and seen < active.shown:
        scene.missed = True
        scene.say(Say.LOOK_FIRST)
    elif not command.confirmation and active.mixed:
        scene.missed = True
        scene.follow_with(Sequel.CARD)
        scene.change(shown=scene.snapshot.reply_at)
    else:
        scene.progressed = True
        scene.change(agreed=True)


def deny(command: Deny, scene: Scene) -> None:
    active = scene.active
    if active is None:
        if command.confirmation:
            expire(scene)
    elif _is_of_another(command, active):
        expire(scene)
    elif active.running:
        scene.about_flow = True
    elif active.paused:
        _hear_the_answer(command, scene)
        if not scene.returned:
            cancel(scene)
    elif scene.machine.state is State.CONFIRM:
        # The card is closed: a yes to "what is wrong with it?" must not order it.
        scene.change(confirmation="", agreed=False)
        scene.follow_with(Sequel.CHANGES)


def take_back(others: Sequence[Command], scene: Scene) -> None:
    """The yes does not stand any more; `others` are what else the line says."""
    scene.change(agreed=False)
    if not any(isinstance(one, Unfit | Lack) for one in others):
        # It is asked for again behind the next yes.
        scene.change(pending="", asked=0)
    again = StartFlow(scene.now.flow)
    if all(one == again or isinstance(one, SetSlot | CorrectSlot) for one in others):
        # Nothing else tells what became of it.
        scene.say(Say.JUST_YES)


def _is_of_another(command: Affirm | Deny, active: ActiveFlow) -> bool:
    """Whether a button belongs to another card or question than the open one. An action runs under
    the id of the card that it was agreed to on; a typed word may be the answer to any."""
    open_ones = ("", active.confirmation, active.running, active.question)
    return command.confirmation not in open_ones


def _hear_the_answer(command: Affirm | Deny, scene: Scene) -> None:
    """Who presses a button of the question whether to go on need not be asked it once more,
    however long ago it was asked."""
    scene.returned &= not command.confirmation


def expire(scene: Scene) -> None:
    """A button of what is not open any more: what is open is asked again, and nothing is done."""
    scene.missed = scene.about_flow = True
    scene.say(Say.EXPIRED)


def cancel(scene: Scene, *, unsure: bool = False, late: bool = False) -> None:
    active = scene.active
    if late:
        # What goes on meanwhile was not meant.
        scene.missed = scene.offers_person = True
        scene.say(Say.TOO_LATE)
        return
    if active is None:
        return
    if active.running:
        scene.about_flow = True
        return
    if unsure:
        scene.say(Say.OR_STOP, flow=active.flow, version=active.version)
        return
    if active.paused and not active.slots:
        # It was no more than offered.
        scene.say(Say.ASSENT)
    else:
        scene.say(Say.CANCELLED, flow=active.flow, version=active.version)
    leave("cancelled", scene)


def go_on(scene: Scene) -> None:
    """With a flow that was left for a while. Whoever has just come back is asked first."""
    if scene.returned:
        return
    scene.change(paused=False, question="")
    scene.progressed = True
    active, flow = scene.now, scene.flow
    if flow and not active.slots:
        # It was only offered.
        before = {} if active.another else same_order(flow, scene)
        scene.change(slots={**before, **recalled(flow, scene)})


def leave(cause: str, scene: Scene) -> None:
    """The flow is over. The one that was asked for meanwhile is offered."""
    active = scene.now
    following = scene.snapshot.book.by_key.get(active.after)
    scene.ended = cause
    scene.forget_flow(
        ActiveFlow(
            following.key,
            following.version,
            another=active.another,
            paused=True,
            language=active.language,
        )
        if following
        else None
    )
