"""Who has a chat: taking it, passing it on, giving it back.

Each verb is one transaction that locks the session, then its open turn, then the ticket, raises the
session's version and the ticket's, and refuses with `Refused`. Whatever the bot has computed on the
older version is dropped when it comes to be stored.
"""

from uuid import UUID

from apps.handoff.models import Operator, Team, Ticket


def claim(*, ticket_id: int, operator: Operator) -> Ticket:
    """Takes a waiting ticket. Of many who try at once one gets it, by one conditional UPDATE.

    Refused: taken (by=name, at=ISO), closed, not_found. Taking what is one's own changes nothing.
    """
    raise NotImplementedError


def take_over(*, session_id: UUID, operator: Operator) -> Ticket:
    """Takes a chat from the bot, whose open turn ends, from the queue, or from another operator.
    Opens a ticket if the session has none.

    Refused: not_allowed (another operator's, without the right), not_found, closed (the session).
    """
    raise NotImplementedError


def return_to_bot(*, ticket_id: int, operator: Operator, instruction: str = "") -> Ticket:
    """The bot answers again: the ticket is done, a line tells the visitor, and what they wrote since
    the operator's last line is answered. `instruction` stands in the ticket's history.

    Refused: not_yours, closed, not_found.
    """
    raise NotImplementedError


def requeue(*, ticket_id: int, why: str, operator: Operator | None = None) -> Ticket:
    """Back to the queue, with a line that tells the visitor. `why` stands in the history;
    `operator` None: by the queue itself.

    Refused: not_yours, closed, not_found.
    """
    raise NotImplementedError


def transfer(
    *,
    ticket_id: int,
    operator: Operator,
    to_operator: Operator | None = None,
    to_team: Team | None = None,
    note: str = "",
) -> Ticket:
    """Passes a ticket on: to somebody who is there, whose it is at once, or to a team's queue, of
    which somebody must be there. Exactly one of them. `note` is for the colleagues alone.

    Refused: not_available (name=), nobody (name=), not_yours, closed, not_found, too_long.
    """
    raise NotImplementedError
