"""A chat with the bot that is stored nowhere, over a book of one's choice. It is played as a
visitor's is, but actions are not run: the tester says how they end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.core import signing
from django.utils import timezone

from apps.chat.admission import refusal
from apps.chat.codes import Code, detail
from apps.chat.items import Line
from apps.dialogue import books, slots
from apps.dialogue.play import Played, Said, Standing, play, play_result
from apps.engine.book import Book
from apps.engine.commands import Command
from apps.engine.events import Act, Ended, Judged, Move, Result
from apps.engine.flows import FlowSpec
from apps.engine.memory import dump, load
from apps.engine.types import Author, Memory, Mode, State
from apps.knowledge.index import library
from apps.sites.models import Site

SALT = "dialogue.trial"
KEPT_FOR = timedelta(hours=12)
NO_SESSION = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Talk:
    """Where a trial stands; the page keeps it, signed. `acting` is the key of the action that
    waits for the tester to say how it ended, `moved_at` when the last line was said."""

    state: State = State.INIT
    mode: Mode = Mode.BOT
    memory: Memory = field(default_factory=Memory)
    acting: str = ""
    last_seq: int = 0
    moved_at: datetime | None = None

    def sealed(self) -> str:
        moved_at = self.moved_at and self.moved_at.timestamp()
        kept = [self.state, self.mode, dump(self.memory), self.acting, self.last_seq, moved_at]
        return signing.dumps(kept, salt=SALT, compress=True)

    @classmethod
    def opened(cls, text: str) -> "Talk":
        """A new one for what is not ours, is too old, or is from another release."""
        try:
            kept = signing.loads(text, salt=SALT, max_age=KEPT_FOR)
            state, mode, memory, acting, last_seq, at = kept
            moved_at = None if at is None else datetime.fromtimestamp(at, UTC)
            return cls(State(state), Mode(mode), load(memory), str(acting), int(last_seq), moved_at)
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


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. `understood` are the commands, `known` the slots of the active flow."""

    talk: Talk
    line: Line | None = None
    understood: tuple[Command, ...] = ()
    moves: tuple[Move, ...] = ()
    known: tuple[dict[str, str], ...] = ()
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
    """Plays one line, one button, or the end of an action. Stores nothing."""
    library.refresh()
    standing = _standing(site, book, talk, asked)
    if asked.ended:
        if not talk.acting:
            return Answered(talk)
        played = play_result(standing, Result(talk.acting, asked.ended))
        return _answered(played, replace(talk, acting=""))
    fields = dict(asked.fields) or None
    if code := refusal(asked.text, fields):
        return _refused(talk, code, asked.language)
    # Whatever was said stands on the page when something is sent.
    said = Said(uuid4(), asked.text, fields, seen=talk.last_seq)
    return _answered(play(standing, said), talk)


def _standing(site: Site, book: Book, talk: Talk, asked: Asked) -> Standing:
    return Standing(
        session=NO_SESSION,
        site=site.pk,
        language=asked.language,
        version=0,
        last_seq=talk.last_seq,
        state=talk.state,
        mode=talk.mode,
        memory=talk.memory,
        languages=tuple(site.languages),
        moved_at=talk.moved_at,
        is_verified=asked.is_verified,
        book=book,
    )


def _refused(talk: Talk, code: Code, language: str) -> Answered:
    return Answered(talk, Line(Author.SYSTEM, detail(code, language)))


def _answered(played: Played, talk: Talk) -> Answered:
    lines = played.item().lines
    act = played.acts[-1] if played.acts else None
    language = played.reply.language if played.reply else played.standing.language
    return Answered(
        replace(
            talk,
            state=played.state,
            mode=played.mode,
            memory=played.memory,
            acting=act.key if act else talk.acting,
            last_seq=talk.last_seq + len(lines),
            moved_at=timezone.now(),
        ),
        line=lines[-1] if played.reply else None,
        understood=played.judged.commands if played.judged else (),
        moves=tuple(played.steps),
        known=tuple(slots.listed(played.memory, played.snapshot.book, language)),
        judged=played.judged,
        act=act,
        hands_over=played.handoff is not None,
    )
