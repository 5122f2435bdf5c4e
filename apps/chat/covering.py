"""A turn over lines that stand already, for whoever leaves them to the bot."""

from uuid import UUID

from apps.chat.models import Message, Turn
from apps.engine.types import Author


def cover(turn: UUID, session: UUID, from_seq: int, to_seq: int) -> None:
    """Gives a turn that was made in this transaction the visitor's lines from the one to the other
    in place of its own: they belong to it from now on. Call with the session locked."""
    Turn.objects.filter(id=turn).update(from_seq=from_seq, to_seq=to_seq)
    said = Message.objects.filter(session=session, author=Author.VISITOR)
    said.filter(seq__gte=from_seq, seq__lte=to_seq).update(turn=turn)
