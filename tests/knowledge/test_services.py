"""Which changes to entries ask for a new index: those that touch what is live."""

import pytest

from apps.knowledge.models import Faq, IndexState
from apps.knowledge.services import set_status
from apps.sites.models import Site

pytestmark = pytest.mark.django_db

DRAFT, REVIEW, LIVE = Faq.Status.DRAFT, Faq.Status.REVIEW, Faq.Status.LIVE


@pytest.fixture
def entry(site):
    def make(status: Faq.Status) -> Faq:
        return Faq.objects.create(site=site, language="en", question="q", answer="a", status=status)

    return make


@pytest.mark.parametrize(
    ("was", "now", "wanted"),
    [(DRAFT, REVIEW, 0), (REVIEW, DRAFT, 0), (REVIEW, LIVE, 1), (LIVE, DRAFT, 1), (LIVE, LIVE, 0)],
)
def test_a_status_moves_the_index_when_live_entries_come_or_go(entry, was, now, wanted):
    faq = entry(was)
    assert set_status(entries=[faq], status=now) == (was != now)
    faq.refresh_from_db()
    assert faq.status == now
    assert sum(IndexState.objects.values_list("wanted", flat=True)) == wanted


def test_only_the_sites_whose_live_entries_moved_are_built(entry, site):
    other = Site.objects.create(key="southbird", name="Southbird")
    draft, live = entry(DRAFT), entry(LIVE)
    Faq.objects.filter(pk=draft.pk).update(site=other)
    draft.refresh_from_db()
    set_status(entries=[draft, live], status=REVIEW)
    assert list(IndexState.objects.values_list("site_id", "wanted")) == [(site.pk, 1)]
