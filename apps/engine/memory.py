"""A session's memory as JSON and back. What an older version wrote is read as far as it is known;
what cannot be read is forgotten, and the session goes on."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from apps.engine.types import ActiveFlow, Memory, SlotValue, Source


def dump(memory: Memory) -> dict[str, Any]:
    """Only what differs from an empty memory, so that a plain session stores `{}`."""
    return _differing(memory, Memory())


def load(stored: Mapping[str, Any]) -> Memory:
    """Never raises: what does not fit is left out."""
    try:
        return Memory(**_read(stored, Memory))
    except (TypeError, ValueError, AttributeError):
        return Memory(told=bool(stored.get("told")), reachable=bool(stored.get("reachable")))


def with_last(memory: Memory, last: str, again: int) -> Memory:
    """What was answered last. Every answered question comes here: `replace` takes twice as long."""
    told, reachable, wrong = memory.told, memory.reachable, memory.wrong
    return Memory(told, reachable, memory.active, memory.heard, wrong, last, again)


def _differing(found: Memory | ActiveFlow | SlotValue, empty: object) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(found, field.name))
        for field in fields(found)
        if getattr(found, field.name) != getattr(empty, field.name, None)
    }


def _plain(value: object) -> Any:
    match value:
        case ActiveFlow():
            return _differing(value, ActiveFlow("", 0))
        case SlotValue():
            return _differing(value, SlotValue(""))
        case Mapping():
            return {str(name): _plain(found) for name, found in value.items()}
        case tuple():
            return list(value)
    return value


def _read(stored: Mapping[str, Any], kind: type[Memory | ActiveFlow | SlotValue]) -> dict[str, Any]:
    known = {field.name for field in fields(kind)}
    return {name: _value(name, found) for name, found in stored.items() if name in known}


def _value(name: str, found: Any) -> Any:
    match name:
        case "active":
            return ActiveFlow(**_read(found, ActiveFlow)) if found else None
        case "slots" | "heard":
            return {slot: SlotValue(**_read(value, SlotValue)) for slot, value in found.items()}
        case "source":
            return Source(found)
        case "said" if isinstance(found, list):
            return tuple(found)
    return found
