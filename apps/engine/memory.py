"""A session's memory as JSON and back. What an older version wrote is read as far as it is known;
what cannot be read is forgotten, and the session goes on."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from apps.engine.types import ActiveFlow, Finished, Memory, Proven, SlotValue

STORED = TypeAdapter(Memory)


def dump(memory: Memory) -> dict[str, Any]:
    """Only what differs from an empty memory, so that a plain session stores `{}`."""
    return _differing(memory, Memory())


def load(stored: object) -> Memory:
    """Never raises, whatever is stored: keys that are not known are passed over, and where a value
    is of the wrong kind all is forgotten but what the team was told and what was tried in vain."""
    found = stored if isinstance(stored, Mapping) else {}
    try:
        # Most sessions remember nothing.
        return STORED.validate_python(found) if found else Memory()
    except ValidationError:
        told, reachable = found.get("told") is True, found.get("reachable") is True
        wrong = found.get("wrong")
        return Memory(told, reachable, wrong=wrong if type(wrong) is int else 0)


def with_last(memory: Memory, last: str, again: int) -> Memory:
    """What was answered last. Every answered question comes here: `replace` takes twice as long."""
    told, reachable, wrong = memory.told, memory.reachable, memory.wrong
    finished, unreachable = memory.finished, memory.unreachable
    heard, active, proven = memory.heard, memory.active, memory.proven
    return Memory(told, reachable, active, heard, wrong, last, again, finished, unreachable, proven)


def _differing(found: Memory | ActiveFlow | SlotValue, empty: object) -> dict[str, Any]:
    return {
        field.name: _plain(getattr(found, field.name))
        for field in fields(found)
        if getattr(found, field.name) != getattr(empty, field.name, None)
    }


def _plain(value: object) -> Any:
    match value:
        case ActiveFlow():
            named = {"flow": value.flow, "version": value.version}
            return named | _differing(value, ActiveFlow("", 0))
        case Finished() | Proven():
            return asdict(value)
        case SlotValue():
            return {"value": value.value} | _differing(value, SlotValue(""))
        case Mapping():
            return {str(name): _plain(found) for name, found in value.items()}
        case tuple():
            return list(value)
    return value
