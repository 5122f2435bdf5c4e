"""What can be wrong with a file or a row: stored as a code with values, told in the reader's
language. Each sentence says what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.knowledge.models import Faq
from apps.sites.models import LANGUAGES

Params = Mapping[str, Any]
TITLES: dict[str, Promise] = {
    "id": _("number"),
    "question": _("question"),
    "answer": _("answer"),
    "variants": _("variants"),
    "language": _("language"),
    "category": _("category"),
    "status": _("status"),
    "source": _("source page"),
    "valid_from": _("valid from"),
    "valid_until": _("valid until"),
    "high_risk": _("high risk"),
}


class SheetError(Exception):
    """The file cannot be taken. `code` is a key of SENTENCES, `params` what stands in it."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "params": self.params}


OF_FILES: dict[str, Promise] = {
    "empty": _("The file is empty. Choose one with column names in the first row."),
    "only_header": _("Below the column names there are no rows. Add at least one and try again."),
    "not_a_sheet": _(
        "This is not a spreadsheet. Save it as XLSX or as CSV (UTF-8) and choose that file."
    ),
    "not_a_table": _(
        "This is a web page or data for programs (HTML, XML or JSON), not a spreadsheet. Save the "
        "table as XLSX or as CSV (UTF-8) and choose that; a file of flows is imported on the list "
        "of flows."
    ),
    "not_a_workbook": _(
        "By its name this file is a workbook, but there is none in it. If it is text, name it "
        ".csv; otherwise save it as XLSX again and choose that."
    ),
    "old_excel": _(
        "This is a workbook in the old .xls format. Open it and save it as .xlsx, then choose that."
    ),
    "password": _(
        "The workbook is protected by a password. Take the password away in your spreadsheet "
        "program, save it and choose it again."
    ),
    "damaged": _(
        "The workbook is damaged and cannot be read. Open it in your spreadsheet program, save it "
        "under a new name and choose that."
    ),
    "no_content": _("No sheet of the workbook holds anything. Fill in one and choose it again."),
    "too_big": _(
        "The file has %(size)s MB; at most %(limit)s MB can be imported at once. Split it."
    ),
    "too_big_unpacked": _(
        "The workbook unpacks to more than %(limit)s MB, which is not read. Delete pictures and "
        "other sheets, or save it as CSV."
    ),
    "part_too_big": _(
        "The styles of the workbook, or the list of its sheets, are bigger than %(limit)s MB, which "
        "is not read. Copy the rows into a new workbook, or save them as CSV."
    ),
    "overloaded": _(
        "The workbook is not read: it unfolds to far more than its rows. Copy them into a new "
        "workbook, or save them as CSV."
    ),
    "too_many_rows": _(
        "The file has more than %(limit)s rows, the most that can be imported at once. Split it."
    ),
    "too_many_columns": _(
        "Row %(row)s has %(count)s columns; at most %(limit)s are read. Delete what is not needed, "
        "or check the separator."
    ),
    "cell_too_big": _(
        "Row %(row)s has a cell with more than %(limit)s characters. Is a closing quotation mark "
        "missing there?"
    ),
    "encoding": _(
        "The text is neither UTF-8, UTF-16 nor GB18030. Save the file as CSV (UTF-8) or XLSX and "
        "choose that."
    ),
    "encoding_chosen": _("The file cannot be read as %(encoding)s. Choose another encoding below."),
    "columns": _(
        "Columns are missing: %(missing)s. The first row says: %(found)s. Say below which column is "
        "which. If that row is an entry already, put a row with the column names above it in the "
        "file and choose it again."
    ),
    "twice": _(
        "Two columns both stand for “%(column)s”: “%(first)s” and “%(second)s”. Say below which "
        "one to read."
    ),
    "slow": _("Reading the file took too long. Split it and import the pieces."),
    "lost": _(
        "Reading the file takes more memory or time than there is. Copy its rows into a new file, "
        "or split it."
    ),
    "crashed": _(
        "Something went wrong here and nothing more is done. Try again; if it stays, the server's "
        "log tells more under “import %(number)s”."
    ),
    "left": _("Whoever started this import may not import any more. Start it again."),
}
OF_ROWS: dict[str, Promise] = {
    "blank": _("This cell must not be empty."),
    "cut_off": _(
        "This row has %(count)s cells for %(limit)s columns, so a text is cut off. Put quotation "
        "marks around a text with a comma (or the separator) in it, or save the file as XLSX."
    ),
    "too_long": _("%(count)s characters; at most %(limit)s fit. Shorten the text."),
    "too_many": _("%(count)s phrasings; at most %(limit)s fit."),
    "control": _("Holds characters that cannot be stored. Type the text anew."),
    "no_result": _("A formula without a result. Put the result there as text."),
    "error_cell": _("The spreadsheet shows an error here. Put the text there instead."),
    "language": _("No language of this site. Write one of: %(options)s."),
    "category": _(
        "This site has no such category. Make it first, leave the cell empty, or write one of: "
        "%(options)s."
    ),
    "no_categories": _("This site has no categories yet. Make one first, or leave the cell empty."),
    "status": _("No such status. Write one of: %(options)s."),
    "publish": _("You may not publish. Write “%(draft)s” or “%(review)s”."),
    "locked": _("This entry is live, and changing it needs the permission to publish."),
    "date": _("No date. Write it like 2026-01-31 or 2026-01-31 09:00."),
    "order": _("The end of validity must come after its start."),
    "yes_no": _("Write “yes” or “no”."),
    "url": _("No web address. Write it like https://shop.example/help."),
    "number": _("No number of an entry. Leave the cell empty to add a new entry."),
    "unknown_id": _(
        "This site has no entry of that number. Leave the cell empty to add a new one."
    ),
    "same_row": _("The same entry stands in row %(row)s already. Delete one of the two rows."),
    "same_stored": _("Entry %(id)s asks the same already. Change the question or delete this row."),
    "moved": _("The entry was changed since the preview. Import the file again to compare anew."),
    "gone": _("The entry was deleted since the preview. Import the file again to compare anew."),
    "category_gone": _("The category was deleted since the preview. Import the file again."),
    "added": _(
        "An entry with this question was added since the preview. Import the file again to "
        "compare anew."
    ),
}
SENTENCES = OF_FILES | OF_ROWS
# What is stored as a value and told by its name, which a cell may hold as well.
_STATUSES = dict(Faq.Status.choices)
_NAMES: dict[str, Mapping[str, Any]] = {
    "language": dict(LANGUAGES),
    "status": _STATUSES,
    "publish": _STATUSES,
}


def sentence(code: str, params: Params) -> str:
    """The sentence of a code in the language of now. Lists are joined."""
    names = _NAMES.get(code, {})
    shown = {name: _shown(name, _named(value, names)) for name, value in params.items()}
    return str(SENTENCES.get(code, SENTENCES["crashed"])) % {"number": "–", **shown}


def _named(value: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _shown(name: str, value: Any) -> str:
    comma = "、" if (get_language() or "").startswith("zh") else ", "
    if name in ("missing", "column"):
        names = value if isinstance(value, list) else [value]
        return comma.join(str(TITLES.get(one, one)) for one in names)
    if isinstance(value, list):
        return comma.join(f"“{item}”" for item in value) or "–"
    return f"{value:,}" if isinstance(value, int) and value >= 10_000 else str(value)
