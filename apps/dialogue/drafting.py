"""An answer that a model drafts for the operator, after the ticket stands: the ticket never waits."""

import asyncio
import time
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal
from uuid import UUID, uuid4

from django.db import connection

from apps.chat.items import Stored
from apps.chat.models import Message, Session
from apps.dialogue import ladders, wiring
from apps.dialogue.play import Played, Said, Standing, play
from apps.dialogue.turns.asking import Asker
from apps.dialogue.turns.port import Claimed, Earlier
from apps.engine.events import NeedModel, Search
from apps.engine.types import Author, Memory, Mode, Passage, State
from apps.handoff.models import Priority, Suggestion, Ticket
from apps.handoff.services import suggest
from apps.llm.steps import Accepted

# On the queue that webhooks and mails are on: a model that hangs must not hold them up for long.
DRAFT_S = 15.0
LINES = 6
LONGEST_QUESTION = 2_000
ROUTE = "model"
AUTHORS: dict[str, Literal["visitor", "bot", "operator"]] = {
    Author.VISITOR: "visitor",
    Author.BOT: "bot",
    Author.OPERATOR: "operator",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be answered: the visitor's lines since somebody last answered, or what the ticket
    is about. `to_seq` is the last line that was there."""

    session: Session
    text: str
    to_seq: int
    earlier: tuple[Earlier, ...]
    is_of_high_value: bool


def draft_for(session_id: UUID) -> Suggestion | None:
    """Asks the models of the site, and keeps what may be said; None where there are none, where they
    know nothing, or where the talk has moved on meanwhile. Holds no connection while one speaks."""
    wanted = _wanted(session_id)
    ladders.refresh()
    if wanted is None or not ladders.any_answers(wanted.session.site_id):
        return None
    needs = _needs(wanted)
    if not connection.in_atomic_block:
        connection.close()
    heard = asyncio.run(_asked(wanted, needs))
    if heard is None or not heard.reply:
        return None
    return suggest(
        session_id=session_id,
        text=heard.reply,
        basis=[_source(needs.passages[place]) for place in heard.cited],
        route=ROUTE,
        to_seq=wanted.to_seq,
    )


def _wanted(session_id: UUID) -> Wanted | None:
    session = Session.objects.select_related("site", "visitor").filter(id=session_id).first()
    if session is None:
        return None
    ticket = Ticket.objects.open().filter(session=session).first()
    rows = Message.objects.filter(session=session).exclude(author=Author.SYSTEM)
    said = list(rows.order_by("-seq")[:LINES])
    # From the last one back to whoever answered.
    open_lines = list(takewhile(lambda line: line.author == Author.VISITOR, said))
    written = "\n".join(line.text for line in reversed(open_lines) if line.text)
    text = written or (ticket.about if ticket else "")
    if not text:
        return None
    before = reversed(said[len(open_lines) :])
    return Wanted(
        session,
        text[:LONGEST_QUESTION],
        session.last_seq,
        tuple(Earlier(AUTHORS[line.author], line.text) for line in before),
        is_of_high_value=ticket is not None and ticket.priority <= Priority.HIGH,
    )


def _needs(wanted: Wanted) -> NeedModel:
    session = wanted.session
    search = Search(wanted.text, session.language)
    passages = wiring.search(session.site_id, session.language, search)
    return NeedModel(wanted.text, session.language, passages, high_value=wanted.is_of_high_value)


async def _asked(wanted: Wanted, needs: NeedModel) -> Accepted | None:
    """As a turn would, without one: nothing of it is shown, kept for others or told the visitor."""
    asker = Asker()
    try:
        climbed = await asker.climb(*_as_turn(wanted), needs, lambda _attempt, _text: None)
    finally:
        await asker.close()
    return climbed.said


def _as_turn(wanted: Wanted) -> tuple[Claimed, Played]:
    session = wanted.session
    standing = replace(Standing.of(session), mode=Mode.BOT, state=State.INIT, memory=Memory())
    said = Said(uuid4(), wanted.text)
    claimed = Claimed(
        turn=uuid4(),
        attempt=1,
        standing=standing,
        lines=(Stored(uuid4(), wanted.to_seq, said.cmid, said.text, None),),
        until=time.monotonic() + DRAFT_S,
        shop={"en": session.site.name, "zh-Hans": session.site.name_zh_hans or session.site.name},
        earlier=wanted.earlier,
    )
    return claimed, play(standing, said, models=True)


def _source(passage: Passage) -> dict[str, str]:
    source = {"id": passage.id, "title": passage.title}
    return {**source, "url": passage.url} if passage.url else source
