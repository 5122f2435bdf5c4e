from dataclasses import replace

import pytest

from apps.dialogue import embedders, meanings, playing, wiring
from apps.dialogue.embedders import EmbeddingThread
from apps.dialogue.meanings import Meanings
from apps.dialogue.play import Standing
from apps.knowledge.index import library
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, IndexState
from apps.llm.values import Purpose, Tier
from tests.dialogue.meanings.shop import QUESTIONS, moved
from tests.llm.asked import LOOPBACK
from tests.llm.rows import model, provider


@pytest.fixture(autouse=True)
def line(monkeypatch, settings):
    """A thread and gateways of the test's own."""
    settings.LLM_ALLOWED_NETWORKS = LOOPBACK
    settings.KNOWLEDGE = replace(settings.KNOWLEDGE, meaning_s=2.0)
    made = EmbeddingThread()
    monkeypatch.setattr(embedders, "line", made)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """What a process knows that has just begun."""
    made = Meanings()
    for each in (meanings, playing, wiring):
        monkeypatch.setattr(each, "meanings", made)
    monkeypatch.setattr(library, "_indexes", {})
    return made


@pytest.fixture
def shop(site):
    for question in QUESTIONS:
        Faq.objects.create(
            site=site, language="en", question=question, answer=f"{question} So.", status="live"
        )
    IndexState.objects.want(site.pk)
    build_index(site.pk)
    return site


@pytest.fixture
def embedding(fakellm):
    """A model of the fake server for embeddings."""
    owner = provider("Fake", fakellm.base_url)

    def make(name="embed", tier=Tier.LOCAL, **values):
        made = model(owner, name, tier=tier, purpose=Purpose.EMBEDDING, **values)
        moved()
        return made

    return make


@pytest.fixture
def standing(make_session, shop):
    return Standing.of(make_session())
