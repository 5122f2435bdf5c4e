"""The engine's words: states, what it is told, and what it knows of a session."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class State(StrEnum):
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
    confidences, which exclude each other, add up to `offer_at`. A high-risk entry answers from
    `high_risk_at` on, and from `risk_from` on leaves the question to a person.
    `badge` says where the cuts come from: "default" until they are fitted on labels.
    """

    answer_at: float
    offer_at: float
    high_risk_at: float = 0.85
    risk_from: float = 0.3
    badge: str = "default"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the engine may know of a session when a line arrives."""

    policy: Policy
    state: State = State.INIT
    mode: Mode = Mode.BOT
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Passage:
    """An entry that may answer, with the probability in 0..1 that it is the right one."""

    id: str
    title: str
    text: str
    confidence: float
    url: str = ""
    high_risk: bool = False
