"""Rows into entries, and back out again. The one place where an import changes entries."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from apps.knowledge.asked import see_to_asked
from apps.knowledge.models import Category, Faq, FaqImport, FaqImportRow, FaqVersion, Proposal
from apps.knowledge.sheets.checking import Values, changes, snapshot
from apps.knowledge.sheets.leases import PUBLISHING
from apps.knowledge.versions import Change, Edit, Moved, record, record_deletion
from apps.sites.models import Site

Result = FaqImportRow.Result
Origin = FaqVersion.Origin
FIELDS = {
    "question": "question",
    "answer": "answer",
    "language": "language",
    "category": "category_id",
    "status": "status",
    "source": "source_url",
    "valid_from": "valid_from",
    "valid_until": "valid_until",
    "high_risk": "high_risk",
}


class Batch:
    """Some rows of an import, with the entries that they are about held until the end of the
    transaction."""

    def __init__(self, sheet: FaqImport, rows: Sequence[FaqImportRow], *, by: User) -> None:
        # Two imports into one site take turns, so that the second sees what the first has added.
        Site.objects.select_for_update(no_key=True).get(pk=sheet.site_id)
        self.sheet = sheet
        self.rows = rows
        self.by = by
        self.may_publish = by.has_perm(PUBLISHING)
        found = Category.objects.filter(site=sheet.site_id)
        self.categories = {None, *found.values_list("pk", flat=True)}
        wanted = [row.entry for row in rows if row.entry is not None]
        held = Faq.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
        self.held = {faq.pk: faq for faq in held.prefetch_related("variants")}
        # Somebody's work, which would go with the entry.
        self.proposed = set(
            Proposal.objects.filter(faq__in=wanted).values_list("faq_id", flat=True)
        )

    def entry(self, row: FaqImportRow) -> Faq | None:
        return self.held.get(row.entry or 0)

    def save(self) -> None:
        FaqImportRow.objects.bulk_create(
            self.rows,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["result", "before", "problems", "entry", "seen_at"],
        )


@transaction.atomic
def store_rows(batch: Batch) -> int:
    """Writes rows as entries and says in each row's `result` what came of it; how many of them
    visitors are answered from.

    Whatever was changed since the preview is left alone: its row fails with the reason.
    """
    there = _questions(batch)
    pairs: list[tuple[FaqImportRow, Edit]] = []
    for row in batch.rows:
        faq = batch.entry(row)
        if code := _why_not(batch, row, faq, there):
            _fail(row, *code)
            continue
        pairs.append((row, _edit(batch.sheet, row, faq)))
    moved = record([edit for _, edit in pairs], Change(Origin.IMPORT, batch.by))
    see_to_asked(moved)
    for row, edit in pairs:
        row.result = Result.WRITTEN if row.entry is None else Result.UPDATED
        row.entry, row.seen_at = edit.entry.pk, edit.entry.updated_at
    batch.save()
    return _searched(moved)


@transaction.atomic
def undo_rows(batch: Batch) -> int:
    """Deletes what was added and puts back what was changed, unless touched since; how many of
    them visitors were answered from."""
    gone: list[Faq] = []
    edits: list[Edit] = []
    for row in batch.rows:
        faq = batch.entry(row)
        if faq is None or not _is_as_we_left_it(batch, row, faq):
            row.result = Result.TOUCHED
            continue
        row.result = Result.UNDONE
        if row.before is None:
            gone.append(faq)
        else:
            edits.append(_assigned(faq, row.before))
    moved = record(edits, Change(Origin.RESTORE, batch.by))
    deleted = record_deletion(gone, Change(Origin.DELETE, batch.by))
    batch.save()
    return _searched(moved) + sum(one.status == Faq.Status.LIVE for one in deleted)


def _questions(batch: Batch) -> set[tuple[str, str]]:
    """Which of the new questions somebody has added since the preview, by language."""
    asked = [row.values["question"] for row in batch.rows if row.entry is None]
    stored = Faq.objects.of(batch.sheet.site_id).filter(question__in=asked)
    return set(stored.values_list("language", "question"))


def _why_not(
    batch: Batch, row: FaqImportRow, faq: Faq | None, there: set[tuple[str, str]]
) -> tuple[str, str] | None:
    """The column and the problem that keep a row out, now that its entry is held."""
    status = row.values.get("status", faq.status if faq else batch.sheet.status)
    is_live = status == Faq.Status.LIVE or bool(faq and faq.is_live)
    language = row.values.get("language", batch.sheet.language)
    problems = {
        ("category", "category_gone"): row.values.get("category") not in batch.categories,
        ("question", "added"): row.entry is None and (language, row.values["question"]) in there,
        ("question", "gone"): row.entry is not None and faq is None,
        ("question", "moved"): faq is not None and faq.updated_at != row.seen_at,
        ("status", "locked"): is_live and not batch.may_publish,
    }
    return next((found for found, applies in problems.items() if applies), None)


def _edit(sheet: FaqImport, row: FaqImportRow, faq: Faq | None) -> Edit:
    if faq is None:
        made = Faq(site_id=sheet.site_id, owner_id=sheet.author_id)
        start = {"language": sheet.language, "status": sheet.status}
        return _assigned(made, {**start, **row.values})
    before = snapshot(faq)
    values = changes(row.values, before)
    row.before = {name: before[name] for name in values}
    return _assigned(faq, values)


def _is_as_we_left_it(batch: Batch, row: FaqImportRow, faq: Faq) -> bool:
    may = batch.may_publish or Faq.Status.LIVE not in (faq.status, (row.before or {}).get("status"))
    return (
        may and faq.updated_at == row.seen_at and faq.pk not in batch.proposed
        and (row.before or {}).get("category") in batch.categories
    )  # fmt: skip


def _assigned(faq: Faq, values: Values) -> Edit:
    for name, field in FIELDS.items():
        if name in values:
            setattr(faq, field, _stored(name, values[name]))
    phrasings = values.get("variants")
    return Edit(faq, None if phrasings is None else tuple(phrasings))


def _stored(name: str, value: Any) -> Any:
    if name in ("valid_from", "valid_until") and value:
        return datetime.fromisoformat(value)
    return value


def _fail(row: FaqImportRow, column: str, code: str) -> None:
    row.result = Result.FAILED
    value = str(row.values.get(column) or "")[:60]
    row.problems = [{"column": column, "value": value, "code": code, "params": {}}]


def _searched(moved: Iterable[Moved]) -> int:
    return sum(bool(one.searched_sites()) for one in moved)
