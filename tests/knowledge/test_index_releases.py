"""Indexes that another release of Helpdesk has stored."""

import pytest

from apps.knowledge.index import Library, unpack
from apps.knowledge.jobs import build_index
from apps.knowledge.models import IndexState


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
