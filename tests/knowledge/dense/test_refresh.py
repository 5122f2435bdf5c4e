"""Embedding a site's entries: only what has changed, the new index beside the old, and what happens
when an embedder fails."""

from datetime import timedelta

import numpy as np
import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from apps.knowledge import embedding
from apps.knowledge.dense import cache, jobs, making
from apps.knowledge.dense.jobs import refresh, refresh_all
from apps.knowledge.dense.matrix import Dense
from apps.knowledge.embedding import NORMALISER, EmbedderError, digest, spelt
from apps.knowledge.index import read_entries
from apps.knowledge.models import (
    DenseIndex,
    EmbeddedEntry,
    Embedding,
    EmbeddingCount,
    IndexState,
)
from tests.knowledge.dense.embedders import Words

pytestmark = pytest.mark.django_db


def index_of(site):
    return DenseIndex.objects.get(site=site)


def loaded(site):
    row = index_of(site)
    return Dense.from_bytes(row.built, bytes(row.body))


def retry_now(site):
    DenseIndex.objects.filter(site=site).update(problem_at=timezone.now() - timedelta(hours=1))


class TestWhatIsEmbedded:
    def test_every_phrasing_and_the_answer(self, site, write, embedder):
        faq = write("Do you sell boots?", "boots for sale", answer="Yes, in all sizes.")
        assert refresh(site.pk) is False
        assert embedder.texts == ["Do you sell boots?", "boots for sale", "Yes, in all sizes."]
        row = EmbeddedEntry.objects.get(entry=str(faq.pk))
        assert (len(row.texts), row.phrasings) == (3, 2)
        assert loaded(site).matrices["en"].ids == [str(faq.pk)]

    def test_what_is_unchanged_is_never_embedded_again(self, site, shop, embedder):
        refresh(site.pk)
        rows = set(EmbeddedEntry.objects.values_list("pk", flat=True))
        embedder.asked.clear()
        IndexState.objects.want(site.pk)
        built = index_of(site).built
        asked = EmbeddingCount.objects.get().asked
        refresh(site.pk)
        assert embedder.asked == []
        assert EmbeddingCount.objects.get().asked == asked
        assert set(EmbeddedEntry.objects.values_list("pk", flat=True)) == rows
        assert index_of(site).built == built + 1

    def test_of_what_has_changed_only_the_new_text_is(self, site, shop, embedder):
        refresh(site.pk)
        embedder.asked.clear()
        shop[0].question = "When does my parcel come?"
        shop[0].save()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        assert embedder.texts == ["When does my parcel come?"]

    @pytest.mark.parametrize(
        ("before", "after", "made"),
        [
            (("a", "b", "c"), ("a", "b", "d"), ["d"]),
            (("a", "b", "c"), ("a", "d", "c"), ["d"]),
            (("a", "b", "c"), ("ab", "", "c"), ["ab"]),
            (("a", "bc", "d"), ("a", "b", "cd"), ["b", "cd"]),
            (("a", '"b', "c"), ("a", "b", '"c'), ["b", '"c']),
        ],
    )
    def test_whatever_has_changed_in_an_entry(self, site, write, embedder, before, after, made):
        question, variant, answer = before
        faq = write(question, variant, answer=answer)
        refresh(site.pk)
        embedder.asked.clear()
        faq.question, variant, faq.answer = after
        faq.save()
        faq.variants.update(text=variant) if variant else faq.variants.all().delete()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        assert embedder.texts == made
        row = EmbeddedEntry.objects.get()
        wanted = [text for text in after if text]
        assert (row.texts, row.phrasings) == ([digest(t).hex() for t in wanted], len(wanted) - 1)
        IndexState.objects.want(site.pk)
        embedder.asked.clear()
        refresh(site.pk)
        assert embedder.asked == []

    def test_an_index_that_is_not_behind_is_left_alone(self, site, shop, embedder):
        refresh(site.pk)
        before = index_of(site).built
        refresh(site.pk)
        assert index_of(site).built == before

    def test_entries_that_are_gone_leave_the_index(self, site, shop, embedder):
        refresh(site.pk)
        shop[0].delete()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        assert str(shop[0].pk) not in loaded(site).matrices["en"].ids
        assert EmbeddedEntry.objects.count() == len(shop) - 1

    def test_each_language_has_a_matrix(self, site, write, embedder):
        write("Do you sell boots?")
        write("你们卖靴子吗？", language="zh-Hans")
        refresh(site.pk)
        assert set(loaded(site).matrices) == {"en", "zh-Hans"}

    def test_a_long_answer_is_read_in_its_first_pieces(self, site, write, embedder):
        clauses = " ".join(f"Clause {n} says a thing about boots." for n in range(90))
        faq = write("What are your terms?", answer=clauses)
        refresh(site.pk)
        assert [clauses.startswith(text) for text in embedder.texts] == [False, True, False, False]
        assert len(EmbeddedEntry.objects.get(entry=str(faq.pk)).texts) == 4

    def test_a_site_without_entries_has_an_empty_index(self, site, embedder):
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        assert index_of(site).entries == 0
        assert not loaded(site)


class TestSlices:
    def test_the_work_goes_on_where_it_stopped(self, site, shop, embedder, monkeypatch):
        monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 2)
        assert refresh(site.pk, slice_s=-1) is True
        row = index_of(site)
        assert (row.done, row.total, row.embedder, row.making) == (2, 6, "", "words")
        assert refresh(site.pk, slice_s=60) is False
        assert len(embedder.texts) == len(set(embedder.texts))
        row = index_of(site)
        assert (row.done, row.total, row.embedder, row.making) == (6, 6, "words", "")

    @pytest.fixture
    def read(self, monkeypatch):
        """How many entries were read, look by look."""
        counts = []

        def counted(*args):
            found = read_entries(*args)
            counts.append(len(found))
            return found

        for module in (jobs, making):
            monkeypatch.setattr(module, "read_entries", counted)
        return counts

    def test_a_slice_reads_only_the_entries_that_it_embeds(
        self, site, shop, embedder, monkeypatch, read
    ):
        monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 2)
        refresh(site.pk, slice_s=-1)
        assert read == [2]
        refresh(site.pk, slice_s=60)
        shop[0].question = "When does my parcel come?"
        shop[0].save()
        IndexState.objects.want(site.pk)
        read.clear()
        refresh(site.pk)
        assert read == [1]

    def test_what_is_unchanged_ends_no_slice(self, site, shop, embedder, monkeypatch):
        refresh(site.pk)
        monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 2)
        IndexState.objects.want(site.pk)
        assert refresh(site.pk, slice_s=-1) is False

    def test_two_workers_do_not_embed_the_same(self, site, shop, embedder):
        refresh(site.pk)
        IndexState.objects.want(site.pk)
        DenseIndex.objects.update(busy_until=timezone.now() + timedelta(minutes=1))
        before = index_of(site).built
        assert refresh(site.pk) is False
        assert index_of(site).built == before

    def test_what_a_lost_worker_began_is_taken_up(self, site, shop, embedder):
        DenseIndex.objects.create(
            site=site, making="words", busy_until=timezone.now() - timedelta(seconds=1)
        )
        refresh(site.pk)
        assert index_of(site).embedder == "words"

    def test_a_site_that_breaks_keeps_no_other_behind(self, site, shop, embedder, monkeypatch):
        other = type(site).objects.create(key="other", name="Other")
        IndexState.objects.want(other.pk)
        real = read_entries

        def read(site_id):
            if site_id == site.pk:
                raise RuntimeError("broken")
            return real(site_id)

        monkeypatch.setattr(jobs, "read_entries", read)
        refresh_all()
        assert index_of(other).embedder == "words"
        assert index_of(site).busy_until is None

    def test_what_the_cache_has_lost_is_made_again(self, site, shop, embedder):
        refresh(site.pk)
        Embedding.objects.filter(digest=digest(shop[0].question)).delete()
        IndexState.objects.want(site.pk)
        embedder.asked.clear()
        assert refresh(site.pk) is True
        assert refresh(site.pk) is False
        assert embedder.texts == [shop[0].question]
        assert len(loaded(site).matrices["en"]) == len(shop)


class TestAnotherEmbedder:
    def switch(self, **values):
        other = Words("other", length=32, **values)
        embedding.provide(lambda _site: other)
        return other

    def test_the_new_index_is_built_beside_the_old(self, site, shop, embedder, monkeypatch):
        monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 2)
        refresh(site.pk, slice_s=60)
        self.switch()
        assert refresh(site.pk, slice_s=-1) is True
        row = index_of(site)
        assert (row.embedder, row.making, loaded(site).embedder) == ("words", "other", "words")
        refresh(site.pk, slice_s=60)
        assert (index_of(site).embedder, loaded(site).size) == ("other", 32)
        assert set(EmbeddedEntry.objects.values_list("embedder", flat=True)) == {"other"}

    def test_going_back_costs_nothing(self, site, shop, embedder):
        refresh(site.pk)
        self.switch()
        refresh(site.pk)
        embedder.asked.clear()
        embedding.provide(lambda _site: embedder)
        refresh(site.pk)
        assert (index_of(site).embedder, embedder.asked) == ("words", [])

    def test_a_process_that_cannot_tell_leaves_everything(self, site, shop, embedder):
        refresh(site.pk)
        built = index_of(site).built
        embedding.provide(None)
        assert refresh(site.pk) is False
        assert index_of(site).built == built

    def test_without_any_words_alone_answer(self, site, shop, embedder):
        refresh(site.pk)
        built = index_of(site).built
        embedding.provide(lambda _site: None)
        refresh(site.pk)
        row = index_of(site)
        assert (row.embedder, bytes(row.body), row.built) == ("", b"", built + 1)
        refresh(site.pk)
        assert index_of(site).built == built + 1


class TestFailures:
    def test_an_embedder_that_fails_leaves_the_old_index_and_says_why(self, site, shop, embedder):
        refresh(site.pk)
        before = index_of(site)
        shop[0].question = "When does my parcel come?"
        shop[0].save()
        IndexState.objects.want(site.pk)
        embedder.fails = True
        assert refresh(site.pk) is False
        row = index_of(site)
        assert (row.problem, row.problem_detail) == ("failed", "server_error: 500")
        assert (row.built, bytes(row.body)) == (before.built, bytes(before.body))

    def test_what_takes_longer_than_a_task_may_rests_and_says_so(
        self, site, shop, embedder, monkeypatch
    ):
        """Begun again at once it would keep every other task waiting, each time in vain."""

        def too_slow(*_args):
            raise SoftTimeLimitExceeded

        monkeypatch.setattr(making, "make", too_slow)
        with pytest.raises(SoftTimeLimitExceeded):
            refresh_all()
        row = index_of(site)
        assert (row.problem, row.busy_until) == ("too_slow", None)
        refresh_all()

    def test_it_is_tried_again_after_a_while_and_not_before(self, site, shop, embedder):
        embedder.fails = True
        refresh(site.pk)
        embedder.fails = False
        refresh(site.pk)
        assert index_of(site).embedder == ""
        retry_now(site)
        refresh(site.pk)
        row = index_of(site)
        assert (row.embedder, row.problem) == ("words", "")

    def test_what_went_wrong_goes_with_the_embedder_that_failed(self, site, shop, embedder):
        refresh(site.pk)
        DenseIndex.objects.filter(site=site).update(
            making="other", making_label="Other", problem="failed", problem_detail="auth: refused",
            problem_at=timezone.now(),
        )  # fmt: skip
        refresh(site.pk)
        row = index_of(site)
        assert (row.embedder, row.problem, row.problem_at, row.making) == ("words", "", None, "")

    def test_another_embedder_need_not_wait(self, site, shop, embedder):
        embedder.fails = True
        refresh(site.pk)
        embedding.provide(lambda _site: Words("other"))
        refresh(site.pk)
        assert index_of(site).embedder == "other"

    @pytest.mark.parametrize("declared", [64, None], ids=["declared", "seen before"])
    def test_vectors_of_another_length_are_refused(self, site, shop, embedder, declared):
        refresh(site.pk)
        before = bytes(index_of(site).body)
        shop[0].question = "When does my parcel come?"
        shop[0].save()
        IndexState.objects.want(site.pk)
        embedder.size, embedder.length = declared, 7
        refresh(site.pk)
        row = index_of(site)
        assert (row.problem, row.problem_detail) == ("wrong_size", "7 numbers instead of 64")
        assert bytes(row.body) == before


class TestCache:
    def test_a_text_is_embedded_once(self, embedder):
        first = cache.vectors(embedder, ["boots", "coats", "boots"])
        again = cache.vectors(embedder, ["coats", "boots"])
        assert embedder.asked == [["boots", "coats"]]
        assert np.array_equal(first[0], again[1])
        assert first.dtype == np.float32

    def test_uses_are_counted(self, embedder):
        cache.vectors(embedder, ["boots", "coats"])
        cache.vectors(embedder, ["boots", "hats", "boots"])
        count = EmbeddingCount.objects.get(embedder="words")
        assert (count.asked, count.hits) == (5, 2)

    def test_spaces_and_width_make_no_other_text_but_case_does(self):
        assert digest("ＡＢ  c\n") == digest("AB c")
        assert digest("AB c") != digest("ab c")
        assert spelt(" a\u3000b ") == "a b"

    def test_no_text_is_kept(self, embedder):
        cache.vectors(embedder, ["a secret of the house"])
        row = Embedding.objects.get()
        assert bytes(row.digest) == digest("a secret of the house")
        assert (row.normaliser, row.embedder) == (NORMALISER, "words")

    def test_embedders_do_not_share(self, embedder):
        cache.vectors(embedder, ["boots"])
        other = Words("other", length=32)
        assert cache.vectors(other, ["boots"]).shape == (1, 32)

    def test_another_normaliser_is_another_cache(self, embedder, monkeypatch):
        cache.vectors(embedder, ["boots"])
        monkeypatch.setattr(cache, "NORMALISER", NORMALISER + 1)
        cache.vectors(embedder, ["boots"])
        assert len(embedder.asked) == 2

    @pytest.mark.parametrize(
        "raw", [[], [[1.0, 2.0], [1.0]], [[float("inf"), 1.0], [0.0, 1.0]]], ids=range(3)
    )
    def test_what_is_no_vector_for_each_text_is_refused(self, raw):
        with pytest.raises(EmbedderError):
            cache.checked(raw, 2, None)

    def test_what_nobody_asks_for_is_swept_out_unless_an_index_holds_it(self, site, shop, embedder):
        refresh(site.pk)
        cache.vectors(embedder, ["an old question", "a new question"])
        long_ago = timezone.now() - timedelta(days=31)
        Embedding.objects.exclude(digest=digest("a new question")).update(used_at=long_ago)
        assert cache.sweep_out() == 1
        assert not Embedding.objects.filter(digest=digest("an old question")).exists()
        assert Embedding.objects.filter(digest=digest(shop[0].question)).exists()

    def test_a_use_is_noted_once_a_day(self, embedder):
        cache.vectors(embedder, ["boots"])
        Embedding.objects.update(used_at=timezone.now() - timedelta(days=3))
        cache.vectors(embedder, ["boots"])
        assert Embedding.objects.get().used_at > timezone.now() - timedelta(hours=1)
