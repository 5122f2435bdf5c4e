"""What a turn yields: events for whoever drives it to carry out, and requests it waits on."""

from dataclasses import dataclass, field
from enum import StrEnum

from apps.engine.types import Memory, Passage, State


class Say(StrEnum):
    """What a reply says; the words are the driver's, in the visitor's language."""

    ANSWER = "answer"
    NEAR = "near"
    UNKNOWN = "unknown"
    HANDOFF = "handoff"
    WAITING = "waiting"
    UNREACHABLE = "unreachable"
    NOTED = "noted"
    NOTED_UNREACHABLE = "noted_unreachable"
    NOBODY_YET = "nobody_yet"
    WITHDRAWN = "withdrawn"
    KEPT = "kept"
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ASSENT = "assent"
    IDENTITY = "identity"


class Reason(StrEnum):
    ASKED = "asked"
    HIGH_RISK = "high_risk"


@dataclass(frozen=True, slots=True)
class Search:
    """Request: the passages nearest to `text`, best first, as a tuple of Passage."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer of the turn. `passages` are its source, or what is offered."""

    say: Say
    language: str
    passages: tuple[Passage, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Move:
    came_from: State
    to: State
    cause: str


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person is wanted: the session waits for one from here on."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Resume:
    """The visitor goes on with the bot. `kept`: the team can answer the request and keeps it;
    else it is withdrawn."""

    kept: bool


@dataclass(frozen=True, slots=True)
class Remember:
    memory: Memory


# The routes of a line that asked something, whatever came of it.
QUESTIONS = frozenset({"faq", "near", "unknown", "high_risk", "queued"})


@dataclass(frozen=True, slots=True)
class Judged:
    """Which way the turn took, and how sure it was of the best passage, None when none was
    asked for."""

    route: str
    confidence: float | None = None


Event = Reply | Move | Handoff | Resume | Remember | Judged
