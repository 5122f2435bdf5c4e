"""Lines, notes and what else stands in a thread, in the shapes of the console's protocol."""

from typing import Any

from apps.chat.attachments.links import linked
from apps.chat.models import Message
from apps.engine.types import Author
from apps.handoff.models import Note

Frame = dict[str, Any]
# Kept for the house in `meta`, and shown in fields of their own.
APART = frozenset({"attachments", "edited", "operator"})


def line(message: Message) -> Frame:
    """Without `own`, which depends on who reads it."""
    meta = message.meta
    frame: Frame = {
        "seq": message.seq,
        "id": str(message.id),
        "author": message.author,
        "name": message.name,
        "text": message.text,
        "at": message.created_at.isoformat(),
        "meta": {name: value for name, value in meta.items() if name not in APART},
    }
    if message.rating:
        frame["meta"]["rating"] = message.rating
        frame["meta"]["rating_reason"] = message.reason
    optional = {
        "cmid": message.cmid and str(message.cmid),
        "operator": meta.get("operator"),
        "edited_at": edited_at(message),
        "turn": message.turn_id and str(message.turn_id),
        "attachments": linked(meta).get("attachments"),
    }
    return {**frame, **{name: value for name, value in optional.items() if value}}


def edited_at(message: Message) -> str:
    """When an operator last corrected it; "" for a line that is as it was."""
    edits = message.meta.get("edited") if message.author == Author.OPERATOR else None
    return str(edits[-1]["at"]) if edits else ""


def own(frame: Frame, operator: int) -> Frame:
    """The line as `operator` reads it."""
    return {**frame, "own": True} if frame.get("operator") == operator else frame


def note(found: Note) -> Frame:
    who = {"id": found.operator.pk, "name": found.operator.name} if found.operator else None
    return {"id": found.pk, "operator": who, "text": found.text, "at": found.at.isoformat()}
