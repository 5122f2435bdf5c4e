"""What a line may ask for. Understanding yields these and nothing else; the turn applies them."""

from dataclasses import dataclass
from enum import StrEnum


class Courtesy(StrEnum):
    GREETING = "greeting"
    THANKS = "thanks"
    FAREWELL = "farewell"
    ASSENT = "assent"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True)
class SetSlot:
    """`value` is canonical: digits of a phone, an ISO date, the value of an option. `said` is the
    visitor's own wording, found at `start` up to `end` of the line, 0 and 0 when typed in a form.
    """

    slot: str
    value: str
    said: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class CorrectSlot:
    """The same for a value that replaces one: "not this order, it is ..."."""

    slot: str
    value: str
    said: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Unfit:
    """Something was given for the slot, and it cannot be taken; `problem` says why: "shape",
    "past", "future", "too_small", "too_large", "too_long", "unknown", "several"; or "wrong", when
    the visitor only says that the value which stands there is."""

    slot: str
    problem: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StartFlow:
    """`confidence` in 0..1, calibrated: that the visitor wants this flow and no other. `about`: the
    line asks about it, so it is begun by no more than a press of what is offered. `another`: not
    about the order that was spoken of before. `given`: what the line says for it, where it comes
    after another flow."""

    flow: str
    confidence: float = 1.0
    about: bool = False
    another: bool = False
    given: tuple[SetSlot | Unfit, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """The visitor does not have what the pending slot asks for."""


@dataclass(frozen=True, slots=True)
class Affirm:
    """`confirmation`: the id of the card, or of the question whether to go on, whose button was
    pressed; "" for a typed yes. `unsure`: more was said with the yes, so it agrees to nothing."""

    confirmation: str = ""
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Deny:
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Between a yes and its proof more was said than either, so the yes counts no more."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A button of a question that is not open."""


@dataclass(frozen=True, slots=True)
class CancelFlow:
    """`unsure`: what the flow itself does may be meant, as by "cancel" where orders are cancelled.
    `late`: it was written while the flow was carried out, and came when that was done."""

    unsure: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class AskFaq:
    """`exact`: what else was understood counts, unless it is an entry's phrasing word for word.
    `maybe`: it counts unless the search finds something. `beside`: it counts as well."""

    text: str
    exact: bool = False
    maybe: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class SmallTalk:
    courtesy: Courtesy


@dataclass(frozen=True, slots=True)
class WantHuman:
    pass


@dataclass(frozen=True, slots=True)
class WantBot:
    """Who waits for a person would rather go on with the bot."""


Command = (
    StartFlow
    | SetSlot
    | CorrectSlot
    | Unfit
    | Lack
    | Affirm
    | Deny
    | TakeBack
    | Stale
    | CancelFlow
    | AskFaq
    | SmallTalk
    | WantBot
    | WantHuman
)
