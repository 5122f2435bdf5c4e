"""The pages of imports and exports: who may, what they show, and that nothing is written unasked."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import load_workbook

from apps.knowledge.models import Faq, FaqImport
from tests.knowledge.sheets import archive, csv_of, uploaded, worked_at, xlsx_of
from tests.staff import HOSTILE, alice, bob, carol, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

ADD = "knowledge_faqimport_add"
CHANGE = "knowledge_faqimport_change"
LIST = "knowledge_faq_changelist"


def send(client, site, body, name="faq.csv", **wishes):
    chosen = {"site": site.pk, "language": "en", "status": "draft", "existing": "skip", **wishes}
    file = SimpleUploadedFile(name, body)
    return client.post(page(ADD), {**chosen, "file": file}, follow=True)


def press(client, sheet, do, **values):
    answer = client.post(page(CHANGE, sheet.pk), {"do": do, **values}, follow=True)
    sheet.refresh_from_db()
    return answer


def said(answer):
    return " ".join(texts(answer.content.decode()))


def downloaded(answer):
    return b"".join(answer.streaming_content)


class TestWay:
    def test_from_the_file_to_the_entries_and_back(self, site):
        client = signed_in(bob())
        assert page("knowledge_faq_import_file") in client.get(page(LIST)).content.decode()
        send(client, site, csv_of(("How?", "So."), ("Why?", "")))
        sheet = FaqImport.objects.get()
        assert "Being checked" in said(client.get(page(CHANGE, sheet.pk)))
        worked_at(sheet)
        shown = said(client.get(page(CHANGE, sheet.pk)))
        assert "Import 1 row" in shown
        assert "Row 3 answer This cell must not be empty." in shown
        assert not Faq.objects.exists()
        press(client, sheet, "import")
        worked_at(sheet)
        assert "1 Added" in said(client.get(page(CHANGE, sheet.pk)))
        press(client, sheet, "undo")
        worked_at(sheet)
        assert not Faq.objects.exists()
        assert "Taken back" in said(client.get(page(CHANGE, sheet.pk)))

    def test_a_second_click_is_told_so(self, site):
        author = bob()
        client = signed_in(author)
        sheet = worked_at(uploaded(site, author, csv_of(("How?", "So."))))
        press(client, sheet, "import")
        assert "This cannot be done any more" in said(press(client, sheet, "import"))

    def test_buttons_of_an_old_page_do_nothing(self, site):
        author = bob()
        client = signed_in(author)
        sheet = uploaded(site, author, csv_of(("How?", "So.")))
        for do in ("columns", "encoding", "import", "undo", "check"):
            assert "This cannot be done any more" in said(press(client, sheet, do)), do
        press(client, sheet, "nonsense")
        assert sheet.state == "checking"

    def test_progress_is_told(self, site):
        author = bob()
        client = signed_in(author)
        sheet = uploaded(site, author, csv_of(("How?", "So.")))
        path = page("knowledge_faqimport_progress", sheet.pk)
        assert client.get(path).json() == {
            "state": "checking",
            "at_work": True,
            "title": "Being checked",
            "share": 0.0,
            "text": "0 rows read and checked",
            "late": False,
        }
        FaqImport.objects.update(wanted_at=timezone.now() - timedelta(seconds=9))
        assert client.get(path).json()["late"]
        assert "No background worker" in said(client.get(page(CHANGE, sheet.pk)))
        worked_at(sheet)
        assert client.get(path).json()["at_work"] is False

    def test_columns_are_chosen_on_the_page(self, site):
        author = bob()
        client = signed_in(author)
        sheet = worked_at(
            uploaded(site, author, csv_of(("How?", "So."), head=("Frage", "Antwort")))
        )
        shown = said(client.get(page(CHANGE, sheet.pk)))
        assert "The first row says: “Frage”, “Antwort”." in shown
        assert "Chosen for “question” already." in said(
            press(client, sheet, "columns", question="0", answer="0")
        )
        press(client, sheet, "columns", question="0", answer="1")
        assert worked_at(sheet).counts == {"new": 1}

    def test_problems_come_in_pages_and_as_a_file(self, site):
        author = bob()
        client = signed_in(author, "zh-hans")
        sheet = worked_at(uploaded(site, author, csv_of(*[("", "=x")] * 120)))
        answer = client.get(page(CHANGE, sheet.pk), {"page": "3"})
        assert [row["number"] for row in answer.context["told"]] == list(range(102, 122))
        body = downloaded(client.get(page("knowledge_faqimport_problems", sheet.pk)))
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
        assert len(rows) == 121
        assert rows[1][0] == "2"

    def test_templates(self, site):
        client = signed_in(bob())
        body = downloaded(client.get(page("knowledge_faqimport_template", "zh-Hans", "xlsx")))
        assert load_workbook(io.BytesIO(body)).worksheets[0]["A1"].value == "问题"
        assert client.get(page("knowledge_faqimport_template", "fr", "csv")).status_code == 403


class TestForm:
    def test_hints_and_errors_belong_to_their_fields(self, site):
        html = send(signed_in(bob()), site, b"").content.decode()
        described = re.findall(r'aria-describedby="([^"]+)"', html)
        ids = {name for names in described for name in names.split()}
        assert {"id_file_error", "id_existing_helptext", "id_language_helptext"} <= ids
        for name in ids:
            assert f'id="{name}"' in html, name
        assert re.search(r'id="id_file_error"[^>]*role="alert"', html)

    def test_the_choices_about_entries_that_exist_are_a_group(self, site):
        html = signed_in(bob()).get(page(ADD)).content.decode()
        [group] = re.findall(r"<fieldset.*?</fieldset>", html, re.DOTALL)
        assert re.search(r"<legend[^>]*>\s*Entries that exist\s*</legend>", group)
        assert group.count('type="radio"') == 2
        assert 'aria-describedby="id_existing_helptext"' in group.partition(">")[0]
        assert 'for="id_existing"' not in html


class TestBadFiles:
    @pytest.mark.parametrize(
        ("name", "body", "sentence"),
        [
            ("faq.csv", b"", "The file is empty."),
            ("faq.pdf", b"%PDF-1.4", "This is not a spreadsheet."),
            ("faq.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "in the old .xls format"),
            (
                "faq.xlsx",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
                "protected by a password",
            ),
        ],
    )
    def test_are_told_at_the_door(self, site, name, body, sentence):
        answer = send(signed_in(bob()), site, body, name)
        assert sentence in said(answer)
        assert not FaqImport.objects.exists()

    @pytest.mark.parametrize(
        ("name", "body", "sentence"),
        [
            ("faq.csv", csv_of(), "Below the column names there are no rows."),
            ("faq.csv", csv_of(head=("q",) * 1000), "has 1000 columns"),
            ("faq.csv", b"question,answer\n\xff\xff,b\n", "neither UTF-8, UTF-16 nor GB18030"),
            ("faq.csv", b'question,answer\n"' + b"x" * 200_000, "more than 100,000 characters"),
            ("faq.xlsx", archive(**{"a.txt": "a"}), "is damaged"),
            ("faq.xlsx", xlsx_of(["a"] * 1000), "columns; at most 200"),
        ],
    )
    def test_are_told_after_the_look_inside(self, site, name, body, sentence):
        client = signed_in(bob())
        send(client, site, body, name)
        sheet = worked_at(FaqImport.objects.get())
        shown = said(client.get(page(CHANGE, sheet.pk)))
        assert sentence in shown
        assert not Faq.objects.exists()

    def test_a_language_that_the_site_does_not_speak(self, site):
        type(site).objects.update(languages=["zh-Hans"])
        answer = send(signed_in(bob()), site, csv_of(("How?", "So.")))
        assert "does not speak this language" in said(answer)

    def test_hostile_cells_and_names_are_text(self, site):
        author = bob()
        client = signed_in(author)
        rows = [(HOSTILE, HOSTILE, "", ""), (HOSTILE, "", HOSTILE, HOSTILE)]
        head = ("question", "answer", "status", HOSTILE)
        send(client, site, csv_of(*rows, head=head), f"{HOSTILE}.csv")
        sheet = worked_at(FaqImport.objects.get())
        html = client.get(page(CHANGE, sheet.pk)).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


class TestWho:
    def test_needs_adding_and_changing(self, site):
        author = bob()
        sheet = uploaded(site, author, csv_of(("How?", "So.")))
        reader = alice()
        reader.user_permissions.set(reader.user_permissions.exclude(codename="add_faq"))
        for user in (reader, carol()):
            client = signed_in(user)
            for path in (
                page(ADD),
                page(CHANGE, sheet.pk),
                page("knowledge_faqimport_progress", sheet.pk),
                page("knowledge_faqimport_problems", sheet.pk),
                page("knowledge_faqimport_changelist"),
                page("knowledge_faqimport_template", "en", "csv"),
            ):
                assert client.get(path).status_code == 403, path
            assert client.post(page(CHANGE, sheet.pk), {"do": "import"}).status_code == 403
        assert (
            page("knowledge_faq_import_file")
            not in signed_in(reader).get(page(LIST)).content.decode()
        )

    def test_live_is_offered_to_publishers_alone(self, site):
        offered = {}
        for user in (alice(), bob()):
            form = signed_in(user).get(page(ADD)).context["form"]
            offered[user.username] = [value for value, _ in form.fields["status"].choices]
        assert offered == {"alice": ["draft", "review"], "bob": ["draft", "review", "live"]}
        answer = send(signed_in(alice_again()), site, csv_of(("How?", "So.")), status="live")
        assert "status" in answer.context["form"].errors

    def test_only_who_brought_it_goes_on(self, site):
        sheet = worked_at(uploaded(site, bob(), csv_of(("How?", "So."))))
        client = signed_in(alice())
        assert "Only whoever brought this file" in said(client.get(page(CHANGE, sheet.pk)))
        assert client.post(page(CHANGE, sheet.pk), {"do": "import"}).status_code == 403
        press(signed_in(olga()), sheet, "import")
        assert sheet.state == "writing"

    def test_a_leaver_s_import_is_undone_by_a_superuser(self, site):
        author = bob()
        sheet = worked_at(uploaded(site, author, csv_of(("How?", "So."))))
        press(signed_in(author), sheet, "import")
        worked_at(sheet)
        author.is_active = False
        author.save()
        press(signed_in(olga()), sheet, "undo")
        assert worked_at(sheet).state == "undone"
        assert not Faq.objects.exists()

    def test_no_such_import(self):
        client = signed_in(olga())
        for number in ("0", "x", "9" * 30):
            assert client.get(page(CHANGE, number)).status_code == 404

    def test_exports_need_viewing(self, live):
        client = signed_in(carol())
        for kind in ("csv", "xlsx"):
            assert client.get(page(f"knowledge_faq_list_as_{kind}")).status_code == 403


def alice_again():
    return type(olga()).objects.get(username="alice")


class TestExport:
    def rows(self, answer):
        text = downloaded(answer).decode("utf-8-sig")
        return [row[1] for row in csv.reader(io.StringIO(text))][1:]

    def test_all_what_the_list_shows_and_chosen_ones(self, live, draft):
        client = signed_in(bob())
        path = page("knowledge_faq_list_as_csv")
        assert set(self.rows(client.get(path))) == {"Where are you?", "How long?"}
        assert self.rows(client.get(path, {"status__exact": "live"})) == ["Where are you?"]
        assert self.rows(client.get(path, {"q": "address"})) == ["Where are you?"]
        chosen = {"action": "chosen_as_csv", "_selected_action": [draft.pk]}
        assert self.rows(client.post(page(LIST), chosen)) == ["How long?"]
        chosen = {"action": "chosen_as_xlsx", "_selected_action": [draft.pk]}
        body = downloaded(client.post(page(LIST), chosen))
        assert load_workbook(io.BytesIO(body)).worksheets[0]["B2"].value == "How long?"

    def test_the_button_carries_the_filters(self, live):
        html = (
            signed_in(bob()).get(page(LIST), {"status__exact": "live", "q": "a"}).content.decode()
        )
        assert f"{page('knowledge_faq_list_as_csv')}?status__exact=live&amp;q=a" in html

    def test_filters_that_are_none(self, live):
        answer = signed_in(bob()).get(page("knowledge_faq_list_as_csv"), {"nonsense": "x"})
        assert answer.status_code == 302
        assert answer["Location"] == f"{page(LIST)}?e=1"


class TestList:
    def test_shows_imports(self, site):
        author = bob()
        worked_at(uploaded(site, author, csv_of(("How?", "So.")), name="spring.csv"))
        shown = said(signed_in(author).get(page("knowledge_faqimport_changelist")))
        assert "spring.csv" in shown
        assert "1 to import" in shown
