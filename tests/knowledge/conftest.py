"""Entries and questions that the admin's tests share."""

import pytest
from django.utils import timezone

from apps.knowledge.models import Category, Faq, FaqVariant, UnansweredQuestion
from apps.sites.models import Site


@pytest.fixture
def category(site: Site) -> Category:
    return Category.objects.create(site=site, slug="delivery", name_en="Delivery")


@pytest.fixture
def draft(site: Site, category: Category) -> Faq:
    return Faq.objects.create(
        site=site, language="en", category=category, question="How long?", answer="Two days."
    )


@pytest.fixture
def live(site: Site) -> Faq:
    faq = Faq.objects.create(
        site=site, language="en", question="Where are you?", answer="Hangzhou.", status="live"
    )
    FaqVariant.objects.create(faq=faq, text="your address")
    return faq


@pytest.fixture
def asked(site: Site, live: Faq) -> UnansweredQuestion:
    return UnansweredQuestion.objects.create(
        turn="11111111-1111-4111-8111-111111111111",
        session="22222222-2222-4222-8222-222222222222",
        site=site,
        language="en",
        text="Do you sponsor bands?",
        best=live,
        confidence=0.31,
        asked_at=timezone.now(),
    )
