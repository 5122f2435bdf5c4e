"""Numbers in words, in English and in Chinese: "two hundred and fifty", 壹万, 四五."""

import re

from apps.engine.recognise.amounts import chinese_number

TENS = {
    word: (place + 2) * 10
    for place, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    )
}
_DIGITS = {"zero": 0} | {
    word: value
    for value, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], 1
    )
}
_TEENS = {
    word: value
    for value, word in enumerate(
        [
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        10,
    )
}
# What multiplies the words before it; from a thousand on it ends their group.
SCALES = {
    "dozen": 12,
    "hundred": 100,
    "thousand": 1_000,
    "grand": 1_000,
    "lakh": 100_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}
_ONES = _DIGITS | _TEENS


def _any(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


SCALE = rf"(?:{_any(SCALES)})s?(?![a-z])"
_WORD = rf"(?:(?:{_any(TENS)})(?:{_any(_DIGITS)})?|{_any(_ONES)}|(?:{_any(SCALES)})s?)(?![a-z])"
ENGLISH = rf"(?<![a-z]){_WORD}(?:(?:[\ -]|\ and\ ){_WORD}){{0,12}}"
_PARTS = re.compile(rf"{_any(TENS | _ONES | SCALES)}")
# With fewer it may be a way of speaking: 三三两两, "one, two".
_LEAST_READ_OUT = 3

CHINESE = "零〇一二两三四五六七八九十百千万亿"
_READ_OUT = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
_MAP = str.maketrans("貳佰仟萬億兩", "贰百千万亿两")
_FORMAL = dict(zip("壹贰叁肆伍陆陸柒捌玖拾", "一二三四五六六七八九十", strict=True))
_SIGNS = "".join(_FORMAL)
# Some of them stand in common words as well: 陆续, 队伍, 收拾.
_FORMAL_NUMBER = re.compile(
    rf"[{_SIGNS}](?=[{_SIGNS}百千万亿零元圆块个天周年倍折])|(?<=[{_SIGNS}百千万亿零])[{_SIGNS}]"
)


def plain_numerals(text: str) -> str:
    """The formal numerals of contracts and traditional ones as plain ones, each in its place."""
    mapped = text.translate(_MAP)
    return _FORMAL_NUMBER.sub(lambda found: _FORMAL[found[0]], mapped)


def english(said: str) -> tuple[int, bool]:
    """The value, and whether it is sure to count something though no unit follows: a scale that
    other words multiply. Of words that `ENGLISH` matches."""
    total = section = 0
    words = _PARTS.findall(said)
    for word in words:
        scale = SCALES.get(word)
        if scale is None:
            section += TENS.get(word, 0) + _ONES.get(word, 0)
        elif scale < SCALES["thousand"]:
            section = (section or 1) * scale
        else:
            total, section = total + (section or 1) * scale, 0
    return total + section, len(words) > 1 and any(word in SCALES for word in words)


def english_digits(said: str) -> str:
    """Of words that read a number out digit by digit; "" for others."""
    words = _PARTS.findall(said)
    is_read_out = len(words) >= _LEAST_READ_OUT and all(word in _DIGITS for word in words)
    return "".join(str(_DIGITS[word]) for word in words) if is_read_out else ""


def chinese(said: str) -> int | None:
    """Of numerals with blanks between them. 四五 counts as its larger one. None: no number."""
    millions, sign, rest = said.replace(" ", "").rpartition("亿")
    if sign:
        high, low = chinese_number(millions), chinese_number(rest) if rest else 0
        return None if high is None or low is None else high * 100_000_000 + low
    value = chinese_number(rest)
    if value is None and len(rest) > 1 and {rest[-2], rest[-1]} <= _READ_OUT.keys() | {"两"}:
        return chinese_number(rest[:-2] + rest[-1])
    return value


def chinese_digits(said: str) -> str:
    """The same as `english_digits`, of numerals."""
    plain = said.replace(" ", "")
    is_read_out = len(plain) >= _LEAST_READ_OUT and all(char in _READ_OUT for char in plain)
    return "".join(_READ_OUT[char] for char in plain) if is_read_out else ""
