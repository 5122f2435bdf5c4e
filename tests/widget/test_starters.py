"""The questions that a visitor is offered to begin with."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.knowledge.models import Category, Faq
from apps.widget import embed

pytestmark = pytest.mark.django_db


def test_only_entries_that_are_valid_today_are_offered(site):
    now = timezone.now()
    dates = {
        "ended": {"valid_until": now - timedelta(hours=1)},
        "later": {"valid_from": now + timedelta(hours=1)},
        "now": {"valid_from": now - timedelta(1), "valid_until": now + timedelta(1)},
    }
    for position, (name, valid) in enumerate(dates.items()):
        category = Category.objects.create(site=site, slug=name, position=position, name_en=name)
        values = {"language": "en", "answer": "Yes.", "status": Faq.Status.LIVE, **valid}
        Faq.objects.create(site=site, category=category, question=name, **values)
    assert embed.starters(site, "en") == ["now"]
