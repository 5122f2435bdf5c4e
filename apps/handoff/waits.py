"""What visitors wait for: their lines that neither a person nor the bot has answered."""

from apps.chat.models import Message, Session
from apps.engine.types import Author

# What was said while a person had the chat, and what a takeover or a stop left without an answer.
UNANSWERED = ("human", "cancelled")


def unanswered(session: Session) -> Message | None:
    """The first of such lines since an operator's last."""
    lines = Message.objects.filter(session=session)
    answers = lines.filter(author=Author.OPERATOR).order_by("-seq").values_list("seq", flat=True)
    asked = lines.filter(author=Author.VISITOR, turn__route__in=UNANSWERED)
    return asked.filter(seq__gt=answers.first() or 0).order_by("seq").first()
