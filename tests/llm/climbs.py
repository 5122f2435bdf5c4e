"""Climbs over models of the fake server, and what they were seen to do."""

from dataclasses import dataclass, field
from typing import Any

from apps.engine.types import Policy
from apps.llm.caps import Spent
from apps.llm.gateway import Gateway
from apps.llm.ladder import climb
from apps.llm.prompts import Passage, Told
from apps.llm.steps import Climbed, Ports, Terms, Tried
from apps.llm.values import Answer, Ask, Endpoint, Tier
from tests.llm.asked import PASSAGE, QUESTION, endpoint

POLICY = Policy(answer_at=0.78, offer_at=0.15)
OTHER = Passage("Opening hours", "The shop is open from 9:00 to 18:00.")
LONG = Passage(
    "Returns of a parcel",
    "You may return a parcel within 30 days of its arrival. The return is free of charge. "
    "Put the parcel into its box. Bring it to any post office.",
)
TIERS = (Tier.LOCAL, Tier.CLOUD, Tier.LAST_RESORT)


@dataclass
class Watched:
    """The ports of a climb, and all that went through them."""

    seconds: float = 30.0
    spent: Spent = field(default_factory=Spent)
    tried: list[Tried] = field(default_factory=list)
    shown: list[tuple[int, str]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    looked: int = 0

    def ports(self, **values: Any) -> Ports:
        given: dict[str, Any] = {
            "left": lambda: self.seconds,
            "book": self.tried.append,
            "show": lambda attempt, text: self.shown.append((attempt, text)),
            "spent": self._spent,
            "pause": self._pause,
        }
        return Ports(**given | values)

    async def _spent(self) -> Spent:
        self.looked += 1
        return self.spent

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.seconds -= seconds

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Of each attempt the model, how it ended and why it was asked."""
        return [(one.step.name, one.outcome.value, one.why) for one in self.tried]


class Noting(Gateway):
    """Notes with how much time each model is asked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.given: list[tuple[str, float]] = []

    async def ask(self, endpoint: Endpoint, ask: Ask, on_text: Any = None) -> Answer:
        self.given.append((endpoint.name, ask.deadline_s))
        return await super().ask(endpoint, ask, on_text)


def ladder(fake: Any, *names: str, **values: Any) -> list[Endpoint]:
    """A model of each tier by its name, from the local one up; "" for none."""
    return [
        endpoint(fake, name, tier=tier, **values)
        for tier, name in zip(TIERS, names, strict=False)
        if name
    ]


def told(text: str = QUESTION, **values: Any) -> Told:
    given: dict[str, Any] = {"language": "en", "passages": [PASSAGE, OTHER]}
    return Told(text, **given | values)


def terms(**values: Any) -> Terms:
    given: dict[str, Any] = {"policy": POLICY, "chances": [0.6, 0.1], "high_value": True}
    return Terms(**given | values)


async def go(
    gateway: Gateway,
    steps: list[Endpoint],
    watched: Watched | None = None,
    *,
    about: Told | None = None,
    **values: Any,
) -> Climbed:
    """A climb with these terms."""
    ports = (watched or Watched()).ports()
    return await climb(gateway, steps, about or told(), terms(**values), ports)


def whys(climbed: Climbed) -> list[tuple[str, str]]:
    """Of each model that handed on its tier and why."""
    return [(one.step.tier.value, one.why.value) for one in climbed.handed]
