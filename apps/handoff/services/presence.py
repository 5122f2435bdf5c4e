"""Whether operators are there."""

from collections.abc import Collection

from apps.handoff.models import Operator, Presence


def come(*, operator: Operator) -> Presence:
    """An operator has opened the console: there and at the keyboard."""
    raise NotImplementedError


def seen(*, operators: Collection[int]) -> None:
    """Signs of open consoles, one statement for all of a process. Each 20 s or so."""
    raise NotImplementedError


def active(*, operator: Operator) -> Presence:
    """A key or the pointer was used."""
    raise NotImplementedError


def choose(*, operator: Operator, choice: str) -> Presence:
    """Available or away. Refused: bad_value."""
    raise NotImplementedError


def leave(*, operator: Operator) -> None:
    """The last console of an operator was closed: offline at once."""
    raise NotImplementedError
