"""The sessions that this process holds live, and who listens to each.

Everything here runs on one event loop. A handle delivers lines in the order of their seq; a feed
goes live only when it stands at the handle's last line, in a step that awaits nothing.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

from apps.chat import frames
from apps.chat.codes import CLOSE_TOKEN, Code
from apps.chat.threads import in_thread
from apps.dialogue import slots, wiring
from apps.dialogue.play import Said, Standing
from apps.dialogue.rows import Reader, Row, read_after
from apps.engine.types import Author
from apps.guard.limits import LeakyBucket

# That a visitor types is told to others no more often.
TYPING_PER_SECOND = 0.5
# Of a session's last lines it is known without asking that they are stored.
KNOWN_LINES = 32


class Feed(Protocol):
    """Where a session's frames go: a socket, or a request that waits."""

    cursor: int
    token: str  # the bearer token that it came with; "" for a request, which shows its own

    def push(self, frame: str) -> None:
        """Takes an encoded frame; must not wait."""

    def shut(self, code: int) -> None:
        """Ends, with the protocol's close code, after what was pushed."""

    async def settle(self) -> None:
        """Waits until what was pushed is sent: history is read no faster than it is taken."""


@dataclass(slots=True)
class Ack:
    """The ack that `feed` gets in place of its own line, once."""

    feed: Feed | None
    cmid: UUID
    frame: dict[str, Any] | None = None

    def stands_for(self, row: Row) -> bool:
        return row.cmid == self.cmid and row.author == Author.VISITOR

    def give(self, seq: int, line: UUID) -> dict[str, Any]:
        """Pushes the ack unless it was pushed before, and returns it."""
        if self.frame is None:
            self.frame = frames.ack(self.cmid, seq, line)
            if self.feed:
                self.feed.push(frames.encode(self.frame))
        return self.frame


@dataclass(slots=True)
class Twin:
    """A line under way, for resends of it to wait for, and for the one before it in the queue to
    take along. It ends with an `answer` or an `error`. `trusted`: it has no limit, whoever else
    shares the session."""

    said: Said
    ack: Ack
    trusted: bool = False
    answer: dict[str, Any] | None = None
    error: Exception | None = None
    has_ended: bool = False
    waiters: int = 0
    _ended: asyncio.Event | None = None

    @property
    def is_settled(self) -> bool:
        return bool(self.answer or self.error)

    def result(self) -> dict[str, Any]:
        """The ack; raises the error that it met."""
        if self.error:
            raise self.error
        if self.answer is None:
            raise RuntimeError("the line is not settled")
        return self.answer

    async def answered(self) -> dict[str, Any] | None:
        """Its ack; None when it was not stored."""
        if not self.has_ended:
            self._ended = self._ended or asyncio.Event()
            self.waiters += 1
            await self._ended.wait()
        return self.answer

    def end(self) -> None:
        self.has_ended = True
        if self._ended:
            self._ended.set()


@dataclass(slots=True)
class Handle:
    """One live session: where it stands, who listens, and the line in flight."""

    standing: Standing
    bucket: LeakyBucket
    feeds: set[Feed] = field(default_factory=set)
    users: int = 0
    in_flight: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    under_way: dict[UUID, Twin] = field(default_factory=dict)
    refreshing: bool = False
    known: dict[UUID, None] = field(default_factory=dict)
    reader: Reader = field(default_factory=Reader)
    # What a `state` frame tells besides: see `queues.py`.
    told: dict[str, Any] = field(default_factory=dict)
    typing: LeakyBucket = field(default_factory=lambda: LeakyBucket(1, TYPING_PER_SECOND))

    @contextmanager
    def marked(self, said: Said, ack: Ack, *, trusted: bool = False) -> Iterator[Twin]:
        """Holds a place in the line of waiting ones, and lets resends find this one."""
        twin = self.under_way[said.cmid] = Twin(said, ack, trusted)
        self.waiting += 1
        try:
            yield twin
        finally:
            self.waiting -= 1
            del self.under_way[said.cmid]
            twin.end()

    def taken_along(self, twin: Twin) -> list[Twin]:
        """The line, and those that wait behind it: what was written in a hurry is answered once.
        Up to one that is more than a line, and no longer together than one may be."""
        found: list[Twin] = []
        room = settings.CHAT.message_characters
        for other in tuple(self.under_way.values()):
            if other.is_settled or (other is not twin and not found):
                continue
            room -= len(other.said.text) + 1
            if found and not (other.said.is_plain and twin.said.is_plain and room >= 0):
                break
            found.append(other)
        return found

    def take(self, twin: Twin) -> float:
        """Of the session's quota: 0.0 when the line fits, else the seconds until it would."""
        return 0.0 if twin.trusted else self.bucket.take()

    def give_back(self, twin: Twin) -> None:
        if not twin.trusted:
            self.bucket.give_back()

    def broadcast(self, frame: dict[str, Any]) -> None:
        encoded = frames.encode(frame)
        for feed in tuple(self.feeds):
            feed.push(encoded)

    def end(self) -> None:
        """The session was closed or erased: nobody may listen or speak any longer."""
        for feed in tuple(self.feeds):
            self.turn_away(feed, Code.TOKEN_UNKNOWN)

    def turn_away(self, feed: Feed, code: Code) -> None:
        """Ends a feed whose token has ended."""
        feed.push(frames.encode(frames.error(code, self.standing.language)))
        feed.shut(CLOSE_TOKEN)
        self.feeds.discard(feed)

    def deliver(self, rows: Iterable[Row], *acks: Ack) -> None:
        """Sends rows that follow the last one delivered; others were sent before."""
        for row in rows:
            if row.seq != self.standing.last_seq + 1:
                continue
            self.standing = replace(self.standing, last_seq=row.seq)
            self._remember(row)
            ack = next((ack for ack in acks if ack.stands_for(row)), None)
            if ack:
                ack.give(row.seq, row.id)
            self._send(row, besides=ack.feed if ack else None)

    def _remember(self, row: Row) -> None:
        if row.cmid and row.author == Author.VISITOR:
            self.known[row.cmid] = None
            if len(self.known) > KNOWN_LINES:
                del self.known[next(iter(self.known))]

    def _send(self, row: Row, besides: Feed | None) -> None:
        others = [feed for feed in self.feeds if feed is not besides]
        encoded = frames.encode(row.frame()) if others else ""
        for feed in others:
            feed.push(encoded)
        for feed in self.feeds:
            feed.cursor = row.seq
        if action := row.meta.get("action"):
            self.broadcast(frames.action(action["id"], action["status"], row.text))

    def stand(self, standing: Standing) -> None:
        """Takes over a newer state, and tells the feeds when it shows."""
        before = self.standing
        if standing.version <= before.version:
            return
        self.standing = replace(standing, last_seq=before.last_seq)
        if before.mode is not standing.mode:
            self.told = {}
        if _shows(before) != _shows(standing):
            self.broadcast(state_frame(self.standing, self.told))

    def tell(self, told: dict[str, Any]) -> None:
        """Takes over what a `state` frame tells besides, and tells the feeds when it is new."""
        if told != self.told:
            self.told = told
            self.broadcast(state_frame(self.standing, told))

    async def catch_up(self, *acks: Ack) -> None:
        """Delivers what other processes wrote, then takes over the state they left. Raises
        Session.DoesNotExist for a session that has ended."""
        while True:
            newer = await self.reader.read(self.standing.session, self.standing.last_seq)
            self.deliver(newer.rows, *acks)
            if not newer.rows or self.standing.last_seq >= newer.standing.last_seq:
                break
        self.stand(newer.standing)

    async def join(self, feed: Feed) -> None:
        """Brings a feed from its cursor to the present, then makes it live."""
        self.feeds.discard(feed)
        while True:
            known = self.standing.last_seq
            rows = await in_thread(read_after, self.standing.session, feed.cursor)
            for row in rows:
                feed.push(frames.encode(row.frame()))
                feed.cursor = row.seq
                # What a client missed is what it may send again.
                self._remember(row)
                await feed.settle()
            if feed.cursor > self.standing.last_seq:
                # Not between a line's commit and its ack: its sender gets the ack, no message.
                async with self.in_flight:
                    await self.catch_up()
            erased = not rows and known == self.standing.last_seq
            if erased or feed.cursor == self.standing.last_seq:
                break
        self.feeds.add(feed)


def _shows(standing: Standing) -> tuple[object, ...]:
    """What of a session its visitor sees beside the lines."""
    active = standing.memory.active
    return (standing.state, standing.mode, active and (active.flow, active.version, active.slots))


def state_frame(standing: Standing, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **told,
        "type": "state",
        "state": str(standing.state),
        "mode": str(standing.mode),
        "slots": known_slots(standing),
    }


def known_slots(standing: Standing) -> list[dict[str, str]]:
    """What is known of the flow that the visitor is in."""
    if standing.memory.active is None:
        return []
    return slots.listed(standing.memory, wiring.book(standing.site), standing.language)


class Desk:
    """This process' handles. One is kept as long as somebody uses it."""

    def __init__(self) -> None:
        self._handles: dict[UUID, Handle] = {}
        self._reader = Reader()

    def find(self, session: UUID) -> Handle | None:
        return self._handles.get(session)

    def all(self) -> list[Handle]:
        return list(self._handles.values())

    def take(self, standing: Standing, bucket: LeakyBucket) -> Handle:
        """The session's handle, made from `standing` if there is none; give it back later."""
        handle = self._handles.get(standing.session)
        if handle is None:
            handle = self._handles[standing.session] = Handle(standing, bucket, reader=self._reader)
        handle.users += 1
        return handle

    def give_back(self, handle: Handle) -> None:
        handle.users -= 1
        session = handle.standing.session
        if handle.users <= 0 and self._handles.get(session) is handle:
            del self._handles[session]
