"""Indexes that another release of Helpdesk has stored, and those that cannot be loaded at all."""

import pytest

from apps.knowledge import index
from apps.knowledge.index import Library, unpack
from apps.knowledge.jobs import build_index
from apps.knowledge.models import IndexState
from apps.sites.models import Site


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"entries": [{"id": "1"}], "lexical": {}}', b'{"entries": [{"new": 1}]}'],
)
def test_what_another_release_packed_is_refused(body):
    with pytest.raises(ValueError, match="not an index of this version"):
        unpack(1, body)


@pytest.mark.django_db
def test_it_is_asked_for_anew_once_and_read_no_more(site, django_assert_num_queries):
    IndexState.objects.create(site=site, wanted=3, built=3, body=b"{}")
    library = Library()
    library.refresh()
    assert IndexState.objects.get().wanted == 4
    with django_assert_num_queries(1):
        library.refresh()
    build_index(site.pk)
    library.refresh()
    assert library.of(site.pk).version == 4


@pytest.mark.django_db
def test_a_fault_of_one_site_keeps_no_other_from_being_loaded(site, monkeypatch, caplog):
    """It is told once for each version, without what was being read."""
    other = Site.objects.create(key="southbird", name="Southbird")
    IndexState.objects.create(site=site, wanted=7, built=7)
    IndexState.objects.create(site=other, wanted=1, built=1)

    def breaks(version, body):
        if version == 7:
            raise RuntimeError("what a visitor wrote")
        return unpack(version, body)

    monkeypatch.setattr(index, "unpack", breaks)
    library = Library()
    for _ in range(3):
        library.refresh()
    assert (library.of(site.pk).version, library.of(other.pk).version) == (0, 1)
    assert caplog.text.count(f"site {site.pk} stays as it was (RuntimeError)") == 1
    assert "what a visitor wrote" not in caplog.text
