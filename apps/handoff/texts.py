"""What of an operator's writing can be kept."""

from apps.chat.items import UNSTORABLE
from apps.handoff.refusals import RefusalCode, Refused

LONGEST_ANSWER = 10_000
LONGEST_NOTE = 10_000


def check_text(text: str, limit: int, *, may_be_empty: bool = False) -> None:
    """Refused: empty, too_long (limit=), bad_text."""
    if not may_be_empty and not text.strip():
        raise Refused(RefusalCode.EMPTY)
    if len(text) > limit:
        raise Refused(RefusalCode.TOO_LONG, limit=limit)
    if UNSTORABLE.search(text):
        raise Refused(RefusalCode.BAD_TEXT)
