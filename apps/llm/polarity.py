"""Whether a reply denies what it rests on, or asserts what that denies.

As far as words tell: a clause of the reply is held against those clauses of an entry that name all
that it names, and little more. What stands under a condition or asks is left alone, and so is what
an entry says in both ways. A denial in other words, "sold out" for "in stock", is not seen.
"""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from apps.llm.support import LINKS, content
from apps.llm.written import fold

# Of what a clause of the entry names the reply must name this share: "you cannot return it" does
# not deny "you may return a parcel within 30 days of its arrival", it may speak of a later day.
NAMED = 0.6
LEAST_TERMS = 2
MOST_KEPT = 2_000
_SENTENCE = re.compile(r"[^\n.!?;。！？；]*(?:\.(?=\S)[^\n.!?;。！？；]*)*[\n.!?;。！？；]?")
_CLAUSE = re.compile(r"[,:，、：]|(?<![a-z])(?:but|however|and)(?![a-z])|但是?|而且")
_ASKS = ("?", "？")
# With a no in them that denies nothing, or not what follows.
_NEUTRAL = re.compile(
    r"(?<![a-z])(?:no (?:problem|worries|matter|need to worry)|not only|whether or not"
    r"|(?:no|not) (?:later|more|less|longer|fewer) than|(?:not|n['’]t) (?:hesitate|worry))(?![a-z])"
    r"|不超过|不[少低多高]于|不[仅但管论过同妨久断错]|不客气|不用谢|不好意思|无论|无理由|没问题|没关系|未来"
    r"|(?P<again>.)[不没](?P=again)"
)
_NO = re.compile(
    r"(?<![a-z])(?:not|no|never|neither|nor|without|cannot|unable|impossible"
    r"|[a-z]+n['’]t|(?:do|does|is|are|ca|wo|did|was|should)nt)(?![a-z])|不|没有?|未|无|勿|禁止|并非"
)
_CONDITION = re.compile(
    r"(?<![a-z])(?:if|unless|otherwise|after|then|once|until|when|except|beyond|only|whether"
    r"|without)(?![a-z])|如果|如需|若|要是|否则|除非|除了|超过|逾期|过了|[以之]后|只有|仅|一旦|的话|是否"
)


class Clause(NamedTuple):
    """What it names, and whether it denies that; None for a whole sentence that does both."""

    terms: Set[str]
    denies: bool | None
    said: str
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Polarity:
    """Of all entries that an answer may rest on. Sentences of a reply are read once: it is looked at
    while it grows and as a whole."""

    known: tuple[Clause, ...]
    _turned: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Polarity":
        return cls(tuple(clause for entry in entries for clause in _of_entry(entry)))

    def contrary(self, folded: str) -> Iterator[str]:
        """The clauses of a folded reply that turn round what an entry says."""
        if not self.known:
            return
        denied = any(clause.denies is not False for clause in self.known)
        for sentence in _sentences(folded):
            # Most sentences and most entries deny nothing.
            if not (denied or _NO.search(sentence)) or _CONDITION.search(sentence):
                continue
            if sentence not in self._turned:
                clauses = map(_read, _CLAUSE.split(sentence))
                self._turned[sentence] = tuple(
                    clause.said for clause in clauses if self._turns(clause)
                )
            yield from self._turned[sentence]

    def _turns(self, clause: Clause) -> bool:
        """Whether all that name the same say the opposite, and one names little else."""
        if len(clause.terms) < LEAST_TERMS:
            return False
        found = [known for known in self.known if clause.terms <= known.terms]
        # A sentence that says two things counts for what neither of them names alone.
        alike = [known for known in found if not known.is_whole] or found
        return all(known.denies is (not clause.denies) for known in alike) and any(
            len(clause.terms) >= NAMED * len(known.terms) for known in alike
        )


@lru_cache(maxsize=MOST_KEPT)
def _of_entry(text: str) -> tuple[Clause, ...]:
    """Many turns rest on the same. What visitors say is never kept so."""
    return tuple(clause for sentence in _sentences(fold(text)) for clause in _known(sentence))


def _known(sentence: str) -> Iterator[Clause]:
    """The clauses, and the sentence as a whole, which may say a thing and its opposite."""
    clauses = [_read(part) for part in _CLAUSE.split(sentence)]
    yield from (clause for clause in clauses if len(clause.terms) >= LEAST_TERMS)
    if len(clauses) > 1:
        ways = {clause.denies for clause in clauses if clause.terms}
        terms = frozenset().union(*(clause.terms for clause in clauses))
        yield Clause(terms, ways.pop() if len(ways) == 1 else None, sentence, is_whole=True)


def _sentences(folded: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(folded):
        sentence = found[0].strip()
        if sentence and not sentence.endswith(_ASKS):
            yield sentence


def _read(part: str) -> Clause:
    plain = _NEUTRAL.sub(" ", part)
    named = content(_NO.sub(_gap, plain))
    terms = frozenset(term for term in named if not LINKS.intersection(term))
    return Clause(terms, len(_NO.findall(plain)) % 2 == 1, part.strip())


def _gap(found: re.Match[str]) -> str:
    """Chinese words around a no stand next to each other without it."""
    return " " if found[0].isascii() else ""
