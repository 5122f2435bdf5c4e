"""More texts than a process should hold: vectors in a table of pgvector, a sample in memory, and the
same answers."""

from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module

import numpy as np
import psycopg
import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from apps.engine.events import Search
from apps.knowledge import embedding, trial
from apps.knowledge.answering import passages
from apps.knowledge.dense import making, tables
from apps.knowledge.dense.jobs import refresh, refresh_all
from apps.knowledge.dense.matrix import Dense
from apps.knowledge.embedding import digest
from apps.knowledge.index import Library
from apps.knowledge.jobs import build_index
from apps.knowledge.models import DenseIndex, Embedding, IndexState, VectorTable
from tests.knowledge.dense.embedders import Words
from tests.knowledge.dense.tables import drop_all, expire, names, versions

SIZE = 32
ASKED = "tight fit trouble"
MEANT = {ASKED: "Which sizes do your boots come in?"}
CONFIDENCE = 0.01


@pytest.fixture
def few(settings):
    """Almost nothing may stand in memory."""
    settings.KNOWLEDGE = replace(settings.KNOWLEDGE, texts_in_memory=3)


def index_of(site):
    return DenseIndex.objects.get(site=site)


def dense_of(site):
    row = index_of(site)
    return Dense.from_bytes(row.built, bytes(row.body))


def library_of(site):
    build_index(site.pk)
    made = Library()
    made.refresh()
    return made


def vector_of(embedder, text=ASKED):
    return np.asarray(embedder.embed([text])[0], np.float32)


def found_by(index, embedder):
    meaning = index.meaning(ASKED, vector_of(embedder))
    return passages(index, "en", Search(ASKED, "en"), meaning)


@pytest.mark.django_db
class TestSite:
    @pytest.fixture
    def embedder(self, embedder):
        embedder.meanings = MEANT
        return embedder

    def switch(self):
        other = Words("other", length=SIZE, meanings=MEANT)
        embedding.provide(lambda _site: other)
        return other

    def test_it_answers_as_from_memory(self, site, shop, embedder, settings):
        refresh(site.pk)
        memory = found_by(library_of(site).of(site.pk), embedder)
        assert dense_of(site).tables == {}
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, texts_in_memory=11)
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        index = library_of(site).of(site.pk)
        table = found_by(index, embedder)
        assert index.dense.tables["en"].entries == len(shop)
        assert [one.id for one in table] == [one.id for one in memory]
        assert table[0].title == MEANT[ASKED]
        assert [one.confidence for one in table] == pytest.approx(
            [one.confidence for one in memory], abs=CONFIDENCE
        )

    def test_the_sample_is_bounded(self, site, shop, embedder, few, monkeypatch):
        monkeypatch.setattr(making, "SAMPLE_TEXTS", 4)
        refresh(site.pk)
        dense = dense_of(site)
        assert (len(dense.matrices["en"]), dense.tables["en"].entries) == (2, 6)

    def test_what_many_answers_have_in_common_is_left_out(self, site, write, embedder, few):
        """Equal vectors would be neighbours of each other alone, and hide the others."""
        common = "Our colleagues will tell you."
        for number in range(making.ALIKE_AT_MOST + 1):
            write(f"Question about matter{number}?", answer=common)
        write("And one of its own?", answer="It has an answer.")
        refresh(site.pk)
        there = {text for _, text in versions(dense_of(site).tables["en"].number)}
        assert digest(common) not in there
        assert {digest("Question about matter3?"), digest("It has an answer.")} <= there
        assert len(there) == making.ALIKE_AT_MOST + 1 + 2

    def test_each_language_has_a_table(self, site, write, embedder, few):
        write("Do you sell boots?")
        write("你们卖靴子吗？", language="zh-Hans")
        refresh(site.pk)
        numbers = {table.number for table in dense_of(site).tables.values()}
        assert {f"knowledge_vectors_{number}" for number in numbers} == names()
        assert len(numbers) == 2

    def test_what_is_unchanged_is_neither_embedded_nor_written(self, site, shop, embedder, few):
        refresh(site.pk)
        number = dense_of(site).tables["en"].number
        before = versions(number)
        embedder.asked.clear()
        shop[0].question = "When does my parcel come?"
        shop[0].save()
        shop[1].delete()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        after = versions(number)
        assert dense_of(site).tables["en"].number == number
        assert embedder.texts == ["When does my parcel come?"]
        assert {text for _, text in after.keys() - before.keys()} == {digest(embedder.texts[0])}
        assert all(before[key] == after[key] for key in before.keys() & after.keys())
        assert len(before.keys() - after.keys()) == 3

    def test_another_embedder_fills_a_table_beside(self, site, shop, embedder, few, monkeypatch):
        monkeypatch.setattr(making, "ROWS_AT_ONCE", 5)
        refresh(site.pk, slice_s=60)
        old = dense_of(site).tables["en"].number
        rows = versions(old)
        other = self.switch()
        while index_of(site).embedder == "words":
            index = library_of(site).of(site.pk)
            assert found_by(index, embedder)[0].title == MEANT[ASKED]
            assert versions(old) == rows
            refresh(site.pk, slice_s=-1)
        new = dense_of(site).tables["en"].number
        assert new != old
        assert found_by(library_of(site).of(site.pk), other)[0].title == MEANT[ASKED]
        # Processes that have not loaded the new one still search it.
        refresh_all()
        assert f"knowledge_vectors_{old}" in names()
        VectorTable.objects.filter(pk=old).update(unused_since=timezone.now() - 2 * tables.KEPT)
        refresh_all()
        assert names() == {f"knowledge_vectors_{new}"}

    def test_a_table_is_filled_in_slices(self, site, shop, embedder, few, monkeypatch):
        monkeypatch.setattr(making, "ROWS_AT_ONCE", 5)
        left = []
        for _ in range(9):
            more = refresh(site.pk, slice_s=-1)
            left.append(len(versions(row.number)) if (row := VectorTable.objects.first()) else 0)
            if not more:
                break
        assert left[-3:] == [5, 10, 12]
        assert len(embedder.texts) == len(set(embedder.texts))

    def test_a_build_that_breaks_off_leaves_the_old_one(
        self, site, shop, embedder, few, monkeypatch
    ):
        refresh(site.pk)
        before = index_of(site)
        number = dense_of(site).tables["en"].number
        there = versions(number)
        shop[0].delete()
        IndexState.objects.want(site.pk)

        def lost(*_args, **_values):
            raise RuntimeError("the worker is lost")

        with monkeypatch.context() as broken:
            broken.setattr(tables, "retire", lost)
            with pytest.raises(RuntimeError):
                refresh(site.pk)
        assert versions(number) == there
        assert index_of(site).built == before.built
        refresh(site.pk)
        assert len(versions(number)) == len(there) - 2

    def test_what_the_cache_has_lost_is_made_again(self, site, shop, embedder, few):
        refresh(site.pk)
        self.switch()
        refresh(site.pk)
        Embedding.objects.filter(embedder="words", digest=digest(shop[0].question)).delete()
        embedding.provide(lambda _site: embedder)
        embedder.asked.clear()
        while refresh(site.pk):
            pass
        assert embedder.texts == [shop[0].question]
        assert (index_of(site).embedder, dense_of(site).tables["en"].entries) == ("words", 6)

    def test_a_site_that_shrinks_comes_back_to_memory(self, site, shop, embedder, settings):
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, texts_in_memory=11)
        refresh(site.pk)
        shop[0].delete()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        # Ten of eleven: a change more or less does not move it.
        assert dense_of(site).tables
        shop[1].delete()
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        assert not dense_of(site).tables
        assert VectorTable.objects.get().unused_since

    def test_without_an_embedder_its_table_goes(self, site, shop, embedder, few):
        refresh(site.pk)
        embedding.provide(lambda _site: None)
        refresh(site.pk)
        assert VectorTable.objects.get().unused_since

    def test_with_its_site_its_table_goes(self, site, shop, embedder, few):
        refresh(site.pk)
        site.delete()
        refresh_all()
        assert (names(), VectorTable.objects.count()) == (set(), 0)

    def test_a_table_that_is_lost_is_made_again(self, site, shop, embedder, few):
        refresh(site.pk)
        number = dense_of(site).tables["en"].number
        embedder.asked.clear()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE knowledge_vectors_{number}")
        refresh_all()
        refresh_all()
        assert len(versions(number)) == 12
        assert embedder.asked == []

    def test_a_server_that_cannot_keeps_what_it_has_and_says_so(
        self, site, shop, embedder, settings, monkeypatch, caplog
    ):
        refresh(site.pk)
        before = index_of(site)
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, texts_in_memory=3)
        monkeypatch.setattr(tables, "why_not", lambda _size: "the database lacks pgvector")
        IndexState.objects.want(site.pk)
        refresh(site.pk)
        row = index_of(site)
        assert (row.problem, row.built) == ("too_many", before.built)
        assert row.problem_detail == "more than 3 texts, and the database lacks pgvector"
        assert "the database lacks pgvector" in caplog.text
        assert found_by(library_of(site).of(site.pk), embedder)[0].title == MEANT[ASKED]

    def test_vectors_that_are_too_long_for_a_table(self, site, shop, embedder, few):
        embedder.length = 4_001
        refresh(site.pk)
        row = index_of(site)
        assert (row.problem, "up to 4000" in row.problem_detail) == ("too_many", True)


@contextmanager
def bare_database():
    """One without extensions, and who may make none in it."""
    name = "helpdesk_bare"
    settings = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        cursor.execute(f"REVOKE CREATE ON DATABASE {name} FROM PUBLIC, CURRENT_USER")
    connections["bare"] = connections["default"].__class__({**settings, "NAME": name}, "bare")
    try:
        yield connections["bare"]
    finally:
        connections["bare"].close()
        del connections["bare"]
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.django_db(transaction=True)
class TestServer:
    def test_a_role_that_may_not_have_pgvector_migrates_all_the_same(self, monkeypatch):
        create = import_module("apps.knowledge.migrations.0012_pgvector").create
        with bare_database() as bare, bare.schema_editor(atomic=True) as editor:
            assert create(None, editor) is False
            with bare.cursor() as cursor:
                cursor.execute("SELECT 1")
            monkeypatch.setattr(tables, "connection", bare)
            assert tables.why_not(384) == "the database lacks pgvector 0.7 or newer"

    def test_a_server_without_pgvector_migrates_all_the_same(self):
        create = import_module("apps.knowledge.migrations.0012_pgvector").create
        with connection.schema_editor(atomic=True) as editor:
            assert create(None, editor, name="no_such_extension") is False
            # And again where it is there already.
            assert create(None, editor) is True
        assert tables.why_not(384) == ""

    @contextmanager
    def frozen(self, number):
        """Somebody holds the table."""
        values = connection.get_connection_params()
        given = {
            key: values[key]
            for key in ("dbname", "user", "password", "host", "port")
            if key in values
        }
        with psycopg.connect(**given) as other:
            other.execute(f"LOCK TABLE knowledge_vectors_{number}")
            yield
            other.rollback()

    @pytest.fixture
    def index(self, site, shop, embedder, few):
        embedder.meanings = MEANT
        refresh(site.pk)
        yield library_of(site).of(site.pk)
        drop_all()

    def test_a_statement_that_takes_too_long_is_ended(self, index, embedder):
        with self.frozen(index.dense.tables["en"].number), pytest.raises(DatabaseError):
            index.meaning(ASKED, vector_of(embedder))
        assert index.meaning(ASKED, vector_of(embedder)).found["en"].ids

    def test_words_answer_meanwhile(self, index, site, embedder):
        with self.frozen(index.dense.tables["en"].number):
            tried = trial.ask(site=site, text="Do you sell boots in all sizes")
            assert tried.found
            assert trial.ask(site=site, text=ASKED).found == []
        assert trial.ask(site=site, text=ASKED).found[0].question == MEANT[ASKED]

    def test_a_table_in_use_is_dropped_later(self, index, site, monkeypatch):
        monkeypatch.setattr(tables, "LOCK_MS", 50)
        number = index.dense.tables["en"].number
        expire()
        with self.frozen(number):
            tables.drop_unused()
            assert f"knowledge_vectors_{number}" in names()
        tables.drop_unused()
        assert f"knowledge_vectors_{number}" not in names()
