"""What of a book recognisers look things up in, made once per book."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.engine.book import Book, kept
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.recognise.choices import Choice, choice
from apps.engine.recognise.names import Names, index
from apps.engine.recognise.patterns import Own, usable

# A key and a number.
FlowVersion = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """`kinds`: those that any flow asks for. `patterns`: of the order ids of flows that can be
    started. `inside`: those and the version's own, for who is in a version that no line starts.
    `choices`: by the identity of their slot, which the book keeps alive."""

    products: Names
    kinds: frozenset[SlotKind]
    patterns: tuple[Own, ...]
    inside: dict[FlowVersion, tuple[Own, ...]]
    choices: dict[int, Choice]

    def choice_of(self, spec: SlotSpec) -> Choice:
        return self.choices.get(id(spec)) or choice(spec)

    def patterns_in(self, version: FlowVersion | None) -> tuple[Own, ...]:
        """What is an order id for a visitor in that version of a flow, or in none."""
        return self.inside.get(version, self.patterns) if version else self.patterns


@kept
def prepare(book: Book) -> Prepared:
    slots = [slot for flow in (*book.flows, *book.past) for slot in flow.slots]
    live = usable(_patterns(book.flows))
    return Prepared(
        index((name, product.value) for product in book.products for name in product.names),
        frozenset(slot.kind for slot in slots),
        live,
        {
            (flow.key, flow.version): _own_first(flow, live)
            for flow in book.past
            if _patterns([flow])
        },
        {id(slot): choice(slot) for slot in slots if slot.kind is SlotKind.CHOICE},
    )


def _patterns(flows: Iterable[FlowSpec]) -> list[str]:
    return [pattern for flow in flows for slot in flow.slots for pattern in slot.patterns]


def _own_first(flow: FlowSpec, live: tuple[Own, ...]) -> tuple[Own, ...]:
    return tuple(dict.fromkeys((*usable(_patterns([flow])), *live)))
