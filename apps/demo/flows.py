"""The flows that ship, as the demo shop has them: its own functions carry them out, and what they
show as an example is there and works."""

import json
from pathlib import Path

from django.utils import translation

from apps.demo.orders import SAMPLES
from apps.demo.shop import BY_SLUG
from apps.dialogue.flows.services import publish, save_drafts, standard_specs
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.sites.models import Site

# By the key of a flow: what its function needs to be said otherwise.
OWN = Path(__file__).parent / "flows.json"

# An order with which each of them can be tried to its end.
EXAMPLES = {
    "return": "202611040017",
    "exchange": "202611040017",
    "cancel": "202611190042",
    "order_status": "202611150108",
}


def add_flows(*, site: Site) -> None:
    """Stores and publishes them."""
    for flow in save_drafts(site=site, specs=flows_of_shop()):
        publish(flow=flow, author=None)


def flows_of_shop() -> list[FlowSpec]:
    own = json.loads(OWN.read_text("utf-8"))
    return [_of_shop(spec.model_copy(update=own.get(spec.key, {}))) for spec in standard_specs()]


def _of_shop(spec: FlowSpec) -> FlowSpec:
    number = EXAMPLES.get(spec.key)
    if number is None:
        return spec
    (bought,) = next(sample.items for sample in SAMPLES if sample.number == number)
    slots = [_with_example(slot, number, bought[0]) for slot in spec.slots]
    return spec.model_copy(update={"slots": tuple(slots)})


def _with_example(slot: SlotSpec, number: str, product: str) -> SlotSpec:
    if slot.kind is SlotKind.ORDER_ID:
        examples = dict.fromkeys(slot.examples, number)
    elif slot.kind is SlotKind.PRODUCT:
        examples = {language: _name(product, language) for language in slot.examples}
    else:
        return slot
    reasks = {
        language: text.replace(slot.examples[language], examples[language])
        if language in examples
        else text
        for language, text in slot.reasks.items()
    }
    return slot.model_copy(update={"examples": examples, "reasks": reasks})


def _name(product: str, language: str) -> str:
    with translation.override(language.lower()):
        return str(BY_SLUG[product].name)
