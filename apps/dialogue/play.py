"""Drives the engine over one line and writes down what came of it, as an item of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.chat.frames import Contact
from apps.chat.items import Item, Line, NewTurn, Step, Stored
from apps.chat.models import Session
from apps.dialogue import phrases, wiring
from apps.engine import turn
from apps.engine.commands import Command
from apps.engine.events import (
    QUESTIONS,
    Event,
    Handoff,
    Judged,
    Move,
    Reason,
    Remember,
    Reply,
    Resume,
    Say,
    Search,
)
from apps.engine.memory import dump, load
from apps.engine.types import Author, Memory, Mode, Passage, Snapshot, State, TurnState

WITH_FORM = frozenset({Say.HANDOFF, Say.UNREACHABLE, Say.NOTED_UNREACHABLE})
WITH_A_WAY_BACK = WITH_FORM | {Say.WAITING, Say.NOTED, Say.NOBODY_YET}
# What became of the request, and no answer of the bot's.
NOTICES = frozenset({Say.WITHDRAWN, Say.KEPT})


@dataclass(frozen=True, slots=True)
class Said:
    """What a visitor sent: a line, or a button that stands for one."""

    cmid: UUID
    text: str
    fields: dict[str, str] | None = None
    commands: tuple[Command, ...] = ()
    contact: Contact | None = None

    def is_like(self, other: "Said | Stored") -> bool:
        """Whether the other has the same body: a resend, and not a cmid used twice."""
        return (self.text, self.fields or None) == (other.text, other.fields or None)

    def line(self) -> Line:
        return Line(Author.VISITOR, self.text, fields=self.fields, cmid=self.cmid, of_turn=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as it was at one version, with what the engine asks of it."""

    session: UUID
    site: int
    language: str
    version: int
    last_seq: int
    state: State
    mode: Mode
    memory: Memory = field(default_factory=Memory)
    languages: tuple[str, ...] = ()

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
        )

    def snapshot(self) -> Snapshot:
        return Snapshot(
            wiring.POLICY, self.state, self.mode, self.language, self.memory, self.languages
        )


@dataclass(slots=True)
class Played:
    """What one line led to, before it is stored."""

    said: Said
    standing: Standing
    state: State
    mode: Mode
    memory: Memory
    reply: Reply | None = None
    judged: Judged | None = None
    handoff: Reason | None = None
    resume: Resume | None = None
    about: int | None = None
    steps: list[Step] = field(default_factory=list)

    def take(self, event: Event) -> None:
        match event:
            case Reply():
                self.reply = event
            case Move(came_from, to, cause, _):
                self.state = to
                self.steps.append(Step(came_from, to, cause))
            case Handoff(reason):
                self.handoff, self.mode = reason, Mode.QUEUED
            case Resume():
                self.resume, self.mode = event, Mode.BOT
            case Remember(memory):
                self.memory = memory
            case Judged():
                self.judged = event

    @property
    def needs_ticket(self) -> bool:
        """Whether a ticket changes in the same commit."""
        return bool(self.handoff or self.resume)

    @property
    def wants_question(self) -> bool:
        """Whether a form opens that is about an earlier line, which `about` may name."""
        return self.handoff is Reason.ASKED

    def item(self) -> Item:
        """The visitor's line, the reply and the finished turn, for one commit."""
        reply = (reply_line(self.reply, self._about()),) if self.reply else ()
        return Item(
            session=self.standing.session,
            version=self.standing.version,
            lines=(self.said.line(), *reply),
            state=self.state,
            mode=self.mode,
            memory=dump(self.memory) if self.memory != self.standing.memory else None,
            turn=self._turn(),
            steps=tuple(self.steps),
        )

    def _about(self) -> int | None:
        asked_now = self.judged and self.judged.route in QUESTIONS
        return self.standing.last_seq + 1 if asked_now else self.about

    def _turn(self) -> NewTurn:
        judged = self.judged
        return NewTurn(
            TurnState.DONE,
            route=judged.route if judged else "",
            language=self.reply.language if self.reply else self.standing.language,
            confidence=judged.confidence if judged else None,
            sources=[passage.id for passage in self.reply.passages] if self.reply else [],
            versions=wiring.versions(self.standing.site),
        )


def play(standing: Standing, said: Said) -> Played:
    """Runs the engine to its end. CPU only; nothing is stored."""
    played = Played(said, standing, standing.state, standing.mode, standing.memory)
    steps = turn.run(standing.snapshot(), said.text, said.commands)
    answer: tuple[Passage, ...] | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return played
        answer = None
        if isinstance(step, Search):
            answer = wiring.search(standing.site, standing.language, step)
        else:
            played.take(step)


def reply_line(reply: Reply, about: int | None = None) -> Line:
    """`about` is the number of the line that a contact form begins with."""
    if reply.say is Say.ANSWER:
        text = reply.passages[0].text
    else:
        text = phrases.say(reply.say, reply.language)
    if reply.say in NOTICES:
        return Line(Author.SYSTEM, text, of_turn=True)
    return Line(Author.BOT, text, meta=_meta(reply, about), of_turn=True)


def way_back(language: str) -> dict[str, Any]:
    """The `meta` of a line that offers to go on with the bot."""
    text = phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)
    return {"quick_replies": _buttons([text])}


def _meta(reply: Reply, about: int | None) -> dict[str, Any]:
    meta: dict[str, Any] = {"ai": True}
    match reply.say:
        case Say.ANSWER:
            meta["sources"] = [_source(passage) for passage in reply.passages]
        case Say.NEAR:
            titles = [passage.title for passage in reply.passages]
            meta["quick_replies"] = _buttons([*titles, _person(reply.language)])
        case Say.UNKNOWN:
            meta["quick_replies"] = _buttons([_person(reply.language)])
    if reply.say in WITH_FORM:
        label = phrases.in_language(phrases.CONTACT_LABEL, reply.language)
        form = {"slot": "contact", "type": "contact", "label": label}
        meta["form"] = {**form, "about": about} if about else form
    if reply.say in WITH_A_WAY_BACK:
        meta |= way_back(reply.language)
    return meta


def _source(passage: Passage) -> dict[str, str]:
    source = {"id": passage.id, "title": passage.title}
    return {**source, "url": passage.url} if passage.url else source


def _person(language: str) -> str:
    return phrases.in_language(phrases.TALK_TO_A_PERSON, language)


def _buttons(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"label": text, "text": text} for text in texts]
