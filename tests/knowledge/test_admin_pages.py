"""The pages of the knowledge admin: the inbox of questions, and what all of them share."""

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.knowledge.models import Category, Faq, FaqVariant, IndexState, UnansweredQuestion
from apps.sites.models import Site
from tests.staff import HOSTILE, bob, carol, form_data, olga, page, signed_in

pytestmark = pytest.mark.django_db

LIST = "knowledge_faq_changelist"
CHANGE = "knowledge_faq_change"


class TestQuestions:
    def test_a_question_becomes_a_draft_and_is_then_handled(self, asked):
        client = signed_in(bob())
        answer = client.get(page("knowledge_unansweredquestion_make_draft", asked.pk), follow=True)
        data = form_data(answer)
        assert data["question"] == "Do you sponsor bands?"
        assert UnansweredQuestion.objects.open().exists()
        client.post(answer.redirect_chain[-1][0], {**data, "answer": "Not yet."})
        assert Faq.objects.filter(question="Do you sponsor bands?", status="draft").exists()
        assert not UnansweredQuestion.objects.open().exists()

    def test_the_session_is_a_link_for_those_who_may_open_it(self, asked):
        user = bob()
        path = page("knowledge_unansweredquestion_change", asked.pk)
        session = page("chat_session_change", asked.session)
        shown = signed_in(user).get(path).content.decode()
        assert session not in shown
        assert str(asked.session)[:8] in shown
        user.user_permissions.add(
            Permission.objects.get(codename="view_session", content_type__app_label="chat")
        )
        assert session in signed_in(user).get(path).content.decode()


class TestPages:
    @pytest.mark.parametrize("name", ["faq", "category", "unansweredquestion"])
    def test_are_closed_to_others(self, name):
        client = signed_in(carol())
        path = page(f"knowledge_{name}_changelist")
        assert client.get(path).status_code == 403
        assert path not in client.get(page("index")).content.decode()

    def test_open_for_a_superuser(self, draft, live, asked, category):
        client = signed_in(olga())
        for name, row in (("faq", live), ("category", category), ("unansweredquestion", asked)):
            assert client.get(page(f"knowledge_{name}_changelist")).status_code == 200
            assert client.get(page(f"knowledge_{name}_change", row.pk)).status_code == 200
            assert client.get(page(f"knowledge_{name}_history", row.pk)).status_code == 200
        for name in ("faq", "category"):
            assert client.get(page(f"knowledge_{name}_add")).status_code == 200
        assert client.get(page("knowledge_unansweredquestion_add")).status_code == 403

    def test_show_hostile_text_as_text(self, draft, asked, category):
        Faq.objects.update(question=HOSTILE, answer=HOSTILE)
        FaqVariant.objects.create(faq=draft, text=HOSTILE)
        Category.objects.update(name_en=HOSTILE)
        UnansweredQuestion.objects.update(text=HOSTILE)
        Site.objects.update(name=HOSTILE)
        client = signed_in(olga())
        for path in (
            page(LIST),
            page(CHANGE, draft.pk),
            page("knowledge_faq_history", draft.pk),
            page("knowledge_faq_delete", draft.pk),
            page("knowledge_category_changelist"),
            page("knowledge_category_change", category.pk),
            page("knowledge_unansweredquestion_changelist"),
            page("knowledge_unansweredquestion_change", asked.pk),
            page("knowledge_faq_add") + f"?answers={asked.pk}",
        ):
            html = client.get(path).content.decode()
            assert "<script>alert" not in html, path
            assert "&lt;script&gt;alert" in html, path

    def test_the_list_finds_phrasings_once(self, live):
        FaqVariant.objects.create(faq=live, text="the address of your store")
        answer = signed_in(bob()).get(page(LIST), {"q": "address"})
        assert [faq.pk for faq in answer.context["cl"].result_list] == [live.pk]

    def test_the_list_asks_no_more_for_more_rows(
        self, site, category, django_assert_max_num_queries: DjangoAssertNumQueries
    ):
        Faq.objects.bulk_create(
            Faq(site=site, category=category, language="en", question=f"q{n}", answer="a")
            for n in range(30)
        )
        client = signed_in(olga())
        client.get(page(LIST))
        with django_assert_max_num_queries(18):
            assert client.get(page(LIST)).status_code == 200

    def test_the_list_shows_the_state_of_the_index(self, live, site):
        IndexState.objects.create(site=site, wanted=3, built=2, entries=1, built_at=timezone.now())
        html = signed_in(bob()).get(page(LIST)).content.decode()
        assert "1 entry in search" in html
        assert "version 2" in html
        assert "changes on their way" in html
