"""What runs beside the sockets of a process: hints in, healing, heartbeats, index changes."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat import events, frames, services
from apps.chat.models import Session
from apps.chat.threads import in_thread
from apps.dialogue import books, dropped, ladders
from apps.dialogue.driver import Driver
from apps.dialogue.handles import Handle
from apps.dialogue.queues import read_told
from apps.engine.types import Author, Mode
from apps.knowledge.index import library

logger = logging.getLogger(__name__)

AT_ONCE = 50
RELIEVE_S = 1.0
QUEUE_S = 2.0
COUNT_S = 5.0


class Watched(Protocol):
    """A connection that may hold more than it should."""

    def relieve(self) -> None:
        """Ends it if it does."""


class Listener(Protocol):
    """Who hears what comes from all processes, beside the driver. Must not wait."""

    def moved(self, moved: list[events.Position]) -> None:
        """Sessions that have new lines."""

    def grown(self, grown: list[events.Grown]) -> None:
        """Pieces of answers."""

    def typing(self, who: events.Typing) -> None:
        """Somebody writes."""

    def told(self, told: events.Message) -> None:
        """Anything else, by its type."""


class Pulse:
    """The background of one driver."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._tasks: set[asyncio.Task[None]] = set()
        self.watched: set[Watched] = set()
        self.listeners: set[Listener] = set()

    def start(self) -> None:
        chat, knowledge = settings.CHAT, settings.KNOWLEDGE
        ears = (self._on_hint, self._on_growth, self._on_typing, self._on_other)
        self._spawn(events.listen(*ears))
        self._spawn(self._every(QUEUE_S, self._watch_queues))
        self._spawn(self._every(chat.heal_s, self._heal))
        self._spawn(self._every(chat.heal_s, self._inspect_tokens))
        self._spawn(self._every(chat.heartbeat_s, self._beat))
        self._spawn(self._every(RELIEVE_S, self._relieve))
        self._spawn(self._every(COUNT_S, self._driver.recall.flush))
        self._spawn(self._every(knowledge.watch_s, self._watch_knowledge))
        self._spawn(self._every(knowledge.watch_s, self._watch_flows))
        self._spawn(self._every(knowledge.watch_s, self._watch_models))
        self._spawn(self._every(knowledge.watch_s, self._watch_dropped))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def say_going_away(self) -> None:
        """Tells every feed to come back, each at a time of its own within `going_away_s`."""
        for handle in self._driver.desk.all():
            for feed in tuple(handle.feeds):
                retry_after = round(random.uniform(0, settings.CHAT.going_away_s), 2)  # noqa: S311 spreads load, guards nothing
                feed.push(frames.encode({"type": "going_away", "retry_after": retry_after}))

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:  # noqa: BLE001 the next round may find the database back
                logger.warning("pulse: %s failed (%s)", work.__name__, type(error).__name__)

    def _on_hint(self, moved: list[events.Position]) -> None:
        for session, seq in moved:
            handle = self._driver.desk.find(session)
            if handle and seq > handle.standing.last_seq:
                self._refresh(handle)
        for listener in self.listeners:
            listener.moved(moved)

    def _on_growth(self, grown: list[events.Grown]) -> None:
        for session, turn, attempt, offset, text in grown:
            if handle := self._driver.desk.find(session):
                handle.broadcast(frames.delta(turn, attempt, offset, text))
        for listener in self.listeners:
            listener.grown(grown)

    def _on_typing(self, who: events.Typing) -> None:
        """What a visitor types is no news to the visitor."""
        handle = self._driver.desk.find(who.session)
        if handle and who.author == Author.OPERATOR:
            handle.broadcast(frames.typing(who.author, who.name))
        for listener in self.listeners:
            listener.typing(who)

    def _on_other(self, told: events.Message) -> None:
        for listener in self.listeners:
            listener.told(told)

    async def _watch_queues(self) -> None:
        """Places move, and operators come and go, without a word in the session."""
        handles = [
            handle
            for handle in self._driver.desk.all()
            if handle.feeds and handle.standing.mode is not Mode.BOT
        ]
        if not handles:
            return
        modes = {handle.standing.session: handle.standing.mode for handle in handles}
        found = await in_thread(read_told, modes)
        for handle in handles:
            session = handle.standing.session
            if handle.standing.mode is modes[session]:
                handle.tell(found.get(session, {}))

    async def _heal(self) -> None:
        """Hints may be lost: one query tells which live sessions have moved or ended elsewhere."""
        handles = {handle.standing.session: handle for handle in self._driver.desk.all()}
        if not handles:
            return
        positions = await in_thread(Session.objects.current().positions, list(handles))
        for session, last_seq, version in positions:
            handle = handles.pop(session)
            if last_seq > handle.standing.last_seq or version > handle.standing.version:
                self._refresh(handle)
        for handle in handles.values():
            handle.end()

    async def _inspect_tokens(self) -> None:
        """A socket may outlive its token: it is closed when that has ended, and given the next
        when that has grown old."""
        feeds = [
            (handle, feed)
            for handle in self._driver.desk.all()
            for feed in handle.feeds
            if feed.token
        ]
        if not feeds:
            return
        found = await in_thread(services.inspect, tokens={feed.token for _, feed in feeds})
        for handle, feed in feeds:
            if code := found.ended.get(feed.token):
                handle.turn_away(feed, code)
            elif token := found.successors.get(feed.token):
                feed.token = token
                feed.push(frames.encode(frames.token(token)))

    def _refresh(self, handle: Handle) -> None:
        if not handle.refreshing:
            handle.refreshing = True
            self._spawn(self._refresh_now(handle))

    async def _refresh_now(self, handle: Handle) -> None:
        try:
            await self._driver.refresh(handle)
        except Session.DoesNotExist:
            handle.end()
        except (DatabaseError, TimeoutError) as error:
            handle.refreshing = False
            logger.warning("pulse: a session is behind (%s)", type(error).__name__)

    async def _beat(self) -> None:
        """In small groups: thousands of frames at once would hold up every ack."""
        for place, handle in enumerate(self._driver.desk.all(), 1):
            handle.broadcast({"type": "heartbeat", "last_seq": handle.standing.last_seq})
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _relieve(self) -> None:
        for each in tuple(self.watched):
            each.relieve()

    async def _watch_knowledge(self) -> None:
        await in_thread(library.refresh)

    async def _watch_flows(self) -> None:
        await in_thread(books.refresh)

    async def _watch_models(self) -> None:
        await in_thread(ladders.refresh)

    async def _watch_dropped(self) -> None:
        await in_thread(dropped.refresh)
