"""A ticket whose visitor left an address."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.handoff.models import Ticket

ADDRESS = "ana@example.org"


@pytest.fixture
def ask(make_session):
    def make(language: str = "en", minutes: float = 20, **values) -> Ticket:
        session = make_session(language=language)
        given = {"email": ADDRESS, "name": "Ana", "waiting_since": None, **values}
        ticket = Ticket.objects.create(
            session=session, site=session.site, reason="contact", language=language, **given
        )
        Ticket.objects.filter(pk=ticket.pk).update(
            created_at=timezone.now() - timedelta(minutes=minutes)
        )
        return ticket

    return make
