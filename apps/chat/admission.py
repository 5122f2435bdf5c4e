"""What a visitor's text must be before anything is done with it."""

import re
from collections.abc import Mapping

from django.conf import settings

from apps.chat.codes import Code

# Control characters but tab and line ends, and halves of surrogate pairs: they cannot be stored,
# or not be shown. Direction marks, emoji and markup are text like any other.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]+")


def refusal(text: str, fields: Mapping[str, str] | None = None) -> Code | None:
    """Why this text cannot be taken, None if it can. It may be empty only with fields."""
    if len(text) > settings.CHAT.message_characters:
        return Code.TOO_LONG
    given = (text, *(fields or {}), *(fields or {}).values())
    if any(UNSTORABLE.search(value) for value in given):
        return Code.BAD_TEXT
    if not fields and not INVISIBLE.sub("", text):
        return Code.EMPTY
    return None
