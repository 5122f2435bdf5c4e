"""How alike two short texts are: the cosine of the terms that the search counts.

For people to look at, never to answer from: it knows nothing of what else there is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, Self, TypeVar

from apps.engine.text import FUNCTION_WORDS, normalise, terms

# A text is read at its start: people name what they ask about early.
READ_AT_MOST = 300
# Function words tell "how" from "when" but not one thing from another; a single Chinese character
# says little beside the pairs it stands in.
FUNCTION_WEIGHT = 0.5
CHARACTER_WEIGHT = 0.4
# Only this many of a text's rarest terms bring others into sight: common ones would bring all.
LOOKED_UP = 6

Vector = dict[str, float]
Key = TypeVar("Key", bound=Hashable)


def vector(text: str) -> Vector:
    """The weights of a text's terms, of length 1; empty for a text without any."""
    counts = Counter(terms(normalise(text[:READ_AT_MOST])))
    weights = {term: _weight(term) * (1 + math.log(often)) for term, often in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {term: weight / length for term, weight in weights.items()} if length else {}


def likeness(one: Vector, other: Vector) -> float:
    """0 for nothing in common, 1 for the same terms."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large.get(term, 0.0) for term, weight in small.items())


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with what it is compared by: taken apart once, compared often."""

    text: str
    bare: str
    vector: Vector

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(text, _bare(text), vector(text))

    def likeness(self, other: "Wording") -> float:
        return 1.0 if self.bare == other.bare else likeness(self.vector, other.vector)


def is_same(one: str, other: str) -> bool:
    """Whether only case, width, script, spaces or punctuation tell them apart."""
    return _bare(one) == _bare(other)


def nearest(text: str, others: Iterable[str]) -> tuple[str, float]:
    """Which of the others is most like it, and how much; ("", 0.0) for none."""
    return nearest_pair([Wording.of(text)], [Wording.of(other) for other in others])


def nearest_pair(ours: Sequence[Wording], others: Sequence[Wording]) -> tuple[str, float]:
    """The same for the one that is most like any of ours."""
    scored = [(mine.likeness(other), other.text) for mine in ours for other in others]
    best, text = max(scored, default=(0.0, ""), key=itemgetter(0))
    return text, best


def wordings(texts: Iterable[str], besides: Iterable[str] = (), most: int = 20) -> list[str]:
    """Each wording once, in order, but those that stand in `besides`."""
    known = set(map(_bare, besides))
    found: list[str] = []
    for text in texts:
        if _bare(text) not in known and len(found) < most:
            found.append(text)
        known.add(_bare(text))
    return found


class Neighbours(Generic[Key]):
    """Texts by key; finds the one most like another without comparing them all."""

    def __init__(self) -> None:
        self._vectors: dict[Key, Vector] = {}
        self._holders: defaultdict[str, list[Key]] = defaultdict(list)

    def add(self, key: Key, text: str) -> None:
        self._vectors[key] = vector(text)
        for term in self._vectors[key]:
            self._holders[term].append(key)

    def find(self, text: str, least: float) -> Key | None:
        """The most alike one at or above `least`; of equals the one that came first."""
        mine = vector(text)
        heavy = sorted(mine, key=lambda term: (len(self._holders.get(term, ())), term))
        seen: dict[Key, None] = {}
        for term in heavy[:LOOKED_UP]:
            seen.update(dict.fromkeys(self._holders.get(term, ())))
        best, found = least, None
        for key in seen:
            alike = likeness(mine, self._vectors[key])
            if alike > best or (found is None and alike == best):
                best, found = alike, key
        return found


def _weight(term: str) -> float:
    if term in FUNCTION_WORDS:
        return FUNCTION_WEIGHT
    return CHARACTER_WEIGHT if len(term) == 1 else 1.0


def _bare(text: str) -> str:
    return "".join(sign for sign in normalise(text) if sign.isalnum()) or normalise(text)
