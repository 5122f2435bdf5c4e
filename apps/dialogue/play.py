"""Drives the engine over what came and writes down what it led to, as an item of the journal."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from apps.chat.frames import Contact
from apps.chat.items import Item, Line, NewTurn, Stored
from apps.chat.models import Session
from apps.dialogue import wiring
from apps.dialogue.actions import registry
from apps.dialogue.actions.registry import OwnOrder
from apps.dialogue.replies import WITH_FORM, Beside, left_notice, order_asked, reply_line
from apps.dialogue.understood import noted
from apps.engine import turn
from apps.engine.answering import Given, Play
from apps.engine.book import Book
from apps.engine.commands import Command
from apps.engine.events import (
    Act,
    Address,
    Event,
    Handoff,
    Judged,
    Move,
    NeedModel,
    Proposal,
    Reason,
    Remember,
    Reply,
    Result,
    Resume,
    Say,
    Search,
)
from apps.engine.flows import SlotSpec
from apps.engine.memory import dump, load
from apps.engine.types import Author, Memory, Mode, Snapshot, State, TurnState

# Of a line that somebody says who waits for a person.
FOR_TEAM = frozenset({"queued", "near", "handoff"})
# What a line has seen that counts for no card.
NOTHING = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a visitor sent: a line, or a button that stands for one. `seen` is the number of the
    last line that was there when it was written, None when that is not told. `parts`: several
    lines that are answered once."""

    cmid: UUID
    text: str
    fields: dict[str, str] | None = None
    commands: tuple[Command, ...] = ()
    contact: Contact | None = None
    seen: int | None = None
    parts: "tuple[Said, ...]" = ()

    @classmethod
    def joined(cls, parts: "Sequence[Said]") -> "Said":
        """One of them alone is itself."""
        if len(parts) == 1:
            return parts[0]
        text = "\n".join(part.text for part in parts)
        seen = min((part.seen for part in parts if part.seen is not None), default=None)
        return cls(parts[0].cmid, text, seen=seen, parts=tuple(parts))

    @property
    def is_plain(self) -> bool:
        """Whether it is a line and nothing else."""
        return not (self.fields or self.commands or self.contact)

    def is_like(self, other: "Said | Stored") -> bool:
        """Whether the other has the same body: a resend, and not a cmid used twice. The words of a
        button are ours, in the language that the page spoke then."""
        if self.commands:
            return self.fields == other.fields
        return (self.text, self.fields or None) == (other.text, other.fields or None)

    def line(self) -> Line:
        return Line(Author.VISITOR, self.text, fields=self.fields, cmid=self.cmid, of_turn=True)

    def lines(self) -> tuple[Line, ...]:
        return tuple(part.line() for part in self.parts) or (self.line(),)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as it was at one version, with what the engine asks of it. `moved_at` is when that
    version came, None for a session in which nothing was said. `book` stands in for what the site
    has published."""

    session: UUID
    site: int
    language: str
    version: int
    last_seq: int
    state: State
    mode: Mode
    memory: Memory = field(default_factory=Memory)
    languages: tuple[str, ...] = ()
    moved_at: datetime | None = None
    is_verified: bool = False
    book: Book | None = None

    @classmethod
    def of(cls, session: Session) -> "Standing":
        return cls(
            session=session.id,
            site=session.site_id,
            language=session.language,
            version=session.version,
            last_seq=session.last_seq,
            state=State(session.state),
            mode=Mode(session.mode),
            memory=load(session.memory),
            languages=tuple(session.site.languages),
            moved_at=session.updated_at if session.last_seq else None,
            is_verified=bool(session.visitor.external_id),
        )

    def snapshot(
        self, lines: int = 0, seen: int | None = None, *, models: bool = False
    ) -> Snapshot:
        """For a turn over so many lines that come now."""
        now = datetime.now(UTC)
        return Snapshot(
            wiring.POLICY,
            self.state,
            self.mode,
            self.language,
            self.memory,
            self.languages,
            book=self.book or wiring.book(self.site),
            fresh=_fresh(),
            idle_s=(now - self.moved_at).total_seconds() if self.moved_at else 0.0,
            today=now.astimezone(timezone.get_default_timezone()).date(),
            verified=self.is_verified,
            reply_at=self.last_seq + lines + 1,
            seen=seen,
            models=models,
        )


def _fresh() -> str:
    """A random UUID. As text at once: the class costs four times as much, for every line."""
    made = os.urandom(16).hex()
    return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-a{made[17:20]}-{made[20:]}"


@dataclass(slots=True)
class Played:
    """What a line, or an action's result, led to, before it is stored. `vague` is a question that
    words alone did not answer, and whose meaning is not known to this process. `needs` is what a
    model is wanted for: the engine stands still there, until `go_on`. `story`: which model has said
    it, for the turn."""

    standing: Standing
    snapshot: Snapshot
    state: State
    mode: Mode
    memory: Memory
    lines: tuple[Line, ...] = ()
    result: Result | None = None
    reply: Reply | None = None
    judged: Judged | None = None
    handoff: Reason | None = None
    address: Address | None = None
    resume: Resume | None = None
    about: str = ""
    is_attended: bool = False
    own_orders: tuple[OwnOrder, ...] = ()
    vague: str = ""
    needs: NeedModel | None = None
    steps_left: "Play | None" = None
    story: dict[str, Any] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    steps: list[Move] = field(default_factory=list)
    turn_id: UUID = field(default_factory=uuid4)

    def take(self, event: Event) -> None:
        match event:
            case Reply():
                self.reply = event
            case Move():
                self.state = event.to
                self.steps.append(event)
            case Handoff() | Address() | Resume():
                self._pass_on(event)
            case Remember(memory):
                self.memory = memory
            case Act():
                self.acts.append(event)
            case Judged():
                self.judged = event

    def _pass_on(self, event: Handoff | Address | Resume) -> None:
        self.mode = Mode.QUEUED
        match event:
            case Handoff(reason):
                self.handoff = reason
            case Address():
                self.address = event
            case Resume():
                self.resume, self.mode = event, Mode.BOT

    @property
    def needs_lock(self) -> bool:
        """Whether more changes in the same commit than the session: a ticket, or an action that is
        to run once; or the shop is to tell which orders the visitor has, which no loop waits for."""
        changes_more = bool(self.handoff or self.address or self.resume or self.acts)
        on_ticket = self.is_for_team or self.asks_address
        return changes_more or on_ticket or self.own_order_asked is not None

    @property
    def language(self) -> str:
        return self.reply.language if self.reply else self.standing.language

    @property
    def is_for_team(self) -> bool:
        """Whether somebody who waits has said more for the ticket, or may have with another wish."""
        waits = self.standing.mode is Mode.QUEUED and self.mode is Mode.QUEUED
        return waits and self.judged is not None and self.judged.route in FOR_TEAM

    @property
    def asks_address(self) -> bool:
        """Whether the reply brings a form, which begins with what the ticket is about."""
        return self.reply is not None and any(part.say in WITH_FORM for part in self.reply.parts)

    @property
    def own_order_asked(self) -> SlotSpec | None:
        """The slot for one of the visitor's own orders that the reply asks for, where the shop has
        signed who they are and can tell which they have."""
        if not self.standing.is_verified or self.reply is None or registry.orders() is None:
            return None
        return order_asked(self.reply, self.snapshot.book)

    def item(self) -> Item:
        """The visitor's lines, the reply and the finished turn, for one commit."""
        lines = self.lines
        if self.reply:
            lines += (self.answer(self.reply),)
        return Item(
            session=self.standing.session,
            version=self.standing.version,
            lines=lines,
            state=self.state,
            mode=self.mode,
            memory=dump(self.memory) if self.memory != self.standing.memory else None,
            turn=self.finished() if lines else None,
            steps=tuple(self.steps),
            exclusive=bool(self.lines) and not self.needs_lock,
        )

    def answer(self, reply: Reply) -> Line:
        """The reply as the message that a visitor reads."""
        if self.address:
            told = self.address.email or self.address.phone
            return left_notice(self.standing.session, told, reply.language)
        actives = (self.standing.memory.active, self.memory.active)
        known = {name: given for one in actives if one for name, given in one.slots.items()}
        beside = Beside(self.about, self.own_orders, self.mode is Mode.QUEUED, self.is_attended)
        return reply_line(reply, self.snapshot.book, known, self.result, beside)

    def finished(self) -> NewTurn:
        """The turn as it is stored when it is answered at once."""
        judged = self.judged
        versions = wiring.versions(self.standing.site)
        return NewTurn(
            TurnState.DONE,
            route=judged.route if judged else "",
            rule=judged.rule if judged else "",
            flow=judged.flow if judged else "",
            covers=len(self.lines) or 1,
            language=self.reply.language if self.reply else self.standing.language,
            confidence=judged.confidence if judged else None,
            sources=self.sources(),
            versions={**versions, "models": self.story} if self.story else {**versions},
            understood=self.understood(),
            id=self.turn_id,
        )

    def understood(self) -> list[list[str]]:
        """What the turn keeps of what was understood."""
        judged = self.judged
        if judged is None:
            return []
        actives = [one for one in (self.memory.active, self.standing.memory.active) if one]
        versions = (self.snapshot.book.by_version.get((one.flow, one.version)) for one in actives)
        return noted(judged.commands, next(filter(None, versions), None))

    def sources(self) -> list[str]:
        """The entries that answered; not those that are only offered beside a flow."""
        parts = self.reply.parts if self.reply else ()
        said = [part for part in parts if part.say in (Say.ANSWER, Say.NEAR, Say.COMPOSED)]
        return [passage.id for part in said for passage in part.passages]


def play(standing: Standing, said: Said, *, models: bool = False) -> Played:
    """Runs the engine over a line, to its end or, where there are `models`, to where it needs one.
    CPU only; nothing is stored."""
    lines = said.lines()
    # The words of a button answer nothing that it does not name: it was made for another question.
    fields = None if said.commands else said.fields
    seen = NOTHING if fields else said.seen
    snapshot = standing.snapshot(len(lines), seen, models=models)
    commands = turn.typed(snapshot, fields) if fields else said.commands
    steps = turn.run(snapshot, said.text, commands)
    played = _begun(standing, snapshot, lines=lines)
    played.steps_left = steps
    return _driven(played, None)


def go_on(played: Played, proposal: Proposal | None) -> Played:
    """To the end, with what the model has said."""
    played.needs = None
    return _driven(played, proposal)


def play_result(standing: Standing, result: Result) -> Played:
    """The same for what came of an action."""
    snapshot = standing.snapshot()
    played = _begun(standing, snapshot, result=result)
    for event in turn.resume(snapshot, result):
        played.take(event)
    return played


def _begun(standing: Standing, snapshot: Snapshot, **given: Any) -> Played:
    return Played(standing, snapshot, standing.state, standing.mode, standing.memory, **given)


def _driven(played: Played, answer: Given) -> Played:
    standing, steps = played.standing, played.steps_left
    if steps is None:
        raise ValueError("the engine was not begun, or has ended")
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            played.steps_left = None
            return played
        answer = None
        match step:
            case Search():
                answer = wiring.search(standing.site, standing.language, step)
                if wiring.is_vague(standing.site, step, answer):
                    played.vague = step.text
            case NeedModel():
                played.needs = step
                return played
            case _:
                played.take(step)
