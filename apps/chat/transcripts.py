"""A conversation as a file, for the visitor to keep: what was said to them and by them, and nothing
else that is kept of it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.chat.attachments.links import kept_link, kept_until
from apps.chat.models import Message, Session
from apps.engine.types import Author

# The last lines of a conversation: more than anybody has said in one.
MOST_LINES = 10_000
TYPES = {"txt": "text/plain; charset=utf-8", "html": "text/html; charset=utf-8"}
TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Said:
    """A line as it is written down. `beside`: what was shown with it, a text each; `files`: those
    that came with it, by name and address."""

    by: str
    at: str
    text: str
    beside: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


def transcript(session: Session, kind: str, zone: str) -> tuple[str, str]:
    """The file's name and text, in the session's language; `kind` is one of TYPES, `zone` the
    visitor's time zone by its IANA name, or one that is not known for the server's."""
    here = zone_named(zone)
    skipped = max(0, session.last_seq - MOST_LINES)
    now = timezone.localtime(timezone=here)
    with translation.override(session.language.lower()):
        lines = list(_lines(session, skipped, here))
        told = {
            "site": session.site.title(session.language),
            "language": session.language,
            "saved": now.strftime(TIME),
            "zone": str(here),
            "lines": lines,
            "files_until": date_format(kept_until()) if any(one.files for one in lines) else "",
        }
        text = render_to_string(f"chat/transcript.{kind}", told)
    return f"{session.site.key}-{now:%Y-%m-%d}.{kind}", text.strip() + "\n"


def _lines(session: Session, skipped: int, here: tzinfo) -> Iterator[Said]:
    for line in Message.objects.after(session.id, skipped).iterator():
        at = timezone.localtime(line.created_at, here)
        said = (_author(line), _written(at), line.text)
        yield Said(*said, tuple(_beside(line.meta)), tuple(_files(line.meta)))


def _author(line: Message) -> str:
    match line.author:
        case Author.VISITOR:
            return _("You")
        case Author.BOT:
            return _("AI assistant")
        case Author.OPERATOR:
            return line.name or _("Our team")
    return _("Notice")


def _written(at: datetime) -> str:
    return at.strftime(TIME)


def _beside(meta: dict[str, Any]) -> Iterator[str]:
    if card := meta.get("confirm"):
        yield card["title"]
        yield from (f"{row['label']}{_mark()}{row['value']}" for row in card["rows"])
    for source in meta.get("sources", ()):
        named = " ".join(filter(None, [source["title"], source.get("url")]))
        yield f"{_('Source')}{_mark()}{named}"


def _files(meta: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for file in meta.get("attachments", ()):
        yield file["name"], kept_link(file["id"])


def _mark() -> str:
    """Between a label and its value; the Chinese one is as wide as a blank by itself."""
    mark = translation.pgettext("label", ":")
    return f"{mark} " if mark == ":" else mark


def zone_named(name: str) -> tzinfo:
    """A time zone by its IANA name, the server's for one that is not known."""
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(name)
    return timezone.get_default_timezone()
