"""What newcomers meet in the form and the lists of entries."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone, translation

from apps.knowledge.admin import trials
from apps.knowledge.admin.languages import doubt
from apps.knowledge.contents import PHRASINGS_AT_MOST
from apps.knowledge.models import Category, Faq, UnansweredQuestion
from apps.knowledge.services import save_entry, set_status
from apps.knowledge.sheets import cells, services
from apps.knowledge.sheets.problems import sentence
from apps.sites.models import Site
from tests.knowledge.sheets import checked, csv_of, worked_at
from tests.staff import alice, bob, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

ADD = "knowledge_faq_add"
CHANGE = "knowledge_faq_change"
LIST = "knowledge_faq_changelist"
INBOX = "knowledge_unansweredquestion_changelist"


@pytest.fixture
def other(site) -> Site:
    return Site.objects.create(key="south", name="Southbird")


def read(response) -> str:
    assert response.status_code == 200
    return " ".join(texts(response.content.decode()))


def sent(client, path: str, **changes: str):
    form = form_data(client.get(path))
    return client.post(path, {**form, **changes}, follow=True)


class TestDays:
    """A day without a time is its first moment, as in an import."""

    def test_are_taken(self, draft):
        sent(
            signed_in(olga()),
            page(CHANGE, draft.pk),
            valid_from_0="2026-01-31",
            valid_until_0="2026-03-01",
        )
        draft.refresh_from_db()
        assert draft.valid_from == datetime(2026, 1, 31, tzinfo=UTC)
        assert draft.valid_until == datetime(2026, 3, 1, tzinfo=UTC)

    def test_and_explained(self, draft):
        shown = read(signed_in(olga()).get(page(CHANGE, draft.pk)))
        assert "A day without a time counts from its first moment." in shown
        assert "A day without a time ends at its first moment" in shown

    def test_a_time_without_a_day_is_none(self, draft):
        answer = sent(signed_in(olga()), page(CHANGE, draft.pk), valid_from_1="09:00")
        assert "valid_from" in answer.context["adminform"].form.errors


class TestCategories:
    @pytest.fixture(autouse=True)
    def theirs(self, other, category) -> Category:
        return Category.objects.create(site=other, slug="post", name_en="Post")

    def choices(self, path: str) -> list[Any]:
        form = signed_in(olga()).get(path).context["adminform"].form
        return list(form.fields["category"].choices)

    def test_stand_under_their_sites(self, category, theirs):
        _blank, *groups = self.choices(page(ADD))
        assert groups == [
            ("Northbird", [(category.pk, "Delivery")]),
            ("Southbird", [(theirs.pk, "Post")]),
        ]
        html = signed_in(alice()).get(page(ADD)).content.decode()
        assert '<optgroup label="Southbird">' in html

    def test_of_the_chosen_site_come_first(self, other):
        groups = self.choices(f"{page(ADD)}?site={other.pk}")[1:]
        assert [name for name, _ in groups] == ["Southbird", "Northbird"]

    def test_of_one_site_stand_alone(self, category, other):
        other.delete()
        assert self.choices(page(ADD))[1:] == [(category.pk, "Delivery")]

    def test_of_an_entry_that_cannot_move_are_its_site_s(self, live, category):
        form = signed_in(alice()).get(page(CHANGE, live.pk)).context["adminform"].form
        assert list(form.fields["category"].choices)[1:] == [(category.pk, "Delivery")]

    def test_of_another_site_are_refused_with_what_to_do(self, draft, theirs):
        answer = sent(signed_in(olga()), page(CHANGE, draft.pk), category=str(theirs.pk))
        [error] = answer.context["adminform"].form.errors["category"]
        assert "“Southbird”" in error
        assert "Choose one of “Northbird”, or none." in error


class TestLists:
    @pytest.mark.parametrize("name", [LIST, INBOX])
    def test_name_the_site_when_there_are_several(self, name, live, asked):
        client = signed_in(olga())
        columns = client.get(page(name)).context["cl"].list_display
        assert "site" not in columns
        Site.objects.create(key="south", name="Southbird")
        answer = client.get(page(name))
        assert "site" in answer.context["cl"].list_display
        assert "Northbird" in read(answer)

    def test_a_site_without_entries_is_told_how_to_begin(self, live, other):
        client = signed_in(olga())
        answer = client.get(page(LIST), {"site__id__exact": other.pk})
        shown = read(answer)
        assert "No entries for Southbird yet" in shown
        assert "Nothing fits" not in shown
        html = answer.content.decode()
        assert f'href="{page(ADD)}?site={other.pk}"' in html
        assert f'href="{page("knowledge_faqimport_add")}?site={other.pk}"' in html
        for path in (page(ADD), page("knowledge_faqimport_add")):
            html = client.get(path, {"site": other.pk}).content.decode()
            assert f'<option value="{other.pk}" selected>Southbird' in html

    @pytest.mark.parametrize("more", [{"q": "zebra"}, {"status__exact": "live"}])
    def test_a_search_without_results_is_not(self, live, other, more):
        answer = signed_in(olga()).get(page(LIST), {"site__id__exact": other.pk, **more})
        assert "Nothing fits" in read(answer)

    def test_who_may_only_read_is_offered_nothing(self, live, other):
        client = signed_in(carol_who_reads())
        answer = client.get(page(LIST), {"site__id__exact": other.pk})
        assert "No entries for Southbird yet" in read(answer)
        assert page(ADD) not in answer.content.decode()

    @pytest.mark.parametrize("key", ["9" * 30, "nonsense", "\0"])
    def test_a_site_that_is_none(self, live, key):
        assert signed_in(olga()).get(page(LIST), {"site__id__exact": key}).status_code in (200, 302)

    def test_excerpts_are_without_marks(self, live):
        Faq.objects.update(answer="It is **free** within `30` days.\n- like so")
        shown = read(signed_in(olga()).get(page(LIST)))
        assert "It is free within 30 days. like so" in shown


def carol_who_reads():
    user = alice()
    user.user_permissions.set(Permission.objects.filter(codename="view_faq"))
    return user


class TestLanguages:
    @pytest.mark.parametrize(
        ("language", "answer", "is_told"),
        [
            ("en", "两到四个工作日送达。", True),
            ("en", "Pay with 支付宝 or by card.", False),
            ("zh-Hans", "It takes two to four working days.", True),
            ("zh-Hans", "https://shop.example/help/delivery/times", False),
            ("zh-Hans", "iPhone 15 Pro", False),
            ("zh-Hans", "两到四天。", False),
        ],
    )
    def test_the_answer_is_looked_at_by_itself(self, language, answer, is_told):
        words = "How long does the delivery of my parcel take, and when will it come at last?"
        question = words if language == "en" else "多久能送到？"
        assert bool(doubt(language, [question], answer)) is is_told

    def test_and_told_on_saving(self, site):
        answer = sent(
            signed_in(olga()),
            page(ADD),
            question="How long does delivery take to my house?",
            answer="两天。",
        )
        assert "the answer is written in Chinese" in answer.content.decode()


def ask(live: Faq, text: str, **values) -> UnansweredQuestion:
    row = {
        "turn": uuid.uuid4(), "session": uuid.uuid4(), "site": live.site, "language": "en",
        "text": text, "asked_at": timezone.now(), **values,
    }  # fmt: skip
    return UnansweredQuestion.objects.create(**row)


def is_open(question: UnansweredQuestion) -> bool:
    question.refresh_from_db()
    return question.handled_at is None


class TestWhatWasAsked:
    def test_in_the_words_of_a_live_entry_is_seen_to(self, live, asked):
        save_entry(entry=live, phrasings=["your address", "do you sponsor bands"], author=None)
        assert not is_open(asked)
        assert asked.outcome == "answered"

    @pytest.mark.parametrize(
        "values", [{"language": "zh-Hans"}, {"text": "Do you sponsor big bands?"}, {"site": None}]
    )
    def test_elsewhere_or_otherwise_stays_open(self, live, other, values):
        if "site" in values:
            values = {"site": other}
        question = ask(live, **{"text": "Do you sponsor bands?", **values})
        save_entry(entry=live, phrasings=["Do you sponsor bands"], author=None)
        assert is_open(question)

    def test_waits_for_the_entry_to_go_live(self, draft, live):
        question = ask(live, "how  LONG")
        save_entry(entry=draft, phrasings=["so long"], author=None)
        assert is_open(question)
        set_status(entries=[draft], status=Faq.Status.LIVE)
        assert not is_open(question)

    def test_stays_open_while_the_entry_is_not_valid(self, live, asked):
        live.valid_until = timezone.now()
        save_entry(entry=live, phrasings=["Do you sponsor bands?"], author=None)
        assert is_open(asked)

    def test_what_was_dismissed_stays_so(self, live, asked):
        UnansweredQuestion.objects.update(outcome="dismissed", handled_at=timezone.now())
        save_entry(entry=live, phrasings=["Do you sponsor bands?"], author=None)
        asked.refresh_from_db()
        assert asked.outcome == "dismissed"

    def test_is_seen_to_by_an_import_as_well(self, site, live, asked):
        author = bob()
        sheet = checked(site, author, csv_of(("Do you sponsor bands?", "No.")), status="live")
        services.begin_writing(sheet=sheet, by=author)
        worked_at(sheet)
        assert not is_open(asked)


class TestProblemsInTheReadersWords:
    def problems(self, site, language: str, column: str, value: str) -> str:
        body = csv_of(("q", "a", value), head=("question", "answer", column))
        sheet = checked(site, alice(), body)
        path = page("knowledge_faqimport_change", sheet.pk)
        return read(signed_in(olga(), language).get(path))

    @pytest.mark.parametrize(
        ("language", "column", "value", "options"),
        [
            ("zh-hans", "language", "fr", "“英语” “简体中文”"),
            ("en", "language", "fr", "“English” “Simplified Chinese”"),
            ("zh-hans", "status", "gone", "“草稿” “审核中” “已上线”"),
            ("en", "status", "gone", "“Draft” “In_review” “Live”"),
            ("zh-hans", "status", "live", "“草稿” “审核中”"),
        ],
    )
    def test_name_what_can_be_written(self, site, language, column, value, options):
        shown = self.problems(site, language, column, value)
        assert [one for one in options.split() if one.replace("_", " ") not in shown] == []

    @pytest.mark.parametrize(
        ("language", "name"), [("en", "Simplified Chinese"), ("zh-hans", "简体中文")]
    )
    def test_a_row_of_the_preview_names_its_language(self, site, language, name):
        body = csv_of(("多久？", "两天。", "中文"), head=("question", "answer", "language"))
        sheet = checked(site, bob(), body)
        shown = read(signed_in(olga(), language).get(page("knowledge_faqimport_change", sheet.pk)))
        assert name in shown
        assert "zh-Hans" not in shown

    def test_what_is_named_is_taken(self, site):
        for code in ("en", "zh-hans"):
            with translation.override(code):
                told = sentence("status", {"options": list(Faq.Status.values)})
                for label in Faq.Status.labels:
                    assert str(label) in told
                    assert cells.status(str(label))
                for known in ("en", "zh-Hans"):
                    told = sentence("language", {"options": [known]})
                    name = told[told.rindex("“") + 1 : told.rindex("”")]
                    assert cells.language(name, ("en", "zh-Hans")) == known


def test_a_trial_takes_no_more_phrasings_apart_than_an_entry_has(site, monkeypatch):
    taken: list[str] = []

    def counted(text: str) -> str:
        taken.append(text)
        return text.strip()

    monkeypatch.setattr(trials, "as_phrasing", counted)
    lines = "\n\n".join(f"line {n}" for n in range(PHRASINGS_AT_MOST * 3))
    sent = {"site": site.pk, "try_text": "x", "with_form": "on", "question": "q"}
    form = trials.TrialForm({**sent, "phrasings": lines})
    assert form.is_valid()
    unsaved = form.unsaved()
    assert unsaved
    assert len(taken) == len(unsaved.phrasings) == PHRASINGS_AT_MOST
