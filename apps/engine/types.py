"""The engine's words: states, what it is told, and what it knows of a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum

from apps.engine.book import EMPTY_BOOK, Book


class State(StrEnum):
    """COLLECT: something is missing: a detail of a flow, or, once a person is wanted, an address
    to answer at. CONFIRM: a flow is complete and waits for a yes, or for what the yes set off."""

    INIT = "INIT"
    COLLECT = "COLLECT"
    CONFIRM = "CONFIRM"
    HANDOFF = "HANDOFF"
    END = "END"


class Mode(StrEnum):
    """Who answers the visitor."""

    BOT = "bot"
    QUEUED = "queued"
    HUMAN = "human"


class Author(StrEnum):
    VISITOR = "visitor"
    BOT = "bot"
    OPERATOR = "operator"
    SYSTEM = "system"


class TurnState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FALLBACK = "fallback"
    CANCELLED = "cancelled"


class Rating(IntEnum):
    UP = 1
    DOWN = -1


@dataclass(frozen=True, slots=True)
class Policy:
    """Cuts on the calibrated scale: a confidence of 0.85 means right in 85 of 100 answers.

    At `answer_at` the best entry is the answer. Below it the best three are offered when their
    confidences, which exclude each other, add up to `offer_at`, and so are those that cover
    `covered_at` of what the question names. A high-risk entry answers from
    `high_risk_at` on, and from `risk_from` on leaves the question to a person.
    `badge` says where the cuts come from: "default" until they are fitted on labels.
    """

    answer_at: float
    offer_at: float
    high_risk_at: float = 0.85
    risk_from: float = 0.3
    covered_at: float = 1.0
    badge: str = "default"


class Source(StrEnum):
    """Where a slot's value comes from."""

    SAID = "said"
    TYPED = "typed"
    KNOWN = "known"  # nobody gave it here: it is the order that was proved before


@dataclass(frozen=True, slots=True)
class SlotValue:
    """`value` is canonical, `said` the visitor's own wording ("" when it is the same)."""

    value: str
    said: str = ""
    source: Source = Source.SAID


@dataclass(frozen=True, slots=True)
class ActiveFlow:
    """A flow that a visitor is in, at the version it was started on.

    `pending` is the slot asked for, `asked` how often it was asked again, `candidates` the values of
    which one is to be chosen for it. `confirmation` is the id
    of the card shown, `shown` the number of the line that a typed yes must have seen, `mixed` that the last reply
    asked something besides it or did not show it, `agreed` that the yes to it
    is there while a proof is still missing, `running` the key of the action that runs. `unfilled` counts the turns in a row without
    progress, `strayed` those that left the topic, `steered` how often the visitor was brought
    back. `after` is the flow that was asked for in the middle, `another` that it, or this one while it
    is no more than offered, is about another order. `paused`: asked whether to go on,
    by the question with the id `question`. `said` are the visitor's last lines that belong to it, `language` the one it is held in.
    """

    flow: str
    version: int
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    pending: str = ""
    asked: int = 0
    candidates: tuple[str, ...] = ()
    confirmation: str = ""
    shown: int = 0
    mixed: bool = False
    agreed: bool = False
    running: str = ""
    after: str = ""
    another: bool = False
    paused: bool = False
    question: str = ""
    unfilled: int = 0
    strayed: int = 0
    steered: int = 0
    said: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """The flow that was carried out last; `told_at` is the number of the line that says so."""

    flow: str
    version: int
    told_at: int


@dataclass(frozen=True, slots=True)
class Proven:
    """The order that an action of the session was about last: `run` is the action's key. `proofs`
    are the kinds of what proved it, with the slot that each stood in; never what was given. Without
    one it was only named."""

    order: str
    run: str
    proofs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the bot keeps of a session besides its state.

    `told`: that the last line it did not know went to the team, so that it is not said twice.
    `reachable`: the visitor went on with the bot while the team has a request with an address.
    `unreachable`: the team has what a flow ordered, and the visitor was asked for an address.
    `heard`: details given before any flow was asked for, by kind of slot; of what only one flow asks
    for, by flow and slot. `wrong`: how often an
    order was not found for what proves it. `last`: the passage last answered with, `again` how
    often in a row. `finished`: for lines that were on their way when it was told.
    `proven`: until another order is named, one is not found, or the visitor is away for long.
    """

    told: bool = False
    reachable: bool = False
    active: ActiveFlow | None = None
    heard: Mapping[str, SlotValue] = field(default_factory=dict)
    wrong: int = 0
    last: str = ""
    again: int = 0
    finished: Finished | None = None
    unreachable: bool = False
    proven: Proven | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the engine may know of a session when a line arrives.

    `fresh` is an id never used before, for a confirmation or an action of this turn. `idle_s` are
    the seconds since the session's last line. `today` is the shop's date; None: dates in words are
    not understood. `verified`: the shop has signed who the visitor is. `reply_at` is the number
    that this turn's reply will have among the session's lines, `seen` that of the last one which
    was there when the visitor wrote; None: whatever is there was seen. `models`: whether there are
    any to be asked.
    """

    policy: Policy
    state: State = State.INIT
    mode: Mode = Mode.BOT
    language: str = "en"
    memory: Memory = field(default_factory=Memory)
    # Those that the site speaks; empty: all.
    languages: tuple[str, ...] = ()
    book: Book = EMPTY_BOOK
    fresh: str = ""
    idle_s: float = 0.0
    today: date | None = None
    verified: bool = False
    reply_at: int = 0
    seen: int | None = None
    models: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """An entry that may answer, with the probability in 0..1 that it is the right one, and the
    share in 0..1 of what the question names that its phrasings name too."""

    id: str
    title: str
    text: str
    confidence: float
    url: str = ""
    high_risk: bool = False
    coverage: float = 0.0
