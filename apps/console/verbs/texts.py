"""What a command may say: a person is told which limit it was."""

from apps.chat.admission import UNSTORABLE
from apps.handoff.refusals import RefusalCode, Refused


def checked(text: str, limit: int) -> str:
    """Refused: too_long (limit=), bad_text."""
    if len(text) > limit:
        raise Refused(RefusalCode.TOO_LONG, limit=limit)
    if UNSTORABLE.search(text):
        raise Refused(RefusalCode.BAD_TEXT)
    return text
