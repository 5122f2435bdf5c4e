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
class AskFaq:
    text: str


@dataclass(frozen=True, slots=True)
class SmallTalk:
    courtesy: Courtesy


@dataclass(frozen=True, slots=True)
class WantHuman:
    pass


@dataclass(frozen=True, slots=True)
class WantBot:
    """Who waits for a person would rather go on with the bot."""


Command = AskFaq | SmallTalk | WantBot | WantHuman
