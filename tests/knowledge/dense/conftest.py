"""Shops with entries, and what embeds them."""

from collections.abc import Callable, Iterator

import pytest

from apps.knowledge import embedding
from apps.knowledge.models import Faq, FaqVariant, IndexState
from apps.sites.models import Site
from tests.knowledge.dense.embedders import Words

QUESTIONS = (
    "How long does delivery take?",
    "How do I return a jacket?",
    "Do you sell gift cards?",
    "Which sizes do your boots come in?",
    "Is there a discount for students?",
    "Can I change the address of an order?",
)


@pytest.fixture
def embedder() -> Iterator[Words]:
    """What every site's entries are embedded with."""
    made = Words()
    before = embedding._source
    embedding.provide(lambda _site: made)
    yield made
    embedding.provide(before)


@pytest.fixture
def write(site: Site) -> Callable[..., Faq]:
    """Stores a live entry, as services do."""

    def write(question: str, *variants: str, answer: str = "So it is.", **values: str) -> Faq:
        known = {"language": "en", "status": Faq.Status.LIVE, **values}
        faq = Faq.objects.create(site=site, question=question, answer=answer, **known)
        for text in variants:
            FaqVariant.objects.create(faq=faq, text=text)
        IndexState.objects.want(site.pk)
        return faq

    return write


@pytest.fixture
def shop(site: Site, write: Callable[..., Faq]) -> list[Faq]:
    return [write(question) for question in QUESTIONS]
