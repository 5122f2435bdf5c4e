"""What a row says, whether it can be said, and what it would change."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import override

from apps.knowledge.contents import phrasings_of
from apps.knowledge.models import Category, Faq, FaqImport, FaqImportRow
from apps.knowledge.sheets import cells
from apps.knowledge.sheets.columns import NAMES, Columns, plain
from apps.sites.models import Site

Values = dict[str, Any]
Problem = dict[str, Any]
Outcome = FaqImportRow.Outcome
MOST_OPTIONS = 12


@dataclass(frozen=True, slots=True)
class Rules:
    """What the cells of one import are held against."""

    columns: Columns
    languages: tuple[str, ...]
    categories: dict[str, int]
    category_names: tuple[str, ...]
    language: str
    status: str
    may_publish: bool
    update: bool
    is_csv: bool

    @classmethod
    def of(cls, sheet: FaqImport, columns: Columns, *, may_publish: bool) -> "Rules":
        found = list(Category.objects.filter(site=sheet.site_id))
        names = {plain(text): row.pk for row in found for text in (row.name_zh_hans, row.name_en)}
        names |= {plain(row.slug): row.pk for row in found}
        names.pop("", None)
        site: Site = sheet.site
        with override(sheet.language):
            category_names = tuple(map(str, found))
        return cls(
            columns=columns,
            languages=tuple(site.languages),
            categories=names,
            category_names=category_names,
            language=sheet.language,
            status=sheet.status,
            may_publish=may_publish,
            update=sheet.existing == FaqImport.Existing.UPDATE,
            is_csv=sheet.facts.get("kind") == "csv",
        )


@dataclass(slots=True)
class Checked:
    """A row after its own check. `values` has only what the file says: a column that is missing,
    and a blank language or status, leave an entry as it is."""

    number: int
    values: Values = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, column: str, value: str, code: str, **params: Any) -> None:
        shown = cells.short(value)
        self.problems.append({"column": column, "value": shown, "code": code, "params": params})


def check(number: int, row: Sequence[str], rules: Rules) -> Checked:
    """Reads the cells of a row one by one; never raises over what is in them."""
    checked = Checked(number)
    for name in NAMES:
        if name not in rules.columns.at:
            continue
        place = rules.columns.at[name]
        cell = row[place] if place < len(row) else ""
        try:
            value = READERS[name](cells.taken(cell), rules)
        except cells.Wrong as problem:
            checked.wrong(name, cell, problem.code, **problem.params)
        else:
            if value is not None or name not in ("id", "language", "status"):
                checked.values[name] = value
    if rules.is_csv and any(map(str.strip, row[rules.columns.width :])):
        _tell_of_a_bare_separator(checked, row, rules)
    return checked


def _tell_of_a_bare_separator(checked: Checked, row: Sequence[str], rules: Rules) -> None:
    """Beyond the last heading of a text file stands what a bare comma has cut off an answer; a
    workbook may have notes there."""
    width = rules.columns.width
    name = next((name for name, place in rules.columns.at.items() if place == width - 1), "answer")
    rest = " ".join(filter(None, row[width:]))
    checked.wrong(name, rest, "cut_off", count=len(row), limit=width)


def _category(text: str, rules: Rules) -> int | None:
    if not text:
        return None
    if (found := rules.categories.get(plain(text))) is None:
        if not rules.category_names:
            raise cells.Wrong("no_categories")
        raise cells.Wrong("category", options=list(rules.category_names[:MOST_OPTIONS]))
    return found


READERS: dict[str, Callable[[str, Rules], Any]] = {
    "id": lambda text, rules: cells.number(text),
    "question": lambda text, rules: cells.words(" ".join(text.split()), "question", needed=True),
    "answer": lambda text, rules: cells.words(text, "answer", needed=True),
    "variants": lambda text, rules: cells.variants(text),
    "language": lambda text, rules: cells.language(text, rules.languages) if text else None,
    "category": _category,
    "status": lambda text, rules: cells.status(text) if text else None,
    "source": lambda text, rules: cells.url(text),
    "valid_from": lambda text, rules: cells.date(text),
    "valid_until": lambda text, rules: cells.date(text),
    "high_risk": lambda text, rules: cells.yes_no(text),
}


def key(language: str, question: str) -> int:
    """Equal for questions that are the same but for case and blanks. A number keeps the keys of
    a whole site small."""
    text = f"{language}\n{' '.join(question.casefold().split())}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def snapshot(faq: Faq) -> Values:
    """An entry, with its variants loaded, in the shape of a row's values."""
    return {
        "question": " ".join(faq.question.split()),
        "answer": cells.lines(faq.answer),
        "variants": _phrasings(faq),
        "language": faq.language,
        "category": faq.category_id,
        "status": faq.status,
        "source": faq.source_url,
        "valid_from": _iso(faq.valid_from),
        "valid_until": _iso(faq.valid_until),
        "high_risk": faq.high_risk,
    }


def _phrasings(faq: Faq) -> list[str]:
    """As they come back from a file: of those that differ in case alone, the first."""
    found: dict[str, str] = {}
    for text in phrasings_of(faq):
        phrasing = " ".join(text.split())
        found.setdefault(phrasing.casefold(), phrasing)
    return list(found.values())


def _iso(when: datetime | None) -> str | None:
    return cells.date(cells.date_cell(when))


def changes(values: Values, stored: Values) -> Values:
    """What of a row's values differs from the entry. The order of variants has no meaning."""
    found = {}
    for name, value in values.items():
        if name == "id":
            continue
        same = (
            sorted(value) == sorted(stored[name]) if name == "variants" else value == stored[name]
        )
        if not same:
            found[name] = value
    return found


class Matcher:
    """Sets rows against the site's entries and against the rows before them.

    Holds a key for every entry and row, some 100 bytes each; entries themselves are loaded for
    one batch of rows at a time.
    """

    def __init__(self, site_id: int, rules: Rules) -> None:
        self._entries = Faq.objects.of(site_id)
        self._rules = rules
        questions = self._entries.values_list("pk", "language", "question").order_by("-pk")
        self._stored = {key(lang, text): pk for pk, lang, text in questions.iterator(5_000)}
        self._first_row: dict[int, int] = {}
        self._row_of_entry: dict[int, int] = {}

    def match(self, batch: Iterable[Checked]) -> list[FaqImportRow]:
        checked = list(batch)
        wanted = [self._named(row) for row in checked]
        loaded = self._entries.prefetch_related("variants").in_bulk(
            [pk for pk in wanted if pk is not None]
        )
        return [
            self._settle(row, pk, loaded.get(pk) if pk else None)
            for row, pk in zip(checked, wanted, strict=True)
        ]

    def _named(self, row: Checked) -> int | None:
        """The entry that a row is about: by its number, else by its question."""
        if (pk := row.values.get("id")) is not None:
            return int(pk)
        return self._stored.get(self._key(row)) if "question" in row.values else None

    def _key(self, row: Checked, faq: Faq | None = None) -> int:
        spoken = faq.language if faq else self._rules.language
        return key(row.values.get("language", spoken), row.values["question"])

    def _settle(self, row: Checked, pk: int | None, faq: Faq | None) -> FaqImportRow:
        if "id" in row.values and faq is None:
            row.wrong("id", str(pk), "unknown_id")
        stored = snapshot(faq) if faq else None
        differs = changes(row.values, stored) if stored else row.values
        if not row.problems:
            self._check_as_a_whole(row, stored, differs)
        is_copy = not row.problems and self._check_once(row, faq)
        return FaqImportRow(
            number=row.number,
            outcome=self._outcome(row, faq, differs, is_copy=is_copy),
            values=row.values,
            problems=row.problems,
            entry=faq.pk if faq else None,
            seen_at=faq.updated_at if faq else None,
        )

    def _outcome(
        self, row: Checked, faq: Faq | None, differs: Values, *, is_copy: bool
    ) -> FaqImportRow.Outcome:
        if row.problems:
            return Outcome.DUPLICATE if is_copy else Outcome.ERROR
        if faq is None:
            return Outcome.NEW
        if not differs:
            return Outcome.UNCHANGED
        return Outcome.CHANGED if self._rules.update else Outcome.KEPT

    def _check_as_a_whole(self, row: Checked, stored: Values | None, differs: Values) -> None:
        start = {"status": self._rules.status, "valid_from": None, "valid_until": None}
        merged = {**(stored or start), **row.values}
        dates = [merged[name] for name in ("valid_from", "valid_until")]
        if all(dates) and datetime.fromisoformat(dates[0]) >= datetime.fromisoformat(dates[1]):
            row.wrong("valid_until", dates[1], "order")
        if self._rules.may_publish or (stored and not (differs and self._rules.update)):
            return
        if stored and stored["status"] == Faq.Status.LIVE:
            row.wrong("status", stored["status"], "locked")
        elif merged["status"] == Faq.Status.LIVE:
            known = {"draft": Faq.Status.DRAFT.value, "review": Faq.Status.REVIEW.value}
            row.wrong("status", merged["status"], "publish", **known)

    def _check_once(self, row: Checked, faq: Faq | None) -> bool:
        """Whether the row says again what a row before it or another entry says."""
        mark = self._key(row, faq)
        first = self._row_of_entry.get(faq.pk) if faq else None
        first = first or self._first_row.get(mark)
        twin = self._stored.get(mark)
        if first is not None:
            row.wrong("question", row.values["question"], "same_row", row=first)
        elif faq is not None and twin not in (None, faq.pk):
            row.wrong("question", row.values["question"], "same_stored", id=twin)
        if row.problems:
            return True
        self._first_row[mark] = row.number
        if faq is not None:
            self._row_of_entry[faq.pk] = row.number
        return False
