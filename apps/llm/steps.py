"""What a climb over the models of a turn is given, and what it gives back."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from apps.engine.commands import Command
from apps.engine.types import Policy
from apps.llm.caps import Caps, Spent
from apps.llm.confidence import DEFAULT, Calibration
from apps.llm.values import Endpoint, Message, Outcome, Usage, Way


class Why(StrEnum):
    """Why a model's answer was not taken; beside it stand the outcomes of calls that had none.

    WEAKER: it would have been, had a stronger model not been kept from answering by a limit.
    """

    NO_KNOWLEDGE = "no_knowledge"
    LOW_CONFIDENCE = "low_confidence"
    WEAKER = "weaker"
    NOT_GROUNDED = "not_grounded"
    WRONG_LANGUAGE = "wrong_language"
    CONTRARY = "contrary"
    NOTHING_SAID = "nothing_said"


Reason = Why | Outcome
REJECTED = "rejected"
# What a timer may end too early.
EARLY_S = 0.05
NUMBERS = ("confidence", "threshold")
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """How the turn may be answered.

    `chances` are the calibrated probabilities of the passages, in their order. `high_risk`: the
    higher cut of `policy` holds and nothing is shown before it is checked as a whole.
    `high_value`: models of the last resort may be asked. `may_affirm`: see `understanding`. `asker`:
    the session, or whoever else a refusal may be for.
    """

    policy: Policy
    chances: Sequence[float] = ()
    high_risk: bool = False
    high_value: bool = False
    may_affirm: bool = False
    caps: Caps = field(default_factory=Caps)
    calibration: Calibration = DEFAULT
    asker: Hashable = None

    @property
    def answer_at(self) -> float:
        at, risky = self.policy.answer_at, self.policy.high_risk_at
        return max(at, risky) if self.high_risk else at


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that was not taken. `reply` is masked; `facts` as in `Handed`."""

    why: Why
    reply: str
    facts: Facts = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As a message of the ledger. What was wrong with its words stands in the reply itself,
        and is restored in `facts`: so only numbers go along."""
        told = {name: self.facts[name] for name in NUMBERS if name in self.facts}
        return {"role": REJECTED, "content": self.reply, "why": self.why.value, **told}


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt, for the ledger, which keeps `sent` of what left the house. `why`: the reason for
    which the model before handed the turn on, "" for the first."""

    step: Endpoint
    outcome: Outcome
    number: int
    why: str = ""
    usage: Usage = field(default_factory=Usage)
    served: str = ""
    way: Way = Way.UNKNOWN
    first_token_ms: int | None = None
    total_ms: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: tuple[Message, ...] = ()
    prompt_version: str = ""
    rejected: Rejected | None = None


async def _pause(seconds: float) -> None:
    """As long at least: uvloop counts from the beginning of a turn of its loop."""
    await asyncio.sleep(seconds + EARLY_S)


async def _nothing() -> Spent:
    return Spent()


@dataclass(frozen=True, slots=True)
class Ports:
    """What a climb needs of the world; none of it may raise but `spent`: then no cloud is asked.

    `left`: seconds until the turn's deadline. `book` gets each attempt as it ends, also those that
    were not sent or were cancelled. `show(attempt, text)` gets the whole of what may be shown so
    far, in full sentences; a higher attempt takes the place of all before it, "" takes back. None:
    nothing is shown. `spent` is asked once, and only where a cap holds.
    """

    left: Callable[[], float]
    book: Callable[[Tried], None]
    show: Callable[[int, str], None] | None = None
    spent: Callable[[], Awaitable[Spent]] = _nothing
    pause: Callable[[float], Awaitable[object]] = _pause


@dataclass(frozen=True, slots=True)
class Accepted:
    """What may be said and done. `reply` is "" where commands speak for themselves. `cited` are
    places among the passages, from 0; `confidence` is calibrated as `badge` says; `attempt` is the
    ledger's number of the call."""

    commands: tuple[Command, ...]
    reply: str
    cited: tuple[int, ...]
    confidence: float
    badge: str
    step: Endpoint
    served: str
    attempt: int
    prompt_version: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A model that did not end the turn, and why; `facts` are plain JSON."""

    step: Endpoint
    why: Reason
    facts: Facts = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return {
            "tier": self.step.tier.value,
            "model": self.step.name,
            "why": self.why.value,
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Climbed:
    """`said` is None when no model could: then a person is next. `handed` in the order in which
    they were asked; empty and nothing said: there was no model to ask."""

    said: Accepted | None
    handed: tuple[Handed, ...] = ()

    @property
    def why(self) -> Reason | None:
        """Why there is no answer; None if there is one, or no model."""
        return self.handed[-1].why if self.handed and self.said is None else None
