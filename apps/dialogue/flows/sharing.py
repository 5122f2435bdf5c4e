"""Flows as a file and back. A file is checked whole before anything of it is stored."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError as RowError
from django.core.validators import MaxLengthValidator
from django.db.models import Model, TextField
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from apps.chat.items import UNSTORABLE, BadItemError, check_json
from apps.dialogue.actions.registry import PYTHON, TICKET, WEBHOOK
from apps.dialogue.flows import problems, specs
from apps.dialogue.models import Flow, Slot
from apps.dialogue.models.flows import SHORT_NAME
from apps.engine.flows import FlowSpec
from apps.sites.models import LANGUAGES, Site

MOST_BYTES = 1 << 20
MOST_FLOWS = 50
MOST_TOLD = 50
ZIP = b"PK\x03\x04"
NO_UTF8 = _("The file is no text in UTF-8. Save it as UTF-8 and choose it again.")
NO_JSON = _(
    "This is no JSON, so no file of flows. Choose one that “Export” above the list of flows has "
    "made; questions and answers (CSV, XLSX) are imported on the list of FAQ entries."
)
NO_FLOWS = _(
    "There are no flows in this file: a flow has “key”, “names” and “slots”. Choose a file that "
    "“Export” above the list of flows has made."
)
# What fields of a file are called on screen, by model.
TITLES = {
    "names": _("names"),
    "descriptions": _("descriptions"),
    "examples": _("examples"),
    "confirms": _("before the yes"),
    "dones": _("when it is done"),
    "slots": _("slots"),
    "labels": _("labels"),
    "prompts": _("questions"),
    "reasks": _("when it does not fit"),
    "synonyms": _("other words"),
    "version": _("version"),
    "value": _("value"),
}
# All that `str.splitlines` splits at.
_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_TEXT, _NUMBER = _("It must be a text."), _("It must be a number.")
_LIST, _OBJECT = _("It must be a list: […]."), _("It must be an object: {…}.")
SENTENCES: dict[str, Any] = {
    "missing": _("It is missing."),
    "extra_forbidden": _("A field of this name is not known. Delete it, or check how it is spelt."),
    "string_pattern_mismatch": SHORT_NAME.message,
    "string_type": _TEXT,
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _("It must be a whole number."),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _("It must be true or false."),
    "bool_parsing": _("It must be true or false."),
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "greater_than_equal": _("It must be at least %(ge)s."),
    "less_than_equal": _("It must be at most %(le)s."),
    "enum": _("It must be one of: %(expected)s."),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a file: the flow's key or place, what of it, and what to do."""

    flow: str
    where: str
    text: Any


@dataclass(slots=True)
class File:
    """What a file holds; without complaints every spec can be stored."""

    specs: list[FlowSpec] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)


class UnreadableError(Exception):
    """The file holds no flows at all; the first argument says why, for people."""


def dump(found: Iterable[FlowSpec]) -> bytes:
    """Flows as a file that `read` takes again."""
    flows = [spec.model_dump(mode="json", exclude_defaults=True) for spec in found]
    return (json.dumps({"flows": flows}, ensure_ascii=False, indent=2) + "\n").encode()


def read(data: bytes) -> File:
    """Checks what `dump` made, a list of flows, or one flow. Raises UnreadableError."""
    file = File()
    keys: set[str] = set()
    for place, found in enumerate(_flows(data), 1):
        name = _name(found, place)
        spec = _spec(found, name, file)
        if spec and spec.key in keys:
            file.complaints.append(Complaint(name, "", _("It stands in the file twice.")))
        elif spec:
            keys.add(spec.key)
            file.specs.append(spec)
    return file


def same_as_stored(found: Iterable[FlowSpec], site: Site) -> set[str]:
    """The keys of those that say what the site's drafts say already."""
    asked = {spec.key: spec for spec in found}
    flows = Flow.objects.filter(site=site, key__in=asked).prefetch_related("slots")
    return {flow.key for flow in flows if _as_stored(asked[flow.key]) == _draft(flow)}


def _as_stored(spec: FlowSpec) -> FlowSpec:
    """What would be read back: what belongs to another kind of slot is not kept."""
    flow = Flow()
    return specs.spec_of(flow, specs.write(spec, flow))


def _draft(flow: Flow) -> FlowSpec | None:
    """None for one that is no spec any more."""
    try:
        return specs.spec_of(flow, list(flow.slots.all()))
    except ValidationError:
        return None


def _flows(data: bytes) -> Sequence[Any]:
    if len(data) > MOST_BYTES:
        raise UnreadableError(_("The file is larger than 1 MB."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(NO_JSON if data.startswith(ZIP) else NO_UTF8) from error
    if text.lstrip()[:1] not in ("{", "["):
        raise UnreadableError(NO_JSON)
    found = _parsed(text)
    if isinstance(found, dict):
        found = found.get("flows", [found])
    if not isinstance(found, list) or not any(_may_be_a_flow(one) for one in found):
        raise UnreadableError(NO_FLOWS)
    if len(found) > MOST_FLOWS:
        raise UnreadableError(_("There are more than 50 flows in this file."))
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refused)
    except json.JSONDecodeError as error:
        said = _("The JSON is broken in line %(line)d, column %(column)d: look there for a comma or "
                 "a bracket too many, or a quotation mark that is missing.")  # fmt: skip
        raise UnreadableError(said % {"line": error.lineno, "column": error.colno}) from error
    except (ValueError, RecursionError) as error:
        said = _("This is no file of flows: it cannot be read. Export it anew and choose that.")
        raise UnreadableError(said) from error


def _may_be_a_flow(found: Any) -> bool:
    """JSON of something else has another shape as a whole; to name its fields would help nobody."""
    return isinstance(found, dict) and not {"key", "names", "slots"}.isdisjoint(found)


def _refused(_constant: str) -> None:
    raise ValueError("no number that can be stored")


def _name(found: Any, place: int) -> str:
    key = found.get("key") if isinstance(found, dict) else None
    # It is shown before it is checked: half of a pair, which JSON can hold, is no text of a page.
    return UNSTORABLE.sub("�", key[:40]) if isinstance(key, str) and key else f"#{place}"


def _spec(found: Any, name: str, file: File) -> FlowSpec | None:
    """None after its complaints are in the file."""
    if isinstance(found, dict):
        # Which version it will be is decided here.
        found = {**found, "version": 1}
    try:
        check_json(found)
        spec = FlowSpec.model_validate(found)
    except ValidationError as error:
        file.complaints += [Complaint(name, _place(one), _sentence(one)) for one in error.errors()][
            :MOST_TOLD
        ]
        return None
    except (BadItemError, RecursionError):
        file.complaints.append(Complaint(name, "", _("It holds characters that cannot be stored.")))
        return None
    complaints = [*_of_languages(spec, name), *_of_lines(spec, name), *_of_action(spec, name)]
    complaints = complaints or list(_of_rows(spec, name)) or list(_of_checks(spec, name))
    file.complaints += complaints[:MOST_TOLD]
    return None if complaints else spec


def _where(loc: tuple[int | str, ...]) -> str:
    """ "slots › 2 › label" for a place in a file."""
    return " › ".join(_title(step) for step in loc if step != "[key]")


def _place(error: ErrorDetails) -> str:
    """A field that is not known has no title, though another may have its name."""
    if error["type"] != "extra_forbidden":
        return _where(error["loc"])
    *before, last = error["loc"]
    return " › ".join(filter(None, (_where(tuple(before)), str(last)[:40])))


def _title(step: int | str) -> str:
    if isinstance(step, int):
        return str(step + 1)
    if step in TITLES:
        return str(TITLES[step])
    for model in (Flow, Slot):
        if step in {column.name for column in model._meta.get_fields()}:
            return str(getattr(model._meta.get_field(step), "verbose_name", step))
    return str(dict(LANGUAGES).get(step, step[:40]))


def _sentence(error: ErrorDetails) -> Any:
    text = SENTENCES.get(error["type"], _("This is not valid here."))
    if "%(" not in str(text):
        return text
    known = error.get("ctx", {})
    # pydantic writes the list as an English sentence.
    expected = re.findall(r"'([^']*)'", str(known.get("expected", "")))
    return text % {**known, "expected": ", ".join(expected)}


def _of_languages(spec: FlowSpec, name: str) -> Iterable[Complaint]:
    known = dict(LANGUAGES)
    texts = {field: getattr(spec, field) for field in (*specs.FLOW_TEXTS, "examples")}
    for place, slot in enumerate(spec.slots, 1):
        texts |= {f"{place} › {field}": getattr(slot, field) for field in specs.SLOT_TEXTS}
        for option in slot.options:
            texts[f"{place} › {option.value[:40]}"] = option.labels
    for where, found in texts.items():
        for language in found:
            if language not in known:
                text = _("The language must be one of: %s.") % ", ".join(known)
                yield Complaint(name, f"{_told(where)} › {language[:20]}", text)


def _of_lines(spec: FlowSpec, name: str) -> Iterable[Complaint]:
    """What the form keeps one a line would become something else."""
    for where, text in _kept_as_lines(spec):
        if _BREAKS.search(text):
            yield Complaint(name, where, _("It must stand on one line."))
    for number, slot in enumerate(spec.slots, 1):
        for place, option in enumerate(slot.options, 1):
            joined = "".join((option.value, *option.labels.values(), *option.synonyms))
            if "|" in joined or _BREAKS.search(joined):
                where = f"{_title('slots')} › {number} › {_title('options')} › {place}"
                yield Complaint(name, where, _("It must hold no | and no line break."))


def _kept_as_lines(spec: FlowSpec) -> Iterable[tuple[str, str]]:
    for language, found in spec.examples.items():
        before = f"{_title('examples')} › {_title(language)}"
        yield from ((f"{before} › {place}", text) for place, text in enumerate(found, 1))
    for number, slot in enumerate(spec.slots, 1):
        before = f"{_title('slots')} › {number} › {_title('patterns')}"
        yield from ((f"{before} › {place}", text) for place, text in enumerate(slot.patterns, 1))


def _of_action(spec: FlowSpec, name: str) -> Iterable[Complaint]:
    """One that is only missing here can be chosen anew in the draft."""
    if spec.action not in ("", TICKET) and not spec.action.startswith((PYTHON, WEBHOOK)):
        text = _("It must be empty, “%(ticket)s”, or begin with “%(python)s” or “%(webhook)s”.")
        kinds = {"ticket": TICKET, "python": PYTHON, "webhook": WEBHOOK}
        yield Complaint(name, _title("action"), text % kinds)


def _told(where: str) -> str:
    place, _sep, name = where.rpartition(" › ")
    return f"{_title('slots')} › {place} › {_title(name)}" if place else _title(name)


def _of_rows(spec: FlowSpec, name: str) -> Iterable[Complaint]:
    """What would not fit into the rows."""
    flow = Flow()
    slots = specs.write(spec, flow)
    yield from _of_row(flow, name, "", ["site"])
    for place, slot in enumerate(slots, 1):
        yield from _of_row(slot, name, f"{_title('slots')} › {place} › ", ["flow"])
        for problem in specs.read_options(slot.options).problems:
            yield Complaint(name, f"{_title('slots')} › {place} › {_title('options')}", problem)


def _of_row(row: Model, name: str, before: str, exclude: list[str]) -> Iterable[Complaint]:
    found = too_long(row)
    try:
        row.clean_fields(exclude=exclude)
    except RowError as error:
        found = error.message_dict | found
    for column, messages in found.items():
        yield from (Complaint(name, before + _title(column), text) for text in messages)


def too_long(row: Model) -> dict[str, list[str]]:
    """By column. Of a text of several lines the model's bound is the form's only: Django leaves
    whatever comes by another way to the writer."""
    found = {}
    for column in row._meta.concrete_fields:
        if isinstance(column, TextField) and column.max_length:
            try:
                MaxLengthValidator(column.max_length)(column.value_from_object(row))
            except RowError as error:
                found[column.name] = error.messages
    return found


def _of_checks(spec: FlowSpec, name: str) -> Iterable[Complaint]:
    found = problems.check(
        spec, languages=(), offers=lambda _action, _lookup: True, has_products=True
    )
    for one in problems.at(problems.Level.SAVE, found):
        place = f"{_title('slots')} › {one.slot + 1} › " if one.slot is not None else ""
        yield Complaint(name, f"{place}{_title(one.field)}", one.text)
