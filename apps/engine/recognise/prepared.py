"""What of a book recognisers look things up in, made once per book."""

import re
from dataclasses import dataclass

from apps.engine.book import Book, kept
from apps.engine.flows import SlotKind, SlotSpec
from apps.engine.recognise.choices import Choice, choice
from apps.engine.recognise.names import Names, index
from apps.engine.recognise.patterns import compiled


@dataclass(frozen=True, slots=True)
class Prepared:
    """`kinds`: those that any flow asks for. `patterns`: of all order ids. `choices`: by the
    identity of their slot, which the book keeps alive."""

    products: Names
    kinds: frozenset[SlotKind]
    patterns: tuple[re.Pattern[str], ...]
    choices: dict[int, Choice]

    def choice_of(self, spec: SlotSpec) -> Choice:
        return self.choices.get(id(spec)) or choice(spec)


@kept
def prepare(book: Book) -> Prepared:
    slots = [slot for flow in (*book.flows, *book.past) for slot in flow.slots]
    patterns = dict.fromkeys(pattern for slot in slots for pattern in slot.patterns)
    return Prepared(
        index((name, product.value) for product in book.products for name in product.names),
        frozenset(slot.kind for slot in slots),
        tuple(found for pattern in patterns if (found := compiled(pattern))),
        {id(slot): choice(slot) for slot in slots if slot.kind is SlotKind.CHOICE},
    )
