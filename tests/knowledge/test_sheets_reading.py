"""Files of every kind are read as what they are, and what is none is told so."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime

import pytest
from openpyxl import Workbook

from apps.knowledge.sheets import columns, delimited, files, workbook
from apps.knowledge.sheets.limits import SheetLimits
from apps.knowledge.sheets.problems import SENTENCES, SheetError, sentence
from apps.knowledge.sheets.worksheet import Unreadable
from tests.knowledge.sheets import archive, csv_of, saved, xlsx_of
from tests.stack import ROOT

LIMITS = SheetLimits(file_bytes=5_000_000, unpacked_bytes=2_000_000, columns=20, cell=5_000)


def read(body: bytes, encoding: str = "", limits: SheetLimits = LIMITS) -> list[list[str]]:
    opened = files.read(io.BytesIO(body), encoding, limits)
    return [row for _, row in opened.rows]


def numbers(body: bytes) -> list[int]:
    return [number for number, _ in files.read(io.BytesIO(body), "", LIMITS).rows]


def problem(body: bytes, name: str = "faq.csv", limits: SheetLimits = LIMITS) -> SheetError:
    file = io.BytesIO(body)
    with pytest.raises(SheetError) as caught:
        taken(name, file, len(body), limits)
    assert "%" not in sentence(caught.value.code, caught.value.params)
    return caught.value


def taken(name: str, file: io.BytesIO, size: int, limits: SheetLimits) -> None:
    files.check_at_the_door(name, file, size, limits)
    list(files.read(file, "", limits).rows)


class TestCsv:
    @pytest.mark.parametrize(
        ("encoding", "told"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8"),
            ("utf-16", "utf-16"),
            ("utf-16-le", "utf-16"),
            ("utf-16-be", "utf-16"),
            ("gbk", "gb18030"),
            ("gb18030", "gb18030"),
        ],
    )
    def test_encodings(self, encoding, told):
        body = csv_of(("多久能送到？", "两天。"), head=("问题", "答案"), encoding=encoding)
        how = delimited.look(io.BytesIO(body))
        assert how.encoding == told
        assert read(body) == [["问题", "答案"], ["多久能送到？", "两天。"]]

    def test_an_error_far_down_decides(self):
        rows = [("How?", "So.")] * 30_000 + [("怎么？", "这样。")]
        body = csv_of(*rows, encoding="gbk")
        assert read(body)[-1] == ["怎么？", "这样。"]

    def test_what_staff_choose_is_taken(self):
        body = csv_of(("问题", "答案"), encoding="utf-8")
        assert read(body, "gb18030")[1] != ["问题", "答案"]
        with pytest.raises(SheetError, match="encoding_chosen"):
            read(b"\xff\xfe\xfd", "utf-8")

    def test_text_of_no_encoding(self):
        assert problem(b"question,answer\n\xff\xff\x80\x80,a\n").code == "encoding"

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_separators_quotes_and_line_breaks(self, separator):
        text = f'question{separator}answer\r\n"a ""b""{separator} c"{separator}"one\r\ntwo"\r\n'
        assert read(text.encode())[1] == [f'a "b"{separator} c', "one\r\ntwo"]

    def test_the_separator_that_makes_known_names_wins(self):
        text = "question;answer,in,many,words\nWhy?;Because\n"
        assert read(text.encode())[0] == ["question", "answer,in,many,words"]

    def test_excels_line_about_the_separator(self):
        assert read(b"sep=;\nquestion;answer\na;b\n") == [["question", "answer"], ["a", "b"]]

    def test_rows_are_numbered_as_a_spreadsheet_does(self):
        assert numbers(b'question,answer\n\n"a\nb",c\n,\nd,e\n') == [1, 3, 5]

    def test_a_cell_without_end(self):
        body = b'question,answer\nWhy?,"' + b"x" * 10_000_000 + b"\n"
        found = problem(body, limits=SheetLimits(cell=5_000))
        assert (found.code, found.params) == ("cell_too_big", {"row": 2, "limit": 5_000})


class TestXlsx:
    def test_texts_numbers_dates_and_yes(self):
        day = datetime.fromisoformat
        body = xlsx_of((2024, 1.5, True, day("2026-01-31T09:30"), day("2026-02-01")))
        assert read(body)[1] == ["2024", "1.5", "TRUE", "2026-01-31 09:30:00", "2026-02-01"]

    def test_the_first_sheet_with_content(self):
        book = Workbook()
        hidden = book.create_sheet("hidden")
        hidden.append(["no"])
        hidden.sheet_state = "hidden"
        book.create_sheet("FAQ").append(["question", "answer"])
        opened = files.read(io.BytesIO(saved(book)), "", LIMITS)
        assert opened.facts == {"kind": "xlsx", "sheet": "FAQ"}
        assert [row for _, row in opened.rows] == [["question", "answer"]]

    def test_a_formula_without_a_result_and_an_error(self):
        book = Workbook()
        book.worksheets[0].append(["=1+1", "#REF!"])
        first, second = read(saved(book))[0]
        assert isinstance(first, Unreadable)
        assert first.code == "no_result"
        assert isinstance(second, Unreadable)
        assert second.code == "error_cell"

    def test_a_formula_is_read_as_its_result(self):
        row = '<row r="3"><c r="B3" t="str"><f>A1</f><v>yes</v></c><c r="C3"><f>1+1</f><v>2</v></c>'
        body = with_rows(f"{row}</row>")
        assert read(body) == [["", "yes", "2"]]
        assert numbers(body) == [3]

    def test_names_with_a_prefix(self):
        body = with_rows('<x:row><x:c t="b"><x:v>1</x:v></x:c></x:row>', prefix="x:")
        assert read(body) == [["TRUE"]]

    def test_a_blank_workbook(self):
        assert problem(saved(Workbook()), "faq.xlsx").code == "no_content"

    def test_more_columns_than_are_read(self):
        assert problem(xlsx_of(["x"] * 1_000), "faq.xlsx").code == "too_many_columns"

    def test_a_cell_of_ten_megabytes(self):
        most = SheetLimits(cell=5_000)
        body = with_rows(f'<row><c t="inlineStr"><is><t>{"x" * 10_000_000}</t></is></c></row>')
        assert problem(body, "faq.xlsx", most).code == "cell_too_big"

    def test_a_bomb_is_not_unpacked(self):
        body = with_rows(" " * 3_000_000)
        assert len(body) < 20_000
        assert problem(body, "faq.xlsx").code == "too_big_unpacked"

    @pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
    def test_a_part_that_openpyxl_would_unfold(self, part):
        most = SheetLimits()
        body = with_parts(**{part: "<a/>" * (workbook.WHOLE_AT_MOST // 4 + 1)})
        assert len(body) < 20_000
        assert problem(body, "faq.xlsx", most).code == "part_too_big"

    def test_rows_may_be_bigger_than_that(self):
        text = "x" * 4_000
        row = f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'
        body = with_rows(row * (workbook.WHOLE_AT_MOST // 4_000 + 1))
        assert read(body, limits=SheetLimits())[-1] == [text]

    def test_a_workbook_without_styles(self):
        assert read(with_parts(**{"xl/styles.xml": None}))[1] == ["a", "b"]

    @pytest.mark.parametrize("numbers", [(2, 2), (3, 2), (0,), (-1,), (1_048_577,), (10**12,)])
    def test_row_numbers_that_no_sheet_has(self, numbers):
        rows = "".join(f'<row r="{n}"><c t="b"><v>1</v></c></row>' for n in numbers)
        assert problem(with_rows(rows), "faq.xlsx").code == "damaged"

    def test_the_last_row_of_a_sheet(self):
        assert numbers(with_rows('<row r="1048576"><c t="b"><v>1</v></c></row>')) == [1_048_576]

    @pytest.mark.parametrize("number", ["soon", "1e400", "nan"])
    def test_one_bad_date_is_a_problem_of_its_cell(self, number):
        book = Workbook()
        book.worksheets[0].append([datetime.fromisoformat("2026-01-31")])
        plain = zipfile.ZipFile(io.BytesIO(saved(book)))
        sheet = plain.read("xl/worksheets/sheet1.xml").decode()
        [day] = re.findall("<v>([^<]*)</v>", sheet)
        bad = sheet.replace(f"<v>{day}</v>", f"<v>{number}</v>")
        [found] = read(repacked(plain, {"xl/worksheets/sheet1.xml": bad}))
        assert isinstance(found[0], Unreadable)
        assert found[0].code == "error_cell"

    def test_entities_that_explode(self):
        declared = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        body = with_rows('<row><c t="inlineStr"><is><t>&b;</t></is></c></row>', declared)
        assert problem(body, "faq.xlsx").code == "damaged"

    @pytest.mark.parametrize(
        "body",
        [
            b"PK\x03\x04 and then nothing",
            archive(**{"readme.txt": "no workbook"}),
            archive(**{"[Content_Types].xml": "<Types"}),
        ],
    )
    def test_damaged(self, body):
        assert problem(body, "faq.xlsx").code == "damaged"

    def test_half_of_a_workbook(self):
        body = xlsx_of(("a", "b"))
        assert problem(body[: len(body) // 2], "faq.xlsx").code == "damaged"


class TestWhatIsNoSheet:
    @pytest.mark.parametrize(
        ("name", "body", "code"),
        [
            ("faq.csv", b"", "empty"),
            ("faq.pdf", b"%PDF-1.7", "not_a_sheet"),
            ("faq.csv", b"%PDF-1.7", "not_a_sheet"),
            ("faq.csv", b"\x89PNG\r\n", "not_a_sheet"),
            ("flows.json", b'{"flows": []}', "not_a_table"),
            ("faq.csv", b'\xef\xbb\xbf\n [{"question": 1}]', "not_a_table"),
            ("faq.xls", b"<HTML><table><tr><td>question", "not_a_table"),
            ("faq.csv", b"<!DOCTYPE html>", "not_a_table"),
            ("faq.exe", b"question,answer\na,b\n", "not_a_sheet"),
            ("faq.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
            (
                "faq.xlsx",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
                "password",
            ),
        ],
    )
    def test_is_told(self, name, body, code):
        assert problem(body, name).code == code

    def test_too_big(self):
        assert problem(b"x" * 5_000_001).params == {"size": "4.8", "limit": 4}

    def test_a_workbook_under_a_csv_name_is_read(self):
        file = io.BytesIO(body := xlsx_of(("a", "b")))
        files.check_at_the_door("faq.csv", file, len(body), LIMITS)
        assert read(body)[1] == ["a", "b"]


class TestColumns:
    @pytest.mark.parametrize(
        "headings",
        [
            ("Answer", "QUESTION"),
            ("答案", "问题"),
            ("  answer * ", "\ufeffQuestion"),
            ("标准答案", "标准问题"),
        ],
    )
    def test_in_any_order_case_and_language(self, headings):
        assert columns.read(headings).at == {"answer": 0, "question": 1}

    def test_all_that_we_write(self):
        for headings in columns.HEADINGS.values():
            assert columns.read(list(headings.values())).at == {
                name: number for number, name in enumerate(columns.NAMES)
            }

    def test_unknown_ones_are_named(self):
        found = columns.read(["question", "Colour", "answer", ""])
        assert found.unknown == ["Colour"]

    def test_missing_ones_are_named_with_what_was_found(self):
        with pytest.raises(SheetError) as caught:
            columns.read(["Frage", "answer"])
        assert caught.value.params == {"missing": ["question"], "found": ["Frage", "answer"]}

    def test_two_for_the_same(self):
        with pytest.raises(SheetError) as caught:
            columns.read(["question", "answer", "问题"])
        assert caught.value.params["second"] == "问题"

    def test_chosen_by_hand(self):
        found = columns.read(["Frage", "Antwort", "x"], {"question": 0, "answer": 1})
        assert found.unknown == ["x"]


CALLS = r"(?:SheetError|Wrong|wrong)\(([^()]*(?:\([^()]*\)[^()]*)*)\)"


def told_in_the_code() -> Iterator[tuple[str, set[str]]]:
    """Every code that is raised somewhere in the package, with the names of its values."""
    for path in sorted((ROOT / "apps/knowledge/sheets").glob("*.py")):
        for arguments in re.findall(CALLS, path.read_text(encoding="utf-8")):
            codes = [text for text in re.findall(r'"(\w+)"', arguments) if text in SENTENCES]
            if codes:
                yield (
                    codes[-1],
                    {*re.findall(r"(\w+)=", arguments), *re.findall(r"\*\*(\w+)", arguments)},
                )


def test_every_sentence_is_filled_by_its_values():
    told = list(told_in_the_code())
    assert len(told) > 30
    for code, names in told:
        wanted = set(re.findall(r"%\((\w+)\)s", str(SENTENCES[code])))
        assert wanted <= names or "known" in names, code


def with_rows(rows: str, declared: str = "", prefix: str = "") -> bytes:
    """A workbook of openpyxl's whose rows are these."""
    plain = zipfile.ZipFile(io.BytesIO(xlsx_of(("a", "b"))))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    named = f"xmlns:{prefix.rstrip(':')}" if prefix else "xmlns"
    data = f"<{prefix}sheetData>{rows}</{prefix}sheetData>"
    sheet = f'{declared}<{prefix}worksheet {named}="{main}">{data}</{prefix}worksheet>'
    return repacked(plain, {"xl/worksheets/sheet1.xml": sheet})


def with_parts(**changed: str | None) -> bytes:
    return repacked(zipfile.ZipFile(io.BytesIO(xlsx_of(("a", "b")))), changed)


def repacked(plain: zipfile.ZipFile, changed: Mapping[str, str | None]) -> bytes:
    """The same with other parts; None takes one away."""
    parts = {name: plain.read(name).decode() for name in plain.namelist()}
    return archive(**{name: body for name, body in {**parts, **changed}.items() if body})
