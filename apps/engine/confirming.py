"""Yes, no and stop: what they mean where they are said."""

from apps.engine.commands import Affirm, Deny
from apps.engine.events import Say
from apps.engine.scene import Scene
from apps.engine.types import ActiveFlow, State


def affirm(command: Affirm, scene: Scene) -> None:
    """A yes counts for the card that is open, and for no other: what is done is what was seen."""
    active = scene.active
    if active is None:
        _tell_expired(command, scene)
    elif _is_of_another_card(command, active):
        scene.say(Say.EXPIRED)
    elif active.running:
        scene.about_flow = True
    elif active.paused:
        go_on(scene)
    elif active.confirmation:
        scene.progressed |= not active.agreed
        scene.change(agreed=True)


def deny(command: Deny, scene: Scene) -> None:
    active = scene.active
    if active is None:
        _tell_expired(command, scene)
    elif _is_of_another_card(command, active):
        scene.say(Say.EXPIRED)
    elif active.running:
        scene.about_flow = True
    elif active.paused:
        if not scene.returned:
            cancel(scene)
    elif scene.machine.state is State.CONFIRM:
        # The card is closed: a yes to "what is wrong with it?" must not order it.
        scene.change(confirmation="", agreed=False)
        scene.declined = True


def _is_of_another_card(command: Affirm | Deny, active: ActiveFlow) -> bool:
    """An action runs under the id of the card that it was agreed to on."""
    return command.confirmation not in ("", active.confirmation, active.running)


def _tell_expired(command: Affirm | Deny, scene: Scene) -> None:
    """A card that is not open any more; a typed word may have meant anything."""
    if command.confirmation:
        scene.say(Say.EXPIRED)


def cancel(scene: Scene, *, unsure: bool = False) -> None:
    active = scene.active
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
    if not scene.returned:
        scene.change(paused=False)
        scene.progressed = True


def leave(cause: str, scene: Scene) -> None:
    """The flow is over. The one that was asked for meanwhile is offered."""
    active = scene.now
    following = scene.snapshot.book.by_key.get(active.after)
    scene.ended = cause
    scene.offered = following is not None
    scene.forget_flow(
        ActiveFlow(following.key, following.version, paused=True, language=active.language)
        if following
        else None
    )
