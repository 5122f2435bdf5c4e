"""Two days of a small shop, counted by hand.

day 1   a   bot alone, rated 5
        b   ticket of Returns: taken after 2 min, answered after 3 (due after 5), settled after 30
        c   ticket of Returns: taken after 4 min, answered after 9 (due after 5), settled after 90,
            reopened, rated 2
day 2   d   bot alone
        e   ticket of no team: nobody has taken it, due for long, withdrawn by nobody
        f   was opened, and nothing was said
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.chat.models import Session, Visitor
from apps.handoff.models import Team, Ticket, TicketEvent
from apps.sites.models import Site

DAY_1 = datetime(2026, 3, 9, 10, tzinfo=UTC)
DAY_2 = datetime(2026, 3, 10, 10, tzinfo=UTC)
Chat = Callable[..., Session]
Ask = Callable[..., Ticket]


@pytest.fixture
def chat(site: Site) -> Chat:
    def make(at: datetime, **values: Any) -> Session:
        visitor = Visitor.objects.create(site=values.get("site", site), locale="en")
        values = {"site": site, "language": "en", "last_seq": 2, "updated_at": at, **values}
        session = Session.objects.create(visitor=visitor, **values)
        Session.objects.filter(pk=session.pk).update(created_at=at)
        return session

    return make


@pytest.fixture
def ask() -> Ask:
    """A ticket of a session, with what came after so many minutes."""

    def make(session: Session, at: datetime, reason: str = "asked", **after: Any) -> Ticket:
        def moment(name: str) -> datetime | None:
            minutes = after.get(name)
            return at + timedelta(minutes=minutes) if isinstance(minutes, int | float) else None

        ticket = Ticket.objects.create(
            session=session,
            site=session.site,
            language="en",
            reason=reason,
            team=after.get("team"),
            status="done" if moment("settled") else "open",
            claimed_at=moment("taken"),
            first_response_at=moment("answered"),
            first_due_at=moment("due"),
            resolved_at=moment("settled"),
            reopened=after.get("reopened", 0),
        )
        Ticket.objects.filter(pk=ticket.pk).update(created_at=at)
        if taken := moment("taken"):
            TicketEvent.objects.create(ticket=ticket, kind="claimed", at=taken)
        ticket.refresh_from_db()
        return ticket

    return make


@pytest.fixture
def returns() -> Team:
    return Team.objects.create(name="Returns")


@pytest.fixture
def shop(chat: Chat, ask: Ask, returns: Team) -> dict[str, Session]:
    made = {
        "a": chat(DAY_1, csat=5),
        "b": chat(DAY_1),
        "c": chat(DAY_1, csat=2),
        "d": chat(DAY_2),
        "e": chat(DAY_2),
        "f": chat(DAY_2, last_seq=0),
    }
    ask(made["b"], DAY_1, team=returns, taken=2, answered=3, due=5, settled=30)
    ask(made["c"], DAY_1, "no_knowledge", team=returns, taken=4, answered=9, due=5, settled=90,
        reopened=1)  # fmt: skip
    ask(made["e"], DAY_2, due=5)
    return made
