"""Rows of words that can be read in more than one way, which once took twice as long for each."""

import pytest

from apps.engine.in_flow import is_bare
from apps.engine.recognise.wanted import wanted

ROW = 29


@pytest.mark.parametrize("word", ["一个", "一", "的", "个", "一款"])
def test_a_row_of_counted_words_is_read_at_once(word):
    assert wanted("我要换货,换成" + word * ROW + "x") is not None


@pytest.mark.parametrize("word", ["好的", "对的", "ok ", "okay ", "it's it "])
def test_a_row_of_handing_words_is_read_at_once(word):
    assert not is_bare((word * 40)[:40])


def test_what_is_handed_over_is_still_heard():
    for line in ("okay, it's 2567", "好的，尾号2567", "my number ends in 2567 thanks", "是2567吧"):
        assert is_bare(line), line


@pytest.mark.parametrize("vague", ["换个颜色", "换成一个别的颜色", "换成别的款式", "换成另外一个"])
def test_what_is_vague_is_still_not_taken(vague):
    assert wanted(vague) is None
