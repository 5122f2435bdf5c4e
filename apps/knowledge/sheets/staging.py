"""Reading a file into checked rows: the preview. Nothing of it is an entry yet."""

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction

from apps.knowledge.models import FaqImport, FaqImportRow
from apps.knowledge.sheets import cells, columns, files
from apps.knowledge.sheets.checking import Matcher, Rules, check
from apps.knowledge.sheets.leases import Lease, Watch
from apps.knowledge.sheets.limits import SheetLimits, limits
from apps.knowledge.sheets.problems import SheetError

BATCH = 1_000
# Below the soft time limit of tasks, so that whoever waits is told why.
MOST_SECONDS = 80.0
COLUMNS = (
    "sheet_id", "number", "outcome", "result", "values", "problems", "entry", "seen_at",
)  # fmt: skip

Rows = Iterator[tuple[int, list[str]]]


def stage(lease: Lease) -> None:
    """Reads and checks the whole file. Raises SheetError when it cannot be taken."""
    sheet = lease.sheet
    most = limits()
    FaqImportRow.objects.filter(sheet=sheet).delete()
    watched = Watch(lease, MOST_SECONDS)
    with files.on_disk(sheet) as file:
        opened = files.read(file, sheet.encoding, most, watched)
        headings, rows = _headings(opened.rows, most)
        facts = opened.facts | {"headings": headings}
        lease.save(facts=facts, share_read=0, counts={})
        found = columns.read(headings, sheet.chosen)
        facts |= {"columns": found.at, "unknown": found.unknown}
        rules = Rules.of(sheet, found, may_publish=lease.may_publish())
        counts = _read(lease, opened, _bounded(rows, most), rules)
    if not counts:
        raise SheetError("only_header")
    lease.end(FaqImport.State.READY, facts=facts, counts=counts)


def _headings(rows: Rows, most: SheetLimits) -> tuple[list[str], Rows]:
    first = next((row for row in rows if any(map(str.strip, row[1]))), None)
    if first is None:
        raise SheetError("empty")
    number, headings = first
    _check_width(number, headings, most)
    return [cells.CONTROL.sub("", heading).strip()[:80] for heading in headings], rows


def _check_width(number: int, row: list[str], most: SheetLimits) -> None:
    if len(row) > most.columns:
        raise SheetError("too_many_columns", row=number, count=len(row), limit=most.columns)


def _bounded(rows: Rows, most: SheetLimits) -> Rows:
    for count, (number, row) in enumerate(rows):
        if count >= most.rows:
            raise SheetError("too_many_rows", limit=most.rows)
        _check_width(number, row, most)
        yield number, row


def _read(lease: Lease, opened: files.Opened, rows: Rows, rules: Rules) -> dict[str, int]:
    matcher = Matcher(lease.sheet.site_id, rules)
    counts: Counter[str] = Counter()
    checked = (check(number, row, rules) for number, row in rows)
    for batch in _batches(checked):
        found = matcher.match(batch)
        counts.update(str(row.outcome) for row in found)
        with transaction.atomic():
            lease.save(counts=dict(counts), share_read=min(1.0, opened.share()))
            _copy(lease.sheet, found)
    return dict(counts)


def _copy(sheet: FaqImport, rows: Iterable[FaqImportRow]) -> None:
    """COPY takes half the time of the inserts of `bulk_create`, which is most of a preview's."""
    table = connection.ops.quote_name(FaqImportRow._meta.db_table)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY {table} ({', '.join(map(connection.ops.quote_name, COLUMNS))}) FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            values, problems = json.dumps(row.values), json.dumps(row.problems)
            copy.write_row(
                (
                    sheet.pk, row.number, row.outcome, row.result, values, problems, row.entry,
                    row.seen_at,
                )
            )  # fmt: skip


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch
