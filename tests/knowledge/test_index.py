"""The index on its way from the entries to every process: packed, stored once, loaded when it has
moved; and which entry answers when several could."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.knowledge import archive, jobs, tasks
from apps.knowledge.confidence import ANSWER_AT
from apps.knowledge.index import EMPTY, Entry, Library, SiteIndex, pack, read_entries, unpack
from apps.knowledge.jobs import build_index, build_stale
from apps.knowledge.lexical import LexicalIndex
from apps.knowledge.models import Faq, FaqVariant, IndexState
from apps.knowledge.services import knowledge_changed, set_status
from apps.sites.models import Site

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DELIVERY = "How long does delivery take?"
RETURNS = "How do I return an item?"


def entry(id="1", question=DELIVERY, language="en", answer="Two days.", **dates):
    return Entry(id, language, question, answer, "", False, dates.get("since"), dates.get("until"))


def made_of(*entries):
    return unpack(1, pack([(entry, ()) for entry in entries], timezone.now()))


def search(index, text, *languages, enough=ANSWER_AT):
    return index.search(text, languages or ("en",), enough=enough)


def first(index, text, *languages):
    found = search(index, text, *languages)
    return found[0].entry.id if found else None


class TestPack:
    def test_what_is_packed_comes_back_whole(self):
        whole = Entry(
            "7",
            "zh-Hans",
            "怎么退货？",
            "三十天内 😀",
            "https://x.example",
            True,
            NOW.isoformat(),
            None,
        )
        index = unpack(3, pack([(whole, ("退货怎么弄",)), (entry(), ())], NOW))
        assert (index.version, len(index)) == (3, 2)
        for text in ("怎么退货", "退货怎么弄"):
            found = search(index, text, "zh-Hans")[0]
            assert (found.entry, found.confidence > 0.9) == (whole, True)

    def test_an_index_without_entries_finds_nothing(self):
        for index in (EMPTY, unpack(1, b""), unpack(1, pack([], NOW))):
            assert (len(index), search(index, "anything")) == (0, [])

    @pytest.mark.parametrize(
        "body", [b"nonsense", b"{}", b"[]", b'{"entries": [], "lexical": {"en": "AA=="}}']
    )
    def test_bytes_that_are_no_index_are_an_error(self, body):
        with pytest.raises((ValueError, KeyError, TypeError)):
            unpack(1, body)


class TestValidity:
    @pytest.mark.parametrize(
        ("since", "until", "valid"),
        [
            (None, None, True),
            (NOW, None, True),
            (NOW + timedelta(microseconds=1), None, False),
            (None, NOW, False),
            (None, NOW + timedelta(microseconds=1), True),
            (NOW - timedelta(days=1), NOW + timedelta(days=1), True),
        ],
        ids=range(6),
    )
    def test_the_start_belongs_to_it_and_the_end_does_not(self, since, until, valid):
        dates = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        assert entry(**dates).is_valid(NOW) is valid

    def past(self):
        return (timezone.now() - timedelta(days=1)).isoformat()

    def future(self):
        return (timezone.now() + timedelta(days=1)).isoformat()

    def test_an_entry_is_found_only_while_it_is_valid(self):
        index = made_of(
            entry("over", until=self.past()),
            entry("soon", RETURNS, since=self.future()),
            entry("now", "Do you ship abroad?", since=self.past(), until=self.future()),
        )
        assert first(index, DELIVERY) != "over"
        assert first(index, RETURNS) != "soon"
        assert first(index, "Do you ship abroad?") == "now"

    def test_the_successor_of_an_entry_that_is_over_answers_as_surely_as_alone(self):
        """The same question with a new answer from a date on is what the dates are for."""
        index = made_of(
            entry("over", until=self.past()), entry("now", since=self.past()), entry("2", RETURNS)
        )
        found = search(index, DELIVERY)[0]
        assert found.entry.id == "now"
        assert found.confidence >= ANSWER_AT

    def test_entries_that_are_over_take_no_place_from_valid_ones(self):
        over = [entry(f"over {n}", f"{DELIVERY} ({n})", until=self.past()) for n in range(8)]
        assert first(made_of(*over, entry("now", "delivery costs")), DELIVERY) == "now"


class TestLanguages:
    @pytest.fixture
    def index(self):
        return made_of(
            entry("en", DELIVERY),
            entry("zh", "下单后多久能收到货？", "zh-Hans"),
            entry("brand", "VIP", "en"),
            entry("brand zh", "VIP", "zh-Hans"),
        )

    def test_the_first_language_that_is_sure_answers(self, index):
        assert first(index, "VIP", "en", "zh-Hans") == "brand"
        assert first(index, "VIP", "zh-Hans", "en") == "brand zh"

    def test_another_language_answers_what_the_first_cannot(self, index):
        assert first(index, DELIVERY, "zh-Hans") == "en"
        assert first(index, "下单后多久能收到货", "en") == "zh"

    def test_a_language_without_entries_is_passed_over(self, index):
        assert first(index, DELIVERY, "fr", "en") == "en"
        assert first(made_of(entry()), DELIVERY, "zh-Hans") == "1"

    def test_a_sure_language_keeps_the_others_from_being_asked(self):
        class Never(dict[str, LexicalIndex]):
            def get(self, language, default=None):
                assert language == "en"
                return super().get(language, default)

        built = made_of(entry(), entry("2", "怎么退货？", "zh-Hans"))
        index = SiteIndex(1, built._entries.values(), Never(built._lexical))
        assert first(index, DELIVERY, "en", "zh-Hans") == "1"


def faq(site, question=DELIVERY, **values):
    known = {"language": "en", "answer": "Two days.", "status": Faq.Status.LIVE}
    return Faq.objects.create(site=site, question=question, **{**known, **values})


@pytest.fixture
def state(site):
    return IndexState.objects.create(site=site, wanted=1)


def change_entries(site):
    IndexState.objects.filter(site=site).update(wanted=IndexState.objects.get(site=site).wanted + 1)


def questions(site):
    state = IndexState.objects.get(site=site)
    return {entry["question"] for entry in json.loads(bytes(state.body))["entries"]}


@pytest.mark.django_db
class TestBuild:
    def test_only_live_entries_of_the_site_are_read_with_their_variants(self, site):
        other = Site.objects.create(key="southbird", name="Southbird")
        live = faq(site, high_risk=True, source_url="https://x.example", valid_from=NOW)
        FaqVariant.objects.create(faq=live, text="When does it come?")
        faq(site, RETURNS, status=Faq.Status.DRAFT)
        faq(site, "In review?", status=Faq.Status.REVIEW)
        faq(other, "Another shop?")
        [(read, variants)] = read_entries(site.pk)
        assert (read.id, read.question, read.answer) == (str(live.pk), DELIVERY, "Two days.")
        assert (read.url, read.high_risk) == ("https://x.example", True)
        assert (read.valid_from, read.valid_until) == (NOW.isoformat(), None)
        assert variants == ("When does it come?",)

    def test_a_build_stores_the_index_at_the_version_that_was_wanted(self, site, state):
        faq(site)
        IndexState.objects.update(wanted=5)
        build_index(site.pk)
        stored = IndexState.objects.get()
        assert (stored.built, stored.wanted, stored.entries) == (5, 5, 1)
        assert stored.built_at is not None
        assert first(unpack(5, bytes(stored.body)), DELIVERY) is not None

    def test_a_site_whose_last_entry_went_gets_an_empty_index(self, site, state):
        build_index(site.pk)
        assert IndexState.objects.get().entries == 0
        library = Library()
        library.refresh()
        assert (library.of(site.pk).version, len(library.of(site.pk))) == (1, 0)

    def test_a_build_of_what_is_built_changes_nothing(self, site, state):
        build_index(site.pk)
        before = IndexState.objects.values().get()
        faq(site)
        build_index(site.pk)
        assert IndexState.objects.values().get() == before

    def test_a_site_that_nobody_ever_changed_is_nothing_to_build(self, site):
        build_index(site.pk)
        build_index(10**9)
        assert not IndexState.objects.exists()

    def test_an_older_build_never_replaces_a_newer_one(self, site, state, monkeypatch):
        """The slow one reads the old entries; the quick one is done before it stores."""
        faq(site)

        def read_slowly(site_id):
            old = read_entries(site_id)
            monkeypatch.setattr(jobs, "read_entries", read_entries)
            faq(site, RETURNS)
            change_entries(site)
            build_index(site_id)
            return old

        monkeypatch.setattr(jobs, "read_entries", read_slowly)
        build_index(site.pk)
        assert IndexState.objects.get().built == 2
        assert questions(site) == {DELIVERY, RETURNS}

    def test_a_change_while_a_build_reads_leaves_it_stale(self, site, state, monkeypatch):
        def read_then_change(site_id):
            old = read_entries(site_id)
            faq(site, RETURNS)
            change_entries(site)
            return old

        with monkeypatch.context() as slow:
            slow.setattr(jobs, "read_entries", read_then_change)
            build_index(site.pk)
        stored = IndexState.objects.get()
        assert (stored.built, stored.wanted) == (1, 2)
        assert build_stale() == 1
        assert questions(site) == {RETURNS}

    def test_the_tasks_build_one_site_or_all_that_are_behind(self, site, state):
        tasks.refresh_index(site.pk)
        assert IndexState.objects.get().built == 1
        change_entries(site)
        tasks.refresh_stale()
        assert IndexState.objects.get().built == 2


@pytest.mark.django_db
class TestStale:
    def test_only_what_has_waited_long_enough_is_built(self, site, state):
        assert build_stale(older_than_s=60) == 0
        IndexState.objects.update(wanted_at=timezone.now() - timedelta(seconds=61))
        assert build_stale(older_than_s=60) == 1
        assert build_stale() == 0

    def test_every_site_that_is_behind_is_built(self, site, state):
        other = Site.objects.create(key="southbird", name="Southbird")
        IndexState.objects.create(site=other, wanted=3)
        assert build_stale() == 2
        assert not IndexState.objects.stale().exists()

    def test_edits_that_never_pause_do_not_put_the_building_off(self, site, state):
        """An import of many entries with the broker away: each edit is younger than the wait."""
        IndexState.objects.update(wanted_at=timezone.now() - timedelta(seconds=10))
        knowledge_changed(site_ids=[site.pk])
        assert build_stale(older_than_s=2) == 1

    def test_the_wait_begins_anew_once_the_index_is_built(self, site, state):
        IndexState.objects.update(wanted_at=timezone.now() - timedelta(seconds=10))
        build_stale()
        knowledge_changed(site_ids=[site.pk])
        assert build_stale(older_than_s=2) == 0

    def test_a_site_that_cannot_be_built_keeps_no_other_behind(self, site, state, monkeypatch):
        other = Site.objects.create(key="southbird", name="Southbird")
        IndexState.objects.create(site=other, wanted=1)

        def read(site_id):
            if site_id == site.pk:
                raise ValueError("an entry nobody thought of")
            return read_entries(site_id)

        monkeypatch.setattr(jobs, "read_entries", read)
        with contextlib.suppress(ValueError):
            build_stale()
        assert IndexState.objects.get(site=other).built == 1


@pytest.mark.django_db
class TestServices:
    def test_a_change_moves_what_is_wanted_of_each_site_once(self, site, state):
        other = Site.objects.create(key="southbird", name="Southbird")
        knowledge_changed(site_ids=[site.pk, other.pk, site.pk])
        wanted = dict(IndexState.objects.values_list("site_id", "wanted"))
        assert wanted == {site.pk: 2, other.pk: 1}

    def test_a_status_moves_the_entries_that_were_in_another(self, site, state):
        draft, live = faq(site, status=Faq.Status.DRAFT), faq(site, RETURNS)
        assert set_status(entries=[draft, live], status=Faq.Status.LIVE) == 1
        assert Faq.objects.live().count() == 2
        assert IndexState.objects.get().wanted == 2

    def test_a_change_that_is_rolled_back_wants_nothing(self, site, state):
        from_before = IndexState.objects.get().wanted
        with pytest.raises(ZeroDivisionError):
            self.change_and_fail(site)
        assert IndexState.objects.get().wanted == from_before

    def change_and_fail(self, site):
        with transaction.atomic():
            knowledge_changed(site_ids=[site.pk])
            raise ZeroDivisionError

    def test_the_broker_is_told_once_the_change_is_committed(
        self, site, state, monkeypatch, django_capture_on_commit_callbacks
    ):
        told: list[int] = []
        monkeypatch.setattr(tasks.refresh_index, "delay", told.append)
        with django_capture_on_commit_callbacks(execute=True):
            knowledge_changed(site_ids=[site.pk])
            assert told == []
        assert told == [site.pk]

    def test_with_the_broker_away_the_change_is_kept_and_the_index_is_behind(
        self, site, state, monkeypatch, django_capture_on_commit_callbacks
    ):
        def refuse(site_id):
            raise OperationalError

        monkeypatch.setattr(tasks.refresh_index, "delay", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            knowledge_changed(site_ids=[site.pk])
        assert IndexState.objects.stale().exists()


@pytest.mark.django_db
class TestLibrary:
    def test_it_swaps_in_what_has_moved_and_nothing_else(
        self, site, state, django_assert_num_queries
    ):
        faq(site)
        build_index(site.pk)
        library = Library()
        assert library.of(site.pk) is EMPTY
        library.refresh()
        held = library.of(site.pk)
        assert (held.version, first(held, DELIVERY) is not None) == (1, True)
        with django_assert_num_queries(1):
            library.refresh()
        assert library.of(site.pk) is held
        faq(site, RETURNS)
        change_entries(site)
        build_index(site.pk)
        library.refresh()
        assert (library.of(site.pk).version, len(library.of(site.pk))) == (2, 2)
        assert len(held) == 1

    def test_a_restored_older_version_is_loaded_as_well(self, site, state):
        IndexState.objects.update(wanted=5)
        build_index(site.pk)
        library = Library()
        library.refresh()
        IndexState.objects.update(wanted=3, built=3)
        library.refresh()
        assert library.of(site.pk).version == 3

    @pytest.fixture
    def older_layout(self, site, state, monkeypatch):
        """The index of this site was stored by an older release; that of another is new."""
        faq(site)
        with monkeypatch.context() as older:
            older.setattr(archive, "VERSION", archive.VERSION - 1)
            build_index(site.pk)
        other = Site.objects.create(key="southbird", name="Southbird")
        faq(other, RETURNS)
        IndexState.objects.create(site=other, wanted=1)
        build_index(other.pk)
        return other

    def test_an_index_of_an_older_release_keeps_no_other_from_being_loaded(self, older_layout):
        library = Library()
        library.refresh()
        assert len(library.of(older_layout.pk)) == 1

    def test_an_index_of_an_older_release_is_built_again(self, site, older_layout):
        library = Library()
        with contextlib.suppress(ValueError):
            library.refresh()
        build_stale()
        library.refresh()
        assert first(library.of(site.pk), DELIVERY) is not None
