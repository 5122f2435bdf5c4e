"""What a check may find, and how bad it is."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """What is wrong; the admin has a sentence and an advice for each."""

    WORKS = "works"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    TLS = "tls"
    KEY = "key"
    NO_KEY = "no_key"
    MISSING_MODEL = "missing_model"
    REDIRECT = "redirect"
    LIMITED = "limited"
    REFUSED = "refused"
    FAILS = "fails"
    TOO_SLOW = "too_slow"
    SLOW = "slow"
    NO_STREAMING = "no_streaming"
    NO_STRUCTURE = "no_structure"
    NO_JSON = "no_json"
    ONLY_PROMPT = "only_prompt"
    CORRECTED = "corrected"
    WRONG_SIZE = "wrong_size"
    SAME_VECTORS = "same_vectors"
    BAD_VECTORS = "bad_vectors"
    ZERO_VECTORS = "zero_vectors"
    NO_MODEL = "no_model"
    SEALED = "sealed"
    NOT_FINISHED = "not_finished"


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


LEVELS = {
    Code.WORKS: Level.OK,
    Code.SLOW: Level.WARNING,
    Code.NO_STREAMING: Level.WARNING,
    Code.ONLY_PROMPT: Level.WARNING,
    Code.CORRECTED: Level.WARNING,
    Code.NO_MODEL: Level.WARNING,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`model` as the server calls it, "" for the provider as a whole; `values` fill the sentence;
    `detail` is the gateway's and holds neither keys nor texts."""

    code: Code
    model: str = ""
    detail: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return LEVELS.get(self.code, Level.FAULT)

    def stored(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "code": self.code.value,
            "level": self.level.value,
            "model": self.model,
            "detail": self.detail,
            "values": self.values,
        }
