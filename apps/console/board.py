"""The queue as this process knows it, and the consoles that show it.

Everything here runs on one event loop. One reader at a time asks the database, so that no older row
ever takes the place of a newer one; a snapshot and the changes after it come from the same rows.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from itertools import islice
from uuid import UUID

from django.db import Error as DatabaseError

from apps.chat.models import Session
from apps.chat.threads import in_thread
from apps.console import crew, news, rows
from apps.console.lines import Frame
from apps.console.rows import Row
from apps.console.seats import Seat
from apps.console.signs import Signs
from apps.console.threads import read_thread
from apps.handoff.models import Ticket

logger = logging.getLogger(__name__)

# Changes are joined for so long: a person sees no difference, and a burst is one frame.
JOINED_S = 0.03
# Sessions that are read at once; the others wait for the next round.
AT_ONCE = 200
# What is beyond is found by `heal`.
MOST_STIRRED = 2000
RETRY_S = 1.0


class Board:
    """Nothing is read while no console is open."""

    def __init__(self) -> None:
        self.seats: set[Seat] = set()
        self.signs = Signs()
        self._rows: dict[UUID, Row] = {}
        # As `heal` found it: whose sessions have a row, and how many wait on each site besides.
        self._places: Mapping[UUID, rows.Place] = {}
        self._beyond: Mapping[int, int] = {}
        self._crew: list[Frame] = []
        self._dirty: set[UUID] = set()
        self._stirred: set[UUID] = set()
        self._tickets: set[int] = set()
        self._people_moved = False
        self._has_changed = False
        self._woken = asyncio.Event()
        self._reading = asyncio.Lock()
        self._loaded_at = 0.0

    def row(self, session: UUID) -> Row | None:
        return self._rows.get(session)

    def watchers(self, session: UUID) -> list[Seat]:
        return [seat for seat in self.seats if session in seat.watching]

    def look(
        self,
        sessions: Iterable[UUID] = (),
        *,
        tickets: Iterable[int] = (),
        people: bool = False,
    ) -> None:
        """Reads these again soon, and tells what is another then."""
        if self.seats:
            self._dirty.update(sessions)
            self._tickets.update(tickets)
            self._people_moved |= people
            self._woken.set()

    def stir(self, sessions: Iterable[UUID]) -> None:
        """Lines were stored. What nobody has open and no person was asked for waits for `settle`: a
        site may have thousands of chats with the bot, and one glance shows few of them."""
        for session in sessions if self.seats else ():
            row = self._rows.get(session)
            if (row and row.request.is_open) or self.watchers(session):
                self.look([session])
            elif len(self._stirred) < MOST_STIRRED:
                self._stirred.add(session)

    def settle(self) -> None:
        """Every second or so: reads what has only stirred, some at a time, and counts anew."""
        some = set(islice(self._stirred, AT_ONCE))
        self._stirred -= some
        if some:
            self.look(some)
        if self._has_changed:
            self._has_changed = False
            for seat in self.seats:
                seat.count(self._rows.values(), self._beyond)

    def show_again(self, sessions: Iterable[UUID], operator: int | None = None) -> None:
        """Rows that are the same but for who looks at them, or how far `operator` has read."""
        shown = {one: self._rows[one] for one in sessions if one in self._rows}
        for seat in self.seats if shown else ():
            if operator in {None, seat.person.operator}:
                seat.show(shown, self.signs)

    async def sit(self, seat: Seat) -> None:
        """Sends the whole queue as it is in the database now, then goes on with what changes. All
        who wait for it meanwhile share one reading. Raises what a read raises."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        async with self._reading:
            if self._loaded_at <= asked or not self.seats:
                began = loop.time()
                self._places, self._beyond, found = await in_thread(_everything)
                self._take(dict.fromkeys(self._rows) | found)
                self._loaded_at = began
            if not seat.socket.is_closed:
                self.seats.add(seat)
                await seat.begin(self._rows, self.signs, self._beyond)

    async def check(self, seat: Seat, session: UUID) -> None:
        """Raises Session.DoesNotExist for a thread that the operator does not watch, or may not see
        any longer, and what a read raises."""
        if seat.is_guest(session):
            async with self._reading:
                await self._see_out([session])
        if session not in seat.watching:
            raise Session.DoesNotExist

    async def open(self, seat: Seat, session: UUID) -> None:
        """Sends a thread, then goes on with what changes in it. Raises Session.DoesNotExist, for one
        that the operator may not see as well, and what a read raises."""
        who = seat.person
        async with self._reading:
            found = await in_thread(rows.read, [session], any_age=True)
            row = found.get(session)
            if row is None or not seat.may_see(row):
                raise Session.DoesNotExist
            if session in self._rows:
                self._take(found)
            thread = await in_thread(read_thread, session, who.operator, who.language)
            seat.open(session, row.site_id, thread)
            seat.push({**thread.frame, "row": seat.row_frame(row, self.signs)})

    def rise(self, seat: Seat) -> None:
        self.seats.discard(seat)
        if not self.seats:
            self._rows = {}
            self._dirty.clear()
            self._stirred.clear()

    async def follow(self) -> None:
        """Reads what moves, for ever."""
        while True:
            await self._woken.wait()
            await asyncio.sleep(JOINED_S)
            self._woken.clear()
            try:
                await self._catch_up()
            except (DatabaseError, TimeoutError) as error:
                logger.warning("console: the queue is behind (%s)", type(error).__name__)
                await asyncio.sleep(RETRY_S)
                self._woken.set()

    async def heal(self) -> None:
        """Hints may be lost: one query tells which rows have moved, come or gone."""
        if not self.seats:
            return
        before = dict(self._rows)
        now, self._beyond = await in_thread(_standing)
        self._places = now
        async with self._reading:
            self._take(dict.fromkeys(self._crowded_out(before)))
        stale = {one for one, row in self._rows.items() if now.get(one) != row.place}
        self.look(stale | (now.keys() - self._rows.keys()), people=True)
        # Time alone makes some late.
        self._has_changed = True

    def _crowded_out(self, before: Mapping[UUID, Row]) -> list[UUID]:
        """Of the bot's and the settled ones only so many are shown, the newest. What has changed
        since `before` is newer than the places."""
        return [
            one
            for one, row in before.items()
            if one not in self._places and not row.request.is_open and self._rows.get(one) is row
        ]

    async def _catch_up(self) -> None:
        tickets, self._tickets = self._tickets, set()
        dirty, self._dirty = self._dirty, set()
        people, self._people_moved = self._people_moved, False
        try:
            async with self._reading:
                if tickets:
                    dirty |= await in_thread(_sessions_of, tickets)
                await self._read(self._first(dirty))
            if tickets or people:
                await self._tell_people()
        except BaseException:
            self.look(dirty, tickets=tickets, people=people)
            raise
        if rest := set(self._first(dirty, behind=AT_ONCE)):
            self.look(rest)

    async def _read(self, sessions: list[UUID]) -> None:
        if not sessions or not self.seats:
            return
        await self._see_out(sessions)
        asked = {one: self._since(one) for one in sessions if self.watchers(one)}
        # What is read in an open thread comes first: somebody looks at it.
        for session, new in (await in_thread(news.read, asked) if asked else {}).items():
            for seat in self.watchers(session):
                seat.tell(session, new)
            if new.more:
                self.look([session])
        found = await in_thread(rows.read, sessions)
        self._take({one: self._placed(found.get(one)) for one in sessions})

    async def _see_out(self, sessions: list[UUID]) -> None:
        """Whoever watched a chat of a foreign site only because they had it is told nothing more."""
        lent = {one: [seat for seat in self.seats if seat.is_guest(one)] for one in sessions}
        lent = {one: guests for one, guests in lent.items() if guests}
        found = await in_thread(rows.read, list(lent), any_age=True) if lent else {}
        for session, guests in lent.items():
            row = found.get(session)
            for seat in guests:
                if row is None or not seat.may_see(row):
                    seat.lose(session)

    def _placed(self, row: Row | None) -> Row | None:
        """On a site where more wait than are shown, only those that `heal` has found have a row."""
        if row and row.request.is_waiting and self._beyond.get(row.site_id):
            return row if row.session in self._places else None
        return row

    def _first(self, dirty: set[UUID], behind: int = 0) -> list[UUID]:
        """Open threads before anything, then what waits for people, then the bot's."""
        watched = {session for seat in self.seats for session in seat.watching}

        def rank(session: UUID) -> tuple[int, UUID]:
            row = self._rows.get(session)
            return (0 if session in watched else 1 if row and row.request.is_open else 2, session)

        most = AT_ONCE if not behind else len(dirty)
        return sorted(dirty, key=rank)[behind : behind + most]

    def _since(self, session: UUID) -> news.Since:
        watchers = self.watchers(session)
        marks = [seat.watching[session] for seat in watchers]
        return news.Since(
            min(mark.seq for mark in marks),
            min(mark.note for mark in marks),
            frozenset(seat.person.language for seat in watchers),
        )

    def _take(self, changed: Mapping[UUID, Row | None]) -> None:
        """Tells every console what is another now; None for a row that is gone."""
        differs = {one: row for one, row in changed.items() if self._rows.get(one) != row}
        for session, row in differs.items():
            if row is None:
                del self._rows[session]
            else:
                self._rows[session] = row
        for seat in self.seats if differs else ():
            seat.show(differs, self.signs)
        self._has_changed |= bool(differs)

    async def _tell_people(self) -> None:
        found = await in_thread(crew.operators)
        if found != self._crew:
            self._crew = found
            for seat in self.seats:
                seat.push({"type": "people", "operators": found})


def _standing() -> tuple[dict[UUID, rows.Place], dict[int, int]]:
    return rows.places(), rows.beyond()


def _everything() -> tuple[dict[UUID, rows.Place], dict[int, int], dict[UUID, Row]]:
    places, beyond = _standing()
    return places, beyond, rows.read(list(places))


def _sessions_of(tickets: set[int]) -> set[UUID]:
    return set(Ticket.objects.filter(pk__in=tickets).values_list("session_id", flat=True))
