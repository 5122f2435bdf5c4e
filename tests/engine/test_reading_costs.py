"""Rows of words that can be read in more than one way, which once took twice as long for each."""

import pytest

from apps.engine.faults import ANOTHER_ORDER
from apps.engine.in_flow import is_bare
from apps.engine.recognise.reasons import reason
from apps.engine.recognise.wanted import wanted
from apps.engine.twofold import JOINED

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


@pytest.mark.parametrize(
    "row", ["我要", "帮我换", "i mean ", "it's not this ", "的别的", "please, "]
)
def test_a_row_of_words_around_another_order_is_read_at_once(row):
    assert ANOTHER_ORDER.fullmatch(row * ROW + "x") is None


@pytest.mark.parametrize("row", [" ", ",", ", ", "and", " and", "，另外"])
def test_a_row_of_what_joins_is_read_at_once(row):
    assert len(JOINED.findall(row * 1000)) <= 2000


@pytest.mark.parametrize("vague", ["换个颜色", "换成一个别的颜色", "换成别的款式", "换成另外一个"])
def test_what_is_vague_is_still_not_taken(vague):
    assert wanted(vague) is None


@pytest.mark.parametrize("word", ["帮我", "要求", "里的", "刚刚", "中的"])
def test_a_row_of_words_before_a_reason_is_read_at_once(word):
    assert reason("我要退货,我" + word * 40 + "坏了") is not None
