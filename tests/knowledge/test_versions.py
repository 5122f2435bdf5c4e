"""Versions, proposals and restoring: what every door goes through."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.knowledge.contents import PHRASINGS_AT_MOST, Content
from apps.knowledge.models import Faq, FaqVersion, IndexState, Proposal
from apps.knowledge.services import (
    ClashError,
    OutdatedError,
    delete_entries,
    propose,
    publish,
    restore,
    return_to_author,
    save_entry,
    set_status,
    withdraw,
)
from tests.staff import alice, bob

pytestmark = pytest.mark.django_db


def wanted() -> int:
    return sum(IndexState.objects.values_list("wanted", flat=True))


def fresh(faq: Faq) -> Faq:
    return Faq.objects.get(pk=faq.pk)


def history(faq: Faq) -> list[tuple[int, str, list[str]]]:
    """(number, origin, what changed), the oldest first."""
    rows = FaqVersion.objects.filter(faq_id=faq.pk).order_by("number")
    return [(row.number, row.origin, row.changed) for row in rows]


def edit(faq: Faq, phrasings=None, author=None, **values) -> bool:
    faq = fresh(faq)
    for name, value in values.items():
        setattr(faq, name, value)
    return save_entry(entry=faq, phrasings=phrasings, author=author)


class TestRecording:
    def test_a_new_entry_has_a_first_version(self, site):
        author = alice()
        faq = Faq(site=site, language="en", question="New?", answer="Yes.")
        assert save_entry(entry=faq, phrasings=["Is it new?"], author=author)
        version = FaqVersion.objects.get()
        assert (version.number, version.origin, version.author) == (1, "form", author)
        assert version.content["phrasings"] == ["Is it new?"]
        assert [variant.text for variant in fresh(faq).variants.all()] == ["Is it new?"]

    def test_the_first_change_of_an_old_entry_keeps_what_it_was(self, live):
        edit(live, answer="By the lake.")
        assert history(live) == [(1, "start", []), (2, "form", ["answer"])]
        start = FaqVersion.objects.get(number=1)
        assert (start.content["answer"], start.author) == ("Hangzhou.", None)
        assert start.content["phrasings"] == ["your address"]

    def test_every_kind_of_field_is_named(self, live, category):
        tomorrow = timezone.now() + timedelta(days=1)
        values = {"question": "Q?", "source_url": "https://a.example/", "high_risk": True}
        edit(live, ["other"], category=category, valid_from=tomorrow, **values)
        assert set(history(live)[-1][2]) == {
            "question", "phrasings", "source_url", "high_risk", "category", "valid_from",
        }  # fmt: skip

    def test_a_save_that_changes_nothing_is_no_version(self, live):
        assert not edit(live, ["your address"])
        assert history(live) == []
        assert wanted() == 0

    def test_the_order_of_phrasings_is_no_change(self, live):
        edit(live, ["your address", "b"])
        assert not edit(live, ["b", "your address"])

    def test_moving_in_the_list(self, draft):
        author = bob()
        set_status(entries=[draft], status=Faq.Status.LIVE, author=author)
        assert history(draft) == [(1, "start", []), (2, "list", ["status"])]
        assert FaqVersion.objects.get(number=2).author == author

    def test_many_at_once(self, site, live, django_assert_max_num_queries):
        new = [Faq(site=site, language="en", question=f"q{n}", answer="a") for n in range(40)]
        for faq in new:
            save_entry(entry=faq, phrasings=("x", "y"), author=None)
        with django_assert_max_num_queries(20):
            assert set_status(entries=[*new, live], status=Faq.Status.LIVE) == 40
        assert FaqVersion.objects.filter(origin="list").count() == 40
        assert wanted() == 1

    @pytest.mark.parametrize(
        ("values", "moves"),
        [({"answer": "b"}, 1), ({"owner": None}, 0), ({"status": "draft"}, 1)],
    )
    def test_the_index_follows_what_is_searched(self, live, values, moves):
        Faq.objects.filter(pk=live.pk).update(owner=alice())
        edit(live, **values)
        assert wanted() == moves

    def test_a_draft_moves_no_index(self, draft):
        edit(draft, answer="b")
        assert wanted() == 0


class TestDeletingAndRestoring:
    def test_a_deleted_entry_is_kept_and_comes_back_as_a_draft(self, live):
        edit(live, answer="By the lake.")
        key = live.pk
        assert delete_entries(entries=[live], author=bob()) == 1
        assert wanted() == 2
        last = FaqVersion.objects.deletions().get()
        assert (last.faq_id, last.number, last.content["answer"]) == (key, 3, "By the lake.")
        back = restore(version=last, author=None)
        assert (back.pk, back.status, back.answer) == (key, "draft", "By the lake.")
        assert [variant.text for variant in back.variants.all()] == ["your address"]
        assert history(back)[-1][:2] == (4, "restore")

    def test_restoring_writes_the_text_and_keeps_the_status(self, draft):
        edit(draft, ["a"], answer="Three days.")
        set_status(entries=[draft], status=Faq.Status.LIVE)
        restore(version=FaqVersion.objects.get(number=1), author=None)
        faq = fresh(draft)
        assert (faq.answer, faq.status, faq.variants.count()) == ("Two days.", "live", 0)
        assert FaqVersion.objects.first().note == "1"

    def test_what_is_gone_meanwhile_is_left_out(self, draft, category):
        edit(draft, category=None)
        category.delete()
        restore(version=FaqVersion.objects.get(number=1), author=None)
        assert fresh(draft).category is None


class TestTranslations:
    @pytest.fixture
    def pair(self, live):
        chinese = Faq(
            site=live.site, language="zh-Hans", question="你们在哪里？", answer="杭州。",
            translation_of=live,
        )  # fmt: skip
        save_entry(entry=chinese, phrasings=[], author=None)
        return live, chinese

    def stale(self):
        return list(Faq.objects.older_than_source())

    def test_falls_behind_with_the_text_of_its_source_only(self, pair, category):
        source, chinese = pair
        edit(source, ["more"], category=category, high_risk=True)
        assert self.stale() == []
        edit(source, answer="By the lake.")
        assert self.stale() == [chinese]
        assert fresh(chinese).is_older_than_source

    def test_catches_up_when_its_own_text_changes(self, pair):
        source, chinese = pair
        edit(source, answer="By the lake.")
        edit(chinese, high_risk=True)
        assert self.stale() == [chinese]
        edit(chinese, answer="湖边。")
        assert self.stale() == []

    def test_missing_ones_are_found(self, pair, draft):
        assert list(Faq.objects.without("zh-Hans")) == [draft]
        assert list(Faq.objects.without("en")) == []

    def test_counterparts_see_each_other(self, pair):
        source, chinese = pair
        assert list(source.counterparts()) == [chinese]
        assert list(chinese.counterparts()) == [source]


class TestProposals:
    def proposed(self, live, **values) -> Proposal:
        content = Content.stored(live)
        wish = Content.from_json({**content.as_json(), **values})
        return propose(entry=live, content=wish, author=alice())

    def test_the_live_text_stays(self, live):
        self.proposed(live, answer="By the lake.")
        assert fresh(live).answer == "Hangzhou."
        assert list(Faq.objects.waiting()) == [live]
        assert wanted() == 0

    def test_publishing_stores_it_with_both_names(self, live):
        proposal = self.proposed(live, answer="By the lake.", phrasings=["a", "b"])
        reviewer = bob()
        publish(entry=live, seen=fresh(live).stamp(), author=reviewer)
        version = FaqVersion.objects.first()
        assert (version.origin, version.author, version.proposed_by) == (
            "review", reviewer, proposal.author,
        )  # fmt: skip
        assert fresh(live).answer == "By the lake."
        assert {variant.text for variant in live.variants.all()} == {"a", "b"}
        assert not Proposal.objects.exists()
        assert wanted() == 1

    def test_only_what_its_author_moved_is_published(self, live):
        self.proposed(live, answer="By the lake.", phrasings=["your address", "new"])
        edit(live, ["your address", "meanwhile"], source_url="https://a.example/")
        publish(entry=live, seen=fresh(live).stamp(), author=None)
        faq = fresh(live)
        assert (faq.answer, faq.source_url) == ("By the lake.", "https://a.example/")
        assert {v.text for v in faq.variants.all()} == {"your address", "meanwhile", "new"}

    def test_what_moved_after_it_was_seen_is_not_published(self, live):
        self.proposed(live, answer="A")
        seen = fresh(live).stamp()
        self.proposed_again = propose(entry=live, content=Content.stored(live), author=None)
        with pytest.raises(OutdatedError):
            publish(entry=live, seen=seen, author=None)
        with pytest.raises(OutdatedError):
            return_to_author(entry=live, seen=seen, note="", author=None)

    def test_returned_with_a_note_and_sent_again(self, live):
        self.proposed(live, answer="A")
        return_to_author(entry=live, seen=fresh(live).stamp(), note="Too short.", author=None)
        assert (fresh(live).review_note, list(Faq.objects.waiting())) == ("Too short.", [])
        propose(entry=live, content=Content.stored(live), author=None)
        assert (fresh(live).review_note, list(Faq.objects.waiting())) == ("", [live])

    def test_withdrawn(self, live):
        self.proposed(live, answer="A")
        assert withdraw(entry=live, seen=fresh(live).stamp())
        assert not Proposal.objects.exists()

    def test_another_change_in_the_place_of_the_one_that_was_seen(self, live):
        self.proposed(live, answer="A")
        seen = fresh(live).stamp()
        withdraw(entry=live, seen=seen)
        propose(entry=live, content=Content.stored(live), author=None)
        with pytest.raises(OutdatedError):
            publish(entry=live, seen=seen, author=None)
        with pytest.raises(OutdatedError):
            withdraw(entry=live, seen=seen)
        assert Proposal.objects.exists()

    def test_where_nothing_is_dropped_the_note_stays(self, draft):
        set_status(entries=[draft], status=Faq.Status.REVIEW)
        return_to_author(entry=draft, seen=fresh(draft).stamp(), note="Why?", author=None)
        assert not withdraw(entry=draft, seen=fresh(draft).stamp())
        assert fresh(draft).review_note == "Why?"

    def test_an_entry_that_is_gone_is_outdated(self, live):
        seen = live.stamp()
        delete_entries(entries=[live], author=None)
        with pytest.raises(OutdatedError):
            publish(entry=live, seen=seen, author=None)
        with pytest.raises(OutdatedError):
            withdraw(entry=live, seen=seen)

    def test_an_entry_in_review_is_returned_as_a_draft(self, draft):
        set_status(entries=[draft], status=Faq.Status.REVIEW)
        return_to_author(entry=draft, seen=fresh(draft).stamp(), note="Why?", author=None)
        faq = fresh(draft)
        assert (faq.status, faq.review_note) == ("draft", "Why?")
        set_status(entries=[draft], status=Faq.Status.REVIEW)
        assert fresh(draft).review_note == ""

    def test_publishing_an_entry_in_review(self, draft):
        set_status(entries=[draft], status=Faq.Status.REVIEW)
        publish(entry=draft, seen=fresh(draft).stamp(), author=None)
        assert fresh(draft).is_live
        assert wanted() == 1


class TestPublishWhatIsNoLongerAsItWas:
    def test_an_entry_taken_down_meanwhile_goes_live(self, live):
        editor, reviewer = alice(), bob()
        wish = replace(Content.stored(live), answer="By the lake.")
        propose(entry=live, content=wish, author=editor)
        set_status(entries=[live], status=Faq.Status.DRAFT, author=reviewer)
        published = publish(entry=live, seen=fresh(live).stamp(), author=reviewer)
        assert (published.status, fresh(live).status) == ("live", "live")
        assert fresh(live).answer == "By the lake."

    def test_dates_that_do_not_fit_together_are_refused_and_nothing_is_lost(self, live):
        editor, reviewer = alice(), bob()
        now = timezone.now()
        wish = replace(Content.stored(live), valid_from=(now + timedelta(9)).isoformat())
        propose(entry=live, content=wish, author=editor)
        held = fresh(live)
        held.valid_until = now + timedelta(5)
        save_entry(entry=held, phrasings=None, author=reviewer)
        with pytest.raises(ClashError, match="dates"):
            publish(entry=live, seen=fresh(live).stamp(), author=reviewer)
        assert Proposal.objects.filter(faq=live).exists()
        assert fresh(live).valid_from is None

    def test_more_phrasings_together_than_an_entry_may_have(self, live):
        half = PHRASINGS_AT_MOST // 2 + 1
        base = Content.stored(live)
        wish = replace(base, phrasings=tuple(f"mine {n}" for n in range(half)))
        propose(entry=live, content=wish, author=alice())
        edit(live, [f"theirs {n}" for n in range(half)])
        with pytest.raises(ClashError, match="phrasings"):
            publish(entry=live, seen=fresh(live).stamp(), author=None)
        assert live.variants.count() == half
        wish = replace(base, answer="By the lake.", phrasings=base.phrasings)
        propose(entry=live, content=wish, author=alice_again())
        publish(entry=live, seen=fresh(live).stamp(), author=None)
        assert (fresh(live).answer, live.variants.count()) == ("By the lake.", half)


def alice_again() -> User:
    return User.objects.get(username="alice")
