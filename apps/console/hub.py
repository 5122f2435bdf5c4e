"""What a process does for its consoles: hears the others, keeps signs alive, looks after people."""

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone

from apps.chat import events as hints
from apps.chat import frames
from apps.chat.codes import CLOSE_RESTART
from apps.chat.threads import in_thread
from apps.console import events, people
from apps.console.answered import Answered
from apps.console.board import Board
from apps.console.seats import Seat
from apps.console.signs import REPEAT_S, REPLYING, VIEWING
from apps.engine.types import Author
from apps.guard.limits import Places
from apps.handoff.services import presence, reading

logger = logging.getLogger(__name__)

CLOSE_REVOKED = 4403
TICK_S = 0.5
# Behind the next sign of every process: who came back meanwhile, or is there on another one, is
# not gone.
SIGN_TAKES_S = 1.0


class Hub:
    """Hears what comes from all processes (`apps.dialogue.pulse.Listener`). `seen` is how far each
    operator has read, by session."""

    def __init__(self) -> None:
        self.board = Board()
        self.name = uuid4().hex
        self.seen: defaultdict[int, dict[UUID, int]] = defaultdict(dict)
        self.answered: defaultdict[int, Answered] = defaultdict(Answered)
        self.places = Places()
        self.gone_after_s = settings.CHAT.heartbeat_s + SIGN_TAKES_S
        self._unkept: dict[tuple[int, UUID], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        chat = settings.CHAT
        self.spawn(self.board.follow())
        self.spawn(self._every(chat.heal_s, self.board.heal))
        self.spawn(self._every(chat.heal_s / 2, self._inspect))
        self.spawn(self._every(chat.heartbeat_s, self._beat))
        self.spawn(self._every(TICK_S, self._tick))
        self.spawn(self._every(TICK_S, self._keep_read))
        self.spawn(self._every(REPEAT_S, self._repeat))

    async def stop(self) -> None:
        with contextlib.suppress(DatabaseError, TimeoutError):
            await self._keep_read()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def say_going_away(self) -> None:
        """Tells every console to come back, each at a time of its own."""
        for seat in self.board.seats:
            retry_after = round(random.uniform(0, settings.CHAT.going_away_s), 2)  # noqa: S311 spreads load, guards nothing
            seat.push({"type": "going_away", "retry_after": retry_after})

    def moved(self, moved: list[hints.Position]) -> None:
        self.board.stir(session for session, _ in moved)

    def grown(self, grown: list[hints.Grown]) -> None:
        for session, turn, attempt, offset, text in grown:
            for seat in self.board.watchers(session):
                delta = frames.delta(turn, attempt, offset, text)
                seat.push({**delta, "session": str(session)})

    def typing(self, who: hints.Typing) -> None:
        """What operators write, consoles tell each other by their signs."""
        if who.author == Author.VISITOR:
            self._show_typing(who.session, "visitor")

    def told(self, told: hints.Message) -> None:
        match told["type"]:
            case "tickets":
                self.board.look(tickets=told["ids"], people=True)
            case "people":
                self.board.look(people=True)
            case hints.CONSOLE if told["from"] != self.name:
                self.board.look(events.sessions(told), people=bool(told.get("people")))
                for sign in events.signs(told):
                    self._take(sign)

    async def recall(self, operator: int) -> None:
        """How far they have read on other processes, and before this one."""
        seen = self.seen[operator]
        for session, seq in (await in_thread(reading.read_by, operator)).items():
            seen[session] = max(seq, seen.get(session, 0))

    def read(self, seat: Seat, session: UUID, seq: int) -> None:
        """The operator has had this line in view."""
        if seat.note_read(session, seq):
            operator = seat.person.operator
            self._unkept[operator, session] = seq
            self.board.show_again([session], operator)

    def leave(self, seat: Seat) -> None:
        """A console is gone; its operator is, unless they come back at once."""
        self.place(seat, None)
        self.board.rise(seat)
        self.spawn(self._keep_read())
        self.spawn(self._note_leaving(seat.person.operator))

    def tell(self, sessions: Collection[UUID], *, people: bool = False) -> None:
        """A command may have changed something that no line tells of: here and everywhere."""
        if sessions or people:
            self.board.look(sessions, people=people)
            self.spawn(events.publish_look(self.name, sessions, people=people))

    def place(self, seat: Seat, session: UUID | None) -> None:
        """The one session that an operator looks at."""
        session = session if session and self._may_see(seat, session) else None
        left, seat.viewing = seat.viewing, session
        signs = [self._sign(seat, session, VIEWING)] if session else []
        if left and left != session:
            signs.append(self._sign(seat, left, ""))
        self._say(signs)

    def type(self, seat: Seat, session: UUID) -> None:
        """The operator writes: colleagues and the visitor see it for some seconds."""
        if not self._may_see(seat, session):
            return
        seat.typing(session)
        self._say([self._sign(seat, session, REPLYING)])
        who = seat.person
        row = self.board.row(session)
        if row and row.request.operator == who.operator:
            typing = hints.Typing(session, Author.OPERATOR, who.name)
            self.spawn(hints.publish_typing(typing))

    def _may_see(self, seat: Seat, session: UUID) -> bool:
        """One that is in the queue, or that the operator has opened, which was looked at then."""
        row = self.board.row(session)
        return seat.may_see(row) if row else session in seat.watching

    def _sign(self, seat: Seat, session: UUID, doing: str) -> events.Sign:
        return events.Sign(session, seat.person.operator, seat.person.name, doing)

    def _say(self, signs: list[events.Sign]) -> None:
        new = [sign for sign in signs if self._take(sign)]
        if new:
            self.spawn(events.publish_signs(self.name, new))

    def _take(self, sign: events.Sign) -> bool:
        is_new = self.board.signs.take(sign)
        if is_new:
            self.board.show_again({sign.session})
        if sign.doing == REPLYING:
            self._show_typing(sign.session, {"id": sign.operator, "name": sign.name})
        return is_new

    def _show_typing(self, session: UUID, who: str | dict[str, object]) -> None:
        for seat in self.board.watchers(session):
            if isinstance(who, str) or who["id"] != seat.person.operator:
                seat.push({"type": "typing", "session": str(session), "who": who})

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception as error:  # noqa: BLE001 the next round may find the database back
                logger.warning("console: %s failed (%s)", work.__name__, type(error).__name__)

    async def _beat(self) -> None:
        """Signs of life in both directions."""
        now = timezone.now().isoformat()
        for seat in self.board.seats:
            seat.push({"type": "heartbeat", "now": now})
        if self.board.seats:
            operators = {seat.person.operator for seat in self.board.seats}
            await in_thread(presence.seen, operators=operators)

    async def _tick(self) -> None:
        self.board.show_again(self.board.signs.expire())
        self.board.settle()

    async def _keep_read(self) -> None:
        """Some at a time: whoever reads, reads line after line."""
        read, self._unkept = self._unkept, {}
        try:
            if read:
                await in_thread(reading.keep_read, read)
        except (DatabaseError, TimeoutError):
            self._unkept = read | self._unkept
            raise

    async def _repeat(self) -> None:
        """A sign goes out when it is not said again."""
        signs = [
            self._sign(seat, seat.viewing, REPLYING if seat.is_typing(seat.viewing) else VIEWING)
            for seat in self.board.seats
            if seat.viewing
        ]
        for sign in signs:
            self._take(sign)
        if signs:
            await events.publish_signs(self.name, signs)

    async def _inspect(self) -> None:
        """Whose login or right has ended is sent away. Whose rights are others now comes back."""
        seats = tuple(self.board.seats)
        if not seats:
            return
        found = await in_thread(people.inspect, {seat.person for seat in seats})
        for seat in seats:
            if seat.person in found.revoked:
                seat.socket.shut(CLOSE_REVOKED)
            elif seat.person in found.changed:
                seat.socket.shut(CLOSE_RESTART)

    async def _note_leaving(self, operator: int) -> None:
        left_at = timezone.now()
        await asyncio.sleep(self.gone_after_s)
        if not any(seat.person.operator == operator for seat in self.board.seats):
            # Else they are found gone when no sign of them has come for a minute.
            with contextlib.suppress(DatabaseError, TimeoutError):
                await in_thread(presence.leave, operator=operator, at=left_at)
