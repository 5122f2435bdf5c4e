"""What goes into the journal and what comes back: plain values, checked before they queue."""

import math
import re
import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.engine.events import Move
from apps.engine.types import Author, Mode, State, TurnState

UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Verdict(StrEnum):
    OK = "ok"
    DUP = "dup"  # a line with this cmid is stored: nothing was written
    CONFLICT = "conflict"  # the session has moved since the item was computed
    STALE = "stale"  # the turn to finish is not running at this attempt; none is open to join
    BUSY = "busy"  # the session has an open turn already
    FULL = "full"  # the site has as many open turns as it may have
    MISSING = "missing"  # there is no such session, or it is closed to its visitor
    LOCKED = "locked"  # somebody else holds the session's row; never leaves the journal


@dataclass(frozen=True, slots=True)
class Line:
    """A line to store. With a `cmid` a second submit finds the first instead of storing twice."""

    author: Author
    text: str
    name: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] | None = None
    cmid: uuid.UUID | None = None
    of_turn: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def is_own_words(self) -> bool:
        """Whether a visitor wrote it, with files or without, and did not press or fill it in."""
        return not self.fields or "attachments" in self.meta


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn over the item's first `covers` lines: done at once, or pending until `deadline_s` from
    now. `rule` is the row of the policy that decided, `flow` the flow that it was about."""

    state: TurnState
    route: str = ""
    rule: str = ""
    flow: str = ""
    covers: int = 1
    language: str = ""
    confidence: float | None = None
    sources: list[str] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    understood: list[list[str]] = field(default_factory=list)
    deadline_s: float | None = None
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, slots=True)
class FinishTurn:
    """Ends a running turn, if it still runs at `attempt`. None ends it whatever it stands at, pending
    as well: for those who hold the session's lock.

    With `done`, lines that came after the turn had shown something make a follow-up, and so do those
    behind `to_seq`, the last one that it answers (None: all); otherwise they end with it.
    """

    id: uuid.UUID
    attempt: int | None
    state: TurnState = TurnState.DONE
    route: str = ""
    rule: str = ""
    flow: str = ""
    language: str = ""
    confidence: float | None = None
    sources: list[str] = field(default_factory=list)
    versions: dict[str, Any] = field(default_factory=dict)
    understood: list[list[str]] = field(default_factory=list)
    to_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What one commit writes to one session, computed on its `version` (None: whatever it is).

    `joins`: its lines belong to the session's open turn, and nothing else is changed; those with
    fields wait for its follow-up. `exclusive`: it
    holds only while no turn is open.
    """

    session: uuid.UUID
    version: int | None
    lines: tuple[Line, ...] = ()
    state: State | None = None
    mode: Mode | None = None
    memory: dict[str, Any] | None = None
    turn: NewTurn | None = None
    finish: FinishTurn | None = None
    steps: tuple[Move, ...] = ()
    joins: bool = False
    exclusive: bool = False

    @property
    def keyed(self) -> bool:
        """Whether a retry after a lost connection can tell that the first try was stored."""
        return any(line.cmid for line in self.lines) or self.finish is not None


@dataclass(frozen=True, slots=True)
class Stored:
    """A line that is already stored under an item's cmid."""

    id: uuid.UUID
    seq: int
    cmid: uuid.UUID
    text: str
    fields: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`version` and `last_seq` are the session's after the item, or now if it was not written."""

    verdict: Verdict
    version: int = 0
    last_seq: int = 0
    at: datetime | None = None
    known: tuple[Stored, ...] = ()


class BadItemError(ValueError):
    """The item can never be stored; it was refused before it queued."""


def check(item: Item) -> None:
    """Raises BadItemError for what PostgreSQL would refuse, so that no batch meets it."""
    cmids = [line.cmid for line in item.lines if line.cmid]
    if len(cmids) != len(set(cmids)):
        raise BadItemError("one cmid stands twice in an item")
    _check_turns(item)
    check_json(item.memory)
    for line in item.lines:
        check_json((line.text, line.name, line.meta, line.fields))
    if turn := item.turn:
        check_json((turn.route, turn.rule, turn.flow, turn.language, turn.confidence))
        check_json((turn.sources, turn.versions, turn.understood))
    if finish := item.finish:
        check_json((finish.route, finish.rule, finish.flow, finish.language, finish.confidence))
        check_json((finish.sources, finish.versions, finish.understood))
    for step in item.steps:
        check_json((step.cause, step.command))


def _check_turns(item: Item) -> None:
    if item.turn and not item.lines:
        raise BadItemError("a turn needs a line")
    if item.turn and item.turn.state is TurnState.PENDING and item.turn.deadline_s is None:
        raise BadItemError("an open turn needs a deadline")
    if item.joins and (item.turn or item.finish or not item.lines):
        raise BadItemError("what joins a turn is a line and nothing else")


def check_text(text: str) -> None:
    """Raises BadItemError for NUL and for lone surrogates, which PostgreSQL cannot hold."""
    if UNSTORABLE.search(text):
        raise BadItemError("text holds NUL or half a surrogate pair")


def check_json(value: object) -> None:
    """The same for every key and string inside, and for numbers that JSON does not have."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise BadItemError("a number is not finite")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(key)
            check_json(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            check_json(inner)


def rows(items: list[Item]) -> dict[str, list[dict[str, Any]]]:
    """The three row sets that the statement unfolds, numbered by the item's place `n`."""
    return {
        "items": [_item_row(n, item) for n, item in enumerate(items)],
        "lines": [
            _line_row(n, k, item, line)
            for n, item in enumerate(items)
            for k, line in enumerate(item.lines, 1)
        ],
        "steps": [
            {"n": n, "k": k, **asdict(step)}
            for n, item in enumerate(items)
            for k, step in enumerate(item.steps)
        ],
    }


def _item_row(n: int, item: Item) -> dict[str, Any]:
    row: dict[str, Any] = {
        "n": n,
        "session": item.session,
        "version": item.version,
        "state": item.state,
        "mode": item.mode,
        "memory": item.memory,
        "count": len(item.lines),
        "by_visitor": any(line.author is Author.VISITOR for line in item.lines),
        "joins": item.joins,
        "exclusive": item.exclusive,
        "apart": any(line.fields for line in item.lines),
    }
    if turn := item.turn:
        row |= {"t_id": turn.id, "t_state": turn.state, "t_route": turn.route}
        row |= {"t_rule": turn.rule, "t_flow": turn.flow, "t_covers": turn.covers}
        row |= {"t_language": turn.language, "t_confidence": turn.confidence}
        row |= {"t_sources": turn.sources, "t_versions": turn.versions}
        row |= {"t_understood": turn.understood}
        row |= {"t_deadline_s": turn.deadline_s, "t_open": turn.state is TurnState.PENDING}
    if finish := item.finish:
        row |= {"f_id": finish.id, "f_attempt": finish.attempt, "f_state": finish.state}
        row |= {"f_route": finish.route, "f_rule": finish.rule, "f_flow": finish.flow}
        row |= {"f_language": finish.language, "f_confidence": finish.confidence}
        row |= {"f_sources": finish.sources, "f_versions": finish.versions}
        row |= {"f_understood": finish.understood, "f_to": finish.to_seq}
    return row


def _line_row(n: int, k: int, item: Item, line: Line) -> dict[str, Any]:
    turn = item.turn or item.finish
    return {
        "n": n,
        "k": k,
        "session": item.session,
        "id": line.id,
        "author": line.author,
        "name": line.name,
        "text": line.text,
        "meta": line.meta,
        "fields": line.fields,
        "cmid": line.cmid,
        "turn": turn.id if turn and line.of_turn else None,
    }
