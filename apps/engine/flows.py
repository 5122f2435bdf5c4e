"""What staff define: flows and their slots, as plain values that every reader checks alike.

Texts are kept per language tag ("en", "zh-Hans"); one that is missing falls back to another.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

Texts = dict[str, str]

LONGEST_VALUE = 500


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in `language`, else in any other; "" when there is none."""
    return texts.get(language) or next((text for text in texts.values() if text), "")


class SlotKind(StrEnum):
    ORDER_ID = "order_id"
    TEXT = "text"
    CHOICE = "choice"
    PRODUCT = "product"
    DATE = "date"
    AMOUNT = "amount"
    PHONE = "phone"
    PHONE_TAIL = "phone_tail"  # the last four digits; a whole number gives them too
    EMAIL = "email"


class Option(BaseModel):
    """One value of a choice. What a visitor may call it stands in `labels` and `synonyms`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str
    labels: Texts
    synonyms: tuple[str, ...] = ()


class SlotSpec(BaseModel):
    """One detail that a flow needs.

    `patterns` are regular expressions of the shop's own order ids; none means the shapes that
    shops commonly use. `minimum` and `maximum` bound an amount. `earliest_days` and `latest_days`
    bound a date, in days from today, negative for the past. A `proof` is asked for after the
    visitor's yes, and never of a verified one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: SlotKind
    labels: Texts
    prompts: Texts
    examples: Texts = Field(default_factory=dict)
    reasks: Texts = Field(default_factory=dict)
    required: bool = True
    proof: bool = False
    patterns: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    earliest_days: int | None = None
    latest_days: int | None = None
    longest: int = Field(default=200, ge=1, le=LONGEST_VALUE)
    reask_limit: int = Field(default=2, ge=0, le=5)


class FlowSpec(BaseModel):
    """One version of a flow. `action` names what is done after the yes; "" only thanks.

    A `lookup` changes nothing, so it is not confirmed: its action runs when the slots are there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    version: int = Field(ge=1)
    names: Texts
    descriptions: Texts = Field(default_factory=dict)
    examples: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    confirms: Texts = Field(default_factory=dict)
    dones: Texts = Field(default_factory=dict)
    slots: tuple[SlotSpec, ...] = ()
    action: str = ""
    lookup: bool = False
    high_value: bool = False
    high_risk: bool = False

    @cached_property
    def by_name(self) -> dict[str, SlotSpec]:
        return {slot.name: slot for slot in self.slots}
