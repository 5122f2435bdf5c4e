"""Two states of an entry put beside each other for people to read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.knowledge.contents import Content
from apps.knowledge.difference import (
    INSERTED,
    REMOVED,
    SAME,
    Piece,
    after_of,
    before_of,
    difference,
)
from apps.knowledge.models import Category, Faq
from apps.sites.models import LANGUAGES, Site

NOTHING = "–"
_TAGS = {
    SAME: "{}",
    INSERTED: '<ins class="hd-ins">{}</ins>',
    REMOVED: '<del class="hd-del">{}</del>',
}


def label(name: str) -> str | Promise:
    """What a field of `Content` is called on screen."""
    return (
        _("phrasings")
        if name == "phrasings"
        else str(getattr(Faq._meta.get_field(name), "verbose_name", name))
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One field that differs: in one text with both sides, and each side alone."""

    name: str
    label: str | Promise
    both: SafeString
    before: SafeString
    after: SafeString


class Names:
    """What keys in contents stand for, fetched once for all of them."""

    def __init__(self, contents: Iterable[Content]) -> None:
        found = list(contents)
        self._names: dict[str, dict[int, Any]] = {
            "category": Category.objects.in_bulk(_keys(found, "category")),
            "owner": User.objects.in_bulk(_keys(found, "owner")),
            "translation_of": Faq.objects.in_bulk(_keys(found, "translation_of")),
            "site": Site.objects.in_bulk(_keys(found, "site")),
        }

    def of(self, name: str, value: Any) -> str:
        """A value as people read it."""
        if value in (None, ""):
            return NOTHING
        if name in self._names:
            return str(self._names[name].get(value, _("deleted since")))
        if name == "status":
            return str(Faq.Status(value).label)
        if name == "language":
            return str(dict(LANGUAGES).get(value, value))
        if name in ("valid_from", "valid_until"):
            moment = timezone.localtime(datetime.fromisoformat(value))
            return date_format(moment, "DATETIME_FORMAT")
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        return str(value)


def rows(before: Content, after: Content, names: Names | None = None) -> list[Row]:
    """The fields that differ, in the order of `Content`."""
    names = names or Names([before, after])
    return [_row(name, before, after, names) for name in after.changed_from(before)]


def marked(pieces: Sequence[Piece]) -> SafeString:
    """Inserted and removed stretches as `ins` and `del`, which are read out and styled."""
    return format_html_join("", "{}", ((format_html(_TAGS[p.kind], p.text),) for p in pieces))


def _row(name: str, before: Content, after: Content, names: Names) -> Row:
    old, new = getattr(before, name), getattr(after, name)
    if name == "phrasings":
        lines = [
            *(Piece(SAME if text in new else REMOVED, text) for text in old),
            *(Piece(INSERTED, text) for text in new if text not in old),
        ]
        shown = _listed(lines), _listed(before_of(lines)), _listed(after_of(lines))
        return Row(name, label(name), *shown)
    if name in ("question", "answer"):
        pieces = difference(old, new)
    else:
        pieces = [Piece(REMOVED, names.of(name, old)), Piece(INSERTED, names.of(name, new))]
    both = marked(pieces) if name in ("question", "answer") else _arrow(pieces)
    return Row(name, label(name), both, marked(before_of(pieces)), marked(after_of(pieces)))


def _arrow(pieces: list[Piece]) -> SafeString:
    return format_html("{} → {}", *(marked([piece]) for piece in pieces))


def _listed(lines: Sequence[Piece]) -> SafeString:
    return format_html_join("\n", "{}", ((marked([line]),) for line in lines))


def _keys(contents: list[Content], name: str) -> set[int]:
    return {value for content in contents if (value := getattr(content, name))}
