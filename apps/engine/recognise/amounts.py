"""Amounts of money, in digits or in Chinese numerals."""

import re
from decimal import Decimal

from apps.engine.flows import SlotKind
from apps.engine.recognise.mention import Mention

_NUMBER = r"(?:\d{1,3}(?:[,']\d{3}){1,4}|\d{1,12})(?:\.\d{1,2})?"
_SIGN = r"[¥$€£]|rmb|cny|usd|us\$|hk\$|eur|gbp"
_UNIT = r"元整?|块钱?|圆|rmb|cny|usd|eur|gbp|dollars?|bucks|yuan|euros?|pounds?|人民币|美元|美金"
_AMOUNT = re.compile(
    rf"""
    (?<![a-z0-9_.\#-])(?:
        (?:{_SIGN})\ ?(?P<signed>{_NUMBER})\ ?(?P<signed_scale>[万千百亿]|k(?![a-z]))?(?:元|块)?
        |(?P<plain>{_NUMBER})\ ?(?:(?P<scale>[万千百亿])?\ ?(?:{_UNIT})|(?P<only_scale>万))
    )(?![a-z0-9]|\.\d)
    """,
    re.VERBOSE,
)
_BARE = re.compile(rf"(?<![a-z0-9_.#-]){_NUMBER}(?![\w-]|[.:/]\d)")
_NUMERAL = "零〇一二两三四五六七八九十百千万"
_SPELT = re.compile(
    rf"(?<![{_NUMERAL}第\d])[{_NUMERAL}]{{1,12}}(?=(?:元|块钱?|圆)(?![{_NUMERAL}]))"
)
_SCALES = {"": 1, "百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "亿": 100_000_000}
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_STEPS = {"十": 10, "百": 100, "千": 1_000}


def amounts(folded: str, *, bare: bool = False) -> list[Mention]:
    """Amounts with a sign or a unit; with `bare`, numbers alone too when there is no other. The
    value is in plain digits: "12000", "94.5"."""
    found = [
        _mention(match, _plain(match["signed"] or match["plain"], _scale(match)))
        for match in _AMOUNT.finditer(folded)
    ]
    if bare and not found:
        found = [_mention(match, _plain(match[0], "")) for match in _BARE.finditer(folded)]
    return found


def spelt_amounts(folded: str, *, bare: bool = False) -> list[Mention]:
    """Amounts in Chinese numerals: 三百块; with `bare`, a line that is nothing but a numeral."""
    found = [
        _mention(match, str(value))
        for match in _SPELT.finditer(folded)
        if (value := chinese_number(match[0]))
    ]
    said = folded.strip()
    if bare and not found and (value := chinese_number(said)):
        start = folded.index(said)
        found = [Mention(SlotKind.AMOUNT, str(value), start, start + len(said))]
    return found


def chinese_number(said: str) -> int | None:
    """一千二 -> 1200, 三百五十 -> 350, 两万三千 -> 23000; None for what is no number."""
    total = section = 0
    digit: int | None = None
    step = 1
    for char in said:
        if char in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[char]
            step = step if digit else 10
        elif char in _STEPS:
            step = _STEPS[char]
            section += (1 if digit is None else digit) * step
            digit = None
        elif char == "万" and (section or digit):
            total += (section + (digit or 0)) * 10_000
            section, digit, step = 0, None, 10_000
        else:
            return None
    # A last digit counts the next smaller step: 一千二 is 1200, 一千零二 is 1002.
    return total + section + (digit or 0) * max(step // 10, 1) if said else None


def _scale(match: re.Match[str]) -> str:
    return match["signed_scale"] or match["scale"] or match["only_scale"] or ""


def _mention(match: re.Match[str], value: str) -> Mention:
    return Mention(SlotKind.AMOUNT, value, match.start(), match.end())


def _plain(said: str, scale: str) -> str:
    value = Decimal(said.replace(",", "").replace("'", "")) * _SCALES[scale]
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
