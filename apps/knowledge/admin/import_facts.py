"""What the page of an import shows: figures, sentences and rows in the reader's language."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from apps.knowledge import marks
from apps.knowledge.models import Faq, FaqImport, FaqImportRow
from apps.knowledge.sheets import columns
from apps.knowledge.sheets.delimited import ENCODINGS
from apps.knowledge.sheets.limits import PATIENCE_SECONDS
from apps.knowledge.sheets.problems import TITLES, sentence
from apps.sites.models import LANGUAGES

State = FaqImport.State
Row = dict[str, Any]
SEPARATORS: dict[str, Promise] = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
}
PATIENCE = timedelta(seconds=PATIENCE_SECONDS)
BAD = ("error", "duplicate")


def may_act(request: HttpRequest, sheet: FaqImport) -> bool:
    """Whoever brought the file; of one who has left, superusers take care."""
    return bool(request.user.is_superuser) or sheet.author_id == request.user.pk


def in_short(sheet: FaqImport) -> str:
    """What came of it, in a few words."""
    if written := sheet.count("written", "updated"):
        return _("%(count)s written") % {"count": intcomma(written)}
    if ready := sheet.count(*FaqImportRow.TO_WRITE):
        return _("%(count)s to import") % {"count": intcomma(ready)}
    return "–"


def progress(sheet: FaqImport) -> dict[str, Any]:
    """`share` from 0 to 1; `late`: no worker has taken it yet, for longer than usual."""
    now = timezone.now()
    is_held = bool(sheet.lease_until and sheet.lease_until > now)
    return {
        "state": sheet.state,
        "at_work": sheet.is_at_work,
        "title": sheet.get_state_display(),
        "share": round(_share(sheet), 3),
        "text": _how_far(sheet),
        "late": sheet.is_at_work and not is_held and sheet.wanted_at < now - PATIENCE,
    }


def _share(sheet: FaqImport) -> float:
    if sheet.state == State.CHECKING:
        return sheet.share_read
    if sheet.state == State.UNDOING:
        left, done = sheet.count("to_undo"), sheet.count("undone", "touched")
        return done / (left + done) if left + done else 0.0
    total = sheet.count(*FaqImportRow.TO_WRITE)
    return sheet.count("written", "updated", "failed") / total if total else 0.0


def _how_far(sheet: FaqImport) -> str:
    checked = sheet.count(*FaqImportRow.Outcome.values)
    if sheet.state == State.CHECKING:
        return _("%(count)s rows read and checked") % {"count": intcomma(checked)}
    if sheet.state == State.UNDOING:
        done = sheet.count("undone", "touched")
        total = done + sheet.count("to_undo")
        text = _("%(done)s of %(total)s entries taken back")
        return text % {"done": intcomma(done), "total": intcomma(total)}
    done = sheet.count("written", "updated", "failed")
    total = sheet.count(*FaqImportRow.TO_WRITE)
    return _("%(done)s of %(total)s rows written") % {
        "done": intcomma(done),
        "total": intcomma(total),
    }


def cards(sheet: FaqImport) -> list[dict[str, Any]]:
    """The figures of the preview, or of the result once something was written."""
    preview = [
        ("new", _("New")),
        ("changed", _("Changed")),
        ("unchanged", _("Unchanged")),
        ("kept", _("Exist, left as they are")),
        ("duplicate", _("Duplicates")),
        ("error", _("With errors")),
    ]
    result = [
        ("written", _("Added")),
        ("updated", pgettext("import result", "Changed")),
        ("undone", _("Taken back")),
        ("touched", _("Changed since, left")),
        ("failed", _("Failed")),
    ]
    has_result = bool(sheet.count("failed", "written", "updated"))
    found = [_card(sheet, name, title) for name, title in (result if has_result else preview)]
    if has_result:
        left_out = sheet.count("unchanged", "kept", *BAD)
        found.append({"name": "skipped", "title": _("Skipped"), "figure": intcomma(left_out)})
        return [card for card in found if card["figure"] != "0" or card["name"] == "written"]
    return found


def _card(sheet: FaqImport, name: str, title: str) -> dict[str, Any]:
    figure = sheet.count(name)
    is_bad = figure > 0 and name in (*BAD, "failed")
    return {"name": name, "title": title, "figure": intcomma(figure), "is_bad": is_bad}


def read_as(sheet: FaqImport) -> list[str]:
    """How the file was read, in pieces."""
    facts = sheet.facts
    found = []
    if facts.get("kind") == "xlsx":
        found.append(_("XLSX, sheet “%(sheet)s”") % {"sheet": facts["sheet"]})
    elif facts.get("kind") == "csv":
        encoding = ENCODINGS.get(facts["encoding"], facts["encoding"])
        separator = SEPARATORS.get(facts["separator"], facts["separator"])
        text = _("CSV, %(encoding)s, separator: %(separator)s")
        found.append(text % {"encoding": encoding, "separator": separator})
    return found


def recognised(headings: list[str]) -> dict[str, int]:
    """The columns that are clear among those that are not."""
    found: dict[str, int] = {}
    for number, heading in enumerate(headings):
        if name := columns.KNOWN.get(columns.plain(heading)):
            found.setdefault(name, number)
    return found


def shown(row: FaqImportRow) -> Row:
    """A good row, as the preview shows it."""
    values = row.values
    status = values.get("status")
    return {
        "number": row.number,
        "outcome": row.outcome,
        "title": row.get_outcome_display(),
        "entry": row.entry,
        "question": values["question"],
        "answer": Truncator(marks.plain(values["answer"])).chars(160),
        "variants": len(values.get("variants", [])),
        "status": str(Faq.Status(status).label) if status else "",
        "language": str(dict(LANGUAGES).get(values.get("language", ""), "")),
    }


def with_problems(sheet: FaqImport) -> QuerySet[FaqImportRow]:
    bad = Q(outcome__in=BAD) | Q(result=FaqImportRow.Result.FAILED)
    return sheet.rows.filter(bad).order_by("number")


def told(row: FaqImportRow) -> Row:
    """A row with its problems in words."""
    return {
        "number": row.number,
        "title": row.get_outcome_display(),
        "problems": [
            {
                "column": str(TITLES.get(problem["column"], problem["column"])),
                "value": problem["value"],
                "text": sentence(problem["code"], problem["params"]),
            }
            for problem in row.problems
        ],
    }


def problem_table(sheet: FaqImport, language: str) -> Iterator[list[str]]:
    """All problems as rows of a sheet. Read while they are sent, when the request's language may
    be over."""
    with translation.override(language):
        head = [_("Row"), _("Column"), _("Value"), _("What to do")]
    yield head
    last = -1
    while rows := list(with_problems(sheet).filter(number__gt=last)[:500]):
        with translation.override(language):
            found = [told(row) for row in rows]
        for row in found:
            for problem in row["problems"]:
                yield [str(row["number"]), problem["column"], problem["value"], problem["text"]]
        last = rows[-1].number
