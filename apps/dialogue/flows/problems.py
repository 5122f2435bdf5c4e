"""What can be wrong with a flow, in sentences that say what to do."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue import phrases
from apps.dialogue.actions.registry import TICKET
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.forms import RESERVED
from apps.engine.recognise.patterns import MOST_OF_BOOK, MOST_OF_SLOT, check_pattern
from apps.sites.models import LANGUAGES

ENOUGH_EXAMPLES = 5
MOST_SLOTS = 20
MOST_EXAMPLES = 200
LONGEST_EXAMPLE = 200
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

PATTERNS = {
    "empty": _("it is empty."),
    "too_long": _("it has more than 200 characters. Write two shorter ones, a line each."),
    "syntax": _(
        "it is no regular expression. Close every bracket, and write \\ before a sign that stands "
        "for itself, as in \\(."
    ),
    "slow": _(
        "to look for it in a long text could take for ever. Say how often something repeats, as in "
        "\\d{4,12} for \\d+, and repeat no group that repeats within."
    ),
    "reference": _("it refers back to one of its own groups. Write that part out once more."),
    "matches_empty": _("it also fits an empty text. Let one character be needed: + for *."),
}


class Level(Enum):
    """SAVE: cannot be stored. PUBLISH: may wait in a draft. WARNING: should be looked at."""

    SAVE = 1
    PUBLISH = 2
    WARNING = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is a field of FlowSpec, or with `slot`, its place from 0, one of SlotSpec;
    `language` says in which of its texts."""

    level: Level
    text: Any
    field: str = ""
    slot: int | None = None
    language: str = ""


Found = Iterator[Problem]


def check(
    spec: FlowSpec,
    *,
    languages: Collection[str],
    offers: Callable[[str, bool], bool],
    has_products: bool,
    others: Collection[str] = (),
) -> list[Problem]:
    """All that is wrong. `languages` are those of the site; `offers(action, lookup)` tells whether
    an action can be run as that; `others` are the patterns that other flows of the site have
    published."""
    found = [
        *_names(spec),
        *_slot_names(spec),
        *_placeholders(spec),
        *_last_text(spec),
        *_examples(spec, languages),
        *_action(spec, offers),
        *_missing_texts(spec, languages),
        *_all_patterns(spec, others),
    ]
    for place, slot in enumerate(spec.slots):
        found += [*_slot(slot, place), *_unread(slot, place, languages)]
        if slot.kind is SlotKind.PRODUCT and not has_products:
            text = _("The site has no products yet: whatever a visitor says will not be found.")
            found.append(Problem(Level.WARNING, text, "kind", place))
    return found


def at(level: Level, found: list[Problem]) -> list[Problem]:
    return [problem for problem in found if problem.level is level]


def _names(spec: FlowSpec) -> Found:
    if not spec.names:
        yield Problem(Level.PUBLISH, _("Give the flow a name that visitors can read."), "names")


def _slot_names(spec: FlowSpec) -> Found:
    if len(spec.slots) > MOST_SLOTS:
        yield Problem(Level.SAVE, _("A flow has 20 slots at most."), "slots")
    seen: set[str] = set()
    for place, slot in enumerate(spec.slots):
        if slot.name in seen:
            text = _("Two slots are called “%s”.") % slot.name
            yield Problem(Level.SAVE, text, "name", place)
        seen.add(slot.name)
        if slot.name in RESERVED:
            said = _("“%s” is kept for the buttons of the chat. Give the slot another name.")
            yield Problem(Level.SAVE, said % slot.name, "name", place)


def _placeholders(spec: FlowSpec) -> Found:
    known = [slot.name for slot in spec.slots]
    texts: list[tuple[int | None, str, dict[str, str]]] = [
        (None, field, getattr(spec, field)) for field in ("confirms", "dones")
    ]
    for place, slot in enumerate(spec.slots):
        texts += [(place, field, getattr(slot, field)) for field in ("prompts", "reasks")]
    names = " ".join(f"{{{one}}}" for one in known) or "–"
    for where, field, found in texts:
        for language, text in found.items():
            for name in PLACEHOLDER.findall(text):
                if name not in known:
                    said = _("{%(name)s} is none of the flow's slots. Known are: %(known)s.")
                    values = {"name": name, "known": names}
                    yield Problem(Level.SAVE, said % values, field, where, language)


def _last_text(spec: FlowSpec) -> Found:
    if spec.action == TICKET and not spec.dones:
        text = _("Visitors read “%s” in the end. Write what happens next, and by when.")
        yield Problem(Level.WARNING, text % phrases.PASSED_ON, "dones")


def _examples(spec: FlowSpec, languages: Collection[str]) -> Found:
    if not any(spec.examples.values()):
        text = _("Write what visitors say who want this: without examples nobody gets here.")
        yield Problem(Level.PUBLISH, text, "examples")
    for language, lines in spec.examples.items():
        if len(lines) > MOST_EXAMPLES:
            yield Problem(Level.SAVE, _("At most 200 lines."), "examples", None, language)
        if long := next((line for line in lines if len(line) > LONGEST_EXAMPLE), None):
            said = _("Longer than 200 characters: “%s…”") % long[:60]
            yield Problem(Level.SAVE, said, "examples", None, language)
    if any(spec.examples.values()):
        for language in _spoken(languages):
            if len(spec.examples.get(language, ())) < ENOUGH_EXAMPLES:
                text = _("Fewer than 5 examples: visitors who say it otherwise may not get here.")
                yield Problem(Level.WARNING, text, "examples", None, language)


def _action(spec: FlowSpec, offers: Callable[[str, bool], bool]) -> Found:
    if spec.lookup and not spec.action:
        text = _("Choose what is looked up, or untick “only looks something up”.")
        yield Problem(Level.PUBLISH, text, "action")
    elif spec.action and not offers(spec.action, spec.lookup):
        text = _("“%s” is not there, or is not of this kind. Choose another one.")
        yield Problem(Level.PUBLISH, text % spec.action, "action")


def _all_patterns(spec: FlowSpec, others: Collection[str]) -> Found:
    own = {pattern for slot in spec.slots for pattern in slot.patterns}
    if own and len(own.union(others)) > MOST_OF_BOOK:
        text = _(
            "The published flows of a site have 20 patterns at most, and others have %d already. "
            "Use theirs, or join several with |."
        )
        yield Problem(Level.PUBLISH, text % len(set(others)), "slots")


def _slot_patterns(slot: SlotSpec, place: int) -> Found:
    if len(slot.patterns) > MOST_OF_SLOT:
        text = _("At most 5 patterns; join several with |.")
        yield Problem(Level.SAVE, text, "patterns", place)
    for pattern in slot.patterns[: MOST_OF_SLOT * 2]:
        if problem := check_pattern(pattern):
            text = _("“%(pattern)s” cannot be used: %(why)s")
            values = {"pattern": pattern[:80], "why": PATTERNS.get(problem, problem)}
            yield Problem(Level.SAVE, text % values, "patterns", place)


def _slot(slot: SlotSpec, place: int) -> Found:
    yield from _slot_patterns(slot, place)
    if slot.kind is SlotKind.CHOICE and not slot.options:
        text = _("Write the options that there are to choose from.")
        yield Problem(Level.PUBLISH, text, "options", place)
    if _reversed(slot.minimum, slot.maximum):
        text = _("The most must not be less than the least.")
        yield Problem(Level.SAVE, text, "maximum", place)
    if _reversed(slot.earliest_days, slot.latest_days):
        text = _("The latest day must not come before the earliest.")
        yield Problem(Level.SAVE, text, "latest_days", place)
    if not slot.prompts:
        text = _("Write the question that asks for it.")
        yield Problem(Level.PUBLISH, text, "prompts", place)
    if not slot.labels:
        yield Problem(Level.PUBLISH, _("Give it a label."), "labels", place)


def _missing_texts(spec: FlowSpec, languages: Collection[str]) -> Found:
    """A text that stands in another language only is shown in that one."""
    needed = ["names", "dones"] if spec.lookup else ["names", "confirms", "dones"]
    for field in needed:
        yield from _gaps(getattr(spec, field), field, None, languages)


def _unread(slot: SlotSpec, place: int, languages: Collection[str]) -> Found:
    for field in ("labels", "prompts"):
        yield from _gaps(getattr(slot, field), field, place, languages)
    for option in slot.options:
        for language in _spoken(languages):
            if option.labels and language not in option.labels:
                text = _("The option “%(option)s” has no name in %(language)s.")
                values = {"option": option.value, "language": dict(LANGUAGES)[language]}
                yield Problem(Level.WARNING, text % values, "options", place, language)


def _gaps(
    texts: dict[str, str], field: str, place: int | None, languages: Collection[str]
) -> Found:
    for language in _spoken(languages):
        if texts and language not in texts:
            text = _("Not written in %s: visitors get it in the other language.")
            said = text % dict(LANGUAGES)[language]
            yield Problem(Level.WARNING, said, field, place, language)


def _spoken(languages: Collection[str]) -> list[str]:
    return [tag for tag, _name in LANGUAGES if tag in languages]


def _reversed(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and high < low
