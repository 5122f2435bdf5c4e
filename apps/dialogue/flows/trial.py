"""A chat with the bot that is stored nowhere, over a book of one's choice. Actions are not run:
the tester says how they end."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core import signing
from django.utils import timezone

from apps.chat.items import Line
from apps.dialogue import books, slots, wiring
from apps.dialogue.replies import reply_line
from apps.engine import turn
from apps.engine.book import Book
from apps.engine.commands import Command
from apps.engine.events import (
    Act,
    Ended,
    Event,
    Handoff,
    Judged,
    Move,
    Remember,
    Reply,
    Result,
    Resume,
    Search,
)
from apps.engine.flows import FlowSpec
from apps.engine.memory import dump, load
from apps.engine.types import Memory, Mode, Passage, Snapshot, State
from apps.knowledge.index import library
from apps.sites.models import Site

SALT = "dialogue.trial"
KEPT_FOR = timedelta(hours=12)
LONGEST_LINE = 1000
Play = Generator[Event | Search, tuple[Passage, ...] | None, None]


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a trial stands; the page keeps it, signed. `acting` is the key of the action that
    waits for the tester to say how it ended."""

    state: State = State.INIT
    mode: Mode = Mode.BOT
    memory: Memory = field(default_factory=Memory)
    acting: str = ""

    def sealed(self) -> str:
        kept = [self.state, self.mode, dump(self.memory), self.acting]
        return signing.dumps(kept, salt=SALT, compress=True)

    @classmethod
    def opened(cls, text: str) -> "Talk":
        """A new one for what is not ours, is too old, or is from another release."""
        try:
            state, mode, memory, acting = signing.loads(text, salt=SALT, max_age=KEPT_FOR)
            return cls(State(state), Mode(mode), load(memory), str(acting))
        except (signing.BadSignature, ValueError, TypeError):
            return cls()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the tester sends, and as whom."""

    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    is_verified: bool = False
    ended: Ended | None = None


@dataclass(slots=True)
class Answered:
    """What came of it. `understood` are the commands, `known` the slots of the active flow."""

    talk: Talk
    line: Line | None = None
    understood: list[Command] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=list)
    judged: Judged | None = None
    act: Act | None = None
    hands_over: bool = False


def book_with(site: Site, draft: FlowSpec | None) -> Book:
    """What is published, with the draft in the place of its flow."""
    book = books.load(site.pk)
    if draft is None:
        return book
    others = tuple(flow for flow in book.flows if flow.key != draft.key)
    return replace(book, flows=(draft, *others), past=(*book.past, *book.flows))


def go_on(site: Site, book: Book, talk: Talk, asked: Asked) -> Answered:
    """Plays one line, one button, or the end of an action."""
    library.refresh()
    snapshot = _snapshot(site, book, talk, asked)
    if asked.ended and talk.acting:
        result = Result(talk.acting, asked.ended)
        return _answered(turn.resume(snapshot, result), snapshot, replace(talk, acting=""))
    text = asked.text[:LONGEST_LINE]
    commands = turn.typed(snapshot, asked.fields) if asked.fields else ()
    events = _driven(turn.run(snapshot, text, commands), site)
    return _answered(events, snapshot, talk)


def _snapshot(site: Site, book: Book, talk: Talk, asked: Asked) -> Snapshot:
    return Snapshot(
        wiring.POLICY,
        talk.state,
        # Nobody comes to a trial: the bot goes on.
        Mode.BOT if talk.mode is Mode.HUMAN else talk.mode,
        asked.language,
        talk.memory,
        tuple(site.languages),
        book=book,
        fresh=str(uuid4()),
        today=timezone.localdate(),
        verified=asked.is_verified,
    )


def _driven(steps: Play, site: Site) -> list[Event]:
    """What the engine yields, with its searches answered."""
    events: list[Event] = []
    answer: tuple[Passage, ...] | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return events
        answer = None
        if isinstance(step, Search):
            answer = wiring.search(site.pk, site.default_language, step)
        else:
            events.append(step)


def _answered(events: Iterable[Event], snapshot: Snapshot, talk: Talk) -> Answered:
    answered = Answered(talk)
    reply: Reply | None = None
    for event in events:
        if isinstance(event, Reply):
            reply = event
        _take(answered, event)
    language = reply.language if reply else snapshot.language
    answered.known = slots.listed(answered.talk.memory, snapshot.book, language)
    if reply:
        answered.line = reply_line(reply, snapshot.book, _known(talk, answered))
    return answered


def _take(answered: Answered, event: Event) -> None:
    talk = answered.talk
    match event:
        case Move():
            answered.moves.append(event)
            answered.talk = replace(talk, state=event.to)
        case Handoff():
            answered.hands_over = True
            answered.talk = replace(talk, mode=Mode.QUEUED)
        case Resume():
            answered.talk = replace(talk, mode=Mode.BOT)
        case Remember(memory):
            answered.talk = replace(talk, memory=memory)
        case Act():
            answered.act = event
            answered.talk = replace(talk, acting=event.key)
        case Judged():
            answered.judged = event
            answered.understood = list(event.commands)


def _known(before: Talk, answered: Answered) -> dict[str, Any]:
    """The values that sentences may name: a flow that has just ended is still told of."""
    actives = (before.memory.active, answered.talk.memory.active)
    return {name: given for one in actives if one for name, given in one.slots.items()}
