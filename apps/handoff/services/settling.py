"""The end of a ticket, and what comes after it."""

from dataclasses import dataclass
from datetime import datetime

from apps.handoff.models import Operator, Priority, Ticket

UNDO_S = 5


@dataclass(frozen=True, slots=True)
class Resolved:
    """`undo` is a token for `undo_resolve`, good until `until`."""

    ticket: Ticket
    undo: str
    until: datetime


def resolve(*, ticket_id: int, operator: Operator, outcome: str, text: str = "") -> Resolved:
    """Marks a ticket done and gives the session back to the bot. `text` is a last line to the
    visitor, sent as the operator's; a system line says that the chat is settled.

    Refused: not_yours, closed, not_found, bad_value (outcome), too_long.
    """
    raise NotImplementedError


def undo_resolve(*, token: str, operator: Operator) -> Ticket:
    """Everything is as it was before, and a line tells the visitor that the chat goes on.

    Refused: too_late (also for a token that is none), not_yours.
    """
    raise NotImplementedError


def reopen(*, ticket_id: int, operator: Operator) -> Ticket:
    """Opens a done or withdrawn ticket again, and takes its chat.

    Refused: taken (another ticket of the session is open: by=, at=), not_found, closed (the session).
    """
    raise NotImplementedError


def set_priority(*, ticket_id: int, operator: Operator, priority: Priority | int) -> Ticket:
    """With the due times that belong to it. Refused: closed, not_found, bad_value."""
    raise NotImplementedError
