"""Entries that are alike are told to staff, at a cost that grows with the texts alone."""

from collections import Counter

import pytest
from django.db import transaction

from apps.engine.text import terms
from apps.knowledge import similar as module
from apps.knowledge.jobs import build_index
from apps.knowledge.models import Faq, FaqVariant
from apps.knowledge.services import knowledge_changed
from apps.knowledge.similar import similar
from tests.staff import alice, form_data, page, signed_in, texts

ADD = "knowledge_faq_add"


def read(response) -> str:
    assert response.status_code == 200
    return " ".join(texts(response.content.decode()))


@pytest.mark.django_db
def test_each_text_is_taken_apart_once(site, monkeypatch):
    drafts = Faq.objects.bulk_create(
        Faq(site=site, language="en", question=f"lamp {n}", answer="a") for n in range(20)
    )
    FaqVariant.objects.bulk_create(
        FaqVariant(faq=faq, text=f"{faq.question} way {n}") for faq in drafts for n in range(3)
    )
    taken: Counter[str] = Counter()

    def counted(text: str) -> list[str]:
        taken[text] += 1
        return terms(text)

    monkeypatch.setattr("apps.knowledge.likeness.terms", counted)
    asked = ["lamp 3", *(f"ask {n}" for n in range(7))]
    [first, *_] = similar(site_id=site.pk, language="en", texts=asked, besides=None)
    assert (first.faq.question, first.is_same) == ("lamp 3", True)
    # The question of one draft is asked as well.
    assert (taken.total(), taken.pop("lamp 3")) == (len(asked) + 20 * 4, 2)
    assert set(taken.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_is_told_after_the_entry_is_stored_and_free_again(site, monkeypatch):
    live = {"language": "en", "question": "Where are you?", "answer": "Here.", "status": "live"}
    Faq.objects.create(site=site, **live)
    knowledge_changed(site_ids=[site.pk])
    build_index(site.pk)
    was_inside = []

    def watched(**values):
        was_inside.append(transaction.get_connection().in_atomic_block)
        return similar(**values)

    monkeypatch.setattr(module, "similar", watched)
    client = signed_in(alice())
    data = form_data(client.get(page(ADD)))
    new = {"question": "Tell me where you are?", "answer": "Here."}
    answer = client.post(page(ADD), {**data, **new}, follow=True)
    assert "Other entries are asked in much the same words" in read(answer)
    assert was_inside == [False]
    assert Faq.objects.count() == 2
