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


Function = Callable[[Call], Done | Refused]


@dataclass(frozen=True, slots=True)
class Registered:
    name: str
    title: str | Promise
    run: Function
    lookup: bool


class UnknownActionError(Exception):
    """No function is registered under this name."""


class TwiceError(ValueError):
    """Two functions under one name."""


_registered: dict[str, Registered] = {}


def action(name: str, *, title: str | Promise) -> Callable[[Function], Function]:
    """Registers a function that changes something. It runs in one transaction with the record that
    it ran. An exception undoes what it did in this database, and a person takes over."""
    return _register(name, title, lookup=False)


def lookup(name: str, *, title: str | Promise) -> Callable[[Function], Function]:
    """Registers a function that only reads. Its answer is kept for half a minute."""
    return _register(name, title, lookup=True)


def _register(name: str, title: str | Promise, *, lookup: bool) -> Callable[[Function], Function]:
    def keep(run: Function) -> Function:
        known = _registered.get(name)
        if known and (known.run.__module__, known.run.__qualname__) != (
            run.__module__,
            run.__qualname__,
        ):
            raise TwiceError(f"two actions are named {name!r}")
        _registered[name] = Registered(name, title, run, lookup)
        return run

    return keep


def find(name: str) -> Registered:
    """Raises UnknownActionError."""
    try:
        return _registered[name]
    except KeyError:
        raise UnknownActionError(name) from None


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
