"""What a turn yields: events for whoever drives it to carry out, and requests it waits on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.engine.commands import Command
from apps.engine.types import ActiveFlow, Memory, Passage, SlotValue, State


class Say(StrEnum):
    """What a reply says; the words are the driver's, in the visitor's language."""

    ANSWER = "answer"
    NEAR = "near"
    COMPOSED = "composed"  # `text` is a model's answer, from `passages`
    UNKNOWN = "unknown"
    HANDOFF = "handoff"
    WAITING = "waiting"
    UNREACHABLE = "unreachable"
    NOTED = "noted"
    NOTED_UNREACHABLE = "noted_unreachable"
    NOBODY_YET = "nobody_yet"
    FLOW_WAITS = "flow_waits"  # `flow` was asked for, which the bot begins when it answers again
    STILL_ASKED = "still_asked"  # to a stop that takes no request back
    LEAVE_ADDRESS = "leave_address"  # the team has what a flow ordered, and nowhere to answer it
    REACHABLE = "reachable"  # `text` is the address that was typed
    HERE = "here"  # to a line without a word that could mean something
    WITHDRAWN = "withdrawn"
    KEPT = "kept"
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ASSENT = "assent"
    IDENTITY = "identity"
    ASK = "ask"
    ASK_AGAIN = "ask_again"
    WHICH_ONE = "which_one"
    WHICH_FLOW = "which_flow"
    CONFIRM = "confirm"
    LOOK_FIRST = "look_first"  # a yes that was written before the card came; the card follows
    JUST_YES = "just_yes"  # more was said than a yes: how to say one; the card follows
    PROOF = "proof"
    RUNNING = "running"
    STILL_RUNNING = "still_running"
    DONE = "done"
    FOUND = "found"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TOO_LATE = "too_late"  # to stop `flow`: it was carried out before the line came
    DECLINED = "declined"
    EXPIRED = "expired"
    TAKEN = "taken"  # `slot` was given where another is asked for
    ALSO_ASKED = "also_asked"  # `text` is a question beside a wish, which the search is not sure of
    SAME_ORDER = "same_order"  # `slot` holds the order that was spoken of before
    GO_ON = "go_on"
    LATER = "later"  # `flow` was asked for in the middle of another, and comes after it
    ASK_LATER = "ask_later"  # another one waits already: `flow` can be asked for after that
    OR_STOP = "or_stop"  # either what `flow` does is meant, or to stop
    NEXT = "next"  # that one is over; whether to begin with `flow` now
    STEER = "steer"
    OFFER_PERSON = "offer_person"


class Reason(StrEnum):
    """Why a person is wanted."""

    ASKED = "asked"
    HIGH_RISK = "high_risk"
    LOW_CONFIDENCE = "low_confidence"
    NO_KNOWLEDGE = "no_knowledge"
    SLOT_FAILED = "slot_failed"
    ACTION_FAILED = "action_failed"
    LOOP = "loop"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Search:
    """Request: the passages nearest to `text`, best first, as a tuple of Passage. `exact`: only the
    entry of which `text` is a phrasing word for word."""

    text: str
    language: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Request: what a model makes of a line that nothing at home answers, as a Proposal; None when
    no model has anything that may be said. `passages` are what was found, best first, `active` the
    flow that the visitor is in. `high_risk`: only a sure answer may be said. `high_value`: models
    of the last resort may be asked."""

    text: str
    language: str
    passages: tuple[Passage, ...] = ()
    active: ActiveFlow | None = None
    high_risk: bool = False
    high_value: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a model has understood and would say, after its checks. `reply` is "" where the commands
    speak for themselves, `cited` what it goes by, `confidence` calibrated."""

    commands: tuple[Command, ...]
    reply: str
    cited: tuple[Passage, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a reply says. `passages` are its source, or what is offered; `flow` at
    `version` is what it is about, `slot` what it asks for, `problem` why that could not be taken,
    `candidates` what to choose from (values, or keys of flows), `rows` the card's (slot, value),
    `id` the confirmation's, the action's, or that of the question whether to go on, `text` words
    that the shop's own action said."""

    say: Say
    passages: tuple[Passage, ...] = ()
    flow: str = ""
    version: int = 0
    slot: str = ""
    problem: str = ""
    candidates: tuple[str, ...] = ()
    rows: tuple[tuple[str, SlotValue], ...] = ()
    id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer of the turn, which may say several things: a digression's answer, then the
    pending question again."""

    language: str
    parts: tuple[Part, ...]

    @property
    def say(self) -> Say:
        return self.parts[0].say

    @property
    def passages(self) -> tuple[Passage, ...]:
        return self.parts[0].passages


@dataclass(frozen=True, slots=True)
class Act:
    """The flow's action is to run, once, under `key`, with these values by slot. `taken` are slots
    whose values the action under the key `before` had, in these slots of its own."""

    key: str
    flow: str
    version: int
    action: str
    slots: Mapping[str, SlotValue]
    lookup: bool
    before: str = ""
    taken: Mapping[str, str] = field(default_factory=dict)


class Ended(StrEnum):
    """How an action ended. UNCLEAR: whether it was done cannot be told."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an action, handed to `turn.resume`. `text` is the shop's own sentence. A
    refusal may name the `slot` that is wrong; `not_found` says that no order of this visitor fits
    what was given, whether it exists or not; `used_up` that it was not looked for, since too many
    tries were wrong. `language` is the one that the action was asked for in. `asks_address`: a
    person is to answer, and nobody knows where. `proves`: whoever answered has compared the order
    with what proves it."""

    key: str
    ended: Ended
    text: str = ""
    slot: str = ""
    not_found: bool = False
    language: str = ""
    asks_address: bool = False
    proves: bool = True
    used_up: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """`command` names what set it off: a command, "result", or "" for the table's own moves."""

    came_from: State
    to: State
    cause: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person is wanted: the session waits for one from here on."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Address:
    """The visitor has typed how the team can answer the request, with the line as its message. One
    of them may be ""."""

    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Resume:
    """The visitor goes on with the bot. `kept`: the team can answer the request and keeps it;
    else it is withdrawn."""

    kept: bool


@dataclass(frozen=True, slots=True)
class Remember:
    memory: Memory


# The routes of a line that asked something, whatever came of it.
QUESTIONS = frozenset({"faq", "near", "unknown", "high_risk", "queued", "model"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Which way the turn took, how sure it was of the best passage, None when none was asked for,
    and the row of the policy that decided, "" when none had to. `commands`: what was understood."""

    route: str
    confidence: float | None = None
    rule: str = ""
    flow: str = ""
    commands: tuple[Command, ...] = field(default=(), compare=False)


Event = Reply | Move | Act | Handoff | Address | Resume | Remember | Judged
