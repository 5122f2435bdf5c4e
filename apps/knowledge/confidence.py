"""Score -> probability: how likely an entry found is the right answer.

The only place with constants fitted on labels. A logistic of seven signals of the search, fitted
on BANKING77, ABCD, CrossWOZ, TiDB and CMRC 2018 questions, in scope and out of scope, together
with small shops of 5 to 40 entries cut from them and 80 lines of small talk of our own, each family
weighing the same.
"""

import math
from functools import lru_cache
from operator import mul
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.background import BACKGROUND
from apps.knowledge.postings import Floats
from apps.knowledge.scoring import Scores
from apps.knowledge.vocabulary import Query

# At or above ANSWER_AT the bot answers by itself. Below it, it offers the best three entries when
# the probabilities that one of them is right add up to OFFER_AT: on the development sets one of
# those offered was right for 79 to 100 % of the in-scope questions. At 0.78
# at least 88 % of the answers were right on each development set, out-of-scope questions answered
# counting as wrong; 84 % on the hardest one (65 close intents) with one phrasing per entry.
ANSWER_AT = 0.78
OFFER_AT = 0.15

# Three words of a visitor who types no sentence make no entry likely, but an entry whose phrasings
# hold them is worth a button: of what the query names, by rarity, at least COVERED_AT must stand
# there. What is offered beside it must share at least SHARED_FROM with the question. On the
# development sets the two together change how many out-of-scope questions are offered something by
# -50 to +7 points, and how often the right entry is among those offered by -0.5 to +12.
COVERED_AT = 0.55
SHARED_FROM = 0.05

# An exact match of a phrasing. Two entries with the same phrasing share it.
EXACT = 0.99

# A query of function words only ("how can I", "你好") names nothing that could be found.
EMPTY_AT_MOST = 0.1

# Signals, in order: log odds of the classifier's probability; cosine of the nearest phrasing and
# its lead over the best other entry; BM25 share and its lead; share of the query's content the
# index knows at all; log of 1 + content terms. Entries with phrasings and entries with an answer
# only live on different scales, so each kind has its own line.
ASKED = (0.97, 6.36, 0.47, -5.99, 7.08, 1.14, 0.42, -1.4)
TOLD = (0.08, 0.69, 10.73, 5.36, 9.54, 1.52, 0.95, -6.17)

# What `alone` adds to ASKED: where an entry has few rivals, or none, that it beats them says
# little, and what it shares with the question must speak for itself. Fitted on shops of 1 to 50
# entries, where what they cannot answer weighs 1 + 2/N times as much as what they can: the fewer
# the entries, the more is asked that they do not answer.
FEW = (-0.72, 0.0, 0.0, 7.96, 0.0, 0.0, 0.0, -5.5)


def confidences(
    query: Query, scores: Scores, picked: list[int], told: NDArray[np.bool_]
) -> list[float]:
    """Probabilities of the entries `picked`, best ranked first, never rising down the list."""
    nearest, whole = _two_best(scores.nearest), _two_best(scores.whole)
    content = math.log1p(query.content)
    asked = _asked(len(told))
    highest = 1.0 if query.content else EMPTY_AT_MOST
    chances = []
    for entry in picked:
        near, share = scores.nearest.item(entry), scores.whole.item(entry)
        signals = (
            _log_odds(scores.chance.item(entry)),
            near,
            near - nearest.other(near),
            share,
            share - whole.other(share),
            query.known,
            content,
            1.0,
        )
        weights = TOLD if told[entry] else asked
        logit = sum(map(mul, signals, weights))
        highest = min(highest, 1 / (1 + math.exp(-logit)))
        chances.append(highest)
    return chances


def alone(entries: int) -> float:
    """How little an entry of an index has to compete with: 0 in one that needs no background."""
    return max(1 / entries - 1 / BACKGROUND, 0.0)


@lru_cache(maxsize=BACKGROUND)
def _asked(entries: int) -> tuple[float, ...]:
    few = alone(entries)
    return tuple(own + few * more for own, more in zip(ASKED, FEW, strict=True))


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 1e-4), 1 - 1e-4)
    return math.log(bounded / (1 - bounded))


class _TwoBest(NamedTuple):
    best: float
    second: float

    def other(self, value: float) -> float:
        """For the value of one entry, that of the best other one."""
        return self.second if value == self.best else self.best


def _two_best(values: Floats) -> _TwoBest:
    """0 stands for a missing entry."""
    # `argmax` twice, the best put aside in between: 2 us for 20 000 entries, a partition takes 12.
    first = values.argmax()
    best = values.item(first)
    values[first] = 0
    second = values.item(values.argmax())
    values[first] = best
    return _TwoBest(best, second)
