"""What the gateway is told and what it tells: plain values, without Django and without a database."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

# Answers are some hundred tokens of JSON; sixteen of them still fit.
MOST_BYTES = 256 * 1024
# A model of few places works better with a short queue before it than with calls on top of them
# (measured on llama.cpp: 16 calls on 4 places took 7.5 s at the 95th percentile instead of 0.3).
WAIT_FOR_PLACE_S = 2.0


class Tier(StrEnum):
    LOCAL = "local"
    CLOUD = "cloud"
    LAST_RESORT = "last_resort"


class Purpose(StrEnum):
    ANSWER = "answer"
    EMBEDDING = "embedding"


class Dialect(StrEnum):
    """Whose server it is, as far as the requests to it differ."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    OLLAMA = "ollama"
    VLLM = "vllm"
    LLAMACPP = "llamacpp"
    OTHER = "other"


class Way(StrEnum):
    """How a model is brought to answer in a given shape. UNKNOWN: nobody has tried yet."""

    UNKNOWN = ""
    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    TOOL = "tool"
    PROMPT = "prompt"


class Outcome(StrEnum):
    """How a call ended. What stands below `CANCELLED` was never sent; CAP and NO_TIME are of the
    ladder, for models that it did not ask, and CACHE of an answer that was kept from before."""

    OK = "ok"
    DEADLINE = "deadline"
    FIRST_TOKEN = "first_token"  # noqa: S105 a name, no secret
    GAP = "gap"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    AUTH = "auth"
    MISSING_MODEL = "missing_model"
    REDIRECT = "redirect"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    BAD_REQUEST = "bad_request"
    BAD_OUTPUT = "bad_output"
    TOO_LARGE = "too_large"
    CUT = "cut"
    CANCELLED = "cancelled"
    BLOCKED = "blocked"
    QUOTA = "quota"
    BUSY = "busy"
    BREAKER = "breaker"
    CAP = "cap"
    NO_TIME = "no_time"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model as it is called.

    `name` is what its server calls it. `key` may be empty: local servers ask for none. The three
    times are wall clock: of a whole call, until its first token, between two tokens. `most_tokens`
    bounds an answer, `context` prompt and answer together, None when it is not known.
    `tokens_per_minute` and `concurrency`: None for no limit, the latter in each process. Prices are
    for 1000 tokens, None when nobody has told them.
    """

    provider: UUID
    model: UUID
    tier: Tier
    purpose: Purpose
    base_url: str
    key: str = field(repr=False)
    name: str
    dialect: Dialect = Dialect.OTHER
    way: Way = Way.UNKNOWN
    deadline_s: float = 25.0
    first_token_s: float = 10.0
    gap_s: float = 10.0
    most_bytes: int = MOST_BYTES
    most_tokens: int = 800
    context: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens over all requests of a call. `measured`: the server has told all of them; otherwise
    some are estimated from the texts."""

    tokens_in: int = 0
    tokens_out: int = 0
    cached_in: int = 0
    measured: bool = True

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cached_in + other.cached_in,
            self.measured and other.measured,
        )


@dataclass(slots=True)
class Trail:
    """What a call has come to so far, also where it ends with neither an answer nor an error: when
    it is cancelled. `sent`: every message that went over a wire, once, in their order; `usage` is
    None while that cost nothing."""

    sent: tuple[Message, ...] = ()
    usage: Usage | None = None

    def send(self, messages: tuple[Message, ...]) -> None:
        self.sent += tuple(one for one in messages if one not in self.sent)


@dataclass(frozen=True, slots=True)
class Ask:
    """A call for an answer of the shape `schema`, within `deadline_s` or the model's own deadline,
    whichever is shorter; a repair counts in.

    `may_show` is asked once, with the fields that precede the last one of `schema`, whether that
    last one may be streamed to `on_text`. `asker` is for whom it is, None for nobody: see `Breaker`.
    `trail` is filled while it is asked.
    """

    messages: tuple[Message, ...]
    schema: type[BaseModel]
    stream: bool
    deadline_s: float
    wait_s: float = WAIT_FOR_PLACE_S
    may_show: Callable[[Mapping[str, Any]], bool] | None = None
    asker: Hashable = None
    trail: Trail = field(default_factory=Trail)


@dataclass(frozen=True, slots=True)
class Answer:
    """`value` fits the schema that was asked for, `text` is what it was read from. `served` is the
    model that the server says has answered."""

    value: BaseModel
    text: str
    usage: Usage
    served: str
    way: Way
    first_token_ms: int
    total_ms: int
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector for each text, in their order, and what that took."""

    vectors: list[list[float]]
    usage: Usage


class GatewayError(Exception):
    """There is no answer. `detail` may be shown and logged: it holds nothing of what was said, by
    either side. `retry_after` in seconds, when the other side or our own limit names them. `usage`
    is what it cost all the same, None for nothing. `sent`: the request may have arrived.
    `only_this`: another request to the same model may well succeed."""

    def __init__(
        self,
        outcome: Outcome,
        detail: str = "",
        *,
        retry_after: float | None = None,
        usage: Usage | None = None,
        sent: bool = False,
        only_this: bool = False,
    ) -> None:
        super().__init__(f"{outcome}: {detail}" if detail else str(outcome))
        self.outcome = outcome
        self.detail = detail
        self.retry_after = retry_after
        self.usage = usage
        self.sent = sent
        self.only_this = only_this


class RedirectError(GatewayError):
    """The server sends the request on to another address, where nobody follows. `host` of that
    address, "" where it is none."""

    def __init__(self, host: str) -> None:
        super().__init__(Outcome.REDIRECT, "the server redirects, which is not followed")
        self.host = host
