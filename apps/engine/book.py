"""Everything that understanding and the machine read of one site, as it was at one version."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, wraps
from typing import TypeVar, cast

from apps.engine.flows import FlowSpec
from apps.engine.policy import DEFAULT, Rule

Made = TypeVar("Made")


class PhraseKind(StrEnum):
    """Lists of whole lines that staff may add to."""

    AFFIRM = "affirm"
    DENY = "deny"
    CANCEL = "cancel"
    LACK = "lack"
    HUMAN = "human"
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"


@dataclass(frozen=True, slots=True)
class Product:
    """One line of the shop's catalogue; `names` are what visitors call it, in any language."""

    value: str
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Book:
    """`flows` are those that can be started; `past` the versions that somebody is still in.
    `phrases` add to the lists that ship. Compared by identity: what is prepared from a book is
    kept on it."""

    flows: tuple[FlowSpec, ...] = ()
    past: tuple[FlowSpec, ...] = ()
    phrases: Mapping[PhraseKind, tuple[str, ...]] = field(default_factory=dict)
    products: tuple[Product, ...] = ()
    rules: tuple[Rule, ...] = field(default=DEFAULT)
    version: int = 0

    @cached_property
    def by_key(self) -> dict[str, FlowSpec]:
        """The flows that can be started."""
        return {flow.key: flow for flow in self.flows}

    @cached_property
    def by_version(self) -> dict[tuple[str, int], FlowSpec]:
        return {(flow.key, flow.version): flow for flow in (*self.past, *self.flows)}


def kept(make: Callable[[Book], Made]) -> Callable[[Book], Made]:
    """Made once per book, and gone with it: no number of other books drives it out."""
    name = f"{make.__module__}.{make.__qualname__}"

    @wraps(make)
    def found(book: Book) -> Made:
        on_book = vars(book)
        if name not in on_book:
            # Two threads may both make it: it is the same.
            on_book[name] = make(book)
        return cast("Made", on_book[name])

    return found


EMPTY_BOOK = Book()
