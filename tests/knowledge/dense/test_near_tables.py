"""Near by a table of pgvector and a sample in memory, as by the whole matrix."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.knowledge.dense import tables
from apps.knowledge.dense.fitting import fit
from apps.knowledge.dense.fusion import Lexical, fuse
from apps.knowledge.dense.matrix import Dense, Matrix, Meaning, Near, Table
from apps.knowledge.embedding import digest
from tests.knowledge.dense.test_meaning import noise, shop_of

SIZE = 32
# Halves of a float tell three digits.
COSINE = 0.002
EXCESS = 0.03
CONFIDENCE = 0.01
# And 75 entries tell a deviation to 8 %; the nearest stand up to nine of them above the mean.
SAMPLED_EXCESS = 1.0


def told(entry, place):
    return entry, digest(f"{entry}/{place}")


@pytest.fixture
def table(site):
    def table(entries, size=SIZE):
        """Of (id, vectors)."""
        row = tables.prepared(site_id=site.pk, embedder="words", language="en", size=size)
        rows = {told(id, at): vector for id, own in entries for at, vector in enumerate(own)}
        tables.add(row.number, rows)
        return row.number

    return table


@pytest.mark.django_db
class TestAgreement:
    """What a table and a sample tell is what the whole matrix tells."""

    @pytest.fixture
    def entries(self):
        return [(text.id, text.vectors) for text in shop_of(300, 4, 0.8)]

    def near(self, number, sample, vector, named, count):
        return sample.near_among(tables.nearest(number, vector, named), vector, count)

    def asked(self, entries):
        """Questions about entries, and some about nothing."""
        return [*(own[1] + 0.3 * one for (_, own), one in zip(entries, noise(20), strict=False)),
                *noise(340)[320:]]  # fmt: skip

    def differences(self, table, entries, sample):
        whole, number = Matrix.of(entries), table(entries)
        for vector in self.asked(entries):
            right = whole.near(vector)
            near = self.near(number, sample, vector, ["7", "250"], len(entries))
            there = [whole.places[id] for id in near.ids]
            assert {"7", "250", whole.ids[right.cosine.argmax()]} <= set(near.ids)
            yield (
                np.abs(near.cosine - right.cosine[there]).max(),
                np.abs(near.excess - right.excess[there]).max(),
                near,
                right,
            )

    def test_cosines_and_what_stands_out(self, table, entries):
        for cosine, excess, *_ in self.differences(table, entries, Matrix.of(entries)):
            assert cosine < COSINE
            assert excess < EXCESS

    def test_confidences_with_a_fit_and_without(self, table, entries):
        weights = fit(shop_of(300, 4, 0.8)).weights
        assert weights
        words = [Lexical("7", 0.5), Lexical("250", 0.1)]
        for *_, near, right in self.differences(table, entries, Matrix.of(entries)):
            for fitted in (weights, None):
                # Of two that are equally near either may be the third.
                ours, theirs = fuse(words, near, fitted, 3), fuse(words, right, fitted, 30)
                by_id = {one.id: one for one in theirs}
                assert ours[0].id == theirs[0].id
                for one in ours:
                    assert one.confidence == pytest.approx(by_id[one.id].confidence, abs=CONFIDENCE)

    def test_a_sample_of_a_quarter(self, table, entries):
        sample = Matrix.of(entries[::4])
        for cosine, excess, *_ in self.differences(table, entries, sample):
            assert cosine < COSINE
            assert excess < SAMPLED_EXCESS

    def test_vectors_of_zeros_are_far_from_all(self, table):
        number = table([("a", np.zeros((1, SIZE), np.float32)), ("b", noise(1))])
        assert tables.nearest(number, noise(1)[0], ["a"])["a"] == 0
        assert tables.nearest(number, np.zeros(SIZE, np.float32), ["b"])["b"] == 0

    @pytest.fixture
    def crowd(self, table):
        """One entry with more phrasings than a search is told of, all nearer than its rival."""
        (asked, *rest), count = noise(6), tables.NEAREST + 10
        own = asked + 0.01 * noise(count + 10)[10:]
        entries = [("crowd", own), ("rival", (asked + 0.2 * rest[0])[np.newaxis])]
        entries += [(f"other{n}", one[np.newaxis]) for n, one in enumerate(rest[1:])]
        return asked, entries, table(entries)

    def test_a_rival_behind_many_phrasings_of_one_entry_is_found(self, crowd):
        asked, entries, number = crowd
        whole = Matrix.of(entries)
        near = self.near(number, whole, asked, [], len(entries))
        assert set(near.ids) == set(whole.ids)
        weights = (1.0, 0.0, 0.5, 1.0, 5.0, 0.0, 0.0)
        ours, theirs = (fuse([], one, weights, 3) for one in (near, whole.near(asked)))
        assert ours[0].id == theirs[0].id == "crowd"
        assert ours[0].confidence == pytest.approx(theirs[0].confidence, abs=CONFIDENCE)

    def test_the_second_search_has_what_the_first_has_left_of_the_time(self, crowd, monkeypatch):
        asked, _, number = crowd
        at = iter([0.0, 0.15])
        monkeypatch.setattr(tables, "_now", lambda: next(at))
        with CaptureQueriesContext(connection) as queries:
            tables.nearest(number, asked)
        bounds = [one["sql"] for one in queries if "hnsw.ef_search" in one["sql"]]
        assert ["'200'" in sql for sql in bounds] == [True, False]
        assert "'50'" in bounds[1]

    def test_where_entries_are_many_one_search_is_enough(self, table, entries):
        number = table(entries)
        with CaptureQueriesContext(connection) as queries:
            tables.nearest(number, entries[0][1][0])
        assert sum("WITH nearest" in one["sql"] for one in queries) == 1

    def test_an_empty_table_finds_nothing(self, table):
        near = Matrix.of([("a", noise(3))]).near_among({}, noise(1)[0], 1)
        assert fuse([Lexical("a", 0.4)], near, None, 3) == [("a", 0.4, False)]

    def test_long_vectors(self, table):
        vectors = noise(3, tables.LENGTH_AT_MOST)
        number = table([("a", vectors[:1]), ("b", vectors[1:])], tables.LENGTH_AT_MOST)
        assert tables.nearest(number, vectors[0])["a"] == pytest.approx(1, abs=COSINE)

    def test_a_caller_s_transaction_keeps_its_bound(self, table):
        number = table([("a", noise(1))])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '7s'")
            tables.nearest(number, noise(1)[0])
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("7s",)


class TestArchive:
    def test_tables_come_back(self):
        matrix = Matrix.of([("a", noise(2))])
        made = Dense(3, "words", {"en": matrix}, {}, {"en": Table(5, 120_000)})
        read = Dense.from_bytes(3, made.to_bytes())
        assert (read.tables, read.numbers) == ({"en": Table(5, 120_000)}, 0)

    def test_what_a_table_held_is_of_its_version(self):
        matrix = Matrix.of([("a", noise(2))])
        dense = Dense(3, "words", {"en": matrix}, {}, {"en": Table(5, 1)})
        near = Near(["a"], {"a": 0}, noise(1)[0][:1], noise(1)[0][:1])
        assert dense.near("en", Meaning(noise(1)[0], 3, {"en": near})) is near
        assert dense.near("en", Meaning(noise(1)[0], 2, {"en": near})) is None
