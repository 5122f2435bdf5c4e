"""A week of business hours as people fill it in: for each day from when to when, once or more often."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.handoff.weeks import DAYS, MOST_SPANS, minutes

Raw = dict[str, list[tuple[str, str]]]
MIDNIGHT, WHOLE_DAY = "00:00", "24:00"
LEAST_SHOWN = 2
SHOP_DAYS = {day: [["09:00", "18:00"]] for day in DAYS[:5]}
EARLY = _("%(day)s: %(closes)s is not after %(opens)s.")
HALF = _("%(day)s: write both times, or neither.")
NO_TIME = _("%(day)s: “%(text)s” is no time of day, such as 09:00.")
OVERLAP = _("%(day)s: %(first)s and %(second)s overlap.")


class WeekWidget(forms.Widget):
    """Pairs of times for each day, one pair more than are filled in."""

    class Media:
        js = ["admin/week.js"]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        # An address may hold anything under the field's name.
        week = value if isinstance(value, dict) else {}
        shown = max(LEAST_SHOWN, *(len(week.get(day, [])) + 1 for day in DAYS))
        days = [
            {"key": day, "title": WEEKDAYS[place], "spans": _rows(name, day, week, shown)}
            for place, day in enumerate(DAYS)
        ]
        return render_to_string("admin/handoff/week.html", {"days": days})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Raw:
        """What was typed, by day; pairs of nothing are left out."""
        pairs = {
            day: [
                tuple(data.get(_name(name, day, n, end), "").strip() for end in ("from", "to"))
                for n in range(MOST_SPANS)
            ]
            for day in DAYS
        }
        return {day: [pair for pair in found if any(pair)] for day, found in pairs.items()}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)

    def id_for_label(self, id_: str, index: Any = None) -> str:
        """The group has a name of its own."""
        return ""


class WeekField(forms.Field):
    """Gives a week as `Hours.week` stores it. A wrong day is named."""

    widget = WeekWidget

    def clean(self, value: Raw) -> dict[str, list[list[str]]]:
        errors: list[ValidationError] = []
        week: dict[str, list[list[str]]] = {}
        for place, day in enumerate(DAYS):
            try:
                spans = _day(str(WEEKDAYS[place]), (value or {}).get(day, []))
            except ValidationError as error:
                errors.append(error)
            else:
                week |= {day: spans} if spans else {}
        if errors:
            raise ValidationError(errors)
        return week

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or {}))
        except ValidationError:
            return True


def _day(title: str, pairs: list[tuple[str, str]]) -> list[list[str]]:
    """In the order of the clock. Raises ValidationError."""
    found = sorted((_span(title, pair) for pair in pairs), key=lambda span: minutes(span[0]))
    for first, second in pairwise(found):
        if minutes(second[0]) < minutes(first[1]):
            both = {"first": "–".join(first), "second": "–".join(second)}
            raise ValidationError(OVERLAP % {"day": title, **both})
    return found


def _span(title: str, pair: tuple[str, str]) -> list[str]:
    """An end at midnight is that of the day, which a browser writes as its beginning."""
    opens, closes = (text[:5] if text.count(":") == 2 else text for text in pair)
    if not opens or not closes:
        raise ValidationError(HALF % {"day": title})
    for text in (opens, closes):
        if not _is_time(text):
            raise ValidationError(NO_TIME % {"day": title, "text": text})
    closes = WHOLE_DAY if closes == MIDNIGHT else closes
    if minutes(closes) <= minutes(opens):
        raise ValidationError(EARLY % {"day": title, "closes": closes, "opens": opens})
    return [opens, closes]


def _is_time(text: str) -> bool:
    try:
        minutes(text)
    except ValueError:
        return False
    return True


def _rows(name: str, day: str, week: Mapping[str, Any], shown: int) -> list[dict[str, str]]:
    pairs = list(week.get(day, []))
    pairs += [("", "")] * (min(MOST_SPANS, shown) - len(pairs))
    return [
        {
            "from_name": _name(name, day, n, "from"),
            "to_name": _name(name, day, n, "to"),
            "from": opens,
            "to": MIDNIGHT if closes == WHOLE_DAY else closes,
        }
        for n, (opens, closes) in enumerate(pairs)
    ]


def _name(name: str, day: str, number: int, end: str) -> str:
    return f"{name}-{day}-{number}-{end}"
