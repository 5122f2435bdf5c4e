"""What the parts of a turn share: what is known, what has been found out, and what is to be said.

Commands are applied one after another and only note what they are about; what is said and where the
dialogue moves is settled once, when all have been heard (`settling.py`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, auto
from typing import Any, cast

from apps.engine.commands import Command, Unfit
from apps.engine.events import (
    Act,
    Address,
    Event,
    Handoff,
    Judged,
    Move,
    Part,
    Reason,
    Remember,
    Reply,
    Resume,
    Say,
)
from apps.engine.flows import FlowSpec
from apps.engine.machine import Machine
from apps.engine.policy import PERSON, Condition, Rule, Step, fired
from apps.engine.text import detect_language
from apps.engine.types import ActiveFlow, Finished, Memory, Mode, Passage, Snapshot, State

# A reply in Latin script as short as this may be a model name or a nod: it switches no language.
SHORT_REPLY_WORDS = 3
WORD = re.compile(r"[^\W\d_]+")
REASONS = {
    Condition.ASKED_HUMAN: Reason.ASKED,
    Condition.HIGH_RISK: Reason.HIGH_RISK,
    Condition.PROOFS_USED: Reason.SLOT_FAILED,
    Condition.REASKS_USED: Reason.SLOT_FAILED,
    Condition.ACTION_FAILED: Reason.ACTION_FAILED,
    Condition.LOOP: Reason.LOOP,
    Condition.STALLED: Reason.LOOP,
    Condition.STRAYED: Reason.LOOP,
    Condition.NEAR: Reason.LOW_CONFIDENCE,
    Condition.ALWAYS: Reason.NO_KNOWLEDGE,
}


class Sequel(IntEnum):
    """How a turn comes back to the flow; of several the last of this list counts."""

    STEP = auto()  # what is missing is asked for, the card is shown, or the action runs
    CARD = auto()  # the card and nothing beside it: a yes to it is awaited
    CHANGES = auto()  # a no was said to the card: what should be different?
    NOTHING = auto()  # who takes leave is asked nothing


@dataclass(slots=True)
class Scene:
    """One turn. `memory` and `machine` stand as the turn has left them so far."""

    snapshot: Snapshot
    machine: Machine
    memory: Memory
    language: str
    # The visitor's words; None where nothing was said.
    line: str | None = None
    parts: list[Part] = field(default_factory=list)
    steps: list[Move | Handoff | Address | Resume | Act] = field(default_factory=list)
    route: str = ""
    confidence: float | None = None
    rule: str = ""
    subject: str = ""
    commands: tuple[Command, ...] = ()
    # What the commands were about.
    command: str = ""
    # The flow has what it had not, or stands where it did not.
    progressed: bool = False
    # An answer came to something else than what is asked: that is no turn without progress.
    missed: bool = False
    # Something was said to what runs.
    about_flow: bool = False
    # The visitor was away for long, and is asked whether to go on.
    returned: bool = False
    unfit: Unfit | None = None
    # The slot that the shop called wrong.
    reopened: str = ""
    sequel: Sequel = Sequel.STEP
    # Why a flow is over. Where one is active all the same, it is the one that is offered now.
    ended: str = ""
    asked: str = ""
    # What was found for it, best first.
    found: tuple[Passage, ...] = ()
    # A model was asked.
    proposed: bool = False
    heard: tuple[str, ...] = ()
    near: tuple[Passage, ...] = ()
    person: Reason | None = None
    offers_person: bool = False
    tells: bool = False

    @classmethod
    def of(cls, snapshot: Snapshot, language: str, line: str | None = None) -> "Scene":
        scene = cls(snapshot, Machine(snapshot.state), snapshot.memory, language, line)
        if active := snapshot.memory.active:
            scene.subject = active.flow
        return scene

    def as_it_stands(self) -> Snapshot:
        """For understanding: what was taken up before the line was heard."""
        if self.memory is self.snapshot.memory and self.machine.state is self.snapshot.state:
            return self.snapshot
        return replace(self.snapshot, memory=self.memory, state=self.machine.state)

    @property
    def is_waiting(self) -> bool:
        return self.snapshot.mode is Mode.QUEUED

    @property
    def has_address(self) -> bool:
        """Whether the team could answer the visitor's request."""
        return self.machine.state is State.HANDOFF or self.memory.reachable

    @property
    def active(self) -> ActiveFlow | None:
        return self.memory.active

    @property
    def now(self) -> ActiveFlow:
        """The same where there is one for sure."""
        return cast("ActiveFlow", self.memory.active)

    @property
    def flow(self) -> FlowSpec | None:
        """The flow that the visitor is in, at the version it was started on."""
        active = self.memory.active
        if active is None:
            return None
        return self.snapshot.book.by_version.get((active.flow, active.version))

    @property
    def is_high_value(self) -> bool:
        flow = self.flow
        return flow is not None and flow.high_value

    def say(self, what: Say, **about: Any) -> None:
        self.parts.append(Part(what, **about))

    def say_of(self, flow: FlowSpec | None, what: Say, **about: Any) -> None:
        """The same about a flow; without it when that is gone."""
        if flow:
            about |= {"flow": flow.key, "version": flow.version}
        self.parts.append(Part(what, **about))

    def tell(self) -> None:
        """What is said now is not to be said again at once."""
        self.tells = True
        self.memory = replace(self.memory, told=True)

    def go(self, to: State, cause: str, command: str = "") -> None:
        self.steps += self.machine.go(to, cause, command or self.command)

    def change(self, **active: Any) -> None:
        """Changes what is kept of the flow the visitor is in."""
        self.memory = replace(self.memory, active=replace(self.now, **active))

    def fresh(self) -> str:
        """The id for this turn's card or lookup. Raises ValueError when there is none: one that is
        used twice would run an action twice, or never."""
        if not self.snapshot.fresh:
            raise ValueError("a snapshot with flows needs a fresh id")
        return self.snapshot.fresh

    def decided(self, rule: Rule | None) -> None:
        """Notes the row that decided: the first of a turn, unless a later one calls for more than
        an answer."""
        if rule and (not self.rule or rule.then in PERSON or rule.then is Step.STEER):
            self.rule = rule.id

    def weigh(
        self, facts: Mapping[Condition, float | bool], among: Collection[Step]
    ) -> Rule | None:
        """The row of the policy that decides, noted; None when none holds."""
        rules = self.snapshot.book.rules
        rule = fired(rules, facts, among=among, high_value=self.is_high_value)
        self.decided(rule)
        return rule

    def follow_with(self, sequel: Sequel) -> None:
        self.sequel = max(self.sequel, sequel)

    def call(self, rule: Rule | None) -> None:
        """Has a person take over, or offers one, as the row says."""
        if rule and rule.then is Step.HANDOFF:
            self.person = reason_of(rule)
        elif rule and rule.then is Step.OFFER_PERSON:
            self.offers_person = True

    def finish(self) -> None:
        """The flow was carried out, and this turn tells it."""
        done = Finished(self.now.flow, self.now.version, self.snapshot.reply_at)
        self.memory = replace(self.memory, finished=done)

    @property
    def overtaken(self) -> ActiveFlow | None:
        """The flow that the visitor was in when the line was written, which was carried out before
        it came."""
        done, seen = self.snapshot.memory.finished, self.snapshot.seen
        if done is None or seen is None or seen >= done.told_at:
            return None
        return ActiveFlow(done.flow, done.version)

    def start_clean(self) -> None:
        finished = self.memory.finished if self.overtaken else None
        self.memory = replace(
            self.memory, active=None, heard={}, last="", again=0, finished=finished
        )

    def forget_flow(self, following: ActiveFlow | None = None) -> None:
        self.memory = replace(self.memory, active=following)

    def close(self) -> Iterator[Event]:
        """The turn's events: at most one Reply, exactly one Judged, which comes last."""
        before = self.snapshot.memory
        if self.parts:
            yield Reply(self.language, tuple(self.parts))
            # A reply ends what was told before, unless it tells it.
            if self.memory.told and not self.tells:
                self.memory = replace(self.memory, told=False)
        if self.memory is not before and self.memory != before:
            yield Remember(self.memory)
        yield from self.steps
        route = self.route or "flow"
        yield Judged(route, self.confidence, self.rule, self.subject, self.commands)


def reason_of(rule: Rule | None) -> Reason:
    return REASONS.get(rule.when, Reason.POLICY) if rule else Reason.POLICY


def language_of(snapshot: Snapshot, text: str, *, pressed: bool) -> str:
    """The language to answer in. A flow keeps its own where a line is a button's or says too
    little, so that "ok" and a model name do not turn a Chinese talk into an English one."""
    active = snapshot.memory.active
    own = active.language if active else ""
    if own and (pressed or _says_little(text)):
        return own
    return detect_language(text, own or snapshot.language, snapshot.languages)


def _says_little(text: str) -> bool:
    return text.isascii() and len(WORD.findall(text)) <= SHORT_REPLY_WORDS
