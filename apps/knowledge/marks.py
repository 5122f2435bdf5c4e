"""The few marks of an answer (**bold**, `code`, lists, addresses) as the staff pages show them. The
widget draws the same by itself: see `rich` in static/widget/page.js."""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_MARKS = re.compile(r"\*\*([^*\n]+)\*\*|`([^`\n]+)`|(https?://[^\s<>\"'`（）《》，。；！？、]+)")
_ITEM = re.compile(r"^[^\S\n]*[-•*][^\S\n]+", re.MULTILINE)
_AFTER_ADDRESS = ".,;:!?)]"
_LINK = '<a class="text-link" href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>{1}'


def plain(text: str) -> str:
    """In one line and without marks, for excerpts."""
    shown = _MARKS.sub(lambda match: match[1] or match[2] or match[3], _ITEM.sub("", text))
    return " ".join(shown.split())


def rendered(text: str) -> SafeString:
    """As HTML; everything but the marks is escaped."""
    made, last = SafeString(""), 0
    text = _ITEM.sub("• ", text)
    for match in _MARKS.finditer(text):
        made += _broken(text[last : match.start()]) + _marked(match)
        last = match.end()
    return made + _broken(text[last:])


def _marked(match: re.Match[str]) -> SafeString:
    bold, code, address = match.groups()
    if bold:
        return format_html("<strong>{}</strong>", bold)
    if code:
        return format_html("<code>{}</code>", code)
    bare = address.rstrip(_AFTER_ADDRESS)
    return format_html(_LINK, bare, address[len(bare) :])


def _broken(text: str) -> SafeString:
    return mark_safe(format_html("{}", text).replace("\n", "<br>"))  # noqa: S308  # escaped above
