"""How a turn ends: by what its runner computed, through the journal and fenced by its attempt, or by
a notice and a ticket.

A finish that is no longer wanted is dropped without a word: somebody else has the turn, or has ended
it. A session that has moved under it is read again; when that changes nothing of what the answer
stands on, the finish holds as it is.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection, transaction

from apps.chat.items import FinishTurn, Item, Line, Outcome, Verdict
from apps.chat.journal import Journal, UnavailableError, append
from apps.chat.models import Session, Turn
from apps.chat.threads import in_thread
from apps.dialogue import phrases, subjects
from apps.dialogue.replies import contact_form, way_back
from apps.dialogue.storing import ForTicket, complete, follow
from apps.dialogue.turns import claims
from apps.dialogue.turns.port import Claimed, Finish
from apps.engine.events import Act
from apps.engine.types import Author, Mode, State, TurnState
from apps.handoff.models import Ticket
from apps.handoff.services import open_ticket, to_handoff

logger = logging.getLogger(__name__)

AWAY_PAUSE_S = 0.2

StartAct = Callable[[Act], None]


@dataclass(frozen=True, slots=True)
class Finisher:
    """Stores finishes. `start_act` begins, inside the transaction, what a yes sets off."""

    journal: Journal
    line: claims.Wire
    start_act: StartAct

    async def settle(self, claimed: Claimed, finish: Finish) -> Claimed | None:
        """None when the turn is over for this process; else the turn as it stands now, to be run
        again, since what it stands on has changed."""
        while claimed.left_s() > 0:
            outcome = await self._store(claimed, finish)
            if outcome is None:
                await asyncio.sleep(AWAY_PAUSE_S)
                continue
            if outcome.verdict is not Verdict.CONFLICT:
                _tell(claimed, finish, outcome.verdict)
                return None
            try:
                newer = await self._again(claimed)
            except claims.AWAY:
                continue
            if newer is None or not newer.is_like(claimed):
                return newer
            claimed = newer
        return None

    async def settle_as_is(self, claimed: Claimed, finish: Finish) -> None:
        """For a session that never stays still: the reply, and the ticket that it speaks of, whatever
        has changed."""
        bare = Finish(
            reply=finish.reply,
            route=finish.route,
            language=finish.language,
            handoff=finish.handoff,
            address=finish.address,
        )
        outcome = await in_thread(_store_locked, claimed, bare, self.start_act, whatever=True)
        _tell(claimed, finish, outcome.verdict)

    async def _store(self, claimed: Claimed, finish: Finish) -> Outcome | None:
        """None when the database was away; the fence makes a second try harmless."""
        try:
            if finish.needs_lock:
                return await in_thread(_store_locked, claimed, finish, self.start_act)
            return await self.journal.submit(finish.item(claimed))
        except (UnavailableError, DatabaseError, TimeoutError) as error:
            logger.warning("turn: a finish has to wait (%s)", type(error).__name__)
            return None

    async def _again(self, claimed: Claimed) -> Claimed | None:
        found = await claims.load(self.line, [claimed.key])
        return found[0] if found else None


def _tell(claimed: Claimed, finish: Finish, verdict: Verdict) -> None:
    if verdict is Verdict.OK:
        if finish.stored:
            finish.stored()
        logger.info("turn %s: answered (attempt %d)", claimed.turn, claimed.attempt)
    else:
        logger.info("turn %s: %s, dropped (attempt %d)", claimed.turn, verdict, claimed.attempt)


@transaction.atomic
def _store_locked(
    claimed: Claimed, finish: Finish, start_act: StartAct, *, whatever: bool = False
) -> Outcome:
    rows = Session.objects.select_related("site", "visitor")
    session = rows.select_for_update(no_key=True, of=("self",)).get(id=claimed.session)
    ticket = ForTicket()
    if finish.played:
        ticket = complete(session, finish.played)
        finish = replace(Finish.of(finish.played), versions=finish.versions)
    item = finish.item(claimed)
    outcome = append(replace(item, version=session.version) if whatever else item)
    if outcome.verdict is Verdict.OK:
        follow(session, finish.led_to(claimed, ticket))
        for act in finish.acts:
            start_act(act)
    return outcome


@transaction.atomic
def give_notice(turn_id: UUID, *, attempt: int | None = None) -> bool:
    """Ends an open turn with a notice in the visitor's language and a ticket for the team; False if
    it is over, or no longer runs at `attempt`: that of whoever ran it in vain, None at its deadline."""
    turn = Turn.objects.open().filter(id=turn_id).first()
    if turn is None:
        return False
    with connection.cursor() as cursor:
        # A session that somebody holds must not keep the notices of all others waiting.
        cursor.execute("SET LOCAL lock_timeout = '1s'")
    session = Session.objects.select_for_update(no_key=True).get(id=turn.session_id)
    language = turn.language or session.language
    subject = subjects.of_turn(session, turn_id)
    finish = FinishTurn(turn_id, attempt, TurnState.FALLBACK, route="fallback", language=language)
    outcome = append(
        Item(
            session=session.id,
            version=session.version,
            lines=(_notice(subject.text, language),),
            state=State.HANDOFF,
            mode=Mode.HUMAN if session.mode == Mode.HUMAN else Mode.QUEUED,
            finish=finish,
            steps=to_handoff(State(session.state), "unanswered"),
        )
    )
    if outcome.verdict is not Verdict.OK:
        return False
    reason = Ticket.Reason.DEADLINE if attempt is None else Ticket.Reason.MODEL_DOWN
    open_ticket(session=session, reason=reason, language=language, turn=turn_id, subject=subject)
    return True


def _notice(about: str, language: str) -> Line:
    text = phrases.in_language(phrases.UNANSWERED, language)
    meta = {"form": contact_form(language, about), **way_back(language)}
    return Line(Author.SYSTEM, text, meta=meta, of_turn=True)
