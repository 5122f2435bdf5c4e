"""What rows say, what they would change, and what comes of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.guard import spreadsheets
from apps.knowledge.contents import PHRASINGS_AT_MOST
from apps.knowledge.models import Category, Faq, FaqVariant, FaqVersion, IndexState
from apps.knowledge.sheets import cells, jobs, services
from apps.knowledge.sheets.limits import SheetLimits
from apps.knowledge.sheets.problems import sentence
from apps.sites.models import Site
from tests.knowledge.sheets import checked, csv_of, told, uploaded, worked_at, xlsx_of
from tests.staff import alice, bob

pytestmark = pytest.mark.django_db

FULL = ("question", "answer", "variants", "language", "category", "status", "source", "from")


@pytest.fixture
def author():
    return bob()


def imported(site, author, body, **wishes):
    sheet = checked(site, author, body, **wishes)
    assert services.begin_writing(sheet=sheet, by=author)
    return worked_at(sheet)


class TestCells:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+49", "-5", "@x", "\tx", "'=1", "''+1", "＝1", "'quoted'", "plain", "\\|"]
    )
    def test_a_shield_is_taken_away_again(self, text):
        shown = spreadsheets.shielded(text)
        assert not shown.startswith(("=", "+", "-", "@", "\t", "＝"))
        assert spreadsheets.unshielded(shown) == text

    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("", None),
            ("2026-01-31", "2026-01-31T00:00:00+00:00"),
            ("2026/1/31 9:05", "2026-01-31T09:05:00+00:00"),
            ("2026年1月31日", "2026-01-31T00:00:00+00:00"),
            ("2026-01-31 09:00:00+08:00", "2026-01-31T01:00:00+00:00"),
            ("2026-01-31T09:00Z", "2026-01-31T09:00:00+00:00"),
        ],
    )
    def test_dates(self, text, iso):
        assert cells.date(text) == iso

    @pytest.mark.parametrize(
        "text", ["31.01.2026", "2026-02-30", "tomorrow", "0000-01-01", "46053"]
    )
    def test_no_dates(self, text):
        with pytest.raises(cells.Wrong, match="date"):
            cells.date(text)

    @pytest.mark.parametrize(
        ("text", "status"),
        [("Draft", "draft"), ("草稿", "draft"), ("In review", "review"), ("LIVE", "live")],
    )
    def test_statuses(self, text, status):
        assert cells.status(text) == status

    def test_variants_stand_on_lines_or_between_bars(self):
        assert cells.variants("a | b\nc||A") == ["a", "b", "c"]
        assert cells.variants(cells.variants_cell(["one | two", "x"])) == ["one | two", "x"]

    def test_no_more_variants_than_an_entry_may_have(self):
        most = [f"way {n}" for n in range(PHRASINGS_AT_MOST)]
        assert cells.variants("|".join(most)) == most
        with pytest.raises(cells.Wrong) as caught:
            cells.variants("|".join([*most, "one more"]))
        assert sentence(caught.value.code, caught.value.params) == (
            "201 phrasings; at most 200 fit."
        )


class TestPreview:
    def test_writes_nothing(self, author, site):
        sheet = checked(site, author, csv_of(("How?", "So."), ("Why?", "Because.")))
        assert (sheet.state, sheet.counts) == ("ready", {"new": 2})
        assert not Faq.objects.exists()
        assert not IndexState.objects.exists()

    def test_every_problem_of_a_row_is_told(self, author, site, category):
        row = ("", "x" * 4001, "y" * 301, "fr", "tea", "public", "shop", "soon")
        head = (*FULL[:-1], "valid from")
        sheet = checked(site, author, csv_of(row, head=head))
        assert told(sheet)[2] == (
            "error",
            [
                "question: blank",
                "answer: too_long",
                "variants: too_long",
                "language: language",
                "category: category",
                "status: status",
                "source: url",
                "valid_from: date",
            ],
        )
        assert sheet.rows.get().problems[5]["value"] == "public"

    def test_control_characters_and_cells_without_a_text(self, author, site):
        sheet = checked(site, author, csv_of(("a\0b", "c")))
        assert told(sheet)[2] == ("error", ["question: control"])
        sheet = checked(site, author, xlsx_of(("=A1", "c")))
        assert told(sheet)[2] == ("error", ["question: no_result"])

    def test_duplicates_in_the_file_and_among_the_entries(self, author, site, live):
        rows = (("New?", "a"), ("new? ", "b"), ("WHERE ARE YOU?", "Hangzhou."))
        sheet = checked(site, author, csv_of(*rows))
        assert told(sheet) == {
            2: ("new", []),
            3: ("duplicate", ["question: same_row"]),
            4: ("changed" if sheet.existing == "update" else "kept", []),
        }

    def test_an_entry_that_says_the_same_is_unchanged(self, author, site, live):
        head = ("question", "answer", "variants")
        body = csv_of(("Where are you?", "Hangzhou.\r\n", "your address"), head=head)
        assert checked(site, author, body, existing="update").counts == {"unchanged": 1}

    def test_by_number_the_question_itself_changes(self, author, site, live):
        body = csv_of((str(live.pk), "Where?", "Hangzhou."), head=("id", "question", "answer"))
        assert checked(site, author, body, existing="update").counts == {"changed": 1}

    def test_numbers_that_lead_nowhere(self, author, site, live):
        other = Site.objects.create(key="other", name="Other")
        theirs = Faq.objects.create(site=other, language="en", question="q", answer="a")
        rows = [(str(theirs.pk), "A?", "a"), ("999999", "B?", "b"), ("x", "C?", "c")]
        sheet = checked(site, author, csv_of(*rows, head=("id", "question", "answer")))
        codes = [problems for _, problems in told(sheet).values()]
        assert codes == [["id: unknown_id"], ["id: unknown_id"], ["id: number"]]

    def test_another_entry_asks_the_same(self, author, site, live, draft):
        rows = [(str(draft.pk), "where are you?", "x")]
        body = csv_of(*rows, head=("id", "question", "answer"))
        sheet = checked(site, author, body, existing="update")
        assert told(sheet)[2] == ("duplicate", ["question: same_stored"])

    def test_the_end_before_the_start_of_the_entry(self, author, site, live):
        Faq.objects.filter(pk=live.pk).update(valid_from=timezone.now())
        body = csv_of(
            ("Where are you?", "b", "2020-01-01"), head=("question", "answer", "valid until")
        )
        sheet = checked(site, author, body, existing="update")
        assert told(sheet)[2] == ("error", ["valid_until: order"])

    def test_only_publishers_may_bring_in_what_is_live(self, author, site, live):
        rows = [("New?", "a", "live"), ("Where are you?", "Shanghai.", "")]
        body = csv_of(*rows, head=("question", "answer", "status"))
        sheet = checked(site, alice(), body, existing="update")
        assert told(sheet) == {
            2: ("error", ["status: publish"]),
            3: ("error", ["status: locked"]),
        }
        assert checked(site, author, body, existing="update").counts == {"new": 1, "changed": 1}

    def test_categories_by_any_of_their_names(self, author, site, category):
        Category.objects.filter(pk=category.pk).update(name_zh_hans="配送")
        rows = [("A?", "a", "delivery"), ("B?", "b", "Delivery"), ("C?", "c", "配送")]
        sheet = checked(site, author, csv_of(*rows, head=("question", "answer", "分类")))
        assert {row.values["category"] for row in sheet.rows.all()} == {category.pk}

    def test_a_bare_comma_cuts_no_answer_off(self, author, site):
        body = b"question,answer,,\nWhen?,Soon, I hope,,\nWhere?,Here,,\nWho?,,You,and me\n"
        sheet = checked(site, author, body)
        assert told(sheet) == {
            2: ("error", ["answer: cut_off"]),
            3: ("new", []),
            4: ("error", ["answer: blank", "answer: cut_off"]),
        }
        row = sheet.rows.get(number=2)
        assert row.problems[0]["value"] == "I hope"
        assert row.problems[0]["params"] == {"count": 5, "limit": 2}

    def test_a_workbook_may_have_notes_beside_its_table(self, author, site):
        body = xlsx_of(("When?", "Soon", "ask Ann"))
        assert checked(site, author, body, name="faq.xlsx").counts == {"new": 1}

    def test_blank_lines_are_no_header(self, author, site):
        sheet = checked(site, author, b"\n ,\nquestion,answer\nWhen?,Soon\n")
        assert sheet.counts == {"new": 1}
        sheet = checked(site, author, b"\n ,  \n\n")
        assert (sheet.problem or {})["code"] == "empty"

    def test_a_header_and_no_rows(self, author, site):
        sheet = checked(site, author, csv_of())
        assert (sheet.state, (sheet.problem or {})["code"]) == ("failed", "only_header")

    def test_more_rows_than_may_be(self, author, site, settings):
        settings.SHEETS = SheetLimits(rows=2)
        sheet = checked(site, author, csv_of(("A?", "a"), ("B?", "b"), ("C?", "c")))
        assert sheet.problem == {"code": "too_many_rows", "params": {"limit": 2}}

    def test_columns_can_be_chosen(self, author, site):
        sheet = checked(site, author, csv_of(("How?", "So."), head=("Frage", "Antwort")))
        assert (sheet.state, sheet.facts["headings"]) == ("columns", ["Frage", "Antwort"])
        assert services.check_again(sheet=sheet, chosen={"question": 0, "answer": 1})
        assert worked_at(sheet).counts == {"new": 1}

    def test_another_encoding_can_be_chosen(self, author, site):
        sheet = checked(site, author, csv_of(("问题", "答案")))
        assert services.check_again(sheet=sheet, encoding="gb18030")
        assert worked_at(sheet).facts["encoding"] == "gb18030"
        assert sheet.rows.get().values["question"] != "问题"


class TestWriting:
    def test_adds_with_everything(self, author, site, category):
        head = (*FULL[:-1], "valid from", "valid until", "high risk")
        row = (
            "How?", "So.\nAnd so.", "a\nb", "中文", "delivery", "live", "https://x.example/", "2026-01-01",
            "2030-01-01", "是",
        )  # fmt: skip
        sheet = imported(site, author, csv_of(row, head=head))
        assert (sheet.state, sheet.count("written")) == ("done", 1)
        faq = Faq.objects.get()
        assert (faq.question, faq.answer, faq.language) == ("How?", "So.\nAnd so.", "zh-Hans")
        assert (faq.category, faq.status, faq.owner) == (category, "live", author)
        assert (faq.source_url, faq.high_risk) == ("https://x.example/", True)
        assert (faq.valid_from.year, faq.valid_until.year) == (2026, 2030)
        assert {variant.text for variant in faq.variants.all()} == {"a", "b"}
        version = FaqVersion.objects.get(faq=faq)
        assert (version.origin, version.author) == ("import", author)

    def test_good_rows_are_taken_and_bad_ones_left(self, author, site):
        sheet = imported(site, author, csv_of(("A?", "a"), ("B?", ""), ("C?", "c")))
        assert sheet.counts == {"new": 2, "error": 1, "written": 2, "searched": 0}
        assert Faq.objects.count() == 2

    def test_a_column_that_is_missing_leaves_the_entry_as_it_is(self, author, site, live, category):
        Faq.objects.filter(pk=live.pk).update(category=category, high_risk=True)
        sheet = imported(site, author, csv_of(("Where are you?", "Shanghai.")), existing="update")
        assert sheet.count("updated") == 1
        live.refresh_from_db()
        assert (live.answer, live.category, live.high_risk) == ("Shanghai.", category, True)
        assert live.variants.get().text == "your address"

    def test_skipping_leaves_entries_alone(self, author, site, live):
        sheet = checked(site, author, csv_of(("Where are you?", "Shanghai.")))
        assert sheet.counts == {"kept": 1}
        assert not services.begin_writing(sheet=sheet, by=author)

    def test_the_index_is_wanted_once(self, author, site):
        rows = [(f"Question {n}?", "a") for n in range(jobs.BATCH + 5)]
        sheet = imported(site, author, csv_of(*rows), status="live")
        assert sheet.count("written") == jobs.BATCH + 5
        assert IndexState.objects.get(site=site).wanted == 1

    def test_drafts_want_no_index(self, author, site):
        imported(site, author, csv_of(("A?", "a")))
        assert not IndexState.objects.exists()

    def test_what_was_changed_since_the_preview_is_left(self, author, site, live, draft):
        rows = [("Where are you?", "Shanghai."), ("How long?", "One day."), ("New?", "n")]
        sheet = checked(site, author, csv_of(*rows), existing="update")
        Faq.objects.filter(pk=live.pk).update(answer="Beijing.", updated_at=timezone.now())
        draft.delete()
        Faq.objects.create(site=site, language="en", question="New?", answer="theirs")
        services.begin_writing(sheet=sheet, by=author)
        assert worked_at(sheet).count("failed") == 3
        codes = [row.problems[0]["code"] for row in sheet.rows.order_by("number")]
        assert codes == ["moved", "gone", "added"]
        live.refresh_from_db()
        assert live.answer == "Beijing."

    def test_a_category_that_went(self, author, site, category):
        body = csv_of(("A?", "a", "delivery"), head=("question", "answer", "category"))
        sheet = checked(site, author, body)
        category.delete()
        services.begin_writing(sheet=sheet, by=author)
        assert worked_at(sheet).rows.get().problems[0]["code"] == "category_gone"

    def test_a_permission_that_went(self, author, site, live):
        sheet = checked(site, author, csv_of(("A?", "a")), status="live")
        author.user_permissions.set(author.user_permissions.exclude(codename="publish_faq"))
        services.begin_writing(sheet=sheet, by=author)
        assert worked_at(sheet).rows.get().problems[0]["code"] == "locked"


class TestUndo:
    def test_takes_back_all_that_was_not_touched(self, author, site, live):
        rows = [("Where are you?", "Shanghai.", "x"), ("A?", "a", ""), ("B?", "b", "")]
        body = csv_of(*rows, head=("question", "answer", "variants"))
        sheet = imported(site, author, body, existing="update")
        later = timezone.now() + timedelta(seconds=1)
        Faq.objects.filter(question="B?").update(answer="mine", updated_at=later)
        assert services.undo(sheet=sheet, by=sheet.author)
        worked_at(sheet)
        assert (sheet.state, sheet.count("undone"), sheet.count("touched")) == ("undone", 2, 1)
        live.refresh_from_db()
        assert live.answer == "Hangzhou."
        assert [variant.text for variant in live.variants.all()] == ["your address"]
        assert set(Faq.objects.values_list("question", flat=True)) == {"Where are you?", "B?"}
        assert IndexState.objects.get(site=site).wanted == 2

    def test_is_offered_once(self, author, site):
        sheet = imported(site, author, csv_of(("A?", "a")))
        assert services.undo(sheet=sheet, by=sheet.author)
        assert not services.undo(sheet=sheet, by=sheet.author)
        worked_at(sheet)
        assert not services.may_undo(sheet)

    def test_one_who_may_not_publish_takes_back_no_live_ones(self, author, site):
        sheet = imported(site, author, csv_of(("A?", "a")), status="live")
        author.user_permissions.set(author.user_permissions.exclude(codename="publish_faq"))
        services.undo(sheet=sheet, by=sheet.author)
        assert worked_at(sheet).count("touched") == 1

    def test_not_after_its_rows_are_gone(self, author, site):
        sheet = imported(site, author, csv_of(("A?", "a")))
        type(sheet).objects.update(created_at=timezone.now() - timedelta(days=8))
        assert jobs.sweep_out() == 1
        assert not sheet.rows.exists()
        assert not sheet.parts.exists()
        assert not services.may_undo(sheet)
        assert jobs.sweep_out() == 0

    def test_what_nobody_decided_on_ends_with_its_rows(self, author, site):
        sheet = checked(site, author, csv_of(("A?", "a")))
        type(sheet).objects.update(created_at=timezone.now() - timedelta(days=8))
        jobs.sweep_out()
        sheet.refresh_from_db()
        assert sheet.state == "cancelled"
        assert FaqVariant.objects.count() == 0


def test_an_upload_is_put_together_again(author, site):
    rows = [(f"Question {n}?", "x" * 3_000) for n in range(500)]
    sheet = uploaded(site, author, csv_of(*rows))
    assert sheet.parts.count() == 3
    assert worked_at(sheet).counts == {"new": 500}
