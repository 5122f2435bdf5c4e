"""Whether a reply speaks of what it was given at all.

Figures are compared one by one (`grounding`); a reply without any can still be something that a
visitor told the model to say. Such a reply shares next to no word with the passages.
"""

from collections.abc import Sequence, Set
from functools import lru_cache

from apps.engine.text import (
    FUNCTION_WORDS,
    WONDERING,
    detect_language,
    han_terms,
    is_han,
    normalise,
    pieces,
    word_terms,
)

# Set by hand: replies in other words than their passage had a quarter of the terms and more, what
# visitors ordered had none.
SHARE = 0.2
# Of fewer terms no share can be told: each must be known, or be a way of agreeing.
LEAST_TERMS = 3
MOST_KEPT = 2_000
EMPTY = FUNCTION_WORDS | WONDERING
# Pairs across such characters name nothing.
LINKS = frozenset("的了吗呢啊哦吧呀可以能会内是已")


class Support:
    """The words of everything that an answer may rest on: `entries`, and what was found out in
    this talk."""

    def __init__(self, entries: Sequence[str], known: Sequence[str] = ()) -> None:
        terms = (*map(_of_entry, entries), *map(content, known))
        self._terms = frozenset().union(*terms)
        self._language = detect_language("\n".join((*entries, *known)), "") if self._terms else ""

    def of(self, found: Set[str], language: str) -> bool | None:
        """Of what a reply names. None where the two are of different languages, which share no
        words."""
        if not found:
            return True
        if not self.shares(language):
            return None
        # What was decided is never in other words.
        if (found & VERDICTS) - self._terms:
            return False
        if len(found) < LEAST_TERMS:
            named = {term for term in found - COURTESIES if not LINKS.intersection(term)}
            return named <= self._terms
        return len(found & self._terms) >= SHARE * len(found)

    def shares(self, language: str) -> bool:
        """Whether a reply in this language could share its words."""
        return self._language in ("", language)


@lru_cache(maxsize=MOST_KEPT)
def _of_entry(text: str) -> Set[str]:
    """Many turns rest on the same. What visitors say is never kept so."""
    return content(text)


def content(text: str) -> set[str]:
    """What a text names: Chinese in pairs of characters, English words folded; no figures."""
    found: set[str] = set()
    for piece in pieces(normalise(text)):
        if is_han(piece):
            found.update(term for term in han_terms(piece) if len(term) > 1)
        else:
            found.update(term for term in word_terms(piece) if not term.isdecimal())
    return found - EMPTY


COURTESIES = content(
    "Of course, no problem, you are welcome, gladly, exactly, correct, certainly, absolutely; within."
    "没问题，不客气，不用谢，好的，没错，当然，不行，不能"
)
VERDICTS = content(
    "denied approved rejected declined granted refused，拒绝，驳回，批准，获批，不予，核准"
)
