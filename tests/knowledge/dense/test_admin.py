"""The list of entries tells how far the search by meaning is, and what it is worth."""

import pytest
from django.utils import timezone

from apps.knowledge.admin.meaning import told
from apps.knowledge.dense import jobs
from apps.knowledge.dense.jobs import refresh
from apps.knowledge.models import DenseIndex, EmbeddingCount, IndexState
from tests.staff import HOSTILE, olga, page, signed_in, texts

pytestmark = pytest.mark.django_db

LIST = "knowledge_faq_changelist"


def shown(language="en"):
    response = signed_in(olga(), language).get(page(LIST))
    assert response.status_code == 200
    return response.content.decode()


def read(html):
    return " ".join(texts(html))


def test_without_an_embedder_nothing_is_told(site, shop):
    DenseIndex.objects.create(site=site)
    assert 'id="meaning"' not in shown()


def test_what_is_in_use_and_what_the_cache_saved(site, shop, embedder):
    refresh(site.pk)
    EmbeddingCount.objects.update(asked=200, hits=84)
    html = shown()
    assert "search by meaning with Words · 6 entries" in read(html)
    assert "42% of 200 vectors from the cache" in read(html)
    assert "English: your own phrasings (6) do not tell enough yet" in read(html)
    assert "hx-get" not in html.partition('id="meaning"')[2].partition("</ul>")[0]


def test_how_far_it_is(site, shop, embedder, monkeypatch):
    monkeypatch.setattr(jobs, "ENTRIES_AT_ONCE", 2)
    refresh(site.pk, slice_s=-1)
    html = shown()
    assert "embedding 2 of 6 with Words" in read(html)
    assert '<progress max="6"' in html
    assert 'hx-trigger="every 3s"' in html
    assert "search by meaning is not ready; words answer" in read(html)


def test_what_went_wrong(site, shop, embedder):
    refresh(site.pk)
    IndexState.objects.want(site.pk)
    shop[0].question = "When does my parcel come?"
    shop[0].save()
    embedder.fails = True
    refresh(site.pk)
    told = read(shown())
    assert "does not answer as it should The server fails." in told
    assert "The index before stays in use." in told


def test_a_fit_that_holds_is_shown_with_its_interval(site):
    IndexState.objects.want(site.pk)
    fit = {"weights": [1.0], "questions": 360, "answered": 114, "entries": 120}
    DenseIndex.objects.create(
        site=site,
        embedder="words",
        label=HOSTILE,
        built_at=timezone.now(),
        fits={"en": {**fit, "right": 0.97, "low": 0.91, "high": 0.99}},
    )
    html = shown()
    assert (
        "tried with 360 of your own phrasings; 97% of the answers were right (91% to 99%)"
        in read(html)
    )
    assert HOSTILE not in html


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("bad_output: embeddings of nothing but zeros", "Its vectors are nothing but zeros."),
        ("bad_output: 2 embeddings for 3 texts", "What it answers are no usable vectors."),
        ("auth: the key is refused", "The server refuses the key."),
        ("7 numbers instead of 64", "7 numbers instead of 64"),
    ],
)
def test_what_went_wrong_is_told_in_words(detail, said):
    assert told(detail) == said
