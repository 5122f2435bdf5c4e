"""The driver: takes a visitor's frame, plays the engine, stores what came of it, tells everyone.

One driver for an event loop. Sockets and the HTTP twin call it alike.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError

from apps.chat import events, frames
from apps.chat.admission import refusal
from apps.chat.attachments.making import FileRefusedError
from apps.chat.codes import Code, detail
from apps.chat.items import BadItemError, Item, Outcome, Stored, Verdict
from apps.chat.journal import Journal, UnavailableError, conninfo
from apps.chat.models import Session
from apps.chat.services import find_line
from apps.chat.threads import in_thread
from apps.dialogue import ladders, phrases, services
from apps.dialogue.handles import Ack, Desk, Feed, Handle, Twin
from apps.dialogue.play import Played, Said, Standing
from apps.dialogue.recall import Recall
from apps.dialogue.rows import Row
from apps.dialogue.turns.opening import opening
from apps.dialogue.turns.waking import wake
from apps.engine.commands import WantHuman
from apps.guard.limits import Buckets

logger = logging.getLogger(__name__)

RACES = 3
WAITING_PLACES = 8
TWINS = 64
# What stands beside the words of the button that asks for a person.
BUTTON = {"handoff": "person"}
BUSY_RETRY_S = 1.0
BROKEN_RETRY_S = 10.0

Answer = dict[str, Any]


class RefusedError(Exception):
    """The line was not taken. `retry_after` in seconds says when it may be sent again; `field` of
    the contact form is what was wrong with it."""

    def __init__(
        self, code: Code, retry_after: float | None = None, words: str = "", field: str = ""
    ) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after
        self.words = words
        self.field = field


class SessionGoneError(Exception):
    """The session was closed or erased under the visitor."""


# After these what was played may come out otherwise.
AGAIN = frozenset({Verdict.CONFLICT, Verdict.STALE, Verdict.FULL})


class Driver:
    """Holds the journal and the live sessions of this process."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.journal = Journal(
            conninfo(), on_commit=self._announce, wait_s=settings.CHAT.journal_wait_s
        )
        self.recall = Recall()
        self._buckets = Buckets()
        self._hints: set[asyncio.Task[None]] = set()

    def hold(self, standing: Standing) -> Handle:
        """The live handle of a session; give it back to the desk when done with it."""
        burst, rate = settings.CHAT.message_burst, settings.CHAT.messages_per_second
        return self.desk.take(standing, self._buckets.of(str(standing.session), burst, rate))

    async def send(
        self,
        handle: Handle,
        frame: frames.Send,
        feed: Feed | None = None,
        *,
        trusted: bool = False,
    ) -> Answer:
        """The answer to a `send`: its ack or refusal, or an error when the session is gone.

        A feed also gets it pushed, in order with the lines around it. `trusted`: without a limit.
        """
        # Who does not say what was on the screen has seen no more than was there when it came, nor
        # has who says more.
        last = handle.standing.last_seq
        seen = last if frame.seen is None else min(frame.seen, last)
        return await self._answer(handle, Said.of(frame, seen), feed, trusted=trusted)

    async def hand_over(
        self,
        handle: Handle,
        frame: frames.Handoff,
        feed: Feed | None = None,
        *,
        trusted: bool = False,
    ) -> Answer:
        """The same for the button that asks for a person."""
        text = phrases.in_language(phrases.TALK_TO_A_PERSON, handle.standing.language)
        said = Said(frame.cmid, text, BUTTON, commands=(WantHuman(),))
        return await self._answer(handle, said, feed, trusted=trusted)

    async def contact(
        self,
        handle: Handle,
        frame: frames.Contact,
        feed: Feed | None = None,
        *,
        trusted: bool = False,
    ) -> Answer:
        """The same for a message left with an address."""
        # The form is told apart by its fingerprint: who left it stands on the ticket only.
        said = Said(frame.cmid, frame.text, {"contact": frame.fingerprint()}, contact=frame)
        return await self._answer(handle, said, feed, trusted=trusted)

    async def stop(self, handle: Handle, frame: frames.Stop) -> None:
        """Ends the open turn at the visitor's wish, if it is the one that they mean."""
        session = handle.standing.session
        if await in_thread(services.stop_turn, session_id=session, turn_id=frame.id):
            await self.refresh(handle)

    async def refresh(self, handle: Handle) -> None:
        """Brings a handle up to what other processes wrote, between two of its own lines. Raises
        Session.DoesNotExist when it has ended, else what a read raises."""
        async with handle.in_flight:
            handle.refreshing = False
            await handle.catch_up()

    async def close(self) -> None:
        await self.journal.close()
        await self.recall.close()
        await asyncio.gather(*self._hints, return_exceptions=True)

    async def _answer(
        self, handle: Handle, said: Said, feed: Feed | None, *, trusted: bool
    ) -> Answer:
        ack = Ack(feed, said.cmid)
        try:
            # Whatever holds it up: a twin, its turn, or a database that takes a query and falls
            # silent, which psycopg waits for another ten seconds. It may be stored all the same;
            # a resend finds out.
            async with asyncio.timeout(settings.CHAT.journal_wait_s):
                return await self._queue(handle, said, ack, trusted=trusted)
        except RefusedError as error:
            answer = _refused(handle, said, error)
        except (UnavailableError, DatabaseError, TimeoutError) as error:
            logger.warning("driver: a line has to wait (%s)", type(error).__name__)
            answer = _refused(handle, said, RefusedError(Code.BUSY, BUSY_RETRY_S))
        except BadItemError:
            answer = _refused(handle, said, RefusedError(Code.BAD_TEXT))
        except (SessionGoneError, Session.DoesNotExist):
            answer = frames.error(Code.TOKEN_UNKNOWN, handle.standing.language)
        except Exception:  # a fault of ours must not leave the visitor in silence
            logger.exception("driver: a line broke the code")
            answer = _refused(handle, said, RefusedError(Code.BUSY, BROKEN_RETRY_S))
        if feed:
            feed.push(frames.encode(answer))
        return answer

    async def _queue(self, handle: Handle, said: Said, ack: Ack, *, trusted: bool) -> Answer:
        """One line of a session is in flight, eight wait, the next is refused. The first of those
        that wait takes the others along: they are answered once. A resend of one that is under way
        takes no place: it waits for the first."""
        if code := refusal(said.text, None if said.contact else said.fields):
            raise RefusedError(code)
        while twin := handle.under_way.get(said.cmid):
            if twin.waiters >= TWINS:
                raise RefusedError(Code.BUSY, BUSY_RETRY_S)
            if answer := await twin.answered():
                return _again(said, twin.said, answer, ack)
        if handle.waiting > WAITING_PLACES:
            raise RefusedError(Code.BUSY, BUSY_RETRY_S)
        with handle.marked(said, ack, trusted=trusted) as twin:
            async with handle.in_flight:
                if not twin.is_settled:
                    await self._settle(handle, handle.taken_along(twin))
            return twin.result()

    async def _settle(self, handle: Handle, twins: list[Twin]) -> None:
        """Gives each of them its answer or its error."""
        admitted = [twin for twin in twins if await self._is_admitted(handle, twin)]
        while admitted:
            try:
                await self._store(handle, admitted)
            except BadItemError as error:
                # Whichever of them it is: each by itself.
                for twin in admitted if len(admitted) > 1 else ():
                    await self._settle_alone(handle, twin)
                if len(admitted) == 1:
                    admitted[0].error = error
            except Exception as error:  # noqa: BLE001 each of them raises it where it was sent
                for twin in admitted:
                    twin.error = twin.error or error
            admitted = [twin for twin in admitted if not twin.is_settled]

    async def _settle_alone(self, handle: Handle, twin: Twin) -> None:
        try:
            await self._store(handle, [twin])
        except Exception as error:  # noqa: BLE001 as above
            twin.error = error

    async def _is_admitted(self, handle: Handle, twin: Twin) -> bool:
        """A resend of a stored line costs no quota. With an empty bucket only one that is known
        here is looked up, or a flood would cost queries; any other gets its ack when it comes back
        as told."""
        retry_after = handle.take(twin)
        if retry_after == 0.0:
            return True
        try:
            if twin.said.cmid in handle.known and (
                stored := await in_thread(find_line, handle.standing.session, twin.said.cmid)
            ):
                await self._known(handle, twin, stored)
            else:
                twin.error = RefusedError(Code.RATE_LIMITED, retry_after)
        except Exception as error:  # noqa: BLE001 it is raised where the line was sent
            twin.error = error
        return False

    async def _store(self, handle: Handle, twins: list[Twin]) -> None:
        """Plays and stores the lines as one. Of those that are stored already each gets the first
        ack; the others are left for another round."""
        said = Said.joined([twin.said for twin in twins])
        if said.contact:
            await self._store_contact(handle, said, twins)
            return
        if said.attachments:
            await self._store_files(handle, said, twins)
            return
        models = ladders.any_answers(handle.standing.site)
        for _ in range(RACES):
            found = await self.recall.play(handle.standing, said, models=models)
            played = found.played
            if played.needs_lock and not played.needs:
                break
            item, outcome = await self._submit(played, said)
            if outcome.verdict is Verdict.OK:
                if not item.joins:
                    self.recall.note(found)
                _delivered(handle, played, item, outcome, twins)
                return
            # With as many turns open as the site may have, it is answered with what is here.
            models = models and outcome.verdict is not Verdict.FULL
            if outcome.verdict not in AGAIN:
                await self._not_written(handle, twins, outcome)
                return
            await handle.catch_up()
        outcome = await in_thread(services.take_line, session_id=handle.standing.session, said=said)
        await self._written(handle, twins, outcome)

    async def _submit(self, played: Played, said: Said) -> tuple[Item, Outcome]:
        """What needs a model is left to a worker. While a turn is open what was played does not
        count: the lines join the turn."""
        needs = played.needs
        item = opening(played.standing, said, language=needs.language) if needs else played.item()
        outcome = await self.journal.submit(item)
        if needs and outcome.verdict is Verdict.OK:
            wake()
        if outcome.verdict is not Verdict.BUSY:
            return item, outcome
        joining = Item(item.session, item.version, said.lines(), joins=True)
        return joining, await self.journal.submit(joining)

    async def _store_contact(self, handle: Handle, said: Said, twins: list[Twin]) -> None:
        try:
            outcome = await in_thread(
                services.take_contact, session_id=handle.standing.session, said=said
            )
        except services.ContactError as error:
            handle.give_back(twins[0])
            raise RefusedError(Code.BAD_TEXT, words=str(error), field=error.field) from error
        await self._written(handle, twins, outcome)

    async def _store_files(self, handle: Handle, said: Said, twins: list[Twin]) -> None:
        try:
            outcome = await in_thread(
                services.take_files, session_id=handle.standing.session, said=said
            )
        except FileRefusedError as error:
            handle.give_back(twins[0])
            raise RefusedError(error.code) from error
        await self._written(handle, twins, outcome)

    async def _written(self, handle: Handle, twins: list[Twin], outcome: Outcome) -> None:
        """After the synchronous door: what it wrote is read back like anyone else's lines."""
        if outcome.verdict is not Verdict.OK:
            await self._not_written(handle, twins, outcome)
            return
        await handle.catch_up(*(twin.ack for twin in twins))
        for twin in twins:
            if twin.ack.frame is None:
                stored = await in_thread(find_line, handle.standing.session, twin.said.cmid)
                if stored is None:
                    raise SessionGoneError
                twin.ack.give(stored.seq, stored.id)
            twin.answer = twin.ack.frame

    async def _not_written(self, handle: Handle, twins: list[Twin], outcome: Outcome) -> None:
        if outcome.verdict is Verdict.MISSING:
            raise SessionGoneError
        if outcome.verdict is not Verdict.DUP:
            raise RefusedError(Code.BUSY, BUSY_RETRY_S)
        known = {stored.cmid: stored for stored in outcome.known}
        for twin in twins:
            if stored := known.get(twin.said.cmid):
                handle.give_back(twin)
                try:
                    await self._known(handle, twin, stored)
                except RefusedError as error:
                    twin.error = error

    async def _known(self, handle: Handle, twin: Twin, stored: Stored) -> None:
        """The first ack again, or a conflict when the same cmid came with another body."""
        if not twin.said.is_like(stored):
            raise RefusedError(Code.CMID_CONFLICT)
        if stored.seq > handle.standing.last_seq:
            await handle.catch_up(twin.ack)
        twin.answer = twin.ack.give(stored.seq, stored.id)

    def _announce(self, moved: list[events.Position]) -> None:
        task = asyncio.create_task(events.publish(moved))
        self._hints.add(task)
        task.add_done_callback(self._hints.discard)


def _delivered(
    handle: Handle, played: Played, item: Item, outcome: Outcome, twins: list[Twin]
) -> None:
    """Sends what was just committed to everyone who listens, without reading it back."""
    rows = _rows(item, outcome)
    handle.deliver(rows, *(twin.ack for twin in twins))
    stood = replace(handle.standing, version=outcome.version, moved_at=outcome.at)
    if not item.joins and not played.needs:
        stood = replace(stood, state=played.state, mode=played.mode, memory=played.memory)
    handle.stand(stood)
    for twin, row in zip(twins, rows, strict=False):
        twin.answer = twin.ack.give(row.seq, row.id)


def _again(said: Said, first: Said, answer: Answer, ack: Ack) -> Answer:
    if not said.is_like(first):
        raise RefusedError(Code.CMID_CONFLICT)
    return ack.give(answer["seq"], UUID(answer["message"]))


def _rows(item: Item, outcome: Outcome) -> list[Row]:
    if outcome.at is None:
        raise ValueError("a written item has a time")
    first = outcome.last_seq - len(item.lines) + 1
    return [
        Row(line.id, seq, line.author, line.name, line.text, line.meta, line.cmid, outcome.at)
        for seq, line in enumerate(item.lines, first)
    ]


def _refused(handle: Handle, said: Said, error: RefusedError) -> Answer:
    language = handle.standing.language
    frame = frames.refused(said.cmid, error.code, language, error.retry_after)
    frame["detail"] = error.words or detail(error.code, language)
    return {**frame, "field": error.field} if error.field else frame
