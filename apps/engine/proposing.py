"""A line that is neither understood nor answered here, and what a model makes of it.

A model proposes: what it has understood is applied like what is understood here, each value after
the same check, and it never says yes for the visitor.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from apps.engine.checks import problem_of
from apps.engine.commands import (
    CancelFlow,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    SmallTalk,
    StartFlow,
    WantHuman,
)
from apps.engine.decide import Decision, NoAnswer, Offer
from apps.engine.events import Event, NeedModel, Proposal, Search
from apps.engine.flows import FlowSpec
from apps.engine.recognise import parse
from apps.engine.scene import Scene
from apps.engine.types import Passage
from apps.engine.wordless import is_wordless

Proposing = Generator[
    Event | Search | NeedModel, "tuple[Passage, ...] | Proposal | None", "Proposal | None"
]


def propose(text: str, decision: Decision, scene: Scene) -> Proposing:
    """What a model says to the question that was just looked up, with the commands that may be
    applied; None when none is to be asked, or has anything of use. Once in a turn."""
    if not _may_ask(text, decision, scene):
        return None
    scene.proposed = True
    answer = yield NeedModel(
        text=text,
        language=scene.language,
        passages=scene.found,
        active=scene.active,
        high_risk=any(passage.high_risk for passage in scene.found),
        high_value=scene.is_high_value,
    )
    if not isinstance(answer, Proposal):
        return None
    commands = tuple(_usable(answer, scene))
    return replace(answer, commands=commands) if commands or answer.reply else None


def _usable(proposal: Proposal, scene: Scene) -> Iterator[Command]:
    starts = {one.flow for one in proposal.commands if isinstance(one, StartFlow)}
    flows = [flow for flow in scene.snapshot.book.flows if flow.key in starts]
    if scene.flow:
        flows.append(scene.flow)
    for command in proposal.commands:
        yield from _checked(command, flows, proposal, scene)


def _may_ask(text: str, decision: Decision, scene: Scene) -> bool:
    if not scene.snapshot.models or scene.proposed or scene.is_waiting:
        return False
    return isinstance(decision, Offer | NoAnswer) and not is_wordless(text)


def _checked(
    command: Command, flows: Sequence[FlowSpec], proposal: Proposal, scene: Scene
) -> Iterator[Command]:
    """What a visitor agrees to is done, so no model says yes; the question was looked up before."""
    match command:
        case StartFlow(flow) if flow in scene.snapshot.book.by_key:
            yield replace(command, confidence=proposal.confidence)
        case SetSlot() | CorrectSlot():
            yield from _valued(command, flows, scene)
        case Deny() | CancelFlow() if scene.active:
            yield command
        case WantHuman() | SmallTalk():
            yield command


def _valued(
    command: SetSlot | CorrectSlot, flows: Sequence[FlowSpec], scene: Scene
) -> Iterator[Command]:
    """With its canonical value. One that cannot be read was not said so by the visitor, who is
    asked for it instead of being told that it is wrong."""
    spec = next(
        (flow.by_name[command.slot] for flow in flows if command.slot in flow.by_name), None
    )
    if spec is None:
        return
    if not problem_of(spec, command.value, scene.snapshot):
        yield command
        return
    read = parse(spec, command.value, scene.snapshot)
    if isinstance(read, SetSlot):
        yield replace(command, value=read.value, said=command.said or command.value)
