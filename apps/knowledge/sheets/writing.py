"""Writing sheets: exports, templates and lists of errors, piece by piece as they are read."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from django.db.models import QuerySet

from apps.guard.spreadsheets import Row, delimited, shielded
from apps.knowledge.models import Faq
from apps.knowledge.sheets import cells
from apps.knowledge.sheets.columns import HEADINGS, NAMES
from apps.sites.models import CHINESE, ENGLISH

BATCH = 500
EXAMPLES: dict[str, tuple[dict[str, str], ...]] = {
    ENGLISH: (
        {
            "question": "How long does delivery take?",
            "answer": "Two to four working days.\nOrders before noon leave the same day.",
            "variants": "when will my parcel come\nshipping time\nhow many days",
            "language": "en",
            "status": "draft",
            "source": "https://shop.example/help/delivery",
            "high_risk": "no",
        },
        {
            "question": "What does the winter sale cost me in returns?",
            "answer": "Returns are free until the end of January.",
            "variants": "returning something from the sale",
            "language": "en",
            "status": "draft",
            "valid_from": "2026-12-01 00:00",
            "valid_until": "2027-01-31 23:59",
            "high_risk": "yes",
        },
    ),
    CHINESE: (
        {
            "question": "多久能送到？",
            "answer": "两到四个工作日。\n中午十二点前下单，当天发货。",
            "variants": "什么时候到货\n快递要几天\n发货时间",
            "language": "中文",
            "status": "草稿",
            "source": "https://shop.example/help/delivery",
            "high_risk": "否",
        },
        {
            "question": "冬季促销的商品退货要付运费吗？",
            "answer": "一月底之前退货免运费。",
            "variants": "促销商品怎么退",
            "language": "中文",
            "status": "草稿",
            "valid_from": "2026-12-01 00:00",
            "valid_until": "2027-01-31 23:59",
            "high_risk": "是",
        },
    ),
}


def entries(chosen: QuerySet[Faq], language: str) -> Iterator[Row]:
    """The column names, then the entries by number. Reads them in batches by their numbers: no
    cursor has to stay open while a slow browser takes the file."""
    yield tuple(HEADINGS[language].values())
    ids = Faq.objects.filter(pk__in=chosen.order_by().values("pk")).order_by("pk")
    found = ids.select_related("category").prefetch_related("variants")
    last = 0
    while batch := list(found.filter(pk__gt=last)[:BATCH]):
        yield from (entry(faq) for faq in batch)
        last = batch[-1].pk


def entry(faq: Faq) -> Row:
    """An entry in the order of the columns."""
    variants = sorted(faq.variants.all(), key=lambda variant: variant.pk)
    return (
        str(faq.pk),
        faq.question,
        faq.answer,
        cells.variants_cell(variant.text for variant in variants),
        faq.language,
        faq.category.slug if faq.category else "",
        faq.status,
        faq.source_url,
        cells.date_cell(faq.valid_from),
        cells.date_cell(faq.valid_until),
        "yes" if faq.high_risk else "no",
    )


def template(language: str) -> Iterator[Row]:
    """The column names and examples; without numbers, which are those of entries that exist."""
    names = [name for name in NAMES if name != "id"]
    yield [HEADINGS[language][name] for name in names]
    for example in EXAMPLES[language]:
        yield [example.get(name, "") for name in names]


def written(rows: Iterable[Row], kind: str) -> Iterator[bytes]:
    """The rows as a file of that kind ("csv", "xlsx"), in pieces."""
    return _xlsx(rows) if kind == "xlsx" else delimited(rows)


class _Pipe(io.RawIOBase):
    """Takes what the archive writes until it is asked for it."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, block: object) -> int:
        self._waiting += block  # type: ignore[arg-type]  # bytes of one kind or the other
        return len(block)  # type: ignore[arg-type]

    def taken(self) -> bytes:
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# One style for all cells: text (number format 49), wrapped, at the top; a bold one for headings.
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="FAQ" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="2"><font><sz val="11"/>'
    '<name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
    'applyFont="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
SHEET_START = (
    f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    '</sheetViews><cols><col min="1" max="1" width="9" customWidth="1"/>'
    '<col min="2" max="4" width="40" customWidth="1"/><col min="5" max="11" width="16" '
    'customWidth="1"/></cols><sheetData>'
)
SHEET_END = "</sheetData></worksheet>"


def _xlsx(rows: Iterable[Row]) -> Iterator[bytes]:
    """A workbook written straight into the answer. Every cell is a text in its place, so nothing
    in it can become a formula or a date, and no table of texts has to be kept to the end."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, body in PARTS.items():
            archive.writestr(name, XML + body)
        sheet = zipfile.ZipInfo("xl/worksheets/sheet1.xml", datetime.now().timetuple()[:6])  # noqa: DTZ005  # an archive's times have no zone
        sheet.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(sheet, "w") as into:
            into.write((XML + SHEET_START).encode())
            for number, row in enumerate(rows):
                into.write(_row([*map(shielded, row)], style=int(number == 0)))
                if number % BATCH == 0 and (found := pipe.taken()):
                    yield found
            into.write(SHEET_END.encode())
    yield pipe.taken()


def _row(row: Row, *, style: int) -> bytes:
    cells_of = (
        f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{_text(cell)}</t></is></c>'
        if cell
        else f'<c s="{style}"/>'
        for cell in row
    )
    return f"<row>{''.join(cells_of)}</row>".encode()


def _text(cell: str) -> str:
    """What XML cannot hold, and what would be read as such a mark, is written as _x000D_."""
    marked = cells.MARKED.sub(lambda match: f"_x{ord(match[0]):04X}_", cell)
    return escape(marked)
