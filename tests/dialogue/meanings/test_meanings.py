"""Search by meaning over a model's real socket: entries embedded by a job, questions only where
words alone do not answer."""

import asyncio
import uuid
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.dialogue import ladders, meanings, playing
from apps.dialogue.meanings import Meanings
from apps.dialogue.play import Said
from apps.knowledge.dense import tables
from apps.knowledge.dense.jobs import refresh
from apps.knowledge.embedding import digest, embedder_of
from apps.knowledge.index import library
from apps.knowledge.models import DenseIndex, Embedding, EmbeddingCount, IndexState
from apps.llm.breaker import FAILURES
from apps.llm.models import Call, Mode, Model, Routing
from apps.llm.services import ladder_changed
from apps.llm.values import Outcome, Purpose, Tier
from tests.dialogue.meanings.shop import (
    PERSONAL,
    QUESTIONS,
    VAGUE,
    asked,
    embed_entries,
    made_by,
    moved,
    question,
)
from tests.knowledge.dense.tables import drop_all

pytestmark = pytest.mark.django_db(transaction=True)


class TestRefresh:
    def test_entries_are_embedded_and_the_calls_are_booked(self, shop, embedding, fakellm):
        row = embedding()
        embed_entries(shop)
        dense = library.of(shop.pk).dense
        assert (dense.embedder, dense.size) == (f"{row.pk}/embed", 256)
        assert {text for call in asked(fakellm) for text in call} >= set(QUESTIONS)
        calls = Call.objects.filter(purpose=Purpose.EMBEDDING)
        assert [call.outcome for call in calls] == [Outcome.OK] * len(fakellm.calls())
        assert all(call.site_id == shop.pk and not call.sent for call in calls)

    @pytest.mark.parametrize(
        ("name", "problem", "detail"),
        [
            ("500", "failed", "server_error"),
            ("401", "failed", "auth"),
            ("embed-nan", "failed", "bad_output"),
            ("embed-64", "wrong_size", "64 numbers instead of 256"),
        ],
    )
    def test_a_model_that_fails_leaves_the_old_index(self, shop, embedding, name, problem, detail):
        first = embedding(rank=2)
        embed_entries(shop)
        before = bytes(DenseIndex.objects.get(site=shop).body)
        embedding(name, rank=1, dimensions=256)
        refresh(shop.pk)
        row = DenseIndex.objects.get(site=shop)
        assert (row.problem, row.embedder) == (problem, f"{first.pk}/embed")
        assert detail in row.problem_detail
        assert bytes(row.body) == before

    def test_a_site_that_asks_no_model_has_no_embedder(self, shop, embedding):
        embedding()
        Routing.objects.create(site=shop, mode=Mode.OFF)
        moved()
        assert embedder_of(shop.pk) is None

    def test_a_cloud_model_is_asked_only_where_the_cloud_may_be(self, shop, embedding):
        embedding(tier=Tier.CLOUD)
        assert embedder_of(shop.pk) is None
        Routing.objects.create(site=shop, mode=Mode.LOCAL_THEN_CLOUD)
        moved()
        assert embedder_of(shop.pk).label == "embed"

    def test_a_ladder_that_has_not_moved_is_not_read_again(
        self, shop, embedding, django_assert_num_queries
    ):
        embedding()
        with django_assert_num_queries(0):
            assert embedder_of(shop.pk).label == "embed"
            assert embedder_of(shop.pk + 1).label == "embed"

    def test_a_worker_looks_for_itself_after_a_while(self, shop, embedding, monkeypatch):
        embedding()
        Routing.objects.create(site=shop, mode=Mode.OFF)
        ladder_changed()
        assert embedder_of(shop.pk)
        monkeypatch.setattr(ladders, "LOOK_S", -1)
        assert embedder_of(shop.pk) is None

    def test_two_models_have_two_names(self, embedding):
        assert embedding("embed").pk != embedding("embed-64").pk


class TestQuestions:
    @pytest.fixture
    def ready(self, standing, shop, embedding, fakellm):
        row = embedding()
        embed_entries(shop)
        fakellm.forget()
        Call.objects.all().delete()
        EmbeddingCount.objects.all().delete()
        return row

    async def test_a_vague_question_is_asked_once(self, ready, standing, known, fakellm):
        assert await known.ask(question(standing)) is True
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == [[VAGUE]]

    async def test_another_process_finds_it_in_the_cache(self, ready, standing, known, fakellm):
        await known.ask(question(standing))
        assert await Meanings().ask(question(standing)) is True
        assert asked(fakellm) == [[VAGUE]]
        count = await in_database(EmbeddingCount.objects.get)()
        assert (count.asked, count.hits) == (2, 1)

    async def test_it_is_booked_with_its_chat(self, ready, standing, known):
        await known.ask(question(standing))
        call = await in_database(Call.objects.get)()
        assert (call.session, call.outcome, call.sent) == (standing.session, Outcome.OK, None)

    async def test_two_visitors_who_ask_the_same_are_one_call(
        self, ready, standing, known, fakellm
    ):
        found = await asyncio.gather(*(known.ask(question(standing)) for _ in range(5)))
        assert any(found)
        assert asked(fakellm) == [[VAGUE]]

    async def test_beyond_what_may_be_under_way_words_answer(
        self, ready, standing, known, fakellm, monkeypatch
    ):
        monkeypatch.setattr(meanings, "AT_ONCE", 0)
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == []

    async def test_what_holds_personal_data_is_not_kept(self, ready, standing, known):
        assert await known.ask(question(standing, PERSONAL)) is True
        kept = Embedding.objects.filter(digest=digest(PERSONAL))
        assert not await in_database(kept.exists)()

    async def test_with_no_time_to_wait_nobody_is_asked(
        self, ready, standing, known, settings, fakellm
    ):
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, meaning_s=0.0)
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == []

    async def test_a_model_that_hangs_is_not_waited_for(
        self, ready, standing, known, settings, shop
    ):
        await in_database(made_by)(shop, "hang")
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, meaning_s=0.05)
        assert await known.ask(question(standing)) is False

    @pytest.mark.parametrize("name", ["500", "embed-64", "embed-nan", "drop", "429-3"])
    async def test_a_model_that_fails_leaves_it_to_words(self, ready, standing, known, shop, name):
        await in_database(made_by)(shop, name)
        assert await known.ask(question(standing)) is False

    async def test_a_model_that_is_slow_for_its_own_time_is_not_shut_out(
        self, ready, standing, known, settings, shop, monkeypatch
    ):
        await in_database(made_by)(shop, "hang")
        monkeypatch.setattr(meanings, "MOST_S", 0.05)
        for number in range(FAILURES):
            assert await known.ask(question(standing, f"{VAGUE} {number}")) is False
        calls = await in_database(lambda: [call.outcome for call in Call.objects.order_by("at")])()
        assert calls == [Outcome.DEADLINE] * FAILURES
        await known.ask(question(standing))
        last = await in_database(Call.objects.order_by("at").last)()
        assert last.outcome == Outcome.DEADLINE

    async def test_what_breaks_puts_no_word_of_the_visitor_into_the_log(
        self, ready, standing, known, caplog, monkeypatch
    ):
        def broken(self, embedder, question):
            raise KeyError(question.text)

        monkeypatch.setattr(Meanings, "_endpoint", broken)
        assert await known.ask(question(standing, PERSONAL)) is False
        assert "meaning: a question broke the code (KeyError, " in caplog.text
        assert "ann.lee" not in caplog.text

    async def test_a_model_that_was_taken_off_is_not_asked(self, ready, standing, known, fakellm):
        await in_database(Model.objects.all().delete)()
        await in_database(moved)()
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == []


class TestTables:
    """The texts are too many for memory."""

    @pytest.fixture
    def ready(self, standing, shop, embedding, fakellm, settings):
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, texts_in_memory=3)
        embedding()
        embed_entries(shop)
        fakellm.forget()
        yield
        drop_all()

    async def test_playing_asks_no_database(self, ready, standing, known, monkeypatch):
        assert await known.ask(question(standing)) is True
        assert len(known.of(library.of(standing.site).dense, VAGUE).found["en"].ids) == 6
        monkeypatch.setattr(tables, "nearest", None)
        played = await playing.played(standing, Said(uuid.uuid4(), VAGUE))
        assert played.vague == ""

    async def test_another_version_is_asked_anew_without_the_model(
        self, ready, standing, known, fakellm, shop
    ):
        await known.ask(question(standing, PERSONAL))
        await in_database(IndexState.objects.want)(shop.pk)
        await in_database(embed_entries)(shop)
        fakellm.forget()
        dense = library.of(shop.pk).dense
        assert known.of(dense, PERSONAL) is None
        assert await known.ask(question(standing, PERSONAL)) is True
        assert known.of(dense, PERSONAL).version == dense.version
        assert asked(fakellm) == []

    async def test_a_table_that_does_not_answer_leaves_it_to_words(
        self, ready, standing, known, monkeypatch
    ):
        with monkeypatch.context() as slow:
            slow.setattr(tables, "_NEAREST", f"SELECT pg_sleep(9); {tables._NEAREST}")
            assert await known.ask(question(standing)) is False
            assert known.of(library.of(standing.site).dense, VAGUE) is None
        assert await known.ask(question(standing)) is True
