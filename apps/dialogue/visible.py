"""A line as it can be seen: what a model reads of it, and what the answer to it is found by."""

import re
import unicodedata

# Signs that fill no place and yet count as letters or marks: fillers, joiners, and what chooses the
# shape of the sign before.
_UNSEEN_MARKS = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff"
_UNSEEN = re.compile(f"[{_UNSEEN_MARKS}]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def visible(text: str) -> str:
    """Without what nobody sees and a model reads all the same: control and format characters, tags,
    selectors. Line ends stay, every other kind of space is the plain one."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", "".join(map(_seen, text)))


def _seen(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    category = unicodedata.category(char)
    if category in ("Zl", "Zp") or char in "\v\f\x85\r":
        return "\n"
    return " " if category == "Zs" or char == "\t" else ""


def folded(text: str) -> str:
    """What may differ between two lines that are the same: case, spaces and width."""
    return " ".join(visible(text).translate(_FULL_WIDTH).lower().split())
