"""What a form could let through and only a visitor would notice."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue.flows.problems import PLACEHOLDER, Level, Problem
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.text import normalise

# As the recogniser of choices takes them off a line.
_AROUND = " \t.,;:!?~…、'\"()[]"
_WIDE = re.compile(r"[｛｝]")
MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another flow of the site that can be begun; `names` and `lines` are normalised."""

    title: str
    names: Collection[str]
    lines: Collection[str]


Found = Iterator[Problem]


def late(spec: FlowSpec, neighbours: Collection[Neighbour]) -> list[Problem]:
    """What the parts of a flow, and the flows of a site, make of each other."""
    found = [*_braces(spec), *_not_known_yet(spec), *_same_as_others(spec, neighbours)]
    for place, slot in enumerate(spec.slots):
        found += _twice_in_a_choice(slot, place)
    return found


def _texts(spec: FlowSpec) -> Iterator[tuple[int | None, str, str, str]]:
    """Place of the slot, field, language and text of all in which a slot can be named."""
    rows: list[tuple[int | None, str, Mapping[str, str]]] = [
        (None, field, getattr(spec, field)) for field in ("confirms", "dones")
    ]
    for place, slot in enumerate(spec.slots):
        rows += [(place, field, getattr(slot, field)) for field in ("prompts", "reasks")]
    for where, field, texts in rows:
        yield from ((where, field, language, text) for language, text in texts.items())


def _braces(spec: FlowSpec) -> Found:
    for where, field, language, text in _texts(spec):
        said: Any = None
        if _WIDE.search(text):
            said = _("｛ and ｝ are other signs than { and }: visitors would read them as they "
                     "stand. Type them with the input method off.")  # fmt: skip
        elif {"{", "}"} & set(PLACEHOLDER.sub("", text)):
            said = _("A { or } is alone here: visitors would read it as it stands. Write both "
                     "around the name of a slot.")  # fmt: skip
        if said:
            yield Problem(Level.PUBLISH, said, field, where, language)


def _not_known_yet(spec: FlowSpec) -> Found:
    """Where a value is left out: the slots are asked for in their order, the proofs among them
    after the yes, and one that is not required may never be given."""
    order = [slot.name for slot in sorted(spec.slots, key=lambda slot: slot.proof)]
    proofs = {slot.name for slot in spec.slots if slot.proof}
    optional = {slot.name for slot in spec.slots if not slot.required}
    for where, field, language, text in _texts(spec):
        at = order.index(spec.slots[where].name) if where is not None else len(order)
        later = proofs if where is None else set(order[at:])
        later = set() if field == "dones" else later
        for name in dict.fromkeys(PLACEHOLDER.findall(text)):
            if name in later:
                said = _("{%(name)s} is asked for later: it is left out here.")
            elif name in optional:
                said = _("{%(name)s} is not always given, and is left out then with the comma "
                         "before it. Let the sentence read well without it.")  # fmt: skip
            else:
                continue
            yield Problem(Level.WARNING, said % {"name": name}, field, where, language)


def _same_as_others(spec: FlowSpec, neighbours: Collection[Neighbour]) -> Found:
    for other in neighbours:
        for language, lines in spec.examples.items():
            if same := [line for line in lines if normalise(line) in other.lines]:
                shown = " · ".join(f"“{line}”" for line in same[:MOST_LINES])
                said = _("The flow “%(flow)s” has the same: %(lines)s. The bot cannot tell the two "
                         "apart by it; leave it to one of them.")  # fmt: skip
                values = {"flow": other.title, "lines": shown}
                yield Problem(Level.WARNING, said % values, "examples", None, language)
        for language, name in spec.names.items():
            if normalise(name) in other.names:
                text = _("Another flow of this site has the same name: visitors could not tell "
                         "them apart when they are asked which one they mean.")  # fmt: skip
                yield Problem(Level.WARNING, text, "names", None, language)


def _twice_in_a_choice(slot: SlotSpec, place: int) -> Found:
    """The recogniser gives a word to the first option that has it, so the other is never heard."""
    owners: dict[str, str] = {}
    for option in slot.options:
        for word in (option.value, *option.labels.values(), *option.synonyms):
            owner = owners.setdefault(normalise(word).strip(_AROUND), option.value)
            if owner != option.value:
                said = _("“%(word)s” stands for “%(one)s” and for “%(other)s”. Leave it to one of "
                         "them.")  # fmt: skip
                values = {"word": word, "one": owner, "other": option.value}
                yield Problem(Level.PUBLISH, said % values, "options", place)
