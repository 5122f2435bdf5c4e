"""The frames of wire protocol version 1. Unknown keys are ignored, unknown types are not."""

import hashlib
import json
import math
import uuid
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from apps.chat.admission import UNSTORABLE
from apps.chat.attachments.links import linked
from apps.chat.codes import MOST_FILES, Code, detail
from apps.engine.types import Author

PAGE = 100
PROTOCOL = 1

Seq = Annotated[int, Field(ge=0, le=2**53)]


def _storable(value: str) -> str:
    if UNSTORABLE.search(value):
        raise ValueError("holds characters that cannot be stored")
    return value


def _not_zero(value: int) -> int:
    if value == 0:
        raise ValueError("neither up nor down")
    return value


Storable = Annotated[str, AfterValidator(_storable)]
Short = Annotated[Storable, StringConstraints(max_length=200)]
Long = Annotated[Storable, StringConstraints(max_length=1000)]
# Not a Literal: Python takes True for 1.
Protocol = Annotated[int, Field(ge=PROTOCOL, le=PROTOCOL)]
Thumb = Annotated[int, Field(ge=-1, le=1), AfterValidator(_not_zero)]
FileId = Annotated[uuid.UUID, Field(strict=False)]
# What a person wrote is refused with a code of its own, so that they are told why.
AnyText = str


# What a frame says that is right but for it.
TOO_MANY_FILES = {(("attachments",), "too_long")}

F = TypeVar("F", bound="Frame")


class Frame(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Keyed(Frame):
    cmid: Annotated[uuid.UUID, Field(strict=False)]


class Hello(Frame):
    proto: Protocol
    token: Annotated[str, StringConstraints(max_length=200)]
    last_seq: Seq = 0
    epoch: str | None = None


class Send(Keyed):
    text: AnyText
    fields: dict[AnyText, AnyText] | None = Field(default=None, max_length=50)
    attachments: list[FileId] = Field(default=[], max_length=MOST_FILES)
    seen: Seq | None = None


class Handoff(Keyed):
    pass


class Contact(Keyed):
    text: AnyText
    name: Long = ""
    email: Long = ""
    phone: Long = ""

    def fingerprint(self) -> str:
        """Tells whether another form with the same cmid has the same contents."""
        return hashlib.sha256(json.dumps([self.name, self.email, self.phone]).encode()).hexdigest()


class Sync(Frame):
    since: Seq


class Rate(Frame):
    seq: Seq
    value: Thumb
    reason: Long = ""


class Csat(Frame):
    """`score` null: the visitor would rather not say."""

    score: Annotated[int, Field(ge=1, le=5)] | None
    comment: Long = ""


class Read(Frame):
    seq: Seq


class Context(Frame):
    url: Annotated[Storable, StringConstraints(max_length=2000)] = ""
    title: Long = ""
    locale: Short = ""
    device: Long = ""


class Typing(Frame):
    pass


class Stop(Frame):
    turn: str | None = None

    @property
    def id(self) -> uuid.UUID | None:
        """The turn; None for whichever is open. No turn is called what is no UUID."""
        try:
            return uuid.UUID(self.turn) if self.turn else None
        except ValueError:
            return uuid.UUID(int=0)


class Identify(Frame):
    jwt: AnyText


class Logout(Frame):
    pass


TYPES: dict[str, type[Frame]] = {
    "hello": Hello,
    "send": Send,
    "handoff": Handoff,
    "contact": Contact,
    "sync": Sync,
    "rate": Rate,
    "csat": Csat,
    "read": Read,
    "context": Context,
    "typing": Typing,
    "stop": Stop,
    "identify": Identify,
    "logout": Logout,
}


class FrameError(Exception):
    """The frame cannot be taken; `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class VersionError(FrameError):
    """A hello in another version of the protocol: whatever follows would be guessed at."""

    def __init__(self) -> None:
        super().__init__(Code.BAD_FRAME)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Made once: json.loads makes a new one for every call with an option. Not orjson, which refuses
# halves of surrogate pairs as if they were no JSON, where the protocol has a code for them.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def decode(text: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises FrameError: NaN, deep nesting and anything else are bad frames."""
    try:
        found = _DECODER.decode(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError(Code.BAD_FRAME) from error
    if not isinstance(found, dict):
        raise FrameError(Code.BAD_FRAME)
    return found


def parse(text: str | bytes) -> Frame:
    """Raises FrameError with `bad_frame`, `unknown_type` or `bad_cmid`, and VersionError."""
    found = decode(text)
    kind = found.get("type")
    if not isinstance(kind, str):
        raise FrameError(Code.BAD_FRAME)
    if kind not in TYPES:
        raise FrameError(Code.UNKNOWN_TYPE)
    # Before its shape, which another version may have changed.
    if kind == "hello" and type(found.get("proto")) is int and found["proto"] != PROTOCOL:
        raise VersionError
    return shape(TYPES[kind], found)


def shape(model: type[F], found: dict[str, Any]) -> F:
    """`found` as a frame of this type. Raises FrameError."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        wrong = {(problem["loc"][:1], problem["type"] == "missing") for problem in error.errors()}
        only_cmid = wrong == {(("cmid",), False)}
        is_long = {(one["loc"], one["type"]) for one in error.errors()} == TOO_MANY_FILES
        code = Code.BAD_CMID if only_cmid else Code.BAD_FRAME
        raise FrameError(Code.MOST_FILES if is_long else code) from error


Encodable = dict[str, Any]


def encode(frame: Encodable) -> str:
    return orjson.dumps(frame).decode()


def message(  # noqa: PLR0913 these are the fields of the frame
    *,
    seq: int,
    author: Author | str,
    name: str,
    text: str,
    at: datetime,
    cmid: uuid.UUID | None,
    meta: dict[str, Any],
) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "type": "message",
        "seq": seq,
        "author": str(author),
        "name": name,
        "text": text,
        "at": at.isoformat(),
        "meta": linked(meta),
    }
    if cmid:
        frame["cmid"] = str(cmid)
    return frame


def ack(cmid: uuid.UUID, seq: int, line: uuid.UUID) -> dict[str, Any]:
    return {"type": "ack", "cmid": str(cmid), "seq": seq, "message": str(line)}


def refused(
    cmid: uuid.UUID, code: Code, language: str, retry_after: float | None = None
) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "type": "refused",
        "cmid": str(cmid),
        "code": str(code),
        "detail": detail(code, language),
    }
    if retry_after is not None:
        frame["retry_after"] = math.ceil(retry_after * 100) / 100  # never too early
    return frame


def action(key: str, status: str, text: str) -> dict[str, Any]:
    """`status`: "running", "done", "failed" or "unclear"."""
    return {"type": "action", "id": key, "status": status, "text": text}


def delta(turn: uuid.UUID, attempt: int, offset: int, text: str) -> dict[str, Any]:
    """A piece of an answer that grows, from its character `offset` on."""
    return {"type": "delta", "turn": str(turn), "attempt": attempt, "offset": offset, "text": text}


def typing(author: Author | str, name: str) -> dict[str, Any]:
    """Somebody writes; it is over when no other such frame has come for TYPING_S."""
    return {"type": "typing", "author": str(author), "name": name}


def token(successor: str) -> dict[str, Any]:
    return {"type": "token", "token": successor}


def identified(successor: str | None) -> dict[str, Any]:
    frame = {"type": "identified"}
    return {**frame, "token": successor} if successor else frame


def error(code: Code, language: str) -> dict[str, Any]:
    return {"type": "error", "code": str(code), "detail": detail(code, language)}
