"""What a console sends, in the protocol of docs/console.md. Unknown keys are ignored."""

import uuid
from typing import Annotated, Any, Literal

from pydantic import Field

from apps.chat.codes import Code
from apps.chat.frames import (
    PROTOCOL,
    AnyText,
    Frame,
    FrameError,
    Protocol,
    Seq,
    Short,
    Storable,
    VersionError,
    decode,
    shape,
)

# With room for the longest reply: a character takes up to six bytes in JSON.
FRAME_BYTES = 65_536
AT_ONCE = 100

Id = Annotated[uuid.UUID, Field(strict=False)]
Number = Annotated[int, Field(ge=1, le=2**53)]


class Hello(Frame):
    proto: Protocol


class Resnap(Frame):
    pass


class Active(Frame):
    pass


class Look(Frame):
    """A frame about a session that is answered by what it asks for, or not at all."""

    session: Id


class Open(Look):
    pass


class Close(Look):
    pass


class Typing(Look):
    pass


class Older(Look):
    before: Seq


class Read(Look):
    seq: Seq


class Viewing(Frame):
    session: Id | None = None


class Command(Frame):
    """Is answered once, with `done` or `refused`."""

    cid: Id


class OnSession(Command):
    session: Id


class Send(OnSession):
    """`draft`: the stamp up to which what was drafted is gone with it. `suggestion`: the drafted
    answer that it was made of."""

    text: AnyText
    draft: Seq | None = None
    cmid: Id
    seen_seq: Seq
    anyway: bool = False
    attachments: list[Id] = Field(default_factory=list)
    suggestion: Number | None = None


class Note(OnSession):
    text: AnyText
    draft: Seq | None = None
    cmid: Id


class Claim(OnSession):
    pass


class TakeOver(OnSession):
    pass


class Return(OnSession):
    instruction: AnyText = ""


class Transfer(OnSession):
    operator: Number | None = None
    team: Number | None = None
    note: AnyText = ""


class Resolve(OnSession):
    outcome: Short
    text: AnyText = ""


class Undo(Command):
    token: Short


class Reopen(OnSession):
    pass


class Priority(OnSession):
    value: Annotated[int, Field(ge=0, le=3)]


class Correct(OnSession):
    message: Id
    text: AnyText


class Draft(OnSession):
    text: AnyText
    kind: Literal["reply", "note"] = "reply"
    stamp: Seq | None = None


class AskSlot(OnSession):
    slot: Short


class EditSlot(OnSession):
    slot: Short
    value: AnyText


class WrongAnswer(OnSession):
    message: Id


class Suggest(OnSession):
    pass


class Suggestion(Command):
    id: Number
    choice: Short
    text: AnyText = ""


class Presence(Command):
    state: Short


class Settings(Command):
    values: dict[str, Any] = Field(max_length=20)


class Macros(OnSession):
    query: Short = ""


class UsedMacro(Command):
    id: Number


class Bulk(Command):
    sessions: list[Id] = Field(min_length=1, max_length=AT_ONCE)
    verb: Literal["claim", "resolve", "priority", "transfer"]
    outcome: Short = ""
    value: Annotated[int, Field(ge=0, le=3)] | None = None
    operator: Number | None = None
    team: Number | None = None
    note: Storable = ""


class Search(Command):
    query: AnyText


TYPES: dict[str, type[Frame]] = {
    "hello": Hello,
    "resnap": Resnap,
    "active": Active,
    "open": Open,
    "older": Older,
    "close": Close,
    "typing": Typing,
    "viewing": Viewing,
    "read": Read,
    "send": Send,
    "note": Note,
    "claim": Claim,
    "take_over": TakeOver,
    "return": Return,
    "transfer": Transfer,
    "resolve": Resolve,
    "undo": Undo,
    "reopen": Reopen,
    "priority": Priority,
    "correct": Correct,
    "draft": Draft,
    "ask_slot": AskSlot,
    "edit_slot": EditSlot,
    "wrong_answer": WrongAnswer,
    "suggest": Suggest,
    "suggestion": Suggestion,
    "presence": Presence,
    "settings": Settings,
    "macros": Macros,
    "used_macro": UsedMacro,
    "bulk": Bulk,
    "search": Search,
}


class CommandError(FrameError):
    """A command that cannot be read; its `cid` can, so that it is refused by it."""

    def __init__(self, code: Code, cid: uuid.UUID) -> None:
        super().__init__(code)
        self.cid = cid


def parse(text: str) -> Frame:
    """Raises CommandError for a command whose cid is known, else FrameError, and VersionError."""
    found = decode(text)
    proto = found.get("proto")
    if found.get("type") == "hello" and type(proto) is int and proto != PROTOCOL:
        raise VersionError
    try:
        return _shaped(found)
    except FrameError as error:
        if cid := _cid(found):
            raise CommandError(error.code, cid) from error
        raise


def _shaped(found: dict[str, Any]) -> Frame:
    kind = found.get("type")
    if not isinstance(kind, str):
        raise FrameError(Code.BAD_FRAME)
    if kind not in TYPES:
        raise FrameError(Code.UNKNOWN_TYPE)
    return shape(TYPES[kind], found)


def _cid(found: dict[str, Any]) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(found.get("cid")))
    except ValueError:
        return None
