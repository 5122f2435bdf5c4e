"""Files made to keep a worker busy, or to fill its memory, end soon and with a sentence."""

import io
import logging
import resource
import signal
import sys
import zipfile

import pytest
from django import db
from django.core.management import call_command
from django.utils import timezone

from apps.knowledge.management.commands import run_imports
from apps.knowledge.models import FaqImport
from apps.knowledge.sheets import columns, files, jobs, leases, staging, workbook, worksheet
from apps.knowledge.sheets.checking import Matcher
from apps.knowledge.sheets.limits import SheetLimits
from apps.knowledge.sheets.problems import SheetError, sentence
from tests.knowledge.sheets import checked, csv_of, uploaded, xlsx_of
from tests.knowledge.test_sheets_reading import repacked, with_rows
from tests.staff import bob

LIMITS = SheetLimits(cell=5_000)
MEGABYTE = 1_000_000


def refused(body: bytes, name: str = "faq.xlsx", limits: SheetLimits = LIMITS) -> str:
    """The code of the problem that the file ends with."""
    with pytest.raises(SheetError) as caught:
        read(name, body, limits)
    assert "%" not in sentence(caught.value.code, caught.value.params)
    return caught.value.code


def read(name: str, body: bytes, limits: SheetLimits) -> None:
    file = io.BytesIO(body)
    files.check_at_the_door(name, file, len(body), limits)
    for _ in files.read(file, "", limits).rows:
        pass


def with_texts(texts: str, rows: str) -> bytes:
    """A workbook with a table of shared texts."""
    plain = zipfile.ZipFile(io.BytesIO(xlsx_of(("a", "b"))))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/>'
    types = plain.read("[Content_Types].xml").decode()
    return repacked(
        plain,
        {
            "[Content_Types].xml": types.replace("</Types>", f"{part}</Types>"),
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">{texts}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">'
            f"<sheetData>{rows}</sheetData></worksheet>",
        },
    )


def with_sheets(count: int, rows: str) -> bytes:
    """A workbook that names the same part as its sheet over and over."""
    plain = zipfile.ZipFile(io.BytesIO(with_rows(rows)))
    book = plain.read("xl/workbook.xml").decode()
    start, end = book.index("<sheets>"), book.index("</sheets>")
    named = "".join(
        f'<sheet xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'name="s{n}" sheetId="{n + 1}" state="visible" r:id="rId1"/>'
        for n in range(count)
    )
    changed = f"{book[:start]}<sheets>{named}{book[end:]}"
    return repacked(plain, {"xl/workbook.xml": changed})


class Blocks:
    """Counts the blocks that are read, and breaks off at one of them."""

    def __init__(self, most: int = sys.maxsize) -> None:
        self.seen = 0
        self._most = most

    def __call__(self) -> None:
        self.seen += 1
        if self.seen > self._most:
            raise SheetError("slow")


class TestWorkbooks:
    @pytest.mark.parametrize(
        "token", [f'<row a="{"A" * 3 * MEGABYTE}"/>', f"<!--{'A' * 3 * MEGABYTE}-->"]
    )
    def test_one_endless_token(self, token):
        row = '<row><c t="b"><v>1</v></c></row>'
        assert refused(with_rows(f"{token}{row}")) == "damaged"
        assert refused(with_texts(f"{token}<si/>", row)) == "damaged"

    def test_elements_inside_of_elements(self):
        deep = "<a>" * 40_000 + "</a>" * 40_000
        assert refused(with_rows(deep)) == "damaged"
        assert refused(with_texts(deep, "<row/>")) in ("damaged", "no_content")

    def test_every_element_has_a_name_of_its_own(self):
        names = "".join(f"<a{n}/>" for n in range(worksheet.NAMES_AT_MOST * 3))
        assert refused(with_rows(names)) == "overloaded"

    def test_one_text_in_every_cell(self, monkeypatch):
        """Shared texts are a few letters in the file and whole texts in memory."""
        monkeypatch.setattr(worksheet, "HELD_AT_MOST", 50 * LIMITS.cell)
        rows = '<row><c t="s"><v>0</v></c></row>' * 100
        body = with_texts(f"<si><t>{'A' * LIMITS.cell}</t></si>", rows)
        assert refused(body) == "overloaded"

    def test_more_texts_than_there_are_cells(self):
        most = SheetLimits(rows=10, columns=10)
        body = with_texts("<si/>" * 200, '<row><c t="b"><v>1</v></c></row>')
        assert refused(body, limits=most) == "overloaded"

    def test_a_shared_text_is_not_gathered_whole(self):
        body = with_texts(
            f"<si><t>{'A' * 5 * MEGABYTE}</t></si>", '<row><c t="s"><v>0</v></c></row>'
        )
        book = workbook.look(io.BytesIO(body), LIMITS)
        assert len(book.strings[0]) < LIMITS.cell + 2 * worksheet.BLOCK
        assert refused(body) == "cell_too_big"

    def test_nor_is_a_cell(self):
        """It is refused while its text is read, before its end has come."""
        text = "A" * 5 * MEGABYTE
        assert refused(with_rows(f'<row><c t="str"><v>{text}<broken')) == "cell_too_big"

    def test_a_part_is_looked_at_once(self):
        body = with_sheets(500, "<row/>")
        blocks = Blocks()
        with pytest.raises(SheetError, match="no_content"):
            files.read(io.BytesIO(body), "", LIMITS, blocks)
        assert 0 < blocks.seen < 10

    @pytest.mark.parametrize("most", [0, 3, 30])
    def test_time_is_looked_at_in_every_block(self, most):
        row = '<row><c t="str"><v>x</v></c></row>'
        body = with_texts("<si><t>text</t></si>" * 100_000, "<row/>" * 100_000 + row * 50_000)
        blocks = Blocks(most)
        with pytest.raises(SheetError, match="slow"):
            list(files.read(io.BytesIO(body), "", LIMITS, blocks).rows)
        assert blocks.seen == most + 1

    def test_a_big_part_has_a_sentence_of_its_own(self):
        big = "<a/>" * (workbook.WHOLE_AT_MOST // 4 + 1)
        plain = zipfile.ZipFile(io.BytesIO(xlsx_of(("a", "b"))))
        assert refused(repacked(plain, {"xl/styles.xml": big})) == "part_too_big"


class TestTexts:
    def test_a_row_of_separators(self):
        assert refused(b"question,answer\n" + b"," * 3 * MEGABYTE, "f.csv") == "too_many_columns"

    def test_time_is_looked_at_in_blank_rows_too(self):
        blocks = Blocks(40)
        with pytest.raises(SheetError, match="slow"):
            list(files.read(io.BytesIO(b"a,b\n" + b",\n" * 100_000), "", LIMITS, blocks).rows)

    def test_names_are_read_at_their_start(self):
        """What is compared is kept for the next cell, and one letter may stand for eighteen."""
        assert (
            len(columns.plain("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 100_000)) < 9_000
        )

    def test_a_text_under_the_name_of_a_workbook(self):
        assert refused(b"question,answer\na,b\n", "fake.xlsx") == "not_a_workbook"
        assert refused(b"question,answer\na,b\n", "FAKE.XLSM") == "not_a_workbook"


def held(sheet: FaqImport) -> leases.Lease:
    lease = leases.claim(sheet.pk)
    assert lease
    return lease


@pytest.mark.django_db
class TestWorkers:
    @pytest.fixture
    def sheet(self, site):
        return uploaded(site, bob(), csv_of(("How?", "So.")))

    def test_the_lease_is_renewed_while_a_file_is_read(self, sheet, monkeypatch):
        monkeypatch.setattr(leases, "RENEW_SECONDS", -1.0)
        watch = leases.Watch(held(sheet), 80.0)
        FaqImport.objects.update(lease_until=timezone.now())
        watch()
        assert leases.claim(sheet.pk) is None

    def test_who_has_lost_it_stops_reading(self, sheet, monkeypatch):
        monkeypatch.setattr(leases, "RENEW_SECONDS", -1.0)
        watch = leases.Watch(held(sheet), 80.0)
        FaqImport.objects.update(lease_until=timezone.now())
        assert leases.claim(sheet.pk)
        with pytest.raises(leases.LostError):
            watch()

    def test_reading_ends_in_time(self, sheet, monkeypatch):
        monkeypatch.setattr(staging, "MOST_SECONDS", -1.0)
        jobs.run(sheet.pk)
        sheet.refresh_from_db()
        assert (sheet.state, sheet.problem["code"]) == ("failed", "slow")

    def test_a_file_that_kills_its_readers_is_given_up(self, sheet, monkeypatch):
        """Each of them has got some way first."""
        for _ in range(leases.MOST_TRIES):
            held(sheet).save(facts={}, counts={})
            FaqImport.objects.update(lease_until=timezone.now())
        assert leases.claim(sheet.pk) is None
        sheet.refresh_from_db()
        assert (sheet.state, sheet.problem["code"]) == ("failed", "lost")

    def test_no_memory_left(self, sheet, monkeypatch):
        def full(*_args):
            raise MemoryError

        monkeypatch.setattr(Matcher, "match", full)
        jobs.run(sheet.pk)
        sheet.refresh_from_db()
        assert (sheet.state, sheet.problem["code"]) == ("failed", "lost")

    def test_control_characters_in_headings(self, site):
        body = b"\0\0quest\0ion,answer,\x0bo\0ther\nq,a,x\n"
        sheet = checked(site, bob(), body)
        assert (sheet.state, sheet.facts["unknown"]) == ("ready", ["other"])

    def test_and_in_those_of_a_workbook(self, site):
        sheet = checked(site, bob(), xlsx_of(("q", "a"), head=("question_x0000_", "answer")))
        assert sheet.state == "ready"

    @pytest.mark.parametrize("kind", ["DataError", "OperationalError", "ValueError"])
    def test_logs_hold_no_cells(self, sheet, monkeypatch, caplog, kind):
        error = getattr(db, kind, ValueError)
        cell = "of a customer"

        def breaks(*_args):
            raise error(f"DETAIL: {cell}") from KeyError(cell)

        monkeypatch.setattr(Matcher, "match", breaks)
        try:
            jobs.run(sheet.pk)
        except error:
            logging.getLogger("celery").exception("task failed")
        assert f"import {sheet.pk}" in caplog.text
        assert kind in caplog.text
        assert cell not in caplog.text

    def test_a_process_of_its_own_is_bounded(self, sheet, monkeypatch):
        """In the process of the tests: what it would set is looked at."""
        alarms: list[int] = []
        limits: list[tuple[int, int]] = []
        monkeypatch.setattr(signal, "alarm", alarms.append)
        monkeypatch.setattr(resource, "setrlimit", lambda _, soft: limits.append(soft))
        call_command("run_imports", limited=True)
        assert alarms[0] > staging.MOST_SECONDS
        assert alarms[-1] == 0
        assert limits[0][0] > run_imports.MEMORY
        sheet.refresh_from_db()
        assert sheet.state == "ready"
