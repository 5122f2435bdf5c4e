"""The shop's own functions: what a flow may do. See docs/actions.md for how to write one.

Modules named in HELPDESK_ACTIONS register theirs when they are imported, which happens at start.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.utils.functional import Promise

PYTHON = "python:"
WEBHOOK = "webhook:"
TICKET = "ticket:"


@dataclass(frozen=True, slots=True)
class Call:
    """What a function is told. `key` is the same for a try that is repeated, and never used for
    another. `slots` are canonical: ISO dates, digits of a phone, the value of an option. `person`
    is the shop's own id of a visitor whom it has signed, "" for a stranger."""

    site: int
    session: UUID
    key: str
    flow: str
    slots: Mapping[str, str]
    person: str
    language: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is done. `text` is for the visitor, in the call's language; "" for the flow's own."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """It cannot be done, for a reason that the visitor may know. `slot` names the detail that is
    wrong and is asked for again. `not_found`: no order of this visitor fits what was given."""

    text: str = ""
    slot: str = ""
    not_found: bool = False


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """One that a visitor may choose where a flow asks for an order. `label` stands on the button,
    "" for the number."""

    number: str
    label: str = ""


Function = Callable[[Call], Done | Refused]
Orders = Callable[[Call], Sequence[OwnOrder]]


@dataclass(frozen=True, slots=True)
class Registered:
    """`only_on` is the key of the one site whose orders it knows, "" for every site."""

    name: str
    title: str | Promise
    run: Function
    lookup: bool
    only_on: str = ""


class UnknownActionError(Exception):
    """No function is registered under this name."""


class TwiceError(ValueError):
    """Two functions under one name."""


_registered: dict[str, Registered] = {}
_orders: list[Orders] = []


def action(name: str, *, title: str | Promise, only_on: str = "") -> Callable[[Function], Function]:
    """Registers a function that changes something. It runs in one transaction with the record that
    it ran. An exception undoes what it did in this database, and a person takes over. With
    `only_on`, the key of a site, flows of other sites cannot be published with it."""
    return _register(name, title, lookup=False, only_on=only_on)


def lookup(name: str, *, title: str | Promise, only_on: str = "") -> Callable[[Function], Function]:
    """Registers a function that only reads. Its answer is kept for half a minute."""
    return _register(name, title, lookup=True, only_on=only_on)


def _register(
    name: str, title: str | Promise, *, lookup: bool, only_on: str
) -> Callable[[Function], Function]:
    def keep(run: Function) -> Function:
        known = _registered.get(name)
        if known and not _is_same(known.run, run):
            raise TwiceError(f"two actions are named {name!r}")
        _registered[name] = Registered(name, title, run, lookup, only_on)
        return run

    return keep


def _is_same(one: Function | Orders, other: Function | Orders) -> bool:
    """Whether it is the same function of a module that was imported once more."""
    names = [(function.__module__, function.__qualname__) for function in (one, other)]
    return names[0] == names[1]


def own_orders(run: Orders) -> Orders:
    """Registers the function that tells which orders a visitor has whom the shop has signed, the
    likeliest first. It only reads; the call has no key, and the slots that are known so far."""
    if _orders and not _is_same(_orders[0], run):
        raise TwiceError("two functions tell a visitor's own orders")
    _orders[:] = [run]
    return run


def orders() -> Orders | None:
    """What tells a visitor's own orders, if the shop has it."""
    return _orders[0] if _orders else None


def find(name: str) -> Registered:
    """Raises UnknownActionError."""
    try:
        return _registered[name]
    except KeyError:
        raise UnknownActionError(name) from None


def webhook_of(action: str) -> UUID | None:
    """The id in "webhook:ID", None when there is none."""
    try:
        return UUID(action.removeprefix(WEBHOOK))
    except ValueError:
        return None


def registered() -> list[Registered]:
    """All of them, by name."""
    return sorted(_registered.values(), key=lambda one: one.name)


def load(modules: Sequence[str]) -> dict[str, str]:
    """Imports them; the sentence for each that cannot be."""
    problems: dict[str, str] = {}
    for name in modules:
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001 whatever breaks in the shop's module is told
            problems[name] = f"{type(error).__name__}: {error}"
    return problems
