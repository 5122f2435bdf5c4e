"""Lines that ask nothing, and those that only look so."""

import pytest

from apps.engine.wordless import is_wordless

NOTHING = ["", "👍", "👍🏻 👍🏻", "?", "？？？", "。", "...", "^_^"]
LAUGHTER = ["哈哈", "哈哈哈哈哈！", "hhhh", "haha", "Lol", "hmm", "哦，哈哈"]
NODS = ["nope", "yep", "Yes!", "no no", "嗯？", "对的", "没有"]
DIGITS = ["1", "666", "2333", "202611040017", "１２３", "12 34"]
SOMETHING = [
    "refund",
    "退款",
    "no sound",
    "yes but when",
    "is it on?",
    "有货吗",
    "不能用",
    "对不起",
]
LONGER = ["1234567890123", "7 days", "7天", "ha" * 21, "没有声音", "хорошо", "no sé"]


@pytest.mark.parametrize("text", [*NOTHING, *LAUGHTER, *NODS, *DIGITS])
def test_say_nothing(text):
    assert is_wordless(text)


@pytest.mark.parametrize("text", [*SOMETHING, *LONGER])
def test_say_something(text):
    assert not is_wordless(text)
