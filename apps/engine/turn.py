"""One turn: a snapshot and a line in, events out. No clock, no storage, no colour.

`run` is a generator. Whoever drives it carries out each event; at a `Search` it sends the
passages back in, at a `NeedModel` what a model says. Sockets, HTTP, tests and evaluation drive the same code. An action's result
enters through `resume`, with a turn of its own.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from apps.engine.answering import (
    Given,
    Play,
    Request,
    answer,
    be_there,
    compose,
    look_up,
    offered,
    small_talk,
    surer,
)
from apps.engine.beside import ask_beside
from apps.engine.by_hand import noted
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Command,
    CorrectSlot,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    Stale,
    StartFlow,
    TakeBack,
    Unfit,
    WantBot,
    WantHuman,
)
from apps.engine.confirming import affirm, cancel, deny, expire, take_back
from apps.engine.decide import Answer, Offer, Unsure
from apps.engine.events import Event, Judged, Proposal, Result, Say
from apps.engine.filling import HEARD, fill, is_only_heard, lack, refuse
from apps.engine.forms import typed
from apps.engine.known import AWAY_S, forget_order, same_order
from apps.engine.machine import FLOW_STATES
from apps.engine.proposing import propose
from apps.engine.reading import START_AT
from apps.engine.results import take
from apps.engine.return_wish import wants_bot
from apps.engine.scene import Scene, language_of
from apps.engine.settling import settle
from apps.engine.starting import hear_for, start
from apps.engine.types import Mode, Snapshot, State
from apps.engine.understand import understand
from apps.engine.waiting import gives_up, keep_asking, take_address, want_bot, want_human
from apps.engine.wordless import is_wordless

Choosing = Generator[Event | Request, Given, Sequence[Command]]

__all__ = ["resume", "run", "typed"]

OF_A_FLOW = (SetSlot, CorrectSlot, Unfit, Lack, Affirm, Deny, CancelFlow)
# In which order the commands of one line count: what ends or begins a flow says whose details come.
FIRST = (CancelFlow, StartFlow)


def run(snapshot: Snapshot, text: str, commands: Sequence[Command] = ()) -> Play:
    """Events of one visitor line: at most one Reply, exactly one Judged, which comes last.

    `commands` are what a button already said; without them the line is understood here.
    Raises ValueError when a flow needs an id and `snapshot.fresh` is empty.
    """
    if snapshot.mode is Mode.HUMAN:
        yield from noted(snapshot, commands)
        yield Judged("human")
        return
    scene = Scene.of(snapshot, language_of(snapshot, text, pressed=bool(commands)), text)
    _take_up(scene)
    if scene.steps:
        yield from scene.steps
        scene.steps.clear()
    if not commands and take_address(text, scene):
        yield from scene.close()
        return
    heard = commands or _understood(text, scene)
    scene.commands = tuple(heard)
    if scene.is_waiting:
        yield from _while_waiting(heard, text, scene)
    else:
        yield from _listen(heard, text, scene)
        settle(scene)
    yield from scene.close()


def resume(snapshot: Snapshot, result: Result) -> Iterator[Event]:
    """Events of an action's result, which is a turn of its own: one Reply, one Judged at the end."""
    active = snapshot.memory.active
    own = active.language if active else ""
    is_waited_for = active is not None and active.running == result.key
    language = own if is_waited_for else result.language
    scene = Scene.of(snapshot, language or own or snapshot.language)
    scene.route = "action"
    if take(result, scene):
        settle(scene)
    yield from scene.close()


def _take_up(scene: Scene) -> None:
    """Where the session stands, before anything is heard."""
    snapshot, state = scene.snapshot, scene.machine.state
    if snapshot.idle_s > AWAY_S:
        forget_order(scene)
    if state is State.END:
        scene.go(State.INIT, "visitor_returned")
        scene.start_clean()
    if snapshot.mode is not Mode.BOT:
        return
    active = scene.active
    if active is None or state not in FLOW_STATES:
        _stand_without_a_flow(scene)
    elif scene.flow is None:
        scene.forget_flow()
        scene.say(Say.EXPIRED)
        scene.go(State.INIT, "flow_gone")
    elif snapshot.idle_s > AWAY_S and not active.running:
        scene.returned = True
        scene.change(paused=True, unfilled=0, confirmation="", agreed=False)


def _stand_without_a_flow(scene: Scene) -> None:
    """A flow does not outlive the wait for a person, nor a detail the visit it was told in. Of a
    session that was given back by the team the address stays known."""
    if scene.active:
        scene.forget_flow()
    if scene.memory.heard and scene.snapshot.idle_s > AWAY_S:
        scene.memory = replace(scene.memory, heard={})
    if scene.machine.state in FLOW_STATES:
        # What was stored of it could not be read.
        scene.say(Say.EXPIRED)
        scene.go(State.INIT, "flow_gone")
    elif scene.machine.state is State.HANDOFF:
        scene.memory = replace(scene.memory, reachable=True, proven=None)
        scene.go(State.INIT, "resumed")


def _understood(text: str, scene: Scene) -> Sequence[Command]:
    """A button that means nothing any more may come without a word."""
    if not text.strip():
        return ()
    if said := wants_bot(text) or gives_up(text, scene) or _too_late(text, scene):
        return said
    heard = scene.as_it_stands()
    if scene.is_waiting:
        # The flow that was left for a person asks nothing more.
        heard = replace(heard, memory=replace(heard.memory, active=None))
    return understand(text, heard)


def _too_late(text: str, scene: Scene) -> Sequence[Command]:
    """A stop or a no that was on its way when the flow was carried out."""
    flow = scene.overtaken
    if flow is None:
        return ()
    before = replace(scene.snapshot, memory=replace(scene.memory, active=flow))
    is_stop = any(isinstance(one, CancelFlow | Deny) for one in understand(text, before))
    return [CancelFlow(late=True)] if is_stop else ()


def _listen(commands: Sequence[Command], text: str, scene: Scene) -> Play:
    """Most lines are one question."""
    if TakeBack() in commands:
        commands = [one for one in commands if not isinstance(one, TakeBack)]
        take_back(commands, scene)
    if len(commands) == 1 and isinstance(commands[0], AskFaq):
        scene.command = "AskFaq"
        yield from _ask(commands[0].text, scene)
        return
    for command in (yield from _meant(commands, text, scene)):
        yield from _apply(command, scene)


def _ask(text: str, scene: Scene) -> Play:
    decision = yield from look_up(text, scene)
    if not isinstance(decision, Answer) and is_wordless(text):
        be_there(scene)
        return
    proposal = yield from propose(text, decision, scene)
    if proposal is None:
        answer(decision, scene)
    else:
        yield from _follow(proposal, text, scene)


def _follow(proposal: Proposal, text: str, scene: Scene) -> Play:
    """Says and applies what a model has made of the line."""
    compose(proposal, scene)
    if proposal.commands:
        scene.commands = (*scene.commands, *proposal.commands)
        for command in (yield from _meant(proposal.commands, text, scene)):
            yield from _apply(command, scene)


def _meant(commands: Sequence[Command], text: str, scene: Scene) -> Choosing:
    """The commands that can be applied, in the order that they count."""
    flows = scene.snapshot.book.by_key
    known = [one for one in commands if not isinstance(one, StartFlow) or one.flow in flows]
    if not scene.active and not any(isinstance(one, StartFlow) for one in known):
        known = [one for one in known if not isinstance(one, OF_A_FLOW) or _stands_alone(one)]
    if not known:
        return [AskFaq(text)] if text.strip() else []
    known.sort(key=lambda one: not isinstance(one, FIRST))
    starts = [one for one in known if isinstance(one, StartFlow)]
    asks = [one for one in known if isinstance(one, AskFaq) and not one.beside]
    if starts and asks and not (scene.active and scene.active.flow == starts[0].flow):
        return (yield from _surest(starts[0], asks[0], known, scene))
    if asks and asks[0].maybe:
        return (yield from _likeliest(asks[0], known, scene))
    return known


def _stands_alone(command: Command) -> bool:
    """What means something without a flow: a detail to keep, a button of a card that is gone."""
    match command:
        case SetSlot(slot) | CorrectSlot(slot):
            return slot in HEARD
        case Affirm(card) | Deny(card):
            return bool(card)
        case CancelFlow(late=is_late):
            return is_late
    return False


def _surest(
    start: StartFlow, question: AskFaq, commands: Sequence[Command], scene: Scene
) -> Choosing:
    """A flow may be meant, or a question be asked about it: the surer one counts, and the other is
    offered beside it."""
    decision = yield from look_up(question.text, scene, exact=question.exact)
    rest = [one for one in commands if not isinstance(one, AskFaq) or one.beside]
    is_answered = surer(decision, start) or (question.exact and isinstance(decision, Answer))
    is_wanted = start.confidence >= START_AT or _is_at_hand(start, scene)
    if is_wanted and not start.about and not is_answered:
        scene.asked = ""
        scene.near = offered(decision)
        return rest
    if proposal := (yield from propose(question.text, decision, scene)):
        compose(proposal, scene)
        return proposal.commands
    if scene.active:
        answer(decision, scene)
        return [one for one in rest if not isinstance(one, StartFlow | AskFaq)]
    answer(decision, scene, start.flow)
    for one in rest:
        hear_for(scene.snapshot.book.by_key[start.flow], one, scene)
    return [one for one in rest if not isinstance(one, (StartFlow, AskFaq, *OF_A_FLOW))]


def _is_at_hand(start: StartFlow, scene: Scene) -> bool:
    """Whether it is a look at the order that was proved: "where is it?" says little and asks for
    nothing else then."""
    flow = scene.snapshot.book.by_key[start.flow]
    return flow.lookup and not start.another and bool(same_order(flow, scene))


def _likeliest(question: AskFaq, commands: Sequence[Command], scene: Scene) -> Choosing:
    """What was asked for may have been missed, or a question be asked: one that is found counts.
    Where the line names what was asked for, no less than an answer does."""
    decision = yield from look_up(question.text, scene)
    rest = [one for one in commands if one is not question]
    is_missed = any(isinstance(one, Unfit) for one in rest)
    if isinstance(decision, Answer | Unsure) or (is_missed and isinstance(decision, Offer)):
        scene.command = "AskFaq"
        answer(decision, scene)
        return []
    # A detail that was taken is no riddle.
    unread = all(isinstance(one, Unfit) for one in rest)
    if unread and (proposal := (yield from propose(question.text, decision, scene))):
        compose(proposal, scene)
        return proposal.commands
    scene.asked = ""
    return rest


def _while_waiting(commands: Sequence[Command], text: str, scene: Scene) -> Play:
    """No flow goes on while somebody waits for a person: what is said for one is noted."""
    noted = False
    if not commands:
        scene.say(Say.EXPIRED)
    for command in commands:
        match command:
            case WantHuman() | WantBot() | SmallTalk():
                yield from _apply(command, scene)
            case Affirm(card) | Deny(card) if card:
                expire(scene)
            case Stale():
                expire(scene)
            case CancelFlow() if len(commands) == 1:
                keep_asking(scene)
            case _ if not noted:
                noted = True
                yield from _ask(command.text if isinstance(command, AskFaq) else text, scene)


def _apply(command: Command, scene: Scene) -> Play:
    if not scene.command or not isinstance(command, (AskFaq, SmallTalk)):
        # What sets a move off is what was said for the flow, if anything was.
        scene.command = type(command).__name__
    match command:
        case AskFaq():
            yield from _asked(command, scene)
        case SmallTalk(courtesy):
            small_talk(courtesy, scene)
        case WantHuman():
            want_human(scene)
        case WantBot():
            want_bot(scene)
        case StartFlow():
            start(command, scene)
        case _:
            _apply_to_flow(command, scene)


def _asked(command: AskFaq, scene: Scene) -> Play:
    if command.beside:
        yield from ask_beside(command.text, scene)
    elif not is_only_heard(command.text, scene):
        yield from _ask(command.text, scene)


def _apply_to_flow(command: Command, scene: Scene) -> None:
    match command:
        case SetSlot() | CorrectSlot():
            fill(command, scene)
        case Unfit():
            refuse(command, scene)
        case Lack():
            lack(scene)
        case Affirm():
            affirm(command, scene)
        case Deny():
            deny(command, scene)
        case Stale():
            expire(scene)
        case CancelFlow(unsure, late):
            cancel(scene, unsure=unsure, late=late)
