"""From the text of a cell to a value and back. What is written here is read back as the same."""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone, translation

from apps.guard.spreadsheets import unshielded
from apps.knowledge.contents import LENGTHS, PHRASINGS_AT_MOST
from apps.knowledge.models import Faq
from apps.knowledge.sheets.columns import plain
from apps.knowledge.sheets.worksheet import Unreadable
from apps.sites.models import CHINESE, ENGLISH

# Slides and documents break lines in their own ways; a cell that is pasted from them keeps these.
BREAK = re.compile(r"\r\n|[\r\v\f]")
# Everything that neither PostgreSQL nor XML holds, but tab and line breaks.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What a workbook writes as its number between marks: those, the carriage return, which XML turns
# into another line break, and the first sign of what looks like such a mark.
MARKED = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
YES = frozenset({"yes", "y", "true", "1", "on", "x", "是", "高", "√", "✓", "真"})
NO = frozenset({"", "no", "n", "false", "0", "off", "否", "低", "×", "假"})
SPOKEN = {
    ENGLISH: ("en", "english", "英文", "英语", "en us", "en gb"),
    CHINESE: (
        "zh", "zh hans", "zh cn", "chinese", "simplified chinese", "中文", "简体中文", "汉语", "简体",
    ),
}  # fmt: skip
STATUSES_ALSO = {
    Faq.Status.DRAFT: ("草稿",),
    Faq.Status.REVIEW: ("in review", "待审核", "审核中", "待审"),
    Faq.Status.LIVE: ("published", "已发布", "发布", "上线", "已上线"),
}
# What the columns are called elsewhere.
FIELDS = {"variants": "phrasings", "source": "source_url"}
check_url = URLValidator(schemes=["http", "https"])


class Wrong(Exception):  # noqa: N818  # it is a row's problem, told to staff; no error of ours
    """A cell that cannot be taken: a code of `problems` with its values."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def lines(text: str) -> str:
    """Line breaks as one character and no blanks around, as it is compared and stored."""
    return BREAK.sub("\n", text).strip()


def taken(cell: str) -> str:
    """The text of a cell without what a file adds to it. Raises Wrong."""
    if isinstance(cell, Unreadable):
        raise Wrong(cell.code)
    text = lines(unshielded(cell))
    if CONTROL.search(text):
        raise Wrong("control")
    return text


def short(cell: str) -> str:
    """A cell as it is shown beside a problem."""
    text = CONTROL.sub("\N{REPLACEMENT CHARACTER}", " ".join(cell[:200].split()))
    return text if len(text) <= 60 else f"{text[:59]}…"


def words(text: str, column: str, *, needed: bool = False) -> str:
    if needed and not text:
        raise Wrong("blank")
    limit = LENGTHS[FIELDS.get(column, column)]
    if len(text) > limit:
        raise Wrong("too_long", count=len(text), limit=limit)
    return text


def variants(text: str) -> list[str]:
    """Phrasings stand on lines of their own or between bars; a bar in one is written \\|."""
    found: dict[str, str] = {}
    for piece in re.split(r"\n|(?<!\\)\|", text):
        phrasing = " ".join(piece.replace("\\|", "|").split())
        if phrasing:
            found.setdefault(phrasing.casefold(), words(phrasing, "variants"))
    if len(found) > PHRASINGS_AT_MOST:
        raise Wrong("too_many", count=len(found), limit=PHRASINGS_AT_MOST)
    return list(found.values())


def variants_cell(texts: Iterable[str]) -> str:
    return "\n".join(" ".join(text.split()).replace("|", "\\|") for text in texts)


def date(text: str) -> str | None:
    """ISO 8601 with the offset; without one in the cell, the time is that of the admin's zone."""
    if not text:
        return None
    match = DATE.fullmatch(text)
    if match is None:
        raise Wrong("date")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        found = datetime(  # noqa: DTZ001  # the zone follows
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")),
        )  # fmt: skip
        if zone:
            found = datetime.fromisoformat(f"{found.isoformat()}{zone.replace('Z', '+00:00')}")
        else:
            found = timezone.make_aware(found)
        return found.astimezone(timezone.get_default_timezone()).isoformat()
    except (ValueError, OverflowError):
        raise Wrong("date") from None


def date_cell(when: datetime | None) -> str:
    if when is None:
        return ""
    return when.astimezone(timezone.get_default_timezone()).isoformat(" ")


def yes_no(text: str) -> bool:
    word = text.casefold()
    if word in YES or word in NO:
        return word in YES
    raise Wrong("yes_no")


def url(text: str) -> str:
    if not text:
        return ""
    try:
        check_url(words(text, "source"))
    except ValidationError:
        raise Wrong("url") from None
    return text


def number(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Wrong("number")
    return int(text)


def language(text: str, spoken: Iterable[str]) -> str:
    """The site's language that a cell names."""
    wanted = plain(text)
    for code in spoken:
        if wanted in (plain(code), *SPOKEN.get(code, ())):
            return code
    raise Wrong("language", options=list(spoken))


def status(text: str) -> str:
    if (found := _statuses().get(plain(text))) is None:
        raise Wrong("status", options=list(Faq.Status.values))
    return found


@cache
def _statuses() -> dict[str, str]:
    """Every way to write a status: its value and its label in each language."""
    found: dict[str, str] = {}
    for one in Faq.Status:
        ways = [str(one.value), *STATUSES_ALSO.get(one, ())]
        for code in ("en", "zh-hans"):
            with translation.override(code):
                ways.append(str(one.label))
        found |= {plain(way): str(one.value) for way in ways}
    return found
