"""One turn: a snapshot and a line in, events out. No clock, no storage, no colour.

`run` is a generator. Whoever drives it carries out each event; at a `Search` it sends the
passages back in. Sockets, HTTP, tests and evaluation drive the same code.
"""

from collections.abc import Generator, Sequence

from apps.engine.commands import AskFaq, Command, Courtesy, SmallTalk, WantHuman
from apps.engine.decide import Answer, Decision, Offer, Unsure, decide
from apps.engine.events import Event, Handoff, Judged, Reason, Reply, Say, Search
from apps.engine.machine import Machine
from apps.engine.text import detect_language
from apps.engine.types import Mode, Passage, Snapshot, State
from apps.engine.understand import understand

Passages = tuple[Passage, ...]
Play = Generator[Event | Search, Passages | None, None]


def run(snapshot: Snapshot, text: str, commands: Sequence[Command] = ()) -> Play:
    """Events of one visitor line: at most one Reply, exactly one Judged, which comes last.

    `commands` are what a button already said; without them the line is understood here.
    """
    if snapshot.mode is Mode.HUMAN:
        yield Judged("human")
        return
    machine = Machine(snapshot.state)
    if machine.state is State.END:
        yield from machine.go(State.INIT, "visitor_returned")
    language = detect_language(text, snapshot.language)
    for command in commands or understand(text):
        yield from _apply(command, snapshot, machine, language)


def _apply(command: Command, snapshot: Snapshot, machine: Machine, language: str) -> Play:
    match command:
        case WantHuman():
            yield from _want_human(snapshot, machine, language)
        case SmallTalk(courtesy):
            yield from _small_talk(courtesy, snapshot, machine, language)
        case AskFaq(text):
            yield from _ask(text, snapshot, machine, language)


def _want_human(snapshot: Snapshot, machine: Machine, language: str) -> Play:
    if snapshot.mode is Mode.QUEUED:
        yield Reply(Say.WAITING, language)
    else:
        yield from _hand_over(Reason.ASKED, machine, language)
    yield Judged("handoff")


def _hand_over(reason: Reason, machine: Machine, language: str) -> Play:
    yield Reply(Say.HANDOFF, language)
    yield from machine.go(State.HANDOFF, reason)
    yield Handoff(reason)


def _small_talk(courtesy: Courtesy, snapshot: Snapshot, machine: Machine, language: str) -> Play:
    if snapshot.mode is Mode.BOT:
        yield Reply(Say(courtesy), language)
        if courtesy is Courtesy.FAREWELL:
            yield from machine.go(State.END, courtesy)
    yield Judged("smalltalk")


def _ask(text: str, snapshot: Snapshot, machine: Machine, language: str) -> Play:
    passages = (yield Search(text, language)) or ()
    best = passages[0].confidence if passages else None
    decision = decide(passages, snapshot.policy)
    if isinstance(decision, Answer):
        yield Reply(Say.ANSWER, language, (decision.passage,))
        yield Judged("faq", best)
    elif snapshot.mode is Mode.QUEUED:
        yield Judged("queued", best)
    else:
        yield from _without_answer(decision, machine, language)
        route = {Offer: "near", Unsure: "high_risk"}.get(type(decision), "unknown")
        yield Judged(route, best)


def _without_answer(decision: Decision, machine: Machine, language: str) -> Play:
    match decision:
        case Offer(passages):
            yield Reply(Say.NEAR, language, passages)
        case Unsure():
            yield from _hand_over(Reason.HIGH_RISK, machine, language)
        case _:
            yield Reply(Say.UNKNOWN, language)
