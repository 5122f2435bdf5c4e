"""The slow half of imports: run by Celery, and with the broker away by a process of the sweeper."""

import logging
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db import Error as DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from apps.knowledge.models import FaqImport, FaqImportPart, FaqImportRow
from apps.knowledge.sheets.leases import IMPORTING, Lease, LostError, claim, want_index
from apps.knowledge.sheets.limits import PATIENCE_SECONDS, limits
from apps.knowledge.sheets.problems import SheetError
from apps.knowledge.sheets.staging import stage
from apps.knowledge.sheets.store import Batch, store_rows, undo_rows

logger = logging.getLogger(__name__)

BATCH = 500
# A worker gives way to other work after that long; the next turn goes on where it stopped.
SLICE_SECONDS = 20.0
State = FaqImport.State
_spawned: list["subprocess.Popen[bytes]"] = []


def run(import_id: int) -> bool:
    """Works at an import for a while; whether it wants another turn. Safe to call twice at once
    and after a loss: what is done stays done, and only one holds the lease."""
    lease = claim(import_id)
    if lease is None:
        return False
    try:
        return _work(lease)
    except LostError:
        logger.info("import %s: cancelled, or taken over", import_id)
    except SheetError as error:
        _give_up(lease, error.as_json(), code=error.code)
    except MemoryError:
        _give_up(lease, SheetError("lost").as_json())
    except Exception as error:  # noqa: BLE001  # whoever waits for it is told, and the log tells
        # What errors say, and those behind them, may quote cells: DETAIL and CONTEXT of a COPY do.
        kind, place = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        logger.error("import %s: %s\n%s", import_id, kind, place)  # noqa: TRY400  # see above
        if isinstance(error, DatabaseError) and not isinstance(error, IntegrityError | DataError):
            # The database is away: when the lease has run out, somebody goes on.
            raise type(error)(f"import {import_id}") from None
        _give_up(lease, {"code": "crashed", "params": {"number": import_id}})
    return False


def _work(lease: Lease) -> bool:
    if lease.sheet.state == State.CHECKING:
        stage(lease)
        return False
    return _go_on(lease)


def _go_on(lease: Lease) -> bool:
    """Batches of rows, each a transaction of its own, until all are through or the slice is."""
    is_undo = lease.sheet.state == State.UNDOING
    until = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < until:
        with transaction.atomic():
            if not _batch(lease, is_undo=is_undo):
                _finish(lease, State.UNDONE if is_undo else State.DONE)
                return False
    lease.pause()
    return True


def _batch(lease: Lease, *, is_undo: bool) -> int:
    lease.save()
    actor = lease.actor()
    if actor is None or not actor.has_perms(IMPORTING):
        raise SheetError("left")
    rows = list(_open_rows(lease.sheet, is_undo=is_undo)[:BATCH])
    batch = Batch(lease.sheet, rows, by=actor)
    searched = undo_rows(batch) if is_undo else store_rows(batch)
    counts = Counter(lease.sheet.counts)
    counts.update(str(row.result) for row in rows)
    counts["searched"] += searched
    if is_undo:
        counts["to_undo"] -= len(rows)
    lease.save(counts=dict(counts))
    return len(rows)


def _open_rows(sheet: FaqImport, *, is_undo: bool) -> QuerySet[FaqImportRow]:
    rows = FaqImportRow.objects.filter(sheet=sheet).order_by("number")
    if is_undo:
        return rows.filter(outcome__in=FaqImportRow.TO_WRITE, result__in=FaqImportRow.IN_STORE)
    return rows.filter(outcome__in=FaqImportRow.TO_WRITE, result=FaqImportRow.Result.NONE)


def _finish(lease: Lease, state: str) -> None:
    want_index(lease.sheet)
    lease.end(state)


def _give_up(lease: Lease, problem: dict[str, object], *, code: str = "") -> None:
    """Columns that are not clear are chosen by hand; any other problem is the end."""
    unclear = code in ("columns", "twice")
    try:
        with transaction.atomic():
            if lease.sheet.state != State.CHECKING:
                want_index(lease.sheet)
            lease.end(State.COLUMNS if unclear else State.FAILED, problem=problem)
    except LostError:
        logger.info("import %s: cancelled, or taken over", lease.sheet.pk)


def run_waiting(turn: Callable[[int], bool] = run) -> int:
    """Works at all imports that want it, one after the other; how many there were."""
    waiting = list(FaqImport.objects.waiting().values_list("pk", flat=True))
    for import_id in waiting:
        while turn(import_id):
            pass
    return len(waiting)


def spawn_waiting() -> int:
    """For the sweeper: starts a process of its own for imports that Celery has not taken, since
    a big one would keep the sweeper from its rounds; how many imports waited."""
    _spawned[:] = [process for process in _spawned if process.poll() is None]
    waiting = FaqImport.objects.waiting(PATIENCE_SECONDS).count()
    if waiting and not _spawned:
        command = [sys.executable, "manage.py", "run_imports", "--limited"]
        _spawned.append(subprocess.Popen(command, cwd=settings.BASE_DIR))  # noqa: S603  # our own
    return waiting


@transaction.atomic
def sweep_out() -> int:
    """Deletes the files and rows of old imports; their summaries stay. How many it found. One that
    somebody is just having written or undone is held by them, and left alone."""
    old = FaqImport.objects.expired(limits().kept_days).exclude(state__in=FaqImport.AT_WORK)
    old = old.filter(pk__in=FaqImportPart.objects.values("sheet"))
    held = old.select_for_update(skip_locked=True, no_key=True)
    ids = list(held.values_list("pk", flat=True)[:100])
    undecided = FaqImport.objects.filter(pk__in=ids, state__in=(State.READY, State.COLUMNS))
    undecided.update(state=State.CANCELLED, finished_at=timezone.now())
    FaqImportRow.objects.filter(sheet__in=ids).delete()
    FaqImportPart.objects.filter(sheet__in=ids).delete()
    return len(ids)
