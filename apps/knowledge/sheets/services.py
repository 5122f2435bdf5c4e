"""Verbs of imports. The doors check permissions; what may follow what is decided here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from apps.knowledge.models import FaqImport, FaqImportPart, FaqImportRow
from apps.knowledge.sheets import files
from apps.knowledge.sheets.leases import want_index
from apps.knowledge.sheets.limits import limits
from apps.knowledge.tasks import enqueue_import
from apps.sites.models import Site

State = FaqImport.State
UNDECIDED = (State.COLUMNS, State.READY, State.FAILED)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is chosen with a file: for rows that do not say it, and for entries that exist."""

    site: Site
    language: str
    status: str
    existing: str
    encoding: str = ""


@transaction.atomic
def start_import(*, author: User, file: BinaryIO, name: str, wishes: Wishes) -> FaqImport:
    """Keeps the file and has it checked. Raises SheetError for what is no sheet at all."""
    size = file.seek(0, 2)
    files.check_at_the_door(name, file, size, limits())
    sheet = FaqImport.objects.create(
        author=author,
        file_name=name[-200:],
        file_bytes=size,
        site=wishes.site,
        language=wishes.language,
        status=wishes.status,
        existing=wishes.existing,
        encoding=wishes.encoding,
    )
    files.keep(sheet, file)
    enqueue_import(sheet.pk)
    return sheet


@transaction.atomic
def check_again(
    *, sheet: FaqImport, encoding: str | None = None, chosen: dict[str, int] | None = None
) -> bool:
    """Reads the file anew, with another encoding or columns chosen by hand; False when it is not
    at a point where that is possible."""
    wishes: dict[str, Any] = {} if encoding is None else {"encoding": encoding}
    wishes |= {"chosen": chosen} if chosen else {}
    _hold(sheet)
    if not may_check_again(sheet):
        return False
    start = {"share_read": 0, "counts": {}, "decided_by": None}
    return _move(sheet, UNDECIDED, State.CHECKING, **start, **wishes)


def begin_writing(*, sheet: FaqImport, by: User) -> bool:
    """Has the good rows written with the permissions of `by`; False when it was said before or
    there is nothing to write."""
    if not sheet.count(*FaqImportRow.TO_WRITE):
        return False
    return _move(sheet, (State.READY,), State.WRITING, decided_by=by)


@transaction.atomic
def undo(*, sheet: FaqImport, by: User) -> bool:
    """Has everything taken back that nobody has touched since, with the permissions of `by`; False
    when it cannot be."""
    _hold(sheet)
    if not may_undo(sheet):
        return False
    left = sheet.count("written", "updated") - sheet.count("undone", "touched")
    values = {"counts": {**sheet.counts, "to_undo": left}, "decided_by": by}
    return _move(sheet, (State.DONE, State.CANCELLED, State.FAILED), State.UNDOING, **values)


def try_again(*, sheet: FaqImport) -> bool:
    """Tells the broker once more about an import that waits for a worker."""
    if FaqImport.objects.waiting().filter(pk=sheet.pk).exists():
        enqueue_import(sheet.pk)
        return True
    return False


@transaction.atomic
def cancel(*, sheet: FaqImport) -> bool:
    """Stops before the next batch. What is written stays and can be undone."""
    was_writing = sheet.state == State.WRITING
    stopped = _end(sheet, (State.CHECKING, State.COLUMNS, State.READY, State.WRITING))
    if stopped and was_writing:
        want_index(sheet)
    return stopped


def has_file(sheet: FaqImport) -> bool:
    """Whether the file and its rows are still there."""
    return FaqImportPart.objects.filter(sheet=sheet).exists()


def may_check_again(sheet: FaqImport) -> bool:
    return sheet.state in UNDECIDED and not sheet.count("written", "updated") and has_file(sheet)


def may_undo(sheet: FaqImport) -> bool:
    ended = sheet.state in (State.DONE, State.CANCELLED, State.FAILED)
    return (
        ended
        and sheet.count("written", "updated") > sheet.count("undone", "touched")
        and (has_file(sheet))
    )


def _hold(sheet: FaqImport) -> None:
    """Reads the import as it is, held until the transaction ends: what is swept out meanwhile is
    neither read nor undone."""
    sheet.refresh_from_db(from_queryset=FaqImport.objects.select_for_update(no_key=True))


def _move(sheet: FaqImport, before: Iterable[str], state: str, **values: Any) -> bool:
    """One of two clicks wins."""
    now = timezone.now()
    free = {"lease_until": None, "tries": 0, "wanted_at": now, "finished_at": None}
    mine = FaqImport.objects.filter(pk=sheet.pk, state__in=before)
    with transaction.atomic():
        moved = mine.update(state=state, problem=None, **free, **values)
        if moved:
            enqueue_import(sheet.pk)
    sheet.refresh_from_db()
    return bool(moved)


def _end(sheet: FaqImport, before: Iterable[str]) -> bool:
    mine = FaqImport.objects.filter(pk=sheet.pk, state__in=before)
    ended = mine.update(state=State.CANCELLED, lease_until=None, finished_at=timezone.now())
    sheet.refresh_from_db()
    return bool(ended)
