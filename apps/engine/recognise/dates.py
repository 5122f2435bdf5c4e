"""Days: written in digits, or in the words of the two languages. Values are ISO dates.

A day without a year is the nearest such day, the past counting as twice as near: shops are told of
what happened. 8/5/2026 is read month first unless only the other order is a date.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from apps.engine.flows import SlotKind
from apps.engine.recognise.mention import Mention

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"([0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\ ?((?:19|20)\d{2}))?"
_NUMERIC = re.compile(
    r"""
    (?<![a-z0-9\#_./-])(?:
        (?P<y1>(?:19|20)\d{2})(?P<sep>[-/.])(?P<m1>[01]?\d)(?P=sep)(?P<d1>[0-3]?\d)(?![\d./-]*\d)
        |(?:(?P<y2>(?:19|20)?\d{2})年)?(?P<m2>[01]?\d)月(?:份)?(?P<d2>[0-3]?\d)[日号]?(?!\d)
        |(?P<m3>[01]?\d|[0-3]\d)/(?P<d3>[0-3]?\d)/(?P<y3>(?:19|20)\d{2})(?![\d/])
    )
    """,
    re.VERBOSE,
)
_ENGLISH = re.compile(
    rf"\b(?:{_MONTH}\ {_DAY}\b{_YEAR}|(?:the\ )?{_DAY}(?:\ of)?\ {_MONTH}(?![a-z]){_YEAR})",
    re.VERBOSE,
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?"
)
_ENGLISH_WORDS = re.compile(
    rf"""
    \b(?:
        (?P<before>(?:the\ )?day\ before\ yesterday)|(?P<after>(?:the\ )?day\ after\ tomorrow)
        |(?P<near>today|tonight|yesterday|last\ night|tomorrow)
        |(?P<count>\d{{1,3}}|an?|one|two|three|four|five|six|seven|eight|nine|ten)\ (?P<unit>day|week)s?\ ago
        |(?P<which>last|past|this|next|on|coming)\ (?P<weekday>{_WEEKDAY})
        |(?P<odd>(?:last|next|this)\ (?!(?:{_WEEKDAY}|to|birth|holi|week|work|every|pay)(?:day)?\b)[a-z]{{2,12}}day)
    )\b
    """,
    re.VERBOSE,
)
_CHINESE_WORDS = re.compile(
    r"""
    (?P<near>大前[天日]|前[天日](?!台)|昨[天日晚]|今[天日早晚](?!后)|明[天日早晚](?!白)|大后[天日]|后[天](?!台))
    |(?P<count>\d{1,3}|[一两二三四五六七八九十]{1,2})(?P<unit>天|日|个?星期|个?礼拜|周)(?P<way>以?之?前|以?之?后)
    |(?P<which>上上|上|这|本|下下|下)?个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])(?!周)
    |(?P<month>上|这|本|下)个?月(?P<day>[0-3]?\d)[号日]
    """,
    re.VERBOSE,
)
_NEAR = {
    "today": 0, "tonight": 0, "yesterday": -1, "last night": -1, "tomorrow": 1,
    "今": 0, "昨": -1, "前": -2, "大前": -3, "明": 1, "后": 2, "大后": 3,
}  # fmt: skip
_COUNTS = {
    word: count
    for count, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
} | {"a": 1, "an": 1}  # one table, one line
_HAN_COUNTS = {char: count for count, char in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
PAST_COUNTS = 2


def numeric_dates(folded: str, today: date | None) -> Iterator[Mention]:
    """Dates written with digits. What looks like one and is none has the problem "shape"; without
    `today` a day that names no year has no value."""
    for match in _NUMERIC.finditer(folded):
        year = match["y1"] or match["y2"] or match["y3"]
        month = match["m1"] or match["m2"] or match["m3"]
        day = match["d1"] or match["d2"] or match["d3"]
        if match["m3"] and int(month) > 12:
            month, day = day, month
        yield _mention(match, _day(_year(year), int(month), int(day), today))


def spoken_dates(folded: str, today: date | None) -> list[Mention]:
    """Days in words: 上周三, yesterday, Aug 5. Nothing without `today`."""
    if today is None:
        return []
    found = [_mention(match, _named(match, today)) for match in _ENGLISH.finditer(folded)]
    found += [_mention(match, _english(match, today)) for match in _ENGLISH_WORDS.finditer(folded)]
    found += [_mention(match, _chinese(match, today)) for match in _CHINESE_WORDS.finditer(folded)]
    return [mention for mention in found if mention.value or mention.problem]


def _mention(match: re.Match[str], found: date | None) -> Mention:
    value = found.isoformat() if found else ""
    return Mention(SlotKind.DATE, value, match.start(), match.end(), "" if found else "shape")


def _year(said: str | None) -> int | None:
    return None if said is None else int(said) + (2000 if len(said) == 2 else 0)


def _day(year: int | None, month: int, day: int, today: date | None) -> date | None:
    if year is None and today is None:
        return None
    years = (year,) if year is not None or today is None else _years(today)
    days = [found for one in years if one and (found := _date(one, month, day))]
    if year is not None or today is None or not days:
        return days[0] if days else None
    return min(days, key=lambda found: _distance(found, today))


def _years(today: date) -> tuple[int, ...]:
    return today.year - 1, today.year, today.year + 1


def _distance(found: date, today: date) -> int:
    ahead = (found - today).days
    return ahead * PAST_COUNTS if ahead > 0 else -ahead


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named(match: re.Match[str], today: date) -> date | None:
    month, day, year = match[1] or match[5], match[2] or match[4], match[3] or match[6]
    return _day(_year(year), _MONTHS.index(month[:3]) + 1, int(day), today)


def _english(match: re.Match[str], today: date) -> date | None:
    if match["odd"]:
        return None
    if match["weekday"]:
        names = [name[:3] for name in _WEEKDAYS]
        return _weekday(names.index(match["weekday"][:3]), match["which"], today)
    if match["count"]:
        count = _COUNTS.get(match["count"]) or int(match["count"])
        return today - timedelta(days=count * (7 if match["unit"] == "week" else 1))
    days = -2 if match["before"] else 2 if match["after"] else _NEAR[match["near"]]
    return today + timedelta(days=days)


def _weekday(wanted: int, which: str, today: date) -> date:
    """ "last Friday" is the last one that is over, "next" and "this" the next one to come."""
    if which in ("last", "past", "on"):
        return today - timedelta(days=(today.weekday() - wanted - 1) % 7 + 1)
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _chinese(match: re.Match[str], today: date) -> date | None:
    if match["near"]:
        return today + timedelta(days=_NEAR[match["near"][:-1]])
    if match["count"]:
        said = match["count"]
        count = int(said) if said.isdigit() else sum(_HAN_COUNTS[char] for char in said)
        days = count * (1 if match["unit"] in "天日" else 7)
        return today + timedelta(days=-days if match["way"].endswith("前") else days)
    if match["weekday"]:
        wanted = "一二三四五六日天".index(match["weekday"]) % 7 if match["weekday"] != "天" else 6
        monday = today - timedelta(days=today.weekday())
        week = (
            _WEEKS[match["which"]]
            if match["which"]
            else (0 if monday + timedelta(days=wanted) <= today else -1)
        )
        return monday + timedelta(days=wanted + 7 * week)
    months = today.year * 12 + today.month - 1 + _WEEKS[match["month"]]
    return _date(months // 12, months % 12 + 1, int(match["day"]))
