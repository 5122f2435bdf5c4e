"""An embedder in the cloud: what it is told, and what it may cost."""

import pytest
from channels.db import database_sync_to_async as in_database

from apps.knowledge.dense.jobs import refresh
from apps.knowledge.jobs import build_index
from apps.knowledge.models import DenseIndex, Faq, IndexState
from apps.llm.models import Call, Mode, Model, Routing
from apps.llm.values import Tier
from tests.dialogue.meanings.shop import (
    PERSONAL,
    VAGUE,
    asked,
    embed_entries,
    moved,
    question,
    spend,
)
from tests.fakellm.asks import tokens
from tests.llm.rows import price

pytestmark = pytest.mark.django_db(transaction=True)


class TestCloud:
    @pytest.fixture
    def ready(self, standing, shop, embedding, fakellm):
        row = embedding(tier=Tier.CLOUD)
        Routing.objects.create(site=shop, mode=Mode.LOCAL_THEN_CLOUD, cap_day="0.01")
        moved()
        embed_entries(shop)
        fakellm.forget()
        Call.objects.all().delete()
        return row

    async def test_personal_data_stays_and_what_left_is_shown(
        self, ready, standing, known, fakellm
    ):
        assert await known.ask(question(standing, PERSONAL)) is True
        [[sent]] = asked(fakellm)
        assert "ann.lee@example.com" not in sent
        call = await in_database(Call.objects.get)()
        assert call.sent == [{"role": "user", "content": sent}]

    async def test_over_the_cap_words_answer(self, ready, standing, known, fakellm):
        await in_database(price)(ready)
        await in_database(moved)()
        await in_database(spend)(standing.site)
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == []

    async def test_without_a_price_the_cap_holds_as_well(self, ready, standing, known, fakellm):
        await in_database(spend)(standing.site)
        assert await known.ask(question(standing)) is False
        assert asked(fakellm) == []

    async def test_a_question_costs_what_the_server_has_counted(self, ready, standing, known):
        await in_database(price)(ready)
        await in_database(moved)()
        assert await known.ask(question(standing)) is True
        call = await in_database(Call.objects.get)()
        assert (call.tokens_in, call.measured) == (tokens(VAGUE), True)
        assert call.cost

    def test_over_the_cap_no_entry_is_sent(self, ready, shop, fakellm):
        spend(shop.pk)
        Faq.objects.create(
            site=shop, language="en", question="A new one?", answer="Yes.", status="live"
        )
        IndexState.objects.want(shop.pk)
        build_index(shop.pk)
        before = bytes(DenseIndex.objects.get(site=shop).body)
        refresh(shop.pk)
        assert asked(fakellm) == []
        row = DenseIndex.objects.get(site=shop)
        assert (row.problem, bytes(row.body)) == ("failed", before)
        assert "may cost today" in row.problem_detail

    async def test_a_local_model_is_asked_over_the_cap(self, ready, standing, known, fakellm):
        def nearer():
            spend(standing.site)
            Model.objects.update(tier=Tier.LOCAL)
            moved()

        await in_database(nearer)()
        assert await known.ask(question(standing)) is True
