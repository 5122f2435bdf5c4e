"""What the lexical index counts in a text, and how much each kind of it weighs."""

from collections import Counter
from functools import lru_cache

from apps.engine.text import FUNCTION_WORDS, han_terms, is_han, pieces, word_grams, word_terms

# A character n-gram is one of many pieces of one word; a pair repeats what its words say; a
# function word helps to rank paraphrases but says little. Chosen on the development sets'
# accuracy (BANKING77, ABCD, CrossWOZ, TiDB, CMRC 2018), flat around these values.
GRAM_WEIGHT = 0.5
PAIR_WEIGHT = 0.7
FUNCTION_WEIGHT = 0.5

GRAM_MARK = "~"


@lru_cache(maxsize=1 << 14)
def of_word(piece: str) -> tuple[str, ...]:
    """The features of a piece that is no Chinese: its terms, then its n-grams."""
    return (*word_terms(piece), *(GRAM_MARK + gram for gram in word_grams(piece)))


def count(normalised: str, *, pairs: bool = True) -> Counter[str]:
    """Feature -> times in the text: terms, pairs of neighbouring words, n-grams ("~" first).

    Pairs are half of what a long text holds and tell phrasings apart, not passages: an answer is
    counted without them.
    """
    found: list[str] = []
    before = ""
    for piece in pieces(normalised):
        if is_han(piece):
            found += han_terms(piece)
            before = ""
            continue
        features = of_word(piece)
        found += features
        if before and pairs:
            found.append(pair(before, features[0]))
        before = features[0]
    return Counter(found)


def pair(before: str, term: str) -> str:
    """The feature of two neighbouring words, each given by its first term."""
    return f"{before} {term}"


def weight(feature: str) -> float:
    """The weight of a feature's kind, to be multiplied by its rarity."""
    if feature[0] == GRAM_MARK:
        return GRAM_WEIGHT
    first, _, second = feature.partition(" ")
    empty = first in FUNCTION_WORDS and (not second or second in FUNCTION_WORDS)
    return (PAIR_WEIGHT if second else 1.0) * (FUNCTION_WEIGHT if empty else 1.0)


def is_content(feature: str) -> bool:
    """Whether the feature is a term (no n-gram, no pair) that names something."""
    return feature[0] != GRAM_MARK and " " not in feature and feature not in FUNCTION_WORDS
