"""What runs a turn, and what it is given and gives back. Plain values; no database behind them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, Literal, Protocol
from uuid import UUID

from apps.chat.items import FinishTurn, Item, Line, Stored
from apps.dialogue.play import Played, Said, Standing
from apps.dialogue.storing import ForTicket, LedTo
from apps.engine.events import Act, Address, Move, Reason, Resume
from apps.engine.memory import dump
from apps.engine.types import Memory, Mode, State

# How much of a line before and of an action's answer a model is told, in characters, and how much more
# is loaded, so that nothing personal is cut before it is found: an address has up to 409.
EARLIER, FACT, BEYOND = 500, 1_000, 420


@dataclass(frozen=True, slots=True)
class Earlier:
    """A line before the turn's."""

    author: Literal["visitor", "bot", "operator"]
    text: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that this process runs, at an attempt that is its own.

    `standing` is the session as the first of the lines found it (`last_seq` is the line before),
    at the version that it has now. `until` is the deadline, by this process' monotonic clock.
    `shop` is the site's name by language, `earlier` the lines before, oldest first, and `facts` what
    the last actions of the session have said, by flow, behind the word of the operator who returned
    it to the bot, under STAFF; all longer than a model is told.
    """

    turn: UUID
    attempt: int
    standing: Standing
    lines: tuple[Stored, ...]
    until: float
    shop: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def session(self) -> UUID:
        return self.standing.session

    @property
    def key(self) -> tuple[UUID, int]:
        return self.turn, self.attempt

    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.until - time.monotonic()

    @property
    def covered(self) -> tuple[Stored, ...]:
        """Those of the lines that are answered now. A button or a form is answered by itself: among
        words nothing of it would be left. What stands behind is for the next turn."""
        first = self.lines[:1]
        if any(line.fields for line in first):
            return first
        return (*first, *takewhile(lambda line: not line.fields, self.lines[1:]))

    def said(self) -> Said:
        """Those lines as one, as the driver would have played them."""
        seen = self._seen()
        return Said.joined(
            [Said(line.cmid, line.text, line.fields, seen=seen) for line in self.covered]
        )

    def _seen(self) -> int | None:
        """Of an open card nothing: what was on the screen is not stored, and a yes that was typed
        while the turn was open may be to the answer that grew."""
        active = self.standing.memory.active
        return active.shown - 1 if active and active.confirmation else None

    def is_like(self, other: "Claimed") -> bool:
        """Whether what was computed on the one holds for the other."""
        return _basis(self) == _basis(other)


def _basis(claimed: Claimed) -> tuple[object, ...]:
    standing = claimed.standing
    lines = [line.id for line in claimed.covered]
    return (standing.state, standing.mode, standing.memory, standing.language, lines)


@dataclass(frozen=True, slots=True)
class Finish:
    """What a turn came to. `reply` is by the bot, or by the system for a notice; without one the turn
    ends in silence, as while a person is awaited. None for `state`, `mode` and `memory` leaves them.
    `played` is what it was made of, where its reply may need more than a loop can know; `stored` is
    called once, when the turn has ended with it."""

    reply: Line | None = None
    state: State | None = None
    mode: Mode | None = None
    memory: Memory | None = None
    steps: tuple[Move, ...] = ()
    route: str = ""
    rule: str = ""
    flow: str = ""
    language: str = ""
    confidence: float | None = None
    sources: list[str] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    understood: list[list[str]] = field(default_factory=list)
    handoff: Reason | None = None
    resume: Resume | None = None
    address: Address | None = None
    acts: tuple[Act, ...] = ()
    played: Played | None = None
    stored: Callable[[], None] | None = None

    @classmethod
    def of(cls, played: Played) -> "Finish":
        """Of an engine that was driven to its end."""
        judged = played.judged
        turn = played.finished()
        return cls(
            reply=played.answer(played.reply) if played.reply else None,
            state=played.state,
            mode=played.mode,
            memory=played.memory,
            steps=tuple(played.steps),
            route=turn.route,
            rule=turn.rule,
            flow=turn.flow,
            language=turn.language,
            confidence=judged.confidence if judged else None,
            sources=turn.sources,
            versions=turn.versions,
            understood=turn.understood,
            handoff=played.handoff,
            resume=played.resume,
            address=played.address,
            acts=tuple(played.acts),
            played=played,
        )

    @property
    def needs_lock(self) -> bool:
        """Whether more changes in the same commit than the session: see `Played.needs_lock`."""
        changes_more = bool(self.handoff or self.resume or self.address or self.acts)
        return changes_more or (self.played is not None and self.played.needs_lock)

    def led_to(self, claimed: Claimed, ticket: ForTicket) -> LedTo:
        return LedTo(
            language=self.language or claimed.standing.language,
            turn=claimed.turn,
            handoff=self.handoff,
            resume=self.resume,
            acts=self.acts,
            ticket=ticket,
            address=self.address,
            message="\n".join(line.text for line in claimed.covered),
        )

    def item(self, claimed: Claimed) -> Item:
        return Item(
            session=claimed.session,
            version=claimed.standing.version,
            lines=(replace(self.reply, of_turn=True),) if self.reply else (),
            state=self.state,
            mode=self.mode,
            memory=self._memory(claimed),
            finish=self._finish(claimed),
            steps=self.steps,
        )

    def _memory(self, claimed: Claimed) -> dict[str, Any] | None:
        if self.memory is None or self.memory == claimed.standing.memory:
            return None
        return dump(self.memory)

    def _finish(self, claimed: Claimed) -> FinishTurn:
        covered = claimed.covered
        return FinishTurn(
            claimed.turn,
            claimed.attempt,
            route=self.route,
            rule=self.rule,
            flow=self.flow,
            language=self.language or claimed.standing.language,
            confidence=self.confidence,
            sources=self.sources,
            versions=self.versions,
            understood=self.understood,
            to_seq=covered[-1].seq if len(covered) < len(claimed.lines) else None,
        )


class TurnRunner(Protocol):
    """Computes what a turn comes to. It holds no connection to the database and no lock while it
    waits; it is cancelled when the turn is no longer its own."""

    async def ready(self) -> None:
        """Loads what the first turn would have to wait for. May raise: turns load it again."""

    async def run(self, claimed: Claimed, show: Callable[[int, str], None]) -> Finish | None:
        """`show` takes what may be shown of the answer already, as it grows, with the number of the
        try that it belongs to: a higher one takes the place of what was shown. From the first word
        on a further line of the visitor's waits for the next turn.

        None, and whatever it raises, ends the turn with a notice and a ticket.
        """

    async def close(self) -> None:
        """Gives back what it holds; nothing runs any more."""
