"""Days that are named by how far off they are: tomorrow, 后天, next week."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

# By unit and how many of them from now on. "Next day" and 当天 count from something else, but a
# reply may mean that by tomorrow and today.
_NAMES = {
    ("day", 0): (r"today|tonight|this (?:morning|afternoon|evening)", "今[天日晚早]|今儿"),
    ("day", 1): (r"tomorrow|tmrw", "明[天晚早]|明日(?!之)|明儿"),
    ("day", 2): (r"(?:the )?day after tomorrow", "(?<![天日先今])后[天日](?!天)"),
    ("day", 3): (r"(?!)", "大后[天日]"),
    ("day", -1): (r"yesterday|last night", "昨[天日晚]|昨儿"),
    ("day", -2): (r"(?:the )?day before yesterday", "(?<![以之])前[天日](?![天日])"),
    ("week", 0): (r"this week(?!end)", "[本这]个?(?:周(?![边期围])|星期|礼拜)"),
    ("week", 1): (r"next week(?!end)", "下个?(?:周(?![边围])|星期|礼拜)"),
    ("month", 0): (r"this month", "[本这]个?月"),
    ("month", 1): (r"next month", "下个?月"),
}
_LOOSE = {
    ("day", 0): (r"(?:the )?same[ -]day", "当[天日]"),
    ("day", 1): (
        r"(?:the )?(?:next|following)[ -](?:business |working )?day",
        "[次翌隔]日|第二天|隔天",
    ),
}
_Name = tuple[str, int]
_BY_GROUP = {f"{unit}{count % 10}": (unit, count) for unit, count in _NAMES}


def _pattern(names: Mapping[_Name, tuple[str, str]]) -> re.Pattern[str]:
    # The longest first: "the day after tomorrow" holds another.
    groups = [group for group, name in _BY_GROUP.items() if name in names]
    return re.compile(
        "|".join(
            rf"(?P<{group}>(?<![a-z])(?:{english})(?![a-z])|{chinese})"
            for group in sorted(groups, key=lambda group: -abs(_BY_GROUP[group][1]))
            for english, chinese in [names[_BY_GROUP[group]]]
        )
    )


NAMED = _pattern(_NAMES)
LOOSE = _pattern(_LOOSE)
# Cheap to look for: most sentences name none.
SIGN = re.compile("day|night|tomorrow|tmrw|this|next|[今明后昨前本这下]")
# "How may I help you today?" claims nothing.
COURTEOUS = re.compile(
    r"(?:(?<=help you )|(?<=assist you )|(?<=for you )|(?<=with ))today(?=\s*\?)"
    r"|今天(?=[^。！？?]{0,8}[帮为]您)"
)


def form(match: re.Match[str]) -> str:
    """How it is compared: "day+1"."""
    unit, count = _BY_GROUP[match.lastgroup or ""]
    return f"{unit}{count:+}"


def on(form: str, today: date | None) -> tuple[str, ...]:
    """The forms of that day: as it is named, and as a date where today's is known."""
    unit, _, count = form.partition("day")
    if today is None or unit or not count:
        return (form,)
    found = today + timedelta(days=int(count))
    return form, f"{found.month}-{found.day}"
