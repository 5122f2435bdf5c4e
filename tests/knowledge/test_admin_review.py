"""Editing what is live, reviewing it, and two who edit the same."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404

from apps.knowledge.models import Faq, FaqVersion, Proposal
from apps.knowledge.services import save_entry, set_status
from tests.staff import HOSTILE, alice, bob, carol, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "knowledge_faq_changelist"
CHANGE = "knowledge_faq_change"
REVIEW = "knowledge_faq_review"


def read(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(texts(response.content.decode()))


def send(client: Any, faq: Faq, **changes: str) -> Any:
    path = page(CHANGE, faq.pk)
    return client.post(path, {**form_data(client.get(path)), **changes}, follow=True)


def review(client: Any, faq: Faq, **sent: str) -> Any:
    """Opens the reviewer's page and presses a button on it."""
    path = page(REVIEW, faq.pk)
    seen = client.get(path).context["seen"]
    return client.post(path, {"seen": seen, **sent}, follow=True)


class TestProposing:
    def test_an_editor_changes_what_is_live_and_it_waits(self, live):
        client = signed_in(alice())
        answer = send(client, live, answer="By the lake.", phrasings="your address\nnew one")
        assert "Your change waits for review." in read(answer)
        live.refresh_from_db()
        assert (live.answer, live.variants.count()) == ("Hangzhou.", 1)
        assert live.proposal.content["phrasings"] == ["your address", "new one"]
        assert "change waiting for review" in read(client.get(page(LIST)))
        assert [faq.pk for faq in found(client, review="waiting")] == [live.pk]

    def test_the_editor_goes_on_where_the_change_stands(self, live):
        client = signed_in(alice())
        send(client, live, answer="By the lake.")
        response = client.get(page(CHANGE, live.pk))
        assert form_data(response)["answer"] == "By the lake."
        assert "You are editing that change" in read(response)
        send(client, live, answer="By the west lake.")
        assert Proposal.objects.get().content["answer"] == "By the west lake."

    def test_the_publisher_sees_the_live_text_and_is_told(self, live):
        send(signed_in(alice()), live, answer="By the lake.")
        response = signed_in(bob()).get(page(CHANGE, live.pk))
        assert form_data(response)["answer"] == "Hangzhou."
        assert "A change to this entry waits for review." in read(response)

    def test_site_language_status_and_owner_are_not_proposed(self, live):
        client = signed_in(alice())
        send(client, live, status="draft", language="zh-Hans", answer="By the lake.")
        content = Proposal.objects.get().content
        assert (content["status"], content["language"]) == ("live", "en")


class TestReviewing:
    def test_a_change_is_shown_beside_the_live_text_and_published(self, live):
        author = alice()
        send(signed_in(author), live, answer="By the lake.")
        client = signed_in(bob())
        shown = client.get(page(REVIEW, live.pk)).content.decode()
        assert '<del class="hd-del">Hangzhou</del>' in shown
        assert "alice" in shown
        answer = review(client, live, publish="1")
        assert "Published. Searchable within 5 seconds." in read(answer)
        live.refresh_from_db()
        assert live.answer == "By the lake."
        assert FaqVersion.objects.first().proposed_by == author

    def test_a_change_is_returned_with_a_note(self, live):
        editor = signed_in(alice())
        send(editor, live, answer="By the lake.")
        assert "Write a note first" in read(review(signed_in(bob()), live, **{"return": "1"}))
        review(
            signed_in(User.objects.get(username="bob")), live, note="Which lake?", **{"return": "1"}
        )
        assert "Which lake?" in read(editor.get(page(CHANGE, live.pk)))
        assert "returned with a note" in read(editor.get(page(LIST)))
        assert [faq.pk for faq in found(editor, review="returned")] == [live.pk]

    def test_a_new_entry_is_called_new_and_the_reviewer_told_what_to_look_at(self, draft, live):
        Faq.objects.filter(pk=draft.pk).update(status="review", question="where are you")
        shown = read(signed_in(bob()).get(page(REVIEW, draft.pk)))
        assert "New: visitors have not seen this entry yet" in shown
        assert "Fewer than 3 phrasings" in shown

    def test_an_entry_that_was_live_is_compared_with_that(self, live):
        set_status(entries=[live], status=Faq.Status.DRAFT)
        save_entry(entry=with_answer(live, "By the lake."), phrasings=None, author=None)
        set_status(entries=[live], status=Faq.Status.REVIEW)
        shown = read(signed_in(bob()).get(page(REVIEW, live.pk)))
        assert "Since it was last live" in shown

    def test_what_the_reviewer_did_not_see_is_not_published(self, live):
        editor, reviewer = signed_in(alice()), signed_in(bob())
        send(editor, live, answer="By the lake.")
        seen = reviewer.get(page(REVIEW, live.pk)).context["seen"]
        send(editor, live, answer="By the sea.")
        answer = reviewer.post(page(REVIEW, live.pk), {"seen": seen, "publish": "1"}, follow=True)
        assert "It was changed while you were reading." in read(answer)
        live.refresh_from_db()
        assert live.answer == "Hangzhou."

    def test_a_clash_with_what_was_published_meanwhile_is_told(self, live):
        editor, reviewer = signed_in(alice()), signed_in(bob())
        send(editor, live, answer="By the lake.")
        send(reviewer, live, answer="In Hangzhou city.")
        assert "changed in the same place" in read(reviewer.get(page(REVIEW, live.pk)))

    def test_an_editor_reads_it_but_may_not_act(self, live):
        client = signed_in(alice())
        send(client, live, answer="By the lake.")
        assert client.get(page(REVIEW, live.pk)).status_code == 200
        assert client.post(page(REVIEW, live.pk), {"publish": "1"}).status_code == 403
        review(client, live, withdraw="1")
        assert not Proposal.objects.exists()

    def test_only_the_change_that_was_seen_is_dropped(self, live):
        editor, reviewer = signed_in(alice()), signed_in(bob())
        send(editor, live, answer="By the lake.")
        seen = reviewer.get(page(REVIEW, live.pk)).context["seen"]
        send(editor, live, answer="By the sea.")
        sent = {"seen": seen, "withdraw": "1"}
        answer = reviewer.post(page(REVIEW, live.pk), sent, follow=True)
        assert "It was changed while you were reading." in read(answer)
        assert Proposal.objects.get().content["answer"] == "By the sea."

    def test_dropping_twice_is_told(self, live):
        client = signed_in(alice())
        send(client, live, answer="By the lake.")
        seen = client.get(page(REVIEW, live.pk)).context["seen"]
        for said in ("The change is dropped.", "It was changed while you were reading."):
            sent = {"seen": seen, "withdraw": "1"}
            assert said in read(client.post(page(REVIEW, live.pk), sent, follow=True))

    def test_another_s_change_is_not_dropped(self, live):
        send(signed_in(alice()), live, answer="By the lake.")
        sent = {"seen": Faq.objects.get().stamp(), "withdraw": "1"}
        answer = signed_in(alice_too()).post(page(REVIEW, live.pk), sent)
        assert answer.status_code == 403
        assert Proposal.objects.exists()

    def test_what_went_while_it_was_read_is_told(self, live, monkeypatch):
        reviewer = signed_in(bob())

        def goes(*wanted: Any, **by: Any) -> Any:
            faq = get_object_or_404(*wanted, **by)
            Faq.objects.all().delete()
            return faq

        send(signed_in(alice()), live, answer="By the lake.")
        seen = reviewer.get(page(REVIEW, live.pk)).context["seen"]
        monkeypatch.setattr("apps.knowledge.admin.reviews.get_object_or_404", goes)
        for button in ("publish", "withdraw"):
            Faq.objects.bulk_create([live], ignore_conflicts=True)
            sent = {"seen": seen, button: "1"}
            answer = reviewer.post(page(REVIEW, live.pk), sent, follow=True)
            assert "It was changed while you were reading." in read(answer), button

    def test_too_many_phrasings_are_told_in_words_of_their_own(self, live):
        editor, reviewer = signed_in(alice()), signed_in(bob())
        send(editor, live, phrasings="\n".join(f"mine {n}" for n in range(150)))
        send(reviewer, live, phrasings="\n".join(f"theirs {n}" for n in range(150)))
        answer = review(reviewer, live, publish="1")
        assert "more than 200 phrasings" in read(answer)
        assert Proposal.objects.exists()

    def test_others_see_nothing(self, live):
        client = signed_in(carol())
        for name in (REVIEW, "knowledge_faq_history"):
            assert client.get(page(name, live.pk)).status_code == 403
        for name in ("knowledge_faq_try", "knowledge_faq_changes"):
            assert client.get(page(name)).status_code == 403


class TestTwoEditors:
    def test_the_second_loses_nothing_and_sees_what_the_first_changed(self, draft):
        one, two = signed_in(alice()), signed_in(bob())
        path = page(CHANGE, draft.pk)
        mine = {**form_data(two.get(path)), "answer": "Four days."}
        send(one, draft, answer="Three days.")
        answer = two.post(path, mine)
        shown = answer.content.decode()
        assert "alice saved this entry at" in shown
        assert '<del class="hd-del">Two</del><ins class="hd-ins">Three</ins>' in shown
        assert '<ins class="hd-ins">Four</ins>' in shown
        assert form_data(answer)["answer"] == "Four days."
        draft.refresh_from_db()
        assert draft.answer == "Three days."
        two.post(path, form_data(answer))
        draft.refresh_from_db()
        assert draft.answer == "Four days."

    def test_a_third_is_noticed_as_well(self, draft):
        one, two = signed_in(alice()), signed_in(bob())
        path = page(CHANGE, draft.pk)
        mine = {**form_data(two.get(path)), "answer": "Four days."}
        send(one, draft, answer="Three days.")
        again = form_data(two.post(path, mine))
        send(one, draft, answer="Five days.")
        assert "Five" in two.post(path, again).content.decode()
        draft.refresh_from_db()
        assert draft.answer == "Five days."

    def test_two_who_propose_at_once(self, live):
        one, two = signed_in(alice()), signed_in(alice_too())
        path = page(CHANGE, live.pk)
        mine = {**form_data(two.get(path)), "answer": "By the sea."}
        send(one, live, answer="By the lake.")
        answer = two.post(path, mine)
        assert "Somebody else saved this entry" in answer.content.decode()
        assert Proposal.objects.get().content["answer"] == "By the lake."
        two.post(path, form_data(answer))
        assert Proposal.objects.get().content["answer"] == "By the sea."

    def test_a_bad_field_beside_a_collision_is_no_error_of_ours(self, draft):
        client = signed_in(bob())
        data = form_data(client.get(page(CHANGE, draft.pk)))
        bad = {"opened_on": "nonsense", "question": "", "site": "x", "valid_from_0": "soon"}
        assert client.post(page(CHANGE, draft.pk), {**data, **bad}).status_code == 200


class TestHistory:
    HISTORY = "knowledge_faq_history"

    def test_shows_who_changed_what_word_by_word(self, draft):
        client = signed_in(alice())
        send(client, draft, answer="Three days.", phrasings="how soon")
        shown = client.get(page(self.HISTORY, draft.pk)).content.decode()
        assert '<del class="hd-del">Two</del><ins class="hd-ins">Three</ins> days.' in shown
        assert '<ins class="hd-ins">how soon</ins>' in shown
        assert "alice" in shown

    def test_restores_with_one_click(self, draft):
        client = signed_in(alice())
        send(client, draft, answer="Three days.")
        answer = client.post(page(self.HISTORY, draft.pk), {"version": "1"}, follow=True)
        assert "Version 1 is back." in read(answer)
        draft.refresh_from_db()
        assert draft.answer == "Two days."

    def test_what_is_live_is_restored_by_publishers_only(self, live):
        save_entry(entry=with_answer(live, "By the lake."), phrasings=None, author=None)
        editor = signed_in(alice())
        assert b'name="version"' not in editor.get(page(self.HISTORY, live.pk)).content
        assert editor.post(page(self.HISTORY, live.pk), {"version": "1"}).status_code == 403
        signed_in(bob()).post(page(self.HISTORY, live.pk), {"version": "1"})
        live.refresh_from_db()
        assert live.answer == "Hangzhou."

    def test_a_deleted_entry_is_listed_and_brought_back(self, live):
        client = signed_in(bob())
        client.post(page("knowledge_faq_delete", live.pk), {"post": "yes"})
        assert "Where are you?" in read(
            client.get(page("knowledge_faq_changes"), {"only": "deleted"})
        )
        assert "Where are you?" in read(client.get(page(self.HISTORY, live.pk)))
        answer = client.post(page(self.HISTORY, live.pk), {"version": "1"}, follow=True)
        assert "The entry is back, as a draft." in read(answer)
        assert Faq.objects.get().variants.get().text == "your address"

    @pytest.mark.parametrize("version", ["", "0", "99", "x", "-1", "\u0663", "9" * 30])
    def test_a_version_that_is_none(self, draft, version):
        answer = signed_in(bob()).post(page(self.HISTORY, draft.pk), {"version": version})
        assert answer.status_code == 404

    def test_hostile_text_is_text(self, draft):
        client = signed_in(bob())
        send(client, draft, question=HOSTILE, answer=HOSTILE, phrasings=HOSTILE)
        set_status(entries=[draft], status=Faq.Status.REVIEW)
        for path in (
            page(self.HISTORY, draft.pk), page("knowledge_faq_changes"), page(REVIEW, draft.pk),
            page(CHANGE, draft.pk),
        ):  # fmt: skip
            html = client.get(path).content.decode()
            assert "<script>alert" not in html, path
            assert "&lt;script&gt;" in html, path

    def test_asks_no_more_for_more_versions(self, draft, django_assert_max_num_queries):
        client = signed_in(bob())
        for number in range(25):
            save_entry(entry=with_answer(draft, f"{number} days."), phrasings=None, author=None)
        with django_assert_max_num_queries(16):
            assert client.get(page(self.HISTORY, draft.pk)).status_code == 200
        with django_assert_max_num_queries(16):
            assert client.get(page("knowledge_faq_changes")).status_code == 200


def found(client: Any, **filters: str) -> list[Faq]:
    response = client.get(page(LIST), filters)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def with_answer(faq: Faq, answer: str) -> Faq:
    faq = Faq.objects.get(pk=faq.pk)
    faq.answer = answer
    return faq


def alice_too() -> User:
    twin = User.objects.create(username="ann", is_staff=True)
    twin.user_permissions.set(User.objects.get(username="alice").user_permissions.all())
    return twin


def test_nothing_that_waits_is_told_in_its_own_words(site):
    html = signed_in(olga()).get(page(LIST), {"review": "waiting"}).content.decode()
    assert "Nothing waits for review" in html
    assert "Search for less" not in html
