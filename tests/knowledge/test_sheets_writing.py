"""What is exported can be imported again and changes nothing."""

import asyncio
import csv
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import cast

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory
from openpyxl import load_workbook

from apps.guard import spreadsheets
from apps.knowledge.models import Faq, FaqVariant
from apps.knowledge.sheets import files, services, writing
from apps.knowledge.sheets.limits import SheetLimits
from apps.sites.admin.streams import TYPES, attachment
from tests.knowledge.sheets import checked, worked_at
from tests.staff import olga

pytestmark = pytest.mark.django_db

HARD = [
    "=1+1",
    "+49 123",
    "-5 degrees?",
    "@home",
    "'=quoted",
    "'plain apostrophe'",
    "＝wide",
    'a "quote", a; semicolon\tand a tab',
    "你好，世界 🎉",
    "_x000D_ is no mark",
    "_x0041_",
    "<b>&amp;</b> ]]>",
    "x | y",
]


def exported(kind: str, language: str = "en") -> bytes:
    return b"".join(writing.written(writing.entries(Faq.objects.all(), language), kind))


@pytest.fixture
def entries(site, category):
    for number, text in enumerate(HARD):
        faq = Faq.objects.create(
            site=site,
            language="zh-Hans" if number % 2 else "en",
            category=category if number % 3 else None,
            question=text,
            answer=f"{text}\r\n\r\n- one\n- two\rthree",
            source_url="https://x.example/?a=1&b=2" if number % 2 else "",
            status=["draft", "review", "live"][number % 3],
            high_risk=number % 2 == 0,
            valid_from=datetime(2026, 1, 31, 9, 30, 15, 123, UTC) if number % 4 else None,
            valid_until=datetime(2027, 1, 31, tzinfo=UTC) if number % 5 else None,
        )
        FaqVariant.objects.create(faq=faq, text=text)
        FaqVariant.objects.create(faq=faq, text=f"again {text}")
    return list(Faq.objects.order_by("pk"))


class TestRoundTrip:
    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize("language", ["en", "zh-Hans"])
    def test_changes_nothing(self, site, entries, kind, language):
        body = exported(kind, language)
        sheet = checked(site, olga(), body, existing="update", name=f"faq.{kind}")
        assert sheet.counts == {"unchanged": len(entries)}

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    @pytest.mark.parametrize(
        ("answer", "phrasings"),
        [
            ("one", ["Where is it", "where is it", "WHERE  is it"]),
            ("a slide's\x0bbreak and a page's\x0cbreak", []),
            ("a line's\u2028and a paragraph's\u2029break", ["a\\|b", "c|", "\\"]),
            ("\u00a0blanks of all kinds\u3000", ["\u3000全角\u3000空格", "e\u0301 É é"]),
        ],
    )
    def test_what_is_written_in_unusual_ways_is_unchanged(self, site, kind, answer, phrasings):
        faq = Faq.objects.create(site=site, language="en", question="It?", answer=answer)
        for text in phrasings:
            FaqVariant.objects.create(faq=faq, text=text)
        sheet = checked(site, olga(), exported(kind), existing="update", name=f"faq.{kind}")
        assert sheet.counts == {"unchanged": 1}

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_gives_the_same_entries_anew(self, site, entries, kind):
        body = exported(kind)
        before = contents()
        table = _table(body, kind)
        Faq.objects.all().delete()
        anew = b"".join(writing.written([line[1:] for line in table], kind))
        author = olga()
        sheet = checked(site, author, anew, name=f"faq.{kind}")
        services.begin_writing(sheet=sheet, by=author)
        assert worked_at(sheet).count("written") == len(before)
        assert contents() == before

    def test_a_program_that_splits_at_semicolons_too_finds_no_formula(self, entries):
        Faq.objects.filter(pk=entries[0].pk).update(question="is it a;=1+1;or not")
        quoted = False
        text = ""
        for sign in exported("csv").decode("utf-8-sig"):
            quoted ^= sign == '"'
            text += "," if sign == ";" and not quoted else sign
        found = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert "is it a;=1+1;or not" in found
        assert [cell for cell in found if cell.startswith(tuple("=+-@"))] == []


def _table(body: bytes, kind: str) -> list[list[str]]:
    """The rows of an export as their reader sees them, shields taken away."""
    rows = files.read(io.BytesIO(body), "", SheetLimits()).rows
    wide = [[*row, *[""] * (11 - len(row))] for _, row in rows]
    return [[spreadsheets.unshielded(cell) for cell in row] for row in wide]


def contents() -> list[tuple[object, ...]]:
    return [
        (
            " ".join(faq.question.split()),  # one line, as forms have it
            faq.answer.replace("\r\n", "\n").replace("\r", "\n"),
            faq.language,
            faq.category_id,
            faq.status,
            faq.source_url,
            faq.valid_from,
            faq.valid_until,
            faq.high_risk,
            sorted(" ".join(variant.text.split()) for variant in faq.variants.all()),
        )
        for faq in Faq.objects.order_by("question")
    ]


class TestFiles:
    def test_csv_begins_with_the_mark_that_excel_needs(self, entries):
        body = exported("csv", "zh-Hans")
        assert body.startswith('\ufeff"ID","问题","答案"'.encode())

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_no_cell_is_a_formula(self, entries, kind):
        found = _raw(exported(kind), kind)
        assert not [cell for row in found for cell in row if cell.startswith(tuple("=+-@＝"))]

    def test_openpyxl_reads_texts_and_no_formulas(self, entries):
        book = load_workbook(io.BytesIO(exported("xlsx")))
        kinds = {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row}
        assert kinds <= {"s", "n"}  # "n": cells that hold nothing
        assert book.worksheets[0]["B2"].value == "'=1+1"

    def test_templates_are_importable_in_both_languages(self, site):
        author = olga()
        for language in writing.EXAMPLES:
            for kind in TYPES:
                body = b"".join(writing.written(writing.template(language), kind))
                sheet = checked(site, author, body, name=f"t.{kind}")
                assert sheet.counts == {"new": 2}

    def test_many_are_sent_in_pieces(self, site):
        Faq.objects.bulk_create(
            Faq(site=site, language="en", question=f"q{n}", answer=random(n)) for n in range(1_200)
        )
        for kind in TYPES:
            pieces = list(writing.written(writing.entries(Faq.objects.all(), "en"), kind))
            assert len(pieces) > 3

    def test_a_search_that_finds_an_entry_twice_exports_it_once(self, entries):
        doubled = Faq.objects.filter(variants__text__contains="a")
        rows = list(writing.entries(doubled, "en"))[1:]
        assert len({row[0] for row in rows}) == len(rows)

    def test_an_asgi_answer_is_sent_while_it_is_made(self):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        request = ASGIRequest(scope, io.BytesIO())
        answer = attachment(request, iter([b"a", b"", b"b"]), "csv", "faq")
        assert answer.is_async

        async def gathered() -> list[bytes]:
            return [piece async for piece in cast("AsyncIterator[bytes]", answer.streaming_content)]

        assert asyncio.run(gathered()) == [b"a", b"", b"b"]
        plain = attachment(RequestFactory().get("/"), iter([b"a"]), "csv", "faq")
        assert not plain.is_async


def random(seed: int) -> str:
    """Text that hardly gets smaller when it is packed."""
    return hashlib.shake_256(str(seed).encode()).hexdigest(400)


def _raw(body: bytes, kind: str) -> list[list[str]]:
    if kind == "xlsx":
        assert (
            "<f>" not in zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()
        )
        rows = load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)
        return [[str(cell or "") for cell in row] for row in rows]
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
