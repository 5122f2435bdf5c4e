"""The knowledge admin: who may do what, and that search follows every change."""

from typing import Any

import pytest

from apps.knowledge.models import Category, Faq, IndexState
from apps.sites.models import Site
from tests.staff import alice, bob, form_data, page, signed_in

pytestmark = pytest.mark.django_db

LIST = "knowledge_faq_changelist"
CHANGE = "knowledge_faq_change"


def wanted(site: Site) -> int:
    return IndexState.objects.filter(site=site).values_list("wanted", flat=True).first() or 0


def send(client: Any, faq: Faq, **changes: str) -> Any:
    """Opens the form of an entry and sends it back with changes."""
    path = page(CHANGE, faq.pk)
    return client.post(path, {**form_data(client.get(path)), **changes}, follow=True)


def act(client: Any, name: str, *entries: Faq) -> Any:
    chosen = {"action": name, "_selected_action": [faq.pk for faq in entries]}
    return client.post(page(LIST), chosen, follow=True)


def errors(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


class TestPublishing:
    def test_an_editor_is_not_offered_live_and_cannot_send_it(self, draft):
        client = signed_in(alice())
        form = client.get(page(CHANGE, draft.pk)).context["adminform"].form
        assert [value for value, _ in form.fields["status"].choices] == ["draft", "review"]
        answer = send(client, draft, status="live")
        assert "status" in errors(answer)
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_an_editor_sends_to_review(self, draft):
        send(signed_in(alice()), draft, status="review")
        draft.refresh_from_db()
        assert draft.status == "review"

    def test_a_publisher_sets_live_and_is_told_when_it_is_found(self, draft, site):
        before = wanted(site)
        answer = send(signed_in(bob()), draft, status="live")
        draft.refresh_from_db()
        assert draft.is_live
        assert wanted(site) > before
        assert b"Searchable within 5 seconds." in answer.content

    def test_what_is_live_is_not_deleted_by_an_editor(self, live):
        client = signed_in(alice())
        gone = client.post(page("knowledge_faq_delete", live.pk), {"post": "yes"})
        assert gone.status_code == 403
        assert Faq.objects.filter(pk=live.pk).exists()

    def test_what_is_live_is_not_deleted_in_bulk_by_an_editor(self, live, draft):
        client = signed_in(alice())
        chosen = {"action": "delete_selected", "_selected_action": [live.pk, draft.pk]}
        client.post(page(LIST), {**chosen, "post": "yes"})
        assert Faq.objects.count() == 2

    def test_a_draft_that_went_live_meanwhile_is_only_proposed(self, draft):
        client = signed_in(alice())
        data = form_data(client.get(page(CHANGE, draft.pk)))
        Faq.objects.update(status="live")
        assert client.post(page(CHANGE, draft.pk), {**data, "answer": "Mine."}).status_code == 302
        draft.refresh_from_db()
        assert (draft.answer, draft.proposal.content["answer"]) == ("Two days.", "Mine.")


class TestActions:
    def test_publish(self, draft, live, site):
        before = wanted(site)
        answer = act(signed_in(bob()), "publish", draft, live)
        draft.refresh_from_db()
        assert draft.is_live
        assert wanted(site) == before + 1
        assert b"1 entry is now: Live. Searchable within 5 seconds." in answer.content

    def test_publish_from_a_searched_and_sorted_list(self, draft):
        chosen = {"action": "publish", "_selected_action": [draft.pk]}
        signed_in(bob()).post(f"{page(LIST)}?q=long&o=5", chosen)
        draft.refresh_from_db()
        assert draft.is_live

    def test_publish_is_not_for_who_may_not_change(self, draft):
        reader = bob()
        reader.user_permissions.remove(*reader.user_permissions.filter(codename="change_faq"))
        act(signed_in(reader), "publish", draft)
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_publish_is_not_for_an_editor(self, draft, site):
        client = signed_in(alice())
        assert b'value="publish"' not in client.get(page(LIST)).content
        act(client, "publish", draft)
        draft.refresh_from_db()
        assert draft.status == "draft"

    @pytest.mark.parametrize(
        ("action", "status"), [("send_to_review", "review"), ("back_to_draft", "draft")]
    )
    def test_an_editor_moves_what_is_not_live(self, draft, live, action, status):
        Faq.objects.filter(pk=draft.pk).update(status="draft" if status == "review" else "review")
        answer = act(signed_in(alice()), action, draft, live)
        draft.refresh_from_db()
        live.refresh_from_db()
        assert (draft.status, live.status) == (status, "live")
        assert b"1 live entry was left as it is: you may not publish." in answer.content

    def test_a_publisher_takes_entries_back(self, live, site):
        before = wanted(site)
        act(signed_in(bob()), "back_to_draft", live)
        live.refresh_from_db()
        assert live.status == "draft"
        assert wanted(site) > before

    def test_delete_in_bulk(self, live, site):
        before = wanted(site)
        chosen = {"action": "delete_selected", "_selected_action": [live.pk], "post": "yes"}
        signed_in(bob()).post(page(LIST), chosen)
        assert not Faq.objects.exists()
        assert wanted(site) > before


class TestSearchFollows:
    def test_an_edited_answer(self, live, site):
        before = wanted(site)
        send(signed_in(bob()), live, answer="Hangzhou, by the lake.")
        assert wanted(site) > before

    def test_an_added_phrasing(self, live, site):
        before = wanted(site)
        send(signed_in(bob()), live, phrasings="your address\nwhere is your store")
        assert wanted(site) > before
        assert live.variants.count() == 2

    def test_a_deleted_entry(self, live, site):
        before = wanted(site)
        signed_in(bob()).post(page("knowledge_faq_delete", live.pk), {"post": "yes"})
        assert wanted(site) > before

    def test_an_entry_that_moved_to_another_site(self, live, site):
        other = Site.objects.create(key="other", name="Other")
        before = wanted(site)
        send(signed_in(bob()), live, site=str(other.pk))
        assert wanted(site) > before
        assert wanted(other) == 1

    def test_drafts_are_not_in_it(self, draft, site):
        before = wanted(site)
        client = signed_in(bob())
        send(client, draft, answer="Three days.")
        send(client, draft, status="review")
        client.post(page("knowledge_faq_delete", draft.pk), {"post": "yes"})
        assert not Faq.objects.exists()
        assert wanted(site) == before

    def test_an_entry_that_was_taken_back(self, live, site):
        before = wanted(site)
        send(signed_in(bob()), live, status="draft")
        assert wanted(site) == before + 1


class TestForm:
    def test_the_author_owns_a_new_entry(self, site):
        editor = alice()
        client = signed_in(editor)
        path = page("knowledge_faq_add")
        new = {"site": site.pk, "language": "en", "question": "New?", "answer": "Yes."}
        client.post(path, {**form_data(client.get(path)), **new})
        assert Faq.objects.get().owner == editor

    def test_a_phrasing_that_stands_twice_is_named(self, live):
        answer = send(signed_in(bob()), live, phrasings="your address\nYour ADDRESS")
        assert "“Your ADDRESS” stands here twice." in answer.content.decode()
        assert live.variants.count() == 1

    @pytest.mark.parametrize("url", ["ftp://x.example/a", "javascript:alert(1)"])
    def test_a_source_page_is_one_that_visitors_can_open(self, live, url):
        publisher = signed_in(bob())
        form = send(publisher, live, source_url=url).context["adminform"].form
        assert form.errors["source_url"]
        send(publisher, live, source_url="HTTPS://x.example/a")
        assert Faq.objects.get(pk=live.pk).source_url == "HTTPS://x.example/a"

    def test_what_is_wrong_is_listed_above_with_links(self, live):
        html = send(signed_in(bob()), live, question="", answer="").content.decode()
        assert "Correct these 2 places first" in html
        assert 'href="#id_question"' in html
        assert 'href="#id_answer"' in html

    def test_blank_rows_are_no_rows_and_emptied_ones_go(self, live):
        send(signed_in(bob()), live, phrasings=" \n\n   ")
        assert live.variants.count() == 0

    def test_category_of_another_site(self, draft):
        other = Site.objects.create(key="other", name="Other")
        theirs = Category.objects.create(site=other, slug="x", name_en="X")
        answer = send(signed_in(alice()), draft, category=str(theirs.pk))
        assert errors(answer) == {
            "category": [
                "This category belongs to the site “Other”. Choose one of “Northbird”, or none."
            ]
        }

    def test_language_that_the_site_does_not_speak(self, draft, site):
        Site.objects.filter(pk=site.pk).update(languages=["zh-Hans"])
        answer = send(signed_in(alice()), draft)
        assert errors(answer) == {
            "language": ["The site “Northbird” does not speak this language."]
        }

    def test_translation_in_the_same_language(self, draft, live):
        answer = send(signed_in(alice()), draft, translation_of=str(live.pk))
        assert errors(answer) == {"translation_of": ["That entry is in the same language."]}

    def test_translation_of_itself(self, draft):
        answer = send(signed_in(alice()), draft, translation_of=str(draft.pk))
        assert errors(answer) == {"translation_of": ["An entry cannot be its own translation."]}

    def test_validity_that_ends_before_it_starts(self, draft):
        dates = {"valid_from_0": "2026-02-01", "valid_from_1": "10:00:00"}
        dates |= {"valid_until_0": "2026-01-01", "valid_until_1": "10:00:00"}
        answer = send(signed_in(alice()), draft, **dates)
        assert "The end of validity must come after its start." in answer.content.decode()

    def test_a_copy_starts_as_a_draft_with_the_phrasings(self, live):
        client = signed_in(alice())
        answer = client.get(page("knowledge_faq_copy_to_draft", live.pk), follow=True)
        data = form_data(answer)
        assert (data["status"], data["phrasings"]) == ("draft", "your address")
        client.post(answer.redirect_chain[-1][0], {**data, "question": "Where is your store?"})
        copy = Faq.objects.exclude(pk=live.pk).get()
        assert (copy.question, copy.status) == ("Where is your store?", "draft")
        assert copy.variants.get().text == "your address"

    def test_a_copy_shows_nothing_to_who_may_not_read(self, live):
        writer = alice()
        writer.user_permissions.set(writer.user_permissions.filter(codename="add_faq"))
        html = signed_in(writer).get(page("knowledge_faq_add"), {"copy_of": live.pk}).content
        assert b"Hangzhou" not in html

    @pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²"])
    def test_a_source_that_is_none_gives_an_empty_form(self, number, site):
        client = signed_in(alice())
        for name in ("copy_of", "answers"):
            answer = client.get(page("knowledge_faq_add"), {name: number})
            assert form_data(answer).get("question", "") == ""
