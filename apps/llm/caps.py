"""What a chat and a day may cost. Once that is spent only local models are asked."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from apps.llm.values import Endpoint, Tier, Usage

PER_TOKENS = 1000
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Caps:
    """Amounts in `currency`; None for no cap."""

    chat: Decimal | None = None
    day: Decimal | None = None
    currency: str = ""

    def __bool__(self) -> bool:
        return self.chat is not None or self.day is not None


class Account(NamedTuple):
    """What all processes pay from: a site's day, in the currency of its caps."""

    site_id: int
    day: date
    currency: str


@dataclass(frozen=True, slots=True)
class Spent:
    """The same currency; what the turn at hand has cost is not in it. `account`: where calls that
    are under way, or not written yet, are counted; None for no cap of a day."""

    chat: Decimal = NOTHING
    day: Decimal = NOTHING
    account: Account | None = None


# When it cannot be looked up.
UNKNOWN = Spent(Decimal("Infinity"), Decimal("Infinity"))


def reached(caps: Caps, spent: Spent, more: Decimal) -> str:
    """ "chat" or "day" for the cap that forbids a further call, else ""."""
    if caps.chat is not None and spent.chat + more >= caps.chat:
        return "chat"
    if caps.day is not None and spent.day + more >= caps.day:
        return "day"
    return ""


def counts(step: Endpoint) -> bool:
    """Whether caps hold for it."""
    return step.tier is not Tier.LOCAL


def cost(step: Endpoint, usage: Usage, currency: str) -> Decimal:
    """0 without a price, and in another currency, as everywhere that caps are counted."""
    if step.price_in is None or step.price_out is None or step.currency != currency:
        return NOTHING
    return paid(usage, step.price_in, step.price_out)


def paid(usage: Usage, price_in: Decimal, price_out: Decimal) -> Decimal:
    """At prices for a thousand tokens. What was read from a cache costs as much as the rest:
    providers take less, each its own."""
    return (usage.tokens_in * price_in + usage.tokens_out * price_out) / PER_TOKENS
