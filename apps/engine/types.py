"""The engine's words: states, what it is told, and what it knows of a session."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class State(StrEnum):
    """COLLECT: a person is wanted and an address to answer at is missing; HANDOFF: it is known."""

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


@dataclass(frozen=True, slots=True)
class Memory:
    """What the bot keeps of a session besides its state.

    `told`: that the last line it did not know went to the team, so that it is not said twice.
    `reachable`: the visitor went on with the bot while the team has a request with an address.
    """

    told: bool = False
    reachable: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the engine may know of a session when a line arrives."""

    policy: Policy
    state: State = State.INIT
    mode: Mode = Mode.BOT
    language: str = "en"
    memory: Memory = field(default_factory=Memory)
    # Those that the site speaks; empty: all.
    languages: tuple[str, ...] = ()


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
