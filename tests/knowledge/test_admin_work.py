"""Trying questions out, language pairs, similar entries and the inbox of unanswered questions."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.knowledge import trial
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, FaqUse, Proposal, UnansweredQuestion
from apps.knowledge.services import knowledge_changed, save_entry
from tests.staff import alice, bob, form_data, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "knowledge_faq_changelist"
ADD = "knowledge_faq_add"
CHANGE = "knowledge_faq_change"
TRY = "knowledge_faq_try"
INBOX = "knowledge_unansweredquestion_changelist"


def read(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(texts(response.content.decode()))


def found(client: Any, name: str = LIST, **filters: str) -> list[Any]:
    response = client.get(page(name), filters)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


@pytest.fixture
def indexed(live):
    knowledge_changed(site_ids=[live.site_id])
    build_index(live.site_id)
    return live


@pytest.fixture
def chinese(live):
    faq = Faq(
        site=live.site, language="zh-Hans", question="你们在哪里？", answer="杭州。",
        translation_of=live, status="live",
    )  # fmt: skip
    save_entry(entry=faq, phrasings=["地址是什么"], author=None)
    return faq


class TestTrying:
    def ask(self, client, faq, text, **sent):
        return client.post(page(TRY), {"site": faq.site_id, "try_text": text, **sent})

    def test_an_answer_with_its_entry_and_the_phrasing_that_matched(self, indexed):
        shown = read(self.ask(signed_in(alice()), indexed, "your address please"))
        assert "The bot answers with this entry." in shown
        assert "Hangzhou." in shown
        assert "your address" in shown

    def test_the_button_sends_the_form_that_it_stands_in(self, indexed):
        """A button that names another form, or is named for the page, would send nothing."""
        html = signed_in(alice()).get(page(TRY)).content.decode()
        [button] = re.findall(r"<button type=\"submit\"[^>]*>", html[html.index("hd-try") :])[:1]
        assert "form=" not in button
        assert "title=" not in button

    def test_a_question_that_nothing_answers(self, indexed):
        shown = read(self.ask(signed_in(alice()), indexed, "zebra crossings"))
        assert "The bot says that it does not know, and offers a person." in shown

    def test_small_talk_and_the_wish_for_a_person(self, indexed):
        client = signed_in(alice())
        assert "hands the visitor over" in read(self.ask(client, indexed, "talk to a person"))
        assert "takes this as a greeting" in read(self.ask(client, indexed, "hello"))

    def test_a_high_risk_entry_leaves_it_to_a_person(self, indexed, draft):
        client = signed_in(alice())
        unsaved = {
            "with_form": "on", "high_risk": "on", "language": "en",
            "question": "how do I take the blue pill", "answer": "never",
        }  # fmt: skip
        asked = "my pill is red and my bus is late"
        shown = read(self.ask(client, indexed, asked, drafts="on", **unsaved))
        assert "high risk" in shown

    def test_drafts_answer_only_on_request(self, indexed, draft):
        client = signed_in(alice())
        assert "Two days." not in read(self.ask(client, indexed, "How long?"))
        assert "Two days." in read(self.ask(client, indexed, "How long?", drafts="on"))

    def test_a_change_that_waits_is_tried_with_the_drafts(self, indexed):
        client = signed_in(alice())
        path = page(CHANGE, indexed.pk)
        client.post(path, {**form_data(client.get(path)), "answer": "By the lake."})
        assert "By the lake." in read(self.ask(client, indexed, "your address", drafts="on"))
        assert "By the lake." not in read(self.ask(client, indexed, "your address"))

    def test_the_text_of_the_form_stands_in_for_the_entry(self, indexed):
        client = signed_in(alice())
        unsaved = {
            "with_form": "on", "entry": indexed.pk, "question": "Where are you?",
            "answer": "On the moon.", "phrasings": "lunar office", "language": "en",
        }  # fmt: skip
        answer = self.ask(client, indexed, "lunar office", **unsaved)
        assert "On the moon." in read(answer)
        assert 'value="On the moon."' in answer.content.decode()
        new = {**unsaved, "entry": "", "question": "Lunar office?"}
        assert "in the form" in read(self.ask(client, indexed, "lunar office", **new))
        indexed.refresh_from_db()
        assert indexed.answer == "Hangzhou."

    def test_of_very_many_entries_only_live_ones_are_tried(self, indexed, monkeypatch):
        monkeypatch.setattr(trial, "BUILT_AT_MOST", 0)
        client = signed_in(alice())
        assert "only what is live" in read(self.ask(client, indexed, "your address", drafts="on"))
        assert "Hangzhou." in read(self.ask(client, indexed, "your address"))

    def test_without_a_script_the_form_of_an_entry_can_be_sent_there(self, indexed):
        """Its button sends all that stands in the form; what to ask is asked on the page."""
        client = signed_in(alice())
        data = form_data(client.get(page(ADD)))
        new = {"site": indexed.site_id, "question": "Lunar office?", "answer": "On the moon."}
        answer = client.post(page(TRY), {**data, **new, "with_form": "on"})
        assert 'value="On the moon."' in answer.content.decode()
        assert "A visitor asks" in read(answer)

    def test_beside_the_form_only_the_result_is_sent(self, indexed):
        client = signed_in(alice())
        sent = {"site": indexed.site_id, "try_text": "your address"}
        answer = client.post(page(TRY), sent, headers={"hx-request": "true"})
        assert "<html" not in answer.content.decode()
        assert "Hangzhou." in read(answer)

    @pytest.mark.parametrize(
        "sent",
        [
            {}, {"try_text": ""}, {"site": "x", "try_text": "a"}, {"entry": "x", "try_text": "a"},
            {"try_text": "\x00"}, {"try_text": "a" * 2000},
        ],
    )  # fmt: skip
    def test_what_cannot_be_asked_is_told(self, indexed, sent):
        client = signed_in(alice())
        answer = client.post(page(TRY), {"site": indexed.site_id, **sent})
        assert answer.status_code == 200
        assert "What the bot would do" not in read(answer)


class TestSimilarEntries:
    def add(self, client, **values):
        path = page(ADD)
        return client.post(path, {**form_data(client.get(path)), **values}, follow=True)

    def test_the_same_question_is_refused_with_the_entry_that_answers_it(self, indexed):
        new = {"site": indexed.site_id, "language": "en", "answer": "Here."}
        client = signed_in(alice())
        for question in ("Where are you?", "where are YOU", "Your address!"):
            answer = self.add(client, question=question, **new)
            assert "A live entry already answers this question" in read(answer), question
            assert page(CHANGE, indexed.pk) in answer.content.decode()
        assert Faq.objects.count() == 1


class TestPairs:
    def test_the_other_language_stands_beside_the_form(self, live, chinese):
        client = signed_in(bob())
        assert "杭州。" in read(client.get(page(CHANGE, live.pk)))
        assert "Hangzhou." in read(client.get(page(CHANGE, chinese.pk)))

    def test_a_translation_that_fell_behind_is_marked_and_found(self, live, chinese):
        live.answer = "By the lake."
        save_entry(entry=live, phrasings=None, author=None)
        client = signed_in(bob())
        assert [faq.pk for faq in found(client, translation="older")] == [chinese.pk]
        assert "older than its source" in read(client.get(page(LIST)))
        assert "This entry is older than its source" in read(client.get(page(CHANGE, chinese.pk)))

    def test_a_missing_one_is_found_and_begun(self, draft):
        client = signed_in(alice())
        assert [faq.pk for faq in found(client, translation="without-zh-Hans")] == [draft.pk]
        shown = client.get(page(CHANGE, draft.pk)).content.decode()
        address = f"{page(ADD)}?translates={draft.pk}&amp;into=zh-Hans"
        assert address in shown
        answer = client.get(address.replace("&amp;", "&"))
        data = form_data(answer)
        assert (data["language"], data["translation_of"]) == ("zh-Hans", str(draft.pk))
        assert "Two days." in read(answer)
        client.post(
            address.replace("&amp;", "&"), {**data, "question": "多久？", "answer": "两天。"}
        )
        assert draft.translations.get().language == "zh-Hans"

    def test_a_second_translation_is_refused(self, live, chinese):
        client = signed_in(alice())
        answer = client.get(f"{page(ADD)}?translates={live.pk}&into=zh-Hans")
        data = {**form_data(answer), "question": "在哪？", "answer": "杭州。"}
        again = client.post(page(ADD), data)
        assert "translated into this language already" in again.content.decode()


class TestList:
    def test_dates_are_told_and_found(self, live, draft):
        now = timezone.now()
        Faq.objects.filter(pk=draft.pk).update(valid_from=now + timedelta(days=1))
        Faq.objects.filter(pk=live.pk).update(valid_until=now - timedelta(hours=1))
        client = signed_in(bob())
        shown = read(client.get(page(LIST)))
        assert "ended" in shown
        assert "from tomorrow" in shown
        assert [faq.pk for faq in found(client, validity="ended")] == [live.pk]
        assert [faq.pk for faq in found(client, validity="later")] == [draft.pk]
        assert found(client, validity="now") == []

    @pytest.mark.parametrize("name", ["validity", "translation", "review", "q", "status__exact"])
    @pytest.mark.parametrize("value", ["nonsense", "%", "'\"", "9" * 40])
    def test_nonsense_in_filters_is_no_error(self, live, name, value):
        assert signed_in(bob()).get(page(LIST), {name: value}).status_code == 200

    def test_chinese_is_found_in_question_answer_and_phrasings(self, chinese, live):
        client = signed_in(bob())
        for words in ("哪里", "杭州", "地址", "哪里 杭州"):
            assert [faq.pk for faq in found(client, q=words)] == [chinese.pk], words
        assert found(client, q="哪里 Hangzhou") == []

    def test_uses_are_shown_and_sorted_by(self, live, draft):
        FaqUse.objects.create(faq=live, answered=41, helpful=7, unhelpful=2)
        client = signed_in(bob())
        assert [faq.pk for faq in found(client, o="-5")] == [live.pk, draft.pk]
        shown = read(client.get(page(CHANGE, live.pk)))
        assert "Answered 41 times" in shown
        assert "Helpful: 7 · not helpful: 2" in shown

    def test_more_rows_of_every_kind_ask_no_more(
        self, site, category, django_assert_max_num_queries
    ):
        sources = Faq.objects.bulk_create(
            Faq(site=site, category=category, language="en", question=f"q{n}", answer="a")
            for n in range(20)
        )
        Faq.objects.bulk_create(
            Faq(
                site=site, language="zh-Hans", question=f"问{n}", answer="答", translation_of=source
            )
            for n, source in enumerate(sources)
        )
        Proposal.objects.bulk_create(Proposal(faq=faq) for faq in sources)
        FaqUse.objects.bulk_create(FaqUse(faq=faq, answered=1) for faq in sources)
        client = signed_in(olga())
        client.get(page(LIST))
        with django_assert_max_num_queries(18):
            assert client.get(page(LIST)).status_code == 200


class TestInbox:
    @pytest.fixture
    def ask(self, site):
        def make(text, best=None, minutes=0):
            return UnansweredQuestion.objects.create(
                turn=uuid.uuid4(), session=uuid.uuid4(), site=site, language="en", text=text,
                best=best, asked_at=timezone.now() - timedelta(minutes=minutes),
            )  # fmt: skip

        return make

    @pytest.fixture
    def group(self, ask, live):
        ask("do you sponsor local bands", minutes=5)
        ask("Do you sponsor bands", minutes=3)
        return ask("Do you sponsor bands?", best=live)

    def test_one_row_for_what_is_alike(self, group, ask):
        ask("How loud are they?", minutes=9)
        client = signed_in(bob())
        response = client.get(page(INBOX))
        assert [q.text for q in response.context["cl"].result_list] == [
            "Do you sponsor bands?", "How loud are they?",
        ]  # fmt: skip
        assert "3 times" in read(response)

    @pytest.fixture
    def personal(self, ask, live):
        said = "where is W20261104, call 138 0000 2567 or write to a.b@shop.example in 2 days"
        return ask(said, best=live)

    def test_whose_number_it_is_stays_with_those_who_read_chats(self, personal):
        hidden = "where is W••••, call •••• or write to •••• in 2 days"
        address = page("knowledge_unansweredquestion_change", personal.pk)
        for client, shown in ((signed_in(bob()), hidden), (signed_in(olga()), personal.text)):
            for path in (page(INBOX), address):
                told = client.get(path).content.decode()
                assert shown in told
                assert ("0000 2567" in told) is (shown == personal.text)

    def test_a_hidden_number_is_not_found_by_search(self, personal):
        editor = signed_in(bob())
        assert found(editor, INBOX, q="2567") == []
        assert found(editor, INBOX, q="where call") == [personal]
        assert found(signed_in(olga()), INBOX, q="2567") == [personal]

    def test_a_hidden_number_gets_into_no_entry(self, personal, live):
        path = f"{page(ADD)}?answers={personal.pk}"
        assert "2567" not in form_data(signed_in(bob()).get(path))["question"]
        signed_in(User.objects.get(username="bob")).post(page(INBOX), {"_add": personal.pk})
        assert any("W••••" in one.text for one in live.variants.all())
        assert not any("2567" in one.text for one in live.variants.all())

    def test_any_of_a_group_is_found(self, group):
        assert found(signed_in(bob()), INBOX, q="local") == [group]

    def test_one_click_makes_a_draft_of_all_and_sees_to_them(self, group):
        client = signed_in(bob())
        client.get(page(INBOX))
        path = f"{page(ADD)}?answers={group.pk}"
        data = form_data(client.get(path))
        assert data["question"] == "Do you sponsor bands?"
        assert data["phrasings"] == "do you sponsor local bands"
        client.post(path, {**data, "answer": "Not yet."})
        assert Faq.objects.get(question="Do you sponsor bands?").variants.count() == 1
        assert not UnansweredQuestion.objects.open().exists()

    def test_one_click_adds_to_the_nearest_entry(self, group, live):
        client = signed_in(bob())
        client.get(page(INBOX))
        answer = client.post(page(INBOX), {"_add": group.pk}, follow=True)
        assert "Added to the phrasings of" in read(answer)
        assert {variant.text for variant in live.variants.all()} == {
            "your address", "Do you sponsor bands?", "do you sponsor local bands",
        }  # fmt: skip
        assert not UnansweredQuestion.objects.open().exists()

    def test_who_may_not_publish_adds_it_as_a_change(self, group, live):
        editor = alice()
        editor.user_permissions.add(*bob().user_permissions.filter(codename__contains="unanswered"))
        client = signed_in(editor)
        client.get(page(INBOX))
        answer = client.post(page(INBOX), {"_add": group.pk}, follow=True)
        assert "as a change that waits for review" in read(answer)
        assert live.variants.count() == 1
        assert len(Proposal.objects.get().content["phrasings"]) == 3

    def test_dismissing_with_undo(self, group):
        client = signed_in(bob())
        client.get(page(INBOX))
        answer = client.post(page(INBOX), {"_dismiss": group.pk}, follow=True)
        assert "3 questions dismissed." in read(answer)
        assert 'form="changelist-form" name="_reopen"' in answer.content.decode()
        assert found(client, INBOX) == []
        assert len(found(client, INBOX, state="dismissed")) == 1
        client.post(page(INBOX), {"_reopen": group.pk})
        assert UnansweredQuestion.objects.open().count() == 3

    def test_in_bulk(self, group, ask):
        other = ask("How loud are they?")
        client = signed_in(bob())
        client.get(page(INBOX))
        chosen = {"action": "dismiss", "_selected_action": [group.pk, other.pk]}
        assert "4 questions dismissed." in read(client.post(page(INBOX), chosen, follow=True))

    def test_who_only_reads_has_no_buttons_and_cannot_press_them(self, group):
        client = signed_in(alice())
        assert b"_dismiss" not in client.get(page(INBOX)).content
        for name in ("_dismiss", "_reopen", "_add"):
            assert client.post(page(INBOX), {name: group.pk}).status_code == 403
        assert UnansweredQuestion.objects.open().count() == 3

    @pytest.mark.parametrize("key", ["", "x", "0", "9" * 30, "-1"])
    def test_a_button_for_nothing(self, key):
        assert signed_in(bob()).post(page(INBOX), {"_dismiss": key}).status_code == 404

    def test_a_question_shows_its_group(self, group):
        client = signed_in(bob())
        client.get(page(INBOX))
        shown = read(client.get(page("knowledge_unansweredquestion_change", group.pk)))
        assert "Asked 3 times, in these words" in shown
        assert "do you sponsor local bands" in shown

    def test_an_empty_inbox_says_so(self, site):
        assert "Nothing is open" in read(signed_in(bob()).get(page(INBOX)))

    def test_more_groups_ask_no_more(self, site, live, ask, django_assert_max_num_queries):
        for number in range(30):
            ask(f"{uuid.uuid4().hex} {number}", best=live)
        client = signed_in(olga())
        client.get(page(INBOX))
        with django_assert_max_num_queries(18):
            assert client.get(page(INBOX)).status_code == 200
