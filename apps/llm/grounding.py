"""Whether a reply says only what it was given: the passages it cites, and every figure in it.

A model that makes something up is most harmful where it is exact. So each number, day, time, amount
and address of a page in a reply must stand in a passage, in a slot or in an action's result.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from apps.llm import days
from apps.llm.polarity import Polarity
from apps.llm.prompts import Passage
from apps.llm.written import UNIT, Kind, Statement, Statements, fold, read, stated

CITE, NEGATION = "cite", "negation"
MOST_KEPT = 2_000
# Places of a list, steps and marks of passages count the reply's own parts.
_OWN_COUNTS = re.compile(
    r"(?:^[\ \t]*\(?\d{1,2}(?:[、)]|\.(?!\d))|第\ ?[\d一二三四五六七八九十]{1,2}步"
    rf"|\bstep\ \d{{1,2}}\b|[\[【]\d{{1,2}}[\]】])(?!\ *(?:{UNIT}))",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` is "cite", "negation" or one of `written.Kind`; `said` is what stands nowhere, or
    otherwise."""

    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Grounding:
    """`cited`: places among the passages, from 0, in the order they were named, each once."""

    cited: tuple[int, ...]
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        return not self.faults


class Evidence:
    """What replies to one turn may rest on: `known` are the values of slots and what actions have
    returned, `today` tells which date is tomorrow. Read once, for all sentences and all models."""

    def __init__(
        self, passages: Sequence[Passage], known: Iterable[str] = (), today: date | None = None
    ) -> None:
        self._stated = [_of_entry(f"{passage.title}\n{passage.text}") for passage in passages]
        self._count = len(self._stated)
        self._stated += [Statements.of(stated(text)) for text in known]
        self._polarity = Polarity.of(passage.text for passage in passages)
        self._today = today

    def check(self, reply: str, cites: Iterable[str]) -> Grounding:
        """`cites` are the passages' numbers as `prompts` counts them."""
        cited, faults = _cited(cites, self._count)
        folded = fold(reply)
        for read_one in read(days.COURTEOUS.sub(" ", _OWN_COUNTS.sub(" ", folded))):
            wanted = self._dated(read_one)
            if not any(each.has(wanted) for each in self._stated):
                faults.append(Fault(wanted.kind, wanted.said))
        faults += [Fault(NEGATION, said) for said in self._polarity.contrary(folded)]
        return Grounding(tuple(cited), tuple(faults))

    def _dated(self, wanted: Statement) -> Statement:
        """A day that is named by its distance stands where its date does."""
        if wanted.kind is not Kind.DATE:
            return wanted
        return replace(wanted, forms=days.on(wanted.forms[0], self._today))


def check(
    reply: str, cites: Iterable[str], passages: Sequence[Passage], known: Iterable[str] = ()
) -> Grounding:
    return Evidence(passages, known).check(reply, cites)


@lru_cache(maxsize=MOST_KEPT)
def _of_entry(text: str) -> Statements:
    """Reading one takes a millisecond, and many turns rest on the same. What visitors say is never
    kept so."""
    return Statements.of(stated(text))


def _cited(cites: Iterable[str], count: int) -> tuple[list[int], list[Fault]]:
    cited: dict[int, None] = {}
    faults = []
    for cite in cites:
        number = cite.strip().strip("[]【】").removeprefix("#")
        if number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= count:
            cited[int(number[:4]) - 1] = None
        else:
            faults.append(Fault(CITE, cite))
    return [*cited], faults
