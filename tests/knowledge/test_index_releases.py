"""Indexes that another release of Helpdesk has stored."""

import pytest

from apps.knowledge.index import unpack


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"entries": [{"id": "1"}], "lexical": {}}', b'{"entries": [{"new": 1}]}'],
)
def test_what_another_release_packed_is_refused(body):
    with pytest.raises(ValueError, match="not an index of this version"):
        unpack(1, body)
