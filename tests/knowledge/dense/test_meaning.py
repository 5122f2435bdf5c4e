"""The dense half: near by meaning, fused with what words say, on the scale of probabilities."""

import random

import numpy as np
import pytest

from apps.engine.events import Search
from apps.knowledge import archive, embedding, jobs, trial
from apps.knowledge.answering import is_unsure, passages
from apps.knowledge.assembly import assemble
from apps.knowledge.confidence import ANSWER_AT, OFFER_AT
from apps.knowledge.dense import fitting
from apps.knowledge.dense.fitting import Text, fit, interval
from apps.knowledge.dense.fusion import OFFERED_AT_MOST, Lexical, fuse
from apps.knowledge.dense.jobs import refresh
from apps.knowledge.dense.matrix import Dense, Matrix, Meaning
from apps.knowledge.index import Library
from apps.knowledge.models import DenseIndex, IndexState
from tests.knowledge.dense.embedders import Words

ASKED = "my boots are too tight"
# Words that no entry shares with the question; the embedder knows better.
MEANT = {ASKED: "Which sizes do your boots come in?"}


def rng():
    return np.random.default_rng(7)


def noise(count, size=32):
    return rng().standard_normal((count, size)).astype(np.float32)


def matrix_of(vectors):
    return Matrix.of((str(place), vector[np.newaxis]) for place, vector in enumerate(vectors))


class TestMatrix:
    def test_an_entry_is_as_near_as_its_nearest_text(self):
        one, two = noise(2), noise(3)[2:]
        matrix = Matrix.of([("a", one), ("b", two)])
        near = matrix.near(one[1])
        assert near.cosine[0] == pytest.approx(1)
        assert near.cosine[1] < 0.9

    def test_the_length_of_a_vector_does_not_matter(self):
        vectors = noise(4)
        near, far = matrix_of(vectors).near(vectors[0]), matrix_of(vectors * 9).near(vectors[0] * 3)
        assert np.allclose(near.cosine, far.cosine)

    def test_the_right_one_stands_out_and_noise_does_not(self):
        vectors = noise(200)
        matrix = matrix_of(vectors)
        assert matrix.near(vectors[3]).excess[3] > 2
        assert all(matrix.near(other).excess.max() < 1.6 for other in noise(230)[200:])

    @pytest.mark.parametrize("count", [1, 2])
    def test_too_few_entries_tell_nothing(self, count):
        vectors = noise(count)
        assert not np.isfinite(matrix_of(vectors).near(vectors[0]).excess).any()

    def test_entries_that_are_all_alike_tell_nothing(self):
        vectors = np.repeat(noise(1), 9, axis=0)
        assert matrix_of(vectors).near(vectors[0]).excess.max() < 0

    def test_one_among_those_that_are_all_alike_stands_out(self):
        vectors = np.concatenate([np.repeat(noise(1), 9, axis=0), noise(2)[1:]])
        assert matrix_of(vectors).near(vectors[9]).excess[9] > 2

    def test_a_vector_of_zeros_is_far_from_all(self):
        assert (
            matrix_of(np.zeros((3, 4), np.float32)).near(np.ones(4, np.float32)).cosine.max() == 0
        )


class TestArchive:
    def test_what_is_written_comes_back_whole(self):
        weights = {"en": (1.0, 0.5)}
        made = Dense(
            3, "words", {"en": matrix_of(noise(5)), "zh-Hans": matrix_of(noise(2))}, weights
        )
        read = Dense.from_bytes(3, made.to_bytes())
        assert (read.version, read.embedder, read.size, read.numbers) == (3, "words", 32, 7 * 32)
        assert read.weights == weights
        for language, matrix in made.matrices.items():
            assert read.matrices[language].ids == matrix.ids
            assert np.array_equal(read.matrices[language].vectors, matrix.vectors)

    def test_nothing_is_an_index_without_entries(self):
        assert not Dense.from_bytes(1, b"")
        assert not Dense.from_bytes(1, Dense(1, "words").to_bytes())

    @pytest.mark.parametrize("data", [b"nonsense", archive.pack([], {}, assemble([]))])
    def test_bytes_that_are_none_are_an_error(self, data):
        with pytest.raises(ValueError, match="not a dense index"):
            Dense.from_bytes(1, data)


class TestWithoutLabels:
    def fused(self, vector, *lexical, count=200):
        vectors = noise(count)
        matrix = matrix_of(vectors)
        near = matrix.near(vectors[vector] if vector is not None else noise(count + 1)[count])
        return fuse(lexical, near, None, 3)

    def test_what_is_meant_is_offered_and_never_answered_with(self):
        best = self.fused(3)[0]
        assert (best.id, best.meant) == ("3", True)
        assert OFFER_AT < best.confidence <= OFFERED_AT_MOST < ANSWER_AT

    def test_what_is_near_nothing_is_not_offered(self):
        found = self.fused(None)
        assert sum(one.confidence for one in found) < OFFER_AT

    def test_the_confidence_of_words_is_never_lowered(self):
        found = self.fused(3, Lexical("9", 0.7), Lexical("3", 0.2))
        assert found[0] == ("9", 0.7, False)
        assert [one.id for one in found[:2]] == ["9", "3"]
        assert found[1].confidence > 0.2

    def test_an_entry_that_has_no_vector_yet_keeps_what_words_say(self):
        assert ("new", 0.4, False) in self.fused(None, Lexical("new", 0.4))


def shop_of(entries, phrasings, apart):
    """Entries whose phrasings share `apart` of their meaning, and words only by chance."""
    draw = random.Random(2)
    words = [f"w{n}" for n in range(80)]
    numbers = rng()
    centres = numbers.standard_normal((entries, 32))
    made = []
    for place in range(entries):
        texts = tuple(" ".join(draw.sample(words, 5)) for _ in range(phrasings))
        around = numbers.standard_normal((phrasings, 32))
        vectors = (apart * centres[place] + (1 - apart) * around).astype(np.float32)
        made.append(Text(str(place), texts, "", vectors))
    return made


class TestFitting:
    def test_labels_make_the_dense_half_answer(self):
        found = fit(shop_of(120, 4, 0.8))
        assert found.weights is not None
        assert found.questions >= fitting.LEAST
        low, right, high = found.low or 0, found.right or 0, found.high or 0
        assert ANSWER_AT <= low < right <= high

    def test_it_is_used_and_what_is_not_there_stays_unanswered(self):
        entries = shop_of(120, 4, 0.8)
        weights = fit(entries).weights
        matrix = Matrix.of((text.id, text.vectors[1:]) for text in entries)
        best = fuse([], matrix.near(entries[5].vectors[0]), weights, 3)[0]
        assert (best.id, best.confidence >= ANSWER_AT) == ("5", True)
        strange = fuse([], matrix.near(noise(400)[399]), weights, 3)[0]
        assert strange.confidence < ANSWER_AT

    def test_too_few_labels_are_none(self):
        found = fit(shop_of(12, 3, 0.9))
        assert (found.weights, found.questions < fitting.LEAST) == (None, True)

    def test_vectors_that_say_nothing_are_not_trusted(self):
        assert fit(shop_of(120, 4, 0.0)).weights is None

    def test_answers_that_were_right_too_seldom_are_not_trusted(self, monkeypatch):
        monkeypatch.setattr(fitting, "LEAST_ANSWERED", 5)
        found = fit(shop_of(120, 4, 0.46))
        assert (found.weights, (found.low or 1) < ANSWER_AT) == (None, True)

    def test_the_same_entries_give_the_same_fit(self):
        assert fit(shop_of(80, 4, 0.8)) == fit(shop_of(80, 4, 0.8))

    def test_nobody_to_ask(self):
        assert fit([]).weights is None

    def test_few_answers_tell_little(self):
        low, high = interval(9, 10)
        assert low < 0.65 < 0.97 < high
        assert interval(900, 1000)[0] > 0.87


@pytest.mark.django_db
class TestSearch:
    @pytest.fixture
    def embedder(self, embedder):
        embedder.meanings = MEANT
        return embedder

    def library(self, site):
        jobs.build_index(site.pk)
        refresh(site.pk)
        made = Library()
        made.refresh()
        return made

    def meaning(self, embedder, text=ASKED):
        return Meaning(np.asarray(embedder.embed([text])[0], np.float32))

    def test_what_no_word_finds_is_found_by_meaning(self, site, shop, embedder):
        index = self.library(site).of(site.pk)
        asked = Search("tight fit trouble", "en")
        embedder.meanings = {"tight fit trouble": "Which sizes do your boots come in?"}
        assert passages(index, "en", asked) == ()
        found = passages(index, "en", asked, self.meaning(embedder, asked.text))
        assert found[0].title == "Which sizes do your boots come in?"
        assert OFFER_AT <= found[0].confidence < ANSWER_AT

    def test_where_words_are_sure_meaning_is_not_looked_at(self, site, shop, embedder):
        index = self.library(site).of(site.pk)
        asked = Search("Do you sell gift cards?", "en")
        misleading = self.meaning(embedder)
        assert passages(index, "en", asked, misleading) == passages(index, "en", asked)
        assert not is_unsure(passages(index, "en", asked))

    def test_a_vector_of_another_length_is_not_looked_at(self, site, shop, embedder):
        index = self.library(site).of(site.pk)
        asked = Search(ASKED, "en")
        short = Meaning(np.ones(3, np.float32))
        assert passages(index, "en", asked, short) == passages(index, "en", asked)

    def test_an_entry_taken_off_since_is_not_found(self, site, shop, embedder):
        library = self.library(site)
        shop[3].delete()
        IndexState.objects.want(site.pk)
        jobs.build_index(site.pk)
        library.refresh()
        found = passages(library.of(site.pk), "en", Search(ASKED, "en"), self.meaning(embedder))
        assert str(shop[3].pk) not in [one.id for one in found]

    def test_a_process_loads_what_has_moved_and_drops_what_is_gone(self, site, shop, embedder):
        library = self.library(site)
        assert library.of(site.pk).dense.embedder == "words"
        embedding.provide(lambda _site: Words("other", length=16))
        refresh(site.pk)
        library.refresh()
        assert library.of(site.pk).dense.size == 16
        embedding.provide(lambda _site: None)
        refresh(site.pk)
        library.refresh()
        assert not library.of(site.pk).dense

    def test_a_new_lexical_index_keeps_the_meaning(self, site, shop, embedder, write):
        library = self.library(site)
        write("Do you repair boots?")
        jobs.build_index(site.pk)
        library.refresh()
        index = library.of(site.pk)
        assert (len(index), index.dense.embedder) == (7, "words")

    def test_one_of_another_release_is_made_again(self, site, shop, embedder):
        library = self.library(site)
        DenseIndex.objects.update(body=b"of another release", built=99)
        library.refresh()
        assert not library.of(site.pk).dense
        refresh(site.pk)
        library.refresh()
        assert library.of(site.pk).dense.embedder == "words"

    def test_trying_it_shows_what_visitors_would_get(self, site, shop, embedder):
        self.library(site)
        asked = "tight fit trouble"
        embedder.meanings = {asked: "Which sizes do your boots come in?"}
        tried = trial.ask(site=site, text=asked)
        assert tried.found[0].question == "Which sizes do your boots come in?"
        embedder.fails = True
        assert trial.ask(site=site, text="trouble tight fit").found == []
