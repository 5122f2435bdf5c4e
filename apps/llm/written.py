"""What a text states in figures: numbers with their units, days, times, codes, addresses of pages.

Both sides of a comparison are read by the same rules, so what these misread they misread alike.
Full-width forms, thousands separators, Chinese numerals and number words all count as digits.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from apps.llm import days, spelt


class Kind(StrEnum):
    URL = "url"
    DATE = "date"
    TIME = "time"
    CODE = "code"
    AMOUNT = "amount"
    NUMBER = "number"


# A number with another unit is another statement: 30 days are not 30 minutes.
_UNITS = {
    "cny": r"元|块|圆|人民币|rmb|cny|yuan|¥",
    "usd": r"美元|美金|us\$|usd|dollars?|bucks|\$",
    "eur": r"欧元|eur|euros?|€",
    "gbp": r"英镑|gbp|pounds?|£",
    "percent": r"%|percent|per\ cent",
    "day": r"个?(?:工作日|自然日)|天|日(?!元)|(?:(?:business|working|calendar)\ )?days?(?![a-z])",
    "week": r"个?(?:星期|礼拜)|周|weeks?(?![a-z])",
    "month": r"个?月|months?(?![a-z])",
    "year": r"年|years?(?![a-z])",
    "hour": r"个?(?:小时|钟头)|hours?(?![a-z])|hrs?(?![a-z])",
    "minute": r"分钟|minutes?(?![a-z])|mins?(?![a-z])",
    "discount": r"折",
    "times": r"倍",
}
MONEY = ("cny", "usd", "eur", "gbp", "percent", "discount")
UNIT = "|".join(_UNITS.values())
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_BEFORE = re.compile(r"(?P<usd>us\$|usd|\$)|(?P<cny>rmb|cny|¥)|(?P<eur>eur|€)|(?P<gbp>gbp|£)")
_SCALES = {"百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "亿": 100_000_000} | spelt.SCALES
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]{{0,6}}\.?"
_YEAR = r"(?:,?\ ?(?P<{0}>(?:19|20)\d\d)(?!\d))?"

# Every part has its most, or a reply of 4000 letters takes half a second. A label is of ASCII or of
# other letters, so that none begins in the Chinese words before it.
_LETTER = r"[^\W\d_a-z]"
_DOT = r"(?:\.|[\[(](?:\.|dot)[\])])"
_LABEL = rf"(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?|{_LETTER}{{1,63}}+)"
# After what else is the stop of a sentence, and in Chinese, only what is sure to end a host counts.
_TOP = (
    rf"(?:{_DOT}(?:[a-z]{{2,24}}|[^\W\d_a-z\u2e80-\uffef]{{2,24}}|中国|中國|公司|网络|網絡|网址|商城"
    r"|商店|集团|在线|香港|台湾)|(?:。|\ dot\ )(?:com|net|org|cn|io|co|me|xyz|top|shop|vip|cc|info"
    r"|site|online|club|ru|рф)(?![a-z]))"
)
_HOST = rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,7}}{_TOP}"
_URL = re.compile(
    rf"(?:[a-z0-9_.+-]{{1,64}}|{_LETTER}{{1,64}}+)@{_LABEL}(?:{_DOT}{_LABEL}){{1,8}}"
    rf"|(?:https?://)?{_HOST}(?::\d+)?(?:[/?#][!-~]*)?"
    r"|https?://[^\s，。；！？、（）《》]+"
)
_DATE = re.compile(
    rf"""
    (?<!\d)(?:
        (?P<y1>(?:19|20)\d\d)[-/.](?P<m1>[01]?\d)[-/.](?P<d1>[0-3]?\d)(?!\d)
        |(?:(?P<y2>(?:19|20)?\d\d)年)?(?P<m2>[01]?\d)月(?P<d2>[0-3]?\d)[日号]?(?!\d)
        |(?P<m3>[01]?\d|[0-3]\d)/(?P<d3>[0-3]?\d)/(?P<y3>(?:19|20)\d\d)(?!\d)
        |\b{_MONTH.format("n4")}\ (?P<d4>[0-3]?\d)(?:st|nd|rd|th)?\b(?!:){_YEAR.format("y4")}
        |(?P<d5>[0-3]?\d)(?:st|nd|rd|th)?\ (?:of\ )?{_MONTH.format("n5")}(?![a-z]){_YEAR.format("y5")}
    )
    """,
    re.VERBOSE,
)
_TIME = re.compile(
    r"""
    (?<![\d:])(?:
        (?P<h1>[0-2]?\d):(?P<m1>[0-5]\d)(?::[0-5]\d)?\ ?(?P<half1>[ap]\.?m\b)?
        |(?P<h2>1?\d)\ ?(?P<half2>[ap]\.?m\b)
    )(?!\d)
    |(?P<half3>凌晨|早上|上午|中午|下午|傍晚|晚上|晚)?(?<!\d)(?P<h3>[0-2]?\d)[点时](?!间)
        (?:(?P<m3>[0-5]?\d)分?|(?P<thirty>半))?
    """,
    re.VERBOSE,
)
_AFTERNOON = ("p", "下午", "傍晚", "晚")
_CODE = re.compile(r"(?<![a-z0-9])(?!(?:rmb|cny|usd|eur|gbp)[\ \d])[a-z]+[-_]?\d[a-z0-9_-]*")
_GROUPS = re.compile(r"(?<![\d.])\+?\d+(?:-\d+)+(?![\d.]*\d)")
# With fewer digits the hyphen means "to".
_LONG = 7
_NUMBER = re.compile(
    rf"(?P<before>(?:{_BEFORE.pattern.replace('?P<', '?P<b_')})\ ?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"\ ?(?P<scale>[百千万亿]|k(?![a-z])|{spelt.SCALE})?[\ -]?(?:{_UNIT})?"
)
_NUMERAL = re.compile(
    rf"(?P<digits>[{spelt.CHINESE}](?:\ ?[{spelt.CHINESE}])*)[来多余几]?\ ?(?:{_UNIT})?"
)
_WORD = re.compile(rf"(?P<words>{spelt.ENGLISH})(?:[\ -](?:of\ )?(?:{_UNIT}))?")
# Half of a unit in the next smaller one.
_HALVES = {"year": ("6", "month"), "month": ("15", "day"), "day": ("12", "hour")}
_HALVES |= {"hour": ("30", "minute"), "minute": ("30", "second")}
_HALF = re.compile(
    rf"(?<![a-z])half(?:\ (?:of\ )?an?|\ of|[\ -](?={UNIT}))\ ?(?:{_UNIT})"
    r"|(?P<half>(?<![a-z])half[\ -]?(?:price|off|the|your|its|of\ (?:the|your|its)|back)(?![a-z])"
    r"|半价|一半)"
    r"|(?P<double>(?<![a-z])double(?![a-z-]|\ (?:check|click|tap|bed|room))"
    r"|(?<![a-z])twice\ (?:the|your|as|its|what)(?![a-z])|[双加翻]倍)"
    r"|(?P<triple>(?<![a-z])triple(?![a-z-]))"
    r"|(?P<fortnight>(?<![a-z])fortnights?(?![a-z]))"
    rf"|(?<![上下大])半(?:{_UNIT.replace('?P<', '?P<c_')})"
)
_HALF_AS_SHARE = re.compile(r"(?<![\d.])(?:50\ ?(?:%|percent)|[5五]折)")


@dataclass(frozen=True, slots=True)
class Statement:
    """`forms`: any of them is the same statement; `unit` is "" where none is named, of a day
    it is the year. `said` is the place's own wording, after full-width forms."""

    kind: Kind
    forms: tuple[str, ...]
    unit: str
    said: str


@dataclass(frozen=True, slots=True)
class Statements:
    """All of a text, to look one up in."""

    units: Mapping[tuple[str, str], set[str]]

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> Self:
        units: dict[tuple[str, str], set[str]] = {}
        for found in statements:
            for form in found.forms:
                units.setdefault((_space(found.kind), form), set()).add(found.unit)
        return cls(units)

    def has(self, wanted: Statement) -> bool:
        """The same in the same unit, or where one of the two names none. A year that was not named
        is made up."""
        missing = () if wanted.kind is Kind.DATE else ("",)
        for form in wanted.forms:
            units = self.units.get((_space(wanted.kind), form), set())
            if units and (not wanted.unit or units.intersection((wanted.unit, *missing))):
                return True
        return False


def fold(text: str) -> str:
    return spelt.plain_numerals(unicodedata.normalize("NFKC", text).casefold())


def read(text: str) -> list[Statement]:
    """Everything that a text states, each place once."""
    rest, found = fold(text), []
    for sign, pattern, reader in _READERS:
        if sign and not sign.search(rest):
            continue
        for match in pattern.finditer(rest):
            made = reader(match)
            if made is not None:
                found.append(made)
                start, end = match.span()
                rest = f"{rest[:start]}{' ' * (end - start)}{rest[end:]}"
    return found


def stated(text: str) -> tuple[Statement, ...]:
    """Everything that a reply may repeat of a text."""
    return *read(text), *_loose(fold(text))


def _space(kind: Kind) -> str:
    """Amounts and numbers are looked up among each other, and so are codes of digits alone."""
    return "number" if kind in (Kind.AMOUNT, Kind.NUMBER, Kind.CODE) else kind


def _url(match: re.Match[str]) -> Statement | None:
    said = match[0].rstrip(".,;:!?)]}'\"")
    host = re.sub(rf"{_DOT}|。|\ dot\ ", ".", said)
    bare = re.sub(r"^https?://", "", host).removeprefix("www.").rstrip("/")
    return Statement(Kind.URL, (bare,), "", said)


def _date(match: re.Match[str]) -> Statement | None:
    groups = {name[:1]: value for name, value in match.groupdict().items() if value}
    month = _MONTHS.index(groups["n"][:3]) + 1 if "n" in groups else int(groups["m"])
    day, year = int(groups["d"]), groups.get("y")
    if match["m3"] and month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    bare = f"{month}-{day}"
    if year is None:
        return Statement(Kind.DATE, (bare,), "", match[0])
    return Statement(Kind.DATE, (bare,), year[-2:], match[0])


def _relative(match: re.Match[str]) -> Statement:
    return Statement(Kind.DATE, (days.form(match),), "", match[0])


def _time(match: re.Match[str]) -> Statement | None:
    hour = int(match["h1"] or match["h2"] or match["h3"])
    minute = 30 if match["thirty"] else int(match["m1"] or match["m3"] or 0)
    half = match["half1"] or match["half2"] or match["half3"] or ""
    if half.startswith(_AFTERNOON) and hour < 12:
        hour += 12
    return Statement(Kind.TIME, (f"{hour}:{minute:02}",), "", match[0]) if hour <= 24 else None


def _code(match: re.Match[str]) -> Statement:
    return Statement(Kind.CODE, (re.sub(r"[-_]", "", match[0]),), "", match[0])


def _groups(match: re.Match[str]) -> Statement | None:
    joined = re.sub(r"\D", "", match[0])
    return Statement(Kind.CODE, (joined,), "", match[0]) if len(joined) >= _LONG else None


def _number(match: re.Match[str]) -> Statement:
    digits = match["digits"].replace(",", "")
    value = Decimal(digits) * _SCALES.get(match["scale"] or "", 1)
    groups = match.groupdict()
    before = next((name for name in MONEY if groups.get(f"b_{name}")), "")
    # Of a long number with zeros before it the zeros count: it names something.
    is_name = digits.startswith("0") and digits.isdecimal() and len(digits) > 1
    form = digits if is_name else _plain(value)
    return _counted(match, form, before or _unit(match))


def _numeral(match: re.Match[str]) -> Statement | None:
    """Only with a unit, or digit by digit: 一 stands in many words that count nothing."""
    if digits := spelt.chinese_digits(match["digits"]):
        return _counted(match, digits, _unit(match))
    value, unit = spelt.chinese(match["digits"]), _unit(match)
    return _counted(match, str(value), unit) if value is not None and unit else None


def _word(match: re.Match[str]) -> Statement | None:
    if digits := spelt.english_digits(match["words"]):
        return Statement(Kind.CODE, (digits,), "", match[0])
    (value, is_sure), unit = spelt.english(match["words"]), _unit(match)
    return _counted(match, str(value), unit) if unit or is_sure else None


def _half(match: re.Match[str]) -> Statement:
    for name, form in (("half", "0.5"), ("double", "2"), ("triple", "3")):
        if match[name]:
            return _counted(match, form, "times")
    if match["fortnight"]:
        return _counted(match, "14", "day")
    unit = _unit(match) or next(name for name in _UNITS if match[f"c_{name}"])
    return _counted(match, *_HALVES.get(unit, ("0.5", unit)))


def _loose(folded: str) -> Iterator[Statement]:
    """What counts as stated though a reply would not have to prove it: numerals without a unit,
    and the parts of a day."""
    for match in _NUMERAL.finditer(folded):
        value = spelt.chinese(match["digits"])
        if value is not None and not _unit(match):
            yield Statement(Kind.NUMBER, (str(value),), "", match[0])
    for match in _WORD.finditer(folded):
        if not _unit(match):
            yield Statement(Kind.NUMBER, (str(spelt.english(match["words"])[0]),), "", match[0])
    for match in _HALF_AS_SHARE.finditer(folded):
        yield Statement(Kind.NUMBER, ("0.5",), "times", match[0])
    for match in _DATE.finditer(folded):
        yield from _parts(match)
    for match in days.LOOSE.finditer(folded):
        yield _relative(match)


def _parts(match: re.Match[str]) -> Iterator[Statement]:
    for name, part in match.groupdict().items():
        unit = {"y": "year", "m": "month"}.get(name[0])
        if part and unit:
            yield Statement(Kind.NUMBER, (_plain(Decimal(part)),), unit, part)


def _counted(match: re.Match[str], form: str, unit: str) -> Statement:
    kind = Kind.AMOUNT if unit in MONEY else Kind.NUMBER
    return Statement(kind, (form,), unit, match[0].strip())


def _unit(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next((name for name in _UNITS if groups.get(name)), "")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


# What a pattern cannot do without, cheap to look for: most sentences state nothing of its kind.
_ADDRESS = re.compile(r"@|://|[.\])](?=[^\s.])|。[a-zр]|\ dot\ ")
_DIGIT = re.compile(r"\d")
_DAY = re.compile(rf"\d[-/.年月]|{'|'.join(_MONTHS)}")
_CLOCK = re.compile(r"\d(?:[:点时]|\ ?[ap])")
_PART = re.compile(r"half|double|triple|twice|fortnight|[半倍]")
_Reader = Callable[[re.Match[str]], Statement | None]
_READERS: tuple[tuple[re.Pattern[str] | None, re.Pattern[str], _Reader], ...] = (
    (_ADDRESS, _URL, _url),
    (_DAY, _DATE, _date),
    (days.SIGN, days.NAMED, _relative),
    (_CLOCK, _TIME, _time),
    (_DIGIT, _CODE, _code),
    (_DIGIT, _GROUPS, _groups),
    (_DIGIT, _NUMBER, _number),
    (_PART, _HALF, _half),
    (None, _NUMERAL, _numeral),
    (None, _WORD, _word),
)
