"""The initials of Chinese words in pinyin, as people type them: 退款 is "tk".

No table of readings is needed: the 3 755 everyday characters of GB 2312 stand in the order of their
pinyin, so a character's place tells its initial. Of rarer ones it does not: they are left out.
"""

from bisect import bisect_right
from itertools import islice, product

# The first character of each initial, in that order. No syllable begins with i, u or v.
FIRSTS = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
INITIALS = "abcdefghjklmnopqrstwxyz"
# Behind it stand the rarer characters, in the order of their radicals.
LAST = "座"
# Everyday characters with a second reading that begins otherwise.
ALSO = {
    "重": "zc",
    "行": "xh",
    "长": "cz",
    "调": "td",
    "传": "cz",
    "藏": "cz",
    "曾": "cz",
    "弹": "dt",
    "降": "jx",
    "系": "xj",
    "省": "sx",
    "乐": "ly",
    "朝": "cz",
    "盛": "sc",
    "查": "cz",
    "单": "ds",
    "车": "cj",
    "万": "wm",
    "宿": "sx",
    "解": "jx",
    "卡": "kq",
}
MOST_READINGS = 8
LONGEST = 60


def initials(text: str) -> list[str]:
    """Of its Chinese characters, its Latin letters and digits as they are; one for each way to read
    it, MOST_READINGS at most; none for a text without Chinese."""
    text = text[:LONGEST]
    if text.isascii():
        return []
    read = [signs for char in text if (signs := _of(char))]
    return ["".join(way) for way in islice(product(*read), MOST_READINGS)] if read else []


def _of(char: str) -> str:
    if char.isascii():
        return char.lower() if char.isalnum() else ""
    if char in ALSO:
        return ALSO[char]
    place = _place(char)
    if not _PLACES[0] <= place <= _place(LAST):
        return ""
    return INITIALS[bisect_right(_PLACES, place) - 1]


def _place(char: str) -> bytes:
    try:
        return char.encode("gb2312")
    except UnicodeEncodeError:
        return b""


_PLACES = [_place(first) for first in FIRSTS]
