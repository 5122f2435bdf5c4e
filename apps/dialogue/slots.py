"""A flow's slots as a visitor sees them: labels, values in words, and the form that asks for one.

What a visitor wrote is text wherever it is shown: in a sentence the widget's few marks are broken.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format

from apps.dialogue import phrases
from apps.engine.book import Book
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec, in_language
from apps.engine.types import Memory, SlotValue

# What the widget's input for each kind is.
TYPES = {SlotKind.AMOUNT: "number", SlotKind.PHONE: "tel"}
# What stands on a bill or in an e-mail may not be at hand.
LOOKED_UP = frozenset(
    {
        SlotKind.ORDER_ID,
        SlotKind.PHONE,
        SlotKind.PHONE_TAIL,
        SlotKind.EMAIL,
        SlotKind.AMOUNT,
        SlotKind.DATE,
        SlotKind.PRODUCT,
    }
)
MOST_OPTIONS = 12
NOTHING = "–"
EMPTY = "\0"  # in no text that is stored
# Where a value is not known: (pattern, what stands there instead), in this order.
LEFT_OUT = [
    (re.compile(rf"[ \t]*(?:\({EMPTY}\)|（{EMPTY}）|“{EMPTY}”|\"{EMPTY}\"|「{EMPTY}」)"), ""),
    (re.compile(rf"([:：][ \t]*){EMPTY}"), rf"\1{NOTHING}"),
    (re.compile(rf"(^|[.!?。！？\n][ \t]*){EMPTY}[ \t]*[,，、;；·]?[ \t]*", re.MULTILINE), r"\1"),
    (re.compile(rf"[ \t]*[,，、;；·]?[ \t]*{EMPTY}"), ""),
]
PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
JOINER = "\u2060"
Form = dict[str, Any]


def listed(memory: Memory, book: Book, language: str) -> list[dict[str, str]]:
    """What is known of the flow that the visitor is in, for the `state` frame."""
    active = memory.active
    flow = active and book.by_version.get((active.flow, active.version))
    if not active or not flow:
        return []
    return [
        {
            "name": spec.name,
            "label": label(spec, language),
            "value": in_words(spec, active.slots[spec.name], book, language),
            "source": str(active.slots[spec.name].source),
        }
        for spec in flow.slots
        if spec.name in active.slots
    ]


def label(spec: SlotSpec, language: str) -> str:
    return in_language(spec.labels, language) or spec.name


def in_words(spec: SlotSpec, given: SlotValue, book: Book, language: str) -> str:
    """The value as a person would write it."""
    match spec.kind:
        case SlotKind.CHOICE:
            labels = {option.value: option.labels for option in spec.options}
            return in_language(labels.get(given.value, {}), language) or given.value
        case SlotKind.PRODUCT:
            return _product(given, book, language)
        case SlotKind.DATE:
            return _date(given.value, language)
    return given.value


def form(spec: SlotSpec, book: Book, language: str, error: str = "") -> Form:
    """`meta.form` of the wire protocol."""
    made: Form = {
        "slot": spec.name,
        "label": label(spec, language),
        "type": TYPES.get(spec.kind, str(spec.kind)),
        "example": in_language(spec.examples, language),
    }
    if error:
        made["error"] = error
    if options := _options(spec, book, language):
        made["options"] = options
    if spec.kind in LOOKED_UP or not spec.required:
        made["lack"] = True
    return made


def filled(
    text: str, values: Mapping[str, SlotValue], flow: FlowSpec, book: Book, language: str
) -> str:
    """Puts the values in the places that staff have named, as in "{order_id}". No `str.format`:
    that would read attributes. What is no slot of the flow stays as it stands; what is not known is
    left out with the sign that parts it from the words before."""

    def place(found: re.Match[str]) -> str:
        spec = flow.by_name.get(found[1])
        if spec is None:
            return found[0]
        given = values.get(spec.name)
        return plain(in_words(spec, given, book, language)) if given else EMPTY

    made = PLACE.sub(place, text)
    if EMPTY in made:
        for pattern, instead in LEFT_OUT:
            made = pattern.sub(instead, made)
    return made.strip()


def plain(value: str) -> str:
    """Nothing in it is a mark, a link or a line of a list for the widget."""
    text = " ".join(value.split())
    text = text.replace("**", f"*{JOINER}*").replace("`", "'").replace("://", f":{JOINER}//")
    return f"{JOINER}{text}" if text[:1] in {"-", "•", "*"} else text


def _product(given: SlotValue, book: Book, language: str) -> str:
    names = next((found.names for found in book.products if found.value == given.value), ())
    fitting = [name for name in names if name.isascii() is not language.startswith("zh")]
    return next(iter([*fitting, *names, given.said]), "") or given.value


def _date(value: str, language: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    with translation.override(language.lower()):
        return date_format(day, "DATE_FORMAT")


def _options(spec: SlotSpec, book: Book, language: str) -> list[dict[str, str]]:
    """Of a catalogue only one that is short: any other is searched by typing."""
    if spec.kind is SlotKind.CHOICE:
        return [
            {"label": in_language(option.labels, language) or option.value, "value": option.value}
            for option in spec.options
        ]
    if spec.kind is SlotKind.PRODUCT and len(book.products) <= MOST_OPTIONS:
        return [
            {"label": _product(SlotValue(found.value), book, language), "value": found.value}
            for found in book.products
        ]
    return []


def problem(code: str, spec: SlotSpec, language: str) -> str:
    """Why what was given could not be taken; "" when the reason has no words."""
    sentence = phrases.PROBLEMS.get(code)
    if code == "lack":
        sentence = phrases.LACKED.get(spec.kind, sentence)
    if code == "unknown" and spec.kind is SlotKind.CHOICE:
        sentence = phrases.NO_OPTION
    if sentence is None:
        return ""
    bounds = {"least": _number(spec.minimum), "most": _number(spec.maximum)}
    return phrases.in_language(sentence, language) % {**bounds, "longest": spec.longest}


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:g}"
