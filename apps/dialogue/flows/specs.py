"""Drafts as specs and specs as drafts: `engine.flows.FlowSpec` is what both sides share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue.models import Flow, Slot
from apps.engine.flows import FlowSpec, Option, SlotKind, SlotSpec, Texts
from apps.sites.models import CHINESE, ENGLISH

# By language, how the columns of its texts end.
COLUMNS = {ENGLISH: "en", CHINESE: "zh_hans"}
FLOW_TEXTS = {"names": "name", "descriptions": "description", "confirms": "confirm",
              "dones": "done"}  # fmt: skip
SLOT_TEXTS = {"labels": "label", "prompts": "prompt", "examples": "example", "reasks": "reask"}
FLOW_PLAIN = ("key", "action", "lookup", "high_value", "high_risk")
SLOT_PLAIN = ("name", "required", "proof", "reask_limit", "longest")
BOUNDS = ("minimum", "maximum", "earliest_days", "latest_days")
# What a slot of the other kinds would carry along unread.
OF_KIND: dict[SlotKind, frozenset[str]] = {
    SlotKind.ORDER_ID: frozenset({"patterns"}),
    SlotKind.TEXT: frozenset({"longest"}),
    SlotKind.CHOICE: frozenset({"options"}),
    SlotKind.DATE: frozenset({"earliest_days", "latest_days"}),
    SlotKind.AMOUNT: frozenset({"minimum", "maximum"}),
}
_COMMA = re.compile(r"[,，、]")
LONGEST_OPTION = 100


@dataclass(slots=True)
class OptionLines:
    """The options that lines stand for, and what is wrong, each with its line."""

    options: list[Option] = field(default_factory=list)
    problems: list[Any] = field(default_factory=list)


def spec_of(flow: Flow, slots: Sequence[Slot], number: int = 1) -> FlowSpec:
    """The draft as version `number`. Raises pydantic.ValidationError for what forms refuse."""
    return FlowSpec(
        version=number,
        examples={
            language: tuple(found)
            for language, column in COLUMNS.items()
            if (found := lines(getattr(flow, f"examples_{column}")))
        },
        slots=tuple(_slot_spec(slot) for slot in slots),
        **{name: getattr(flow, name) for name in FLOW_PLAIN},
        **{name: _texts(flow, column) for name, column in FLOW_TEXTS.items()},
    )


def write(spec: FlowSpec, flow: Flow) -> list[Slot]:
    """Puts a spec into the draft; the slots are new rows, and nothing is stored."""
    for name in FLOW_PLAIN:
        setattr(flow, name, getattr(spec, name))
    for language, column in COLUMNS.items():
        setattr(flow, f"examples_{column}", "\n".join(spec.examples.get(language, ())))
        for name, start in FLOW_TEXTS.items():
            setattr(flow, f"{start}_{column}", getattr(spec, name).get(language, ""))
    return [_slot(one, place) for place, one in enumerate(spec.slots, 1)]


def lines(text: str) -> list[str]:
    """Lines without blanks around or between words, each once."""
    found = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(filter(None, found)))


def read_options(text: str) -> OptionLines:
    """Reads `value | Chinese | English | other words` lines; Chinese and English may be empty."""
    read = OptionLines()
    seen: set[str] = set()
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        value, *rest = (" ".join(cell.split()) for cell in line.split("|"))
        if problem := _line_problem(value, rest, seen):
            read.problems.append(_("Line %(line)d: %(problem)s")
                                 % {"line": place, "problem": problem})  # fmt: skip
            continue
        seen.add(value)
        chinese, english, others = (*rest, "", "", "")[:3]
        found = {ENGLISH: english, CHINESE: chinese}
        labels = {tag: label for tag, label in found.items() if label} or {ENGLISH: value}
        words = tuple(dict.fromkeys(filter(None, map(str.strip, _COMMA.split(others)))))
        read.options.append(Option(value=value, labels=labels, synonyms=words))
    return read


def write_options(options: Sequence[Option]) -> str:
    return "\n".join(
        " | ".join(
            (one.value, one.labels.get(CHINESE, ""), one.labels.get(ENGLISH, ""),
             ", ".join(one.synonyms))
        ).rstrip(" |")
        for one in options
    )  # fmt: skip


def _line_problem(value: str, rest: list[str], seen: set[str]) -> Any:
    if not value:
        return _("it must begin with the value, then |.")
    if len(rest) > 3:
        return _("it has more than three | signs.")
    if any(len(cell) > LONGEST_OPTION for cell in (value, *rest[:2])):
        return _("a value or a name is longer than 100 characters.")
    if value in seen:
        return _("the value “%s” stands here twice.") % value
    return None


def _slot_spec(slot: Slot) -> SlotSpec:
    kind = SlotKind(slot.kind)
    own = OF_KIND.get(kind, frozenset())
    bounds = {name: getattr(slot, name) for name in BOUNDS if name in own}
    plain = {name: getattr(slot, name) for name in SLOT_PLAIN if name != "longest" or name in own}
    return SlotSpec(
        kind=kind,
        patterns=tuple(lines(slot.patterns)) if "patterns" in own else (),
        options=tuple(read_options(slot.options).options) if "options" in own else (),
        **plain,
        **bounds,
        **{name: _texts(slot, column) for name, column in SLOT_TEXTS.items()},
    )


def _slot(spec: SlotSpec, place: int) -> Slot:
    slot = Slot(
        position=place,
        kind=spec.kind.value,
        patterns="\n".join(spec.patterns),
        options=write_options(spec.options),
        **{name: getattr(spec, name) for name in (*SLOT_PLAIN, *BOUNDS)},
    )
    for language, column in COLUMNS.items():
        for name, start in SLOT_TEXTS.items():
            setattr(slot, f"{start}_{column}", getattr(spec, name).get(language, ""))
    return slot


def _texts(row: Flow | Slot, start: str) -> Texts:
    found = {tag: getattr(row, f"{start}_{column}").strip() for tag, column in COLUMNS.items()}
    return {tag: text for tag, text in found.items() if text}
