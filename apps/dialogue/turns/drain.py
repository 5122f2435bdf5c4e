"""The drain: claims turns, runs hundreds of them at once on one event loop, stores what they come to.

It claims for a while and then hands on to a successor: it queues it, and claims on until that one
does; then it finishes what it holds. One that is busy tells that it has no free places, which calls
another beside it. Whatever it does not finish, because it is told
to stop or has run long enough, it gives back. What it loses, because it is killed or frozen, others
take when the lease has ended; its late finish is refused then.

It holds one connection for claims and leases, the journal's, and one that listens: however many
turns are under way. All of them are made and closed inside one `asyncio.run`.
"""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat import events
from apps.chat.journal import Journal, conninfo
from apps.chat.threads import in_thread
from apps.dialogue import phrases
from apps.dialogue.turns import claims
from apps.dialogue.turns.claims import AWAY, Key, Places
from apps.dialogue.turns.faults import closed, place
from apps.dialogue.turns.finishing import Finisher, StartAct, give_notice
from apps.dialogue.turns.listening import ended, listening, waited
from apps.dialogue.turns.load import Load
from apps.dialogue.turns.passing import Passing, Shown, Tell
from apps.dialogue.turns.patience import LOOK_S, Patience
from apps.dialogue.turns.port import Claimed, Finish, TurnRunner

logger = logging.getLogger(__name__)

T = TypeVar("T")

POLL_S = 1.0
RACES = 3
# More than a runner begins an answer anew within one attempt of its turn.
ATTEMPTS = 1_000
# A turn computes for some milliseconds before it first waits: of a crowd so many begin at a time, so
# that everything else keeps its time.
AT_ONCE = 16
# How long a drain that hands on claims itself, and how often it looks for its successor: that one may
# have to load everything first, or wait for a free child of the worker. The youngest goes on until
# it may have claimed for so long in all: of two that hand on at about the same time the older one's
# child is the first to be free, when the last of its turns is done.
BRIDGE_S, BRIDGE_LOOK_S, CLAIM_MOST_S = 5.0, 0.2, 90.0
# How long pieces gather before they are passed on.
JOIN_S = 0.1
# How long a drain with a full core lets turns gather before it claims; one with half, half of that.
GATHER_S = 0.02


async def _nobody(_shown: list[Shown]) -> None:
    """Nobody looks on."""


@dataclass(slots=True)
class Around:
    """What a drain needs of others. `succeed` queues the next drain, from a thread, and may fail.
    `start_act` begins an action within the transaction that stores it. `tell` passes on what is
    shown of answers under way."""

    succeed: Callable[[], object]
    start_act: StartAct
    tell: Tell = _nobody


@dataclass(slots=True)
class Drain:
    """One run of a drain. `alone` takes a single turn that was lost before, and nothing else."""

    runner: TurnRunner
    around: Around
    claim_s: float | None = None
    alone: bool = False
    _runs: dict[Key, asyncio.Task[None]] = field(default_factory=dict)
    _owed: set[Key] = field(default_factory=set)
    _patience: Patience = field(default_factory=Patience)
    _load: Load = field(default_factory=Load)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: asyncio.Event = field(default_factory=asyncio.Event)
    _hints: set[asyncio.Task[None]] = field(default_factory=set)
    _stopped_at: float | None = None
    _claiming: bool = True
    _line: claims.Wire = field(init=False)
    _finisher: Finisher = field(init=False)
    _passing: Passing = field(init=False)

    def stop(self) -> None:
        """Claims no more; what is not done in `stop_s` goes back."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._woken.set()

    async def run(self) -> None:
        """Returns when it holds nothing any more. Losing the database meanwhile costs seconds."""
        self._line = claims.Wire(conninfo())
        journal = Journal(conninfo(), on_commit=self._announce, wait_s=settings.CHAT.journal_wait_s)
        self._finisher = Finisher(journal, self._line, self.around.start_act)
        self._passing = Passing(self._mark, self.around.tell)
        beside = [
            self._every(settings.TURNS.renew_s, self._renew),
            self._every(LOOK_S, self._ask_for_patience),
            self._pass_on(),
        ]
        tasks = [asyncio.create_task(each) for each in beside]
        try:
            await (self._run_one_alone() if self.alone else self._drain())
        finally:
            await closed(
                self._give_back,
                partial(ended, *tasks),
                self.runner.close,
                journal.close,
                self._announced,
                self._line.close,
            )

    async def _drain(self) -> None:
        async with listening(self._woken):
            if await self._is_surplus():
                logger.info("drain: others have places enough")
                return
            await self._kept_up(self.runner.ready)
            await self._try(self._beat)
            logger.info("drain: started")
            await self._claim_for_a_while()
            self._claiming = False
            await self._try(self._beat)
            if await self._hand_on():
                await self._bridge()
        await self._finish_held()
        await self._give_back()
        await self._try(self._end)

    async def _run_one_alone(self) -> None:
        found = await self._try(partial(self._line.ask, claims.RECLAIM)) or []
        for turn, attempt, losses, late_s in found:
            # By the database's clock.
            late = f"{late_s or 0:.2f} s after its lease"
            logger.info(
                "turn %s: taken alone (attempt %d, loss %d), %s", turn, attempt, losses, late
            )
        await self._try(partial(self._start, found))
        await self._finish_held()

    async def _claim_for_a_while(self) -> None:
        """Ends when it has claimed long enough, when nothing has come for a while, and on a wish."""
        began = last = time.monotonic()
        while self._stopped_at is None:
            now = time.monotonic()
            if len(self._runs) >= settings.TURNS.places:
                last = now
            if now - began > self._claim_s or now - last > settings.TURNS.silence_s:
                return
            self._woken.clear()
            if await self._try(self._claim):
                last = time.monotonic()
            elif self._stopped_at is None:
                await waited(self._woken, POLL_S)
                # Of what comes one by one a busy drain claims several at once.
                await asyncio.sleep(GATHER_S * self._load.look())

    @property
    def _claim_s(self) -> float:
        return settings.TURNS.claim_s if self.claim_s is None else self.claim_s

    async def _bridge(self) -> None:
        """Claims on until the successor does."""
        began = time.monotonic()
        while self._stopped_at is None:
            found = await self._try(partial(self._line.ask, claims.HEIRS))
            claims_already, is_younger = found[0] if found else (False, False)
            most = BRIDGE_S if is_younger else CLAIM_MOST_S - self._claim_s
            if claims_already or time.monotonic() - began > most:
                return
            self._woken.clear()
            await self._try(self._claim)
            await waited(self._woken, BRIDGE_LOOK_S)

    async def _claim(self) -> bool:
        """Whether there was anything to claim."""
        free = settings.TURNS.places - len(self._runs)
        if free <= 0:
            return False
        found = await self._line.ask(claims.CLAIM, free=free, held=len(self._runs))
        await self._start(found)
        return bool(found)

    async def _start(self, found: list[claims.Row]) -> None:
        """What the database does not let us load goes back, so that it does not count as lost; not at
        once, since it would be claimed again at once."""
        keys = [(row[0], row[1]) for row in found]
        try:
            loaded = await claims.load(self._line, keys)
        except BaseException:
            self._owed.update(keys)
            raise
        for number, claimed in enumerate(loaded, 1):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            for key in [key for key in self._runs if key[0] == claimed.turn]:
                # Its lines have changed: it starts again over all of them.
                self._runs.pop(key).cancel()
            run = asyncio.create_task(self._run(claimed), name=f"turn {claimed.turn}")
            self._runs[claimed.key] = run
            run.add_done_callback(partial(self._forget, claimed.key))

    def _forget(self, key: Key, _run: asyncio.Task[None]) -> None:
        if len(self._runs) >= settings.TURNS.places:
            # A place is free again.
            self._woken.set()
        self._runs.pop(key, None)
        self._passing.forget(key)
        if not self._runs:
            self._idle.set()

    async def _run(self, claimed: Claimed) -> None:
        """Past the sweeper's moment nothing is stored any more: it has the turn then."""
        try:
            async with asyncio.timeout(claimed.left_s() - settings.TURNS.notice_s) as time_left:
                await self._answer(claimed)
        except Exception as error:  # noqa: BLE001  # whatever a runner throws, its visitor must hear something
            if isinstance(error, TimeoutError) and time_left.expired():
                logger.warning("turn %s: out of time", claimed.turn)
                return
            logger.error("turn %s: broken (%s)", claimed.turn, place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote
            await self._kept_up(partial(self._give_up, claimed))

    async def _answer(self, claimed: Claimed) -> None:
        now: Claimed | None = claimed
        finish: Finish | None = None
        for _ in range(RACES):
            if now is None:
                return
            finish = await self._computed(now)
            if finish is None:
                logger.info("turn %s: nothing to say, with a ticket", now.turn)
                await self._try(partial(self._give_up, now))
                return
            last, now = now, await self._finisher.settle(now, finish)
        if now is not None and finish is not None:
            await self._finisher.settle_as_is(last, finish)

    async def _computed(self, claimed: Claimed) -> Finish | None:
        self._patience.begin(claimed, now=self.alone)
        try:
            return await self.runner.run(claimed, self._show(claimed))
        finally:
            self._patience.end(claimed)

    async def _give_up(self, claimed: Claimed) -> bool:
        return await in_thread(give_notice, claimed.turn, attempt=claimed.attempt)

    def _show(self, claimed: Claimed) -> Callable[[int, str], None]:
        first = claimed.attempt * ATTEMPTS

        def show(attempt: int, text: str) -> None:
            self._patience.end(claimed)
            self._passing.add(Shown(claimed, first + attempt, text))

        return show

    async def _pass_on(self) -> None:
        while True:
            await self._passing.news.wait()
            await self._kept_up(self._passing.pass_on)
            await asyncio.sleep(JOIN_S)

    async def _mark(self, new: list[Key]) -> set[Key]:
        return await self._try(partial(claims.still_ours, self._line, claims.SHOW, new)) or set()

    async def _ask_for_patience(self) -> None:
        """Nothing of the answer: it marks nothing, and any first word takes its place. Told only while
        the turn runs, or it would stand below the line that has ended it."""
        if due := self._patience.due():
            keys = [claimed.key for claimed in due]
            ours = await claims.still_ours(self._line, claims.RENEW, keys)
            waiting = [claimed for claimed in self._patience.take(due) if claimed.key in ours]
            await self._passing.tell([_looking(claimed) for claimed in waiting])

    async def _renew(self) -> None:
        if self._owed:
            await self._give_back_owed()
        held = list(self._runs)
        if held:
            ours = await claims.still_ours(self._line, claims.RENEW, held)
            for key in held:
                if key not in ours and (run := self._runs.pop(key, None)):
                    logger.info("turn %s: no longer ours (attempt %d)", *key)
                    run.cancel()
        if not self.alone:
            await self._beat()

    async def _beat(self) -> None:
        """A full core is as much in the way as full places are."""
        is_busy = self._load.look() >= settings.TURNS.busy
        held = len(self._runs)
        await self._line.ask(
            claims.BEAT,
            name=claims.name_of(os.getpid()),
            places=held if is_busy else settings.TURNS.places,
            held=held,
            claiming=self._claiming,
        )

    async def _is_surplus(self) -> bool:
        """A task may be delivered several times. The one that comes next to a living drain with
        places enough has nothing to do."""
        places = await self._try(self._places)
        return bool(places and places.drains and places.free > places.pending)

    async def _places(self) -> Places:
        return Places(*(await self._line.ask(claims.PLACES))[0])

    async def _hand_on(self) -> bool:
        """Only what is claimed no longer needs a successor; without turns the next wake does."""
        is_due = bool(self._runs) or self._stopped_at is not None or await self._is_wanted()
        if is_due:
            await asyncio.to_thread(self.around.succeed)
        return is_due

    async def _is_wanted(self) -> bool:
        places = await self._try(self._places)
        return bool(places and places.are_short)

    async def _finish_held(self) -> None:
        """Counted from here, so that a turn claimed at the last moment has its whole time."""
        hold_until = time.monotonic() + settings.TURNS.hold_s
        while self._runs:
            self._idle.clear()
            end = hold_until
            if self._stopped_at is not None:
                end = min(end, self._stopped_at + settings.TURNS.stop_s)
            if (left := end - time.monotonic()) <= 0:
                return
            await waited(self._idle, min(left, POLL_S))

    async def _give_back(self) -> None:
        self._owed.update(self._runs)
        await ended(*self._runs.values())
        if self._owed:
            await self._try(self._give_back_owed)

    async def _give_back_owed(self) -> None:
        """Of those that another has by now, or that are over, nothing changes."""
        owed = list(self._owed)
        logger.info("drain: gives back %d turns", len(owed))
        locked = (await self._line.ask(claims.GIVE_BACK, **claims.columns(owed)))[0][0]
        self._owed.difference_update(key for key in owed if key[0] not in locked)

    async def _end(self) -> None:
        await self._line.ask(claims.END)
        logger.info("drain: ended")
        if self._stopped_at is None and (await self._places()).are_short:
            await asyncio.to_thread(self.around.succeed)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._kept_up(work)

    async def _try(self, work: Callable[[], Awaitable[T]]) -> T | None:
        """None when the database was away: the next round may find it back."""
        try:
            return await work()
        except (*AWAY, psycopg.Error, DatabaseError) as error:
            logger.warning("drain: the database is away (%s)", type(error).__name__)
            return None

    async def _kept_up(self, work: Callable[[], Awaitable[object]]) -> None:
        """What else breaks is told, and nothing ends with it: without renewals all turns were lost."""
        try:
            await self._try(work)
        except Exception as error:  # noqa: BLE001  # see above
            logger.error("drain: broken (%s)", place(error))  # noqa: TRY400  # a traceback holds what the visitor wrote

    async def _announced(self) -> None:
        await asyncio.gather(*self._hints, return_exceptions=True)

    def _announce(self, moved: list[events.Position]) -> None:
        task = asyncio.create_task(events.publish(moved))
        self._hints.add(task)
        task.add_done_callback(self._hints.discard)


def _looking(claimed: Claimed) -> Shown:
    """Below every attempt of this run, and above all of those before it."""
    text = phrases.in_language(phrases.LOOKING, claimed.standing.language)
    return Shown(claimed, claimed.attempt * ATTEMPTS - 1, text)
