"""How likely an answer of a model is right: its own opinion, weighed by what can be seen from here.

What a model says of itself is too sure of itself (arXiv 2306.13063), so it is one signal. The others
are how probable the search held its best passage (calibrated, apps/knowledge/confidence.py),
whether the answer rests on that one, and whether its words stand in what it was given. A cosine is
never among them: it means another thing in each embedder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Opinion = Literal["low", "mid", "high"]

STRONG_FROM = 0.5
# Where the search begins to offer what it has found (OFFER_AT there).
FAIR_FROM = 0.15


class Ground(StrEnum):
    """What an answer rests on. COMMANDS: on the visitor's own words, which the flows check."""

    STRONG = "strong"
    FAIR = "fair"
    FAINT = "faint"
    COMMANDS = "commands"


BELOW = {Ground.STRONG: Ground.FAIR, Ground.FAIR: Ground.FAINT, Ground.FAINT: Ground.FAINT}


@dataclass(frozen=True, slots=True)
class Calibration:
    """`badge` is "default" until the table is fitted on labels; `source` says where it is from."""

    table: Mapping[Ground, Mapping[Opinion, float]]
    badge: str
    source: str

    def probability(self, opinion: Opinion, ground: Ground) -> float:
        return self.table[ground][opinion]


DEFAULT = Calibration(
    {
        Ground.STRONG: {"low": 0.60, "mid": 0.84, "high": 0.92},
        Ground.FAIR: {"low": 0.50, "mid": 0.78, "high": 0.86},
        Ground.FAINT: {"low": 0.30, "mid": 0.55, "high": 0.72},
        Ground.COMMANDS: {"low": 0.50, "mid": 0.80, "high": 0.92},
    },
    badge="default",
    source="set by hand, fitted on nothing: in order of the signals, with room below what a model "
    "claims, so that what rests on a faint passage never passes the cut of answering",
)


def ground_of(
    chances: Sequence[float], cited: Sequence[int], *, has_facts: bool, stands: bool | None
) -> Ground:
    """`chances`: the passages' calibrated probabilities, `cited` the places used. `has_facts`: an
    action of this session has returned something. `stands`: whether the reply's words are those it
    was given, None where they are of another language."""
    if stands is False:
        return Ground.FAINT
    found = _passages(chances, cited)
    if has_facts and found is Ground.FAINT:
        found = Ground.FAIR
    return found if stands else BELOW[found]


def _passages(chances: Sequence[float], cited: Sequence[int]) -> Ground:
    used = [chances[place] for place in cited if place < len(chances)]
    if not used:
        return Ground.FAINT
    best = max(used)
    found = Ground.FAINT
    if best >= FAIR_FROM:
        found = Ground.STRONG if best >= STRONG_FROM else Ground.FAIR
    return found if best == max(chances) else BELOW[found]
