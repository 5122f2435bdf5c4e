"""Lines that words alone do not answer, played with their meaning."""

import uuid
from dataclasses import replace

import pytest
from channels.db import database_sync_to_async as in_database

from apps.chat.frames import Send
from apps.dialogue import playing, wiring
from apps.dialogue.driver import Driver
from apps.dialogue.embedders import EmbeddingThread
from apps.dialogue.play import Said
from apps.knowledge.index import library
from apps.llm.values import Embedded, Usage
from tests.dialogue.meanings.shop import SURE, VAGUE, asked, embed_entries, made_by

pytestmark = pytest.mark.django_db(transaction=True)


class TestPlaying:
    @pytest.fixture
    def ready(self, standing, shop, embedding, fakellm):
        embedding()
        embed_entries(shop)
        fakellm.forget()

    async def test_words_that_are_sure_ask_nobody(self, ready, standing, fakellm):
        played = await playing.played(standing, Said(uuid.uuid4(), SURE))
        assert played.reply.passages[0].title == SURE
        assert asked(fakellm) == []

    async def test_a_vague_line_is_played_again_with_its_meaning(
        self, ready, standing, fakellm, shop, monkeypatch
    ):
        """The fake's vectors know words only: one is put where the question's would be."""
        library_index = library.of(shop.pk)
        place = library_index.dense.matrices["en"].ids.index(
            next(id for id, entry in library_index._entries.items() if entry.question == SURE)
        )
        matrix = library_index.dense.matrices["en"]
        row = int(matrix.sizes[:place].sum())

        async def embed(_self, _endpoint, texts, _deadline_s):
            assert texts == [VAGUE]
            return Embedded([matrix.vectors[row].tolist()], Usage())

        before = await playing.played(standing, Said(uuid.uuid4(), "zzz"))
        assert before.reply is None or not before.reply.passages
        monkeypatch.setattr(EmbeddingThread, "embed", embed)
        played = await playing.played(standing, Said(uuid.uuid4(), VAGUE))
        assert played.reply.passages[0].title == SURE
        assert wiring.versions(shop.pk)["meaning"] == library.of(shop.pk).dense.version

    async def test_without_an_embedder_nothing_is_vague(self, standing, fakellm):
        played = await playing.played(standing, Said(uuid.uuid4(), VAGUE))
        assert played.vague == ""
        assert asked(fakellm) == []

    async def test_a_line_is_stored_though_the_model_hangs(
        self, ready, standing, shop, settings, make_session
    ):
        await in_database(made_by)(shop, "hang")
        settings.KNOWLEDGE = replace(settings.KNOWLEDGE, meaning_s=0.05)
        driver = Driver()
        handle = driver.hold(standing)
        answer = await driver.send(handle, Send(cmid=uuid.uuid4(), text=VAGUE), trusted=True)
        await driver.close()
        assert answer["type"] == "ack"
