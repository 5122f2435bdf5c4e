"""A stored draft looked at: what is wrong with it, and what publishing it would change."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.dialogue.flows import offered
from apps.dialogue.flows.late import Neighbour, late
from apps.dialogue.flows.problems import Level, Problem, check
from apps.dialogue.flows.specs import (
    COLUMNS,
    FLOW_TEXTS,
    OF_KIND,
    SLOT_TEXTS,
    lines,
    write_options,
)
from apps.dialogue.models import Flow, FlowVersion, Product, Slot
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.text import normalise
from apps.knowledge.difference import Piece, difference
from apps.sites.models import Site

Lines = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Moved:
    """One field that two specs say otherwise; `pieces` show how."""

    slot: str
    title: Any
    pieces: list[Piece]


def problems_of(spec: FlowSpec, site: Site) -> list[Problem]:
    """All that is wrong with a draft of this site."""
    found = check(
        spec,
        languages=site.languages,
        offers=lambda action, lookup: offered.is_offered(action, lookup=lookup, site_id=site.pk),
        has_products=Product.objects.filter(site=site).exists(),
        others=_published_patterns(site, spec.key),
    )
    if offered.is_foreign(spec.action, site):
        text = _(
            "“%s” knows the orders of another site and none of this one. Choose another action."
        )
        said = str(text) % offered.title_of(spec.action)
        found.append(Problem(Level.PUBLISH, said, "action"))
    return [*found, *late(spec, _neighbours(site, spec.key))]


def _neighbours(site: Site, but: str) -> list[Neighbour]:
    """The other flows of the site that are on, as their drafts say."""
    flows = Flow.objects.filter(site=site, enabled=True).exclude(key=but)
    return [
        Neighbour(
            str(flow),
            {normalise(name) for name in (flow.name_en, flow.name_zh_hans) if name},
            {normalise(line) for line in lines(f"{flow.examples_en}\n{flow.examples_zh_hans}")},
        )
        for flow in flows
    ]


def _published_patterns(site: Site, but: str) -> set[str]:
    """Those of the other flows, on or off."""
    versions = FlowVersion.objects.live().filter(site=site).exclude(key=but)
    slots = (slot for spec in versions.values_list("spec", flat=True) for slot in spec["slots"])
    return {pattern for slot in slots for pattern in slot.get("patterns", ())}


def live_version(flow: Flow) -> FlowVersion | None:
    return FlowVersion.objects.live().filter(flow=flow).first()


def moved(before: FlowSpec | None, after: FlowSpec) -> list[Moved]:
    """What differs, the flow's own fields first, then slot by slot."""
    old, new = (_lines(before) if before else {}), _lines(after)
    return [
        Moved(slot, title(name), difference(old.get((slot, name), ""), new.get((slot, name), "")))
        for slot, name in dict.fromkeys((*new, *old))
        if old.get((slot, name), "") != new.get((slot, name), "")
    ]


def title(name: str) -> Any:
    """What a column of a flow or a slot is called on screen."""
    if name == "slots":
        return _("slots and their order")
    model = Flow if name.startswith("flow.") else Slot
    return getattr(model._meta.get_field(name.partition(".")[2]), "verbose_name", name)


def _lines(spec: FlowSpec) -> Lines:
    """By slot (“” is the flow) and column, as text."""
    found: Lines = {("", "slots"): "\n".join(slot.name for slot in spec.slots)}
    found |= {("", f"flow.{name}"): text for name, text in _texts(spec, FLOW_TEXTS)}
    for language, column in COLUMNS.items():
        found["", f"flow.examples_{column}"] = "\n".join(spec.examples.get(language, ()))
    found |= _plain("", "flow", spec, ["action", "lookup", "high_value", "high_risk"])
    for slot in spec.slots:
        found |= {(slot.name, f"slot.{name}"): text for name, text in _texts(slot, SLOT_TEXTS)}
        found[slot.name, "slot.options"] = write_options(slot.options)
        found[slot.name, "slot.patterns"] = "\n".join(slot.patterns)
        found |= _plain(slot.name, "slot", slot, _read_by(slot))
    return found


def _read_by(slot: SlotSpec) -> list[str]:
    own = OF_KIND.get(slot.kind, frozenset()) - {"options", "patterns"}
    return ["kind", "required", "proof", "reask_limit", *sorted(own)]


def _texts(spec: FlowSpec | SlotSpec, columns: dict[str, str]) -> Iterable[tuple[str, str]]:
    for field, start in columns.items():
        for language, column in COLUMNS.items():
            yield f"{start}_{column}", getattr(spec, field).get(language, "")


def _plain(slot: str, model: str, spec: FlowSpec | SlotSpec, names: list[str]) -> Lines:
    return {(slot, f"{model}.{name}"): _shown(name, getattr(spec, name)) for name in names}


def _shown(name: str, value: object) -> str:
    if name == "kind":
        return str(Slot.Kind(str(value)).label)
    if name == "action":
        return offered.title_of(str(value))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return "" if value is None else str(value)
