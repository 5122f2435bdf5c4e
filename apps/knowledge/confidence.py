"""Score -> probability: how likely an entry found is the right answer.

The only place with constants fitted on labels. A logistic of seven signals of the search, fitted
on BANKING77, ABCD, CrossWOZ, TiDB and CMRC 2018 questions, in scope and out of scope, together
with small shops of 5 to 40 entries cut from them and 80 lines of small talk of our own, each family
weighing the same.
"""

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.postings import Floats, Ints
from apps.knowledge.scoring import Scores
from apps.knowledge.vocabulary import Query

# At or above ANSWER_AT the bot answers by itself. Below it, it offers the best three entries when
# the probabilities that one of them is right add up to OFFER_AT: on the development sets one of
# those offered was right for 79 to 100 % of the in-scope questions. At 0.78
# at least 88 % of the answers were right on each development set, out-of-scope questions answered
# counting as wrong; 84 % on the hardest one (65 close intents) with one phrasing per entry.
ANSWER_AT = 0.78
OFFER_AT = 0.15

# An exact match of a phrasing. Two entries with the same phrasing share it.
EXACT = 0.99

# A query of function words only ("how can I", "你好") names nothing that could be found.
EMPTY_AT_MOST = 0.1

# Signals, in order: log odds of the classifier's probability; cosine of the nearest phrasing and
# its lead over the best other entry; BM25 share and its lead; share of the query's content the
# index knows at all; log of 1 + content terms. Entries with phrasings and entries with an answer
# only live on different scales, so each kind has its own line.
ASKED = np.array([0.97, 6.36, 0.47, -5.99, 7.08, 1.14, 0.42, -1.4], np.float32)
TOLD = np.array([0.08, 0.69, 10.73, 5.36, 9.54, 1.52, 0.95, -6.17], np.float32)


def signals(query: Query, scores: Scores, picked: Ints) -> Floats:
    """The signals of the entries `picked` (n,), as (n, 8); the last column is the constant 1."""
    chance = np.clip(scores.chance[picked], 1e-4, 1 - 1e-4)
    table = np.ones((len(picked), 8), np.float32)
    table[:, 0] = np.log(chance / (1 - chance))
    table[:, 1] = scores.nearest[picked]
    table[:, 2] = _lead(scores.nearest, picked)
    table[:, 3] = scores.whole[picked]
    table[:, 4] = _lead(scores.whole, picked)
    table[:, 5] = query.known
    table[:, 6] = np.log1p(query.content)
    return table


def confidences(
    query: Query, scores: Scores, picked: Ints, told: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Probabilities of the entries `picked`, best ranked first, never rising down the list."""
    table = signals(query, scores, picked)
    logits = np.where(told[picked], table @ TOLD, table @ ASKED).astype(np.float64)
    chances = 1 / (1 + np.exp(-logits))
    if not query.content:
        chances = np.minimum(chances, EMPTY_AT_MOST)
    return np.minimum.accumulate(chances)


def _lead(values: Floats, picked: Ints) -> Floats:
    """How far each picked entry stands above the best other one (below: negative)."""
    if len(values) < 2:
        return values[picked]
    second, first = np.partition(values, -2)[-2:]
    mine = values[picked]
    lead: Floats = mine - np.where(mine == first, second, first)
    return lead
