"""One turn: a snapshot and a line in, events out. No clock, no storage, no colour.

`run` is a generator. Whoever drives it carries out each event; at a `Search` it sends the
passages back in. Sockets, HTTP, tests and evaluation drive the same code.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from apps.engine.commands import AskFaq, Command, Courtesy, SmallTalk, WantBot, WantHuman
from apps.engine.decide import Answer, Offer, Unsure, decide
from apps.engine.events import (
    Event,
    Handoff,
    Judged,
    Part,
    Reason,
    Remember,
    Reply,
    Resume,
    Say,
    Search,
)
from apps.engine.machine import Machine
from apps.engine.return_wish import wants_bot
from apps.engine.text import detect_language
from apps.engine.types import Memory, Mode, Passage, Snapshot, State
from apps.engine.understand import understand

Passages = tuple[Passage, ...]
Play = Generator[Event | Search, Passages | None, None]


@dataclass(frozen=True, slots=True)
class _Scene:
    """What each part of a turn needs to know."""

    snapshot: Snapshot
    machine: Machine
    language: str

    @property
    def is_waiting(self) -> bool:
        return self.snapshot.mode is Mode.QUEUED

    @property
    def has_address(self) -> bool:
        """Whether the team could answer the visitor's request."""
        return self.machine.state is State.HANDOFF or self.snapshot.memory.reachable


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
    scene = _Scene(snapshot, machine, detect_language(text, snapshot.language, snapshot.languages))
    for command in commands or wants_bot(text) or understand(text):
        yield from _apply(command, scene)


def _apply(command: Command, scene: _Scene) -> Play:
    match command:
        case WantHuman():
            yield from _want_human(scene)
        case WantBot():
            yield from _want_bot(scene)
        case SmallTalk(courtesy):
            yield from _small_talk(courtesy, scene)
        case AskFaq(text):
            yield from _ask(text, scene)


def _say(
    scene: _Scene, what: Say, passages: Passages = (), *, memory: Memory | None = None
) -> Play:
    """A reply ends what was told before, unless it tells it."""
    yield Reply(scene.language, (Part(what, passages),))
    before = scene.snapshot.memory
    after = memory or replace(before, told=False)
    if after != before:
        yield Remember(after)


def _want_human(scene: _Scene) -> Play:
    if scene.is_waiting:
        yield from _say(scene, Say.WAITING if scene.has_address else Say.UNREACHABLE)
    else:
        yield from _hand_over(Reason.ASKED, scene)
    yield Judged("handoff")


def _hand_over(reason: Reason, scene: _Scene) -> Play:
    if scene.has_address:
        yield from _say(scene, Say.WAITING if reason is Reason.ASKED else Say.NOTED)
        yield from scene.machine.go(State.HANDOFF, reason)
    else:
        yield from _say(scene, Say.HANDOFF)
        yield from scene.machine.go(State.COLLECT, reason)
    yield Handoff(reason)


def _want_bot(scene: _Scene) -> Play:
    if not scene.is_waiting:
        yield from _say(scene, Say.ASSENT)
        yield Judged("smalltalk")
        return
    kept = scene.has_address
    yield from _say(scene, Say.KEPT if kept else Say.WITHDRAWN, memory=Memory(reachable=kept))
    yield from scene.machine.go(State.INIT, "resumed" if kept else "withdrawn")
    yield Resume(kept)
    yield Judged("handoff")


def _small_talk(courtesy: Courtesy, scene: _Scene) -> Play:
    """While somebody waits a greeting may ask whether anyone is there, and no goodbye ends it."""
    asks_who = scene.is_waiting and courtesy is Courtesy.GREETING
    yield from _say(scene, Say.NOBODY_YET if asks_who else Say(courtesy))
    if courtesy is Courtesy.FAREWELL and not scene.is_waiting:
        yield from scene.machine.go(State.END, courtesy)
    yield Judged("smalltalk")


def _ask(text: str, scene: _Scene) -> Play:
    passages = (yield Search(text, scene.language)) or ()
    best = passages[0].confidence if passages else None
    decision = decide(passages, scene.snapshot.policy)
    route = "unknown"
    match decision:
        case Answer(passage):
            route = "faq"
            yield from _say(scene, Say.ANSWER, (passage,))
        case Offer(near):
            route = "near"
            yield from _say(scene, Say.NEAR, near)
        case _ if scene.is_waiting:
            route = "queued"
            yield from _note(scene)
        case Unsure():
            route = "high_risk"
            yield from _hand_over(Reason.HIGH_RISK, scene)
        case _:
            yield from _say(scene, Say.UNKNOWN)
    yield Judged(route, best)


def _note(scene: _Scene) -> Play:
    """The line is one more for the team. Said once, until something else was answered: who
    writes down a long story wants no word after each sentence."""
    memory = scene.snapshot.memory
    if not memory.told:
        what = Say.NOTED if scene.has_address else Say.NOTED_UNREACHABLE
        yield from _say(scene, what, memory=replace(memory, told=True))
