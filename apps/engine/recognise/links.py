"""Links in a line: the marks inside them end no clause."""

import re

from apps.engine.text import HAN

_ENDINGS = (
    "com|net|org|cn|io|co|uk|de|eu|shop|store|info|me|tv|app|dev|jpe?g|png|gif|webp|pdf|html?"
)
_PART = rf"[^\s{HAN}，。；！？、<>\"']"
_LINK = re.compile(
    rf"""
    (?:https?://|www\.){_PART}{{1,500}}
    |(?<![\w@.-])(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:(?:{_ENDINGS})(?![\w-])(?:[/?]{_PART}{{0,500}})?|[a-z]{{2,24}}/{_PART}{{1,500}})
    """,
    re.VERBOSE,
)
_MARKS = re.compile(r"[\W_](?=.)")


def unlinked(folded: str) -> str:
    """The line with a dash for every mark inside a link, each place as it was."""
    if "." not in folded:
        return folded
    return _LINK.sub(lambda link: _MARKS.sub("-", link[0]), folded)
