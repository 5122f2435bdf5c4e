"""Lexical and dense signals -> one probability. Ranks are not fused: a rank says nothing of how
sure a search is.

Weights are fitted by site, language and embedder on the site's own phrasings (`fitting.py`), since
cosines mean another thing in each embedder. Where there are too few, or the fit does not keep what
it promises, UNFITTED holds: the lexical confidence stays, and what is near by meaning may be
offered, never answered with.
"""

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from apps.knowledge.confidence import EMPTY_AT_MOST
from apps.knowledge.dense.matrix import Near
from apps.knowledge.postings import Floats

# Signals, in order: log odds of the lexical confidence; whether the lexical half found the entry
# at all; excess of the entry, bounded; its cosine; its cosine's lead over the best other entry;
# whether both halves have it first; 1.
SIGNALS = 7
# An entry the lexical half did not find.
NOT_FOUND = 0.01
EXCESS_WITHIN = 8.0

# Of what is offered without a fit: at most this probability, half of it at that excess.
OFFERED_AT_MOST = 0.6
HALF_AT = 1.0
STEEPNESS = 1.5
# Of the fitted ones, no more certain than labels of that many questions can tell.
MOST = 0.97

Weights = tuple[float, ...]


class Fused(NamedTuple):
    """`meant`: the dense half has lifted it, whatever words it shares with the question."""

    id: str
    confidence: float
    meant: bool


class Lexical(NamedTuple):
    """What the lexical half says of one entry."""

    id: str
    confidence: float


def fuse(
    lexical: Sequence[Lexical], near: Near, weights: Weights | None, limit: int
) -> list[Fused]:
    """The lexical finds and the `limit` nearest by meaning, likeliest first."""
    known = {hit.id: hit.confidence for hit in lexical}
    nearest = [near.ids[place] for place in _nearest(near.cosine, limit)]
    first = lexical[0].id if lexical else ""
    found = []
    for id in dict.fromkeys([*known, *nearest]):
        own, place = known.get(id, 0.0), near.places.get(id)
        if place is None:
            # The index by meaning does not have it yet.
            found.append(Fused(id, own, meant=False))
            continue
        if weights is None:
            chance = max(own, _unfitted(near.excess.item(place)))
        else:
            chance = probability(signals(near, place, own, is_first=id == first), weights)
        found.append(Fused(id, chance, meant=chance > own))
    return sorted(found, key=lambda one: -one.confidence)


def signals(near: Near, place: int, lexical: float, *, is_first: bool) -> tuple[float, ...]:
    """Of the entry at `place`; `lexical` 0 for one that the lexical half did not find."""
    cosine = near.cosine.item(place)
    best, other = _rivals(near.cosine, place)
    chance = min(max(lexical, NOT_FOUND), 1 - NOT_FOUND)
    return (
        math.log(chance / (1 - chance)),
        float(lexical > 0),
        min(max(near.excess.item(place), -EXCESS_WITHIN), EXCESS_WITHIN),
        max(cosine, -1.0),
        max(cosine - other, -2.0) if math.isfinite(other) else 0.0,
        float(is_first and best),
        1.0,
    )


def probability(values: Sequence[float], weights: Weights) -> float:
    logit = sum(map(mul, values, weights))
    return min(1 / (1 + math.exp(-min(max(logit, -30.0), 30.0))), MOST)


def _unfitted(excess: float) -> float:
    if not math.isfinite(excess):
        return 0.0
    chance = OFFERED_AT_MOST / (1 + math.exp(min(-STEEPNESS * (excess - HALF_AT), 30.0)))
    return chance if chance >= EMPTY_AT_MOST else 0.0


def _rivals(cosine: Floats, place: int) -> tuple[bool, float]:
    """Whether it is the nearest, and the cosine of the nearest other entry."""
    own = cosine[place]
    cosine[place] = -math.inf
    other = cosine.item(cosine.argmax())
    cosine[place] = own
    return own > other, other


def _nearest(cosine: Floats, limit: int) -> list[int]:
    left = cosine.copy()
    places: list[int] = []
    while len(places) < min(limit, len(left)) and math.isfinite(left[place := int(left.argmax())]):
        places.append(place)
        left[place] = -math.inf
    return places
