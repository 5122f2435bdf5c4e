"""The end of an open turn that nobody waits for any longer."""

from apps.chat.items import FinishTurn
from apps.chat.models import Session, Turn
from apps.engine.types import TurnState


def cancelled(session: Session) -> FinishTurn | None:
    """For the item of whoever takes the session over, asks for a person or says stop: ends its open
    turn, None if there is none. Call with the session locked.

    What runs the turn finds out at its next renewal, or when its finish is refused.
    """
    turn = Turn.objects.open().filter(session=session).only("id", "language").first()
    if turn is None:
        return None
    language = turn.language or session.language
    return FinishTurn(turn.id, None, TurnState.CANCELLED, route="cancelled", language=language)
