"""Everything that a line names: numbers, addresses, days, amounts and products."""

from datetime import date

from apps.engine.flows import SlotKind
from apps.engine.recognise.amounts import spelt_amounts
from apps.engine.recognise.dates import spoken_dates
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.names import words_of
from apps.engine.recognise.numbers import numbers
from apps.engine.recognise.prepared import FlowVersion, Prepared

# Whoever names more is asked which is meant; it bounds the work of whatever looks at them all.
MOST_MENTIONS = 32


def hear(
    folded: str,
    prepared: Prepared,
    *,
    asked: SlotKind | None = None,
    today: date | None = None,
    inside: FlowVersion | None = None,
) -> list[Mention]:
    """The first MOST_MENTIONS mentions of a folded line by place, none over another. `asked`: the kind of what the
    visitor was asked for, which is taken in looser shapes; `inside`: the flow they are in."""
    found = numbers(folded, prepared.patterns_in(inside), asked=asked, today=today)
    rest = without(folded, found)
    if SlotKind.DATE in prepared.kinds:
        found += _free(spoken_dates(rest, today), found)
    if SlotKind.AMOUNT in prepared.kinds:
        found += _free(spelt_amounts(rest, bare=asked is SlotKind.AMOUNT), found)
    if prepared.products:
        rest = without(folded, found)
        found += [
            Mention(SlotKind.PRODUCT, name.value, name.start, name.end)
            for name in prepared.products.find(rest, words_of(rest))
        ]
    return sorted(found, key=lambda mention: mention.start)[:MOST_MENTIONS]


def without(folded: str, mentions: list[Mention], filler: str = " ") -> str:
    """The line with spaces, or another character, in the place of what it names."""
    rest = list(folded)
    for one in mentions:
        rest[one.start : one.end] = filler * (one.end - one.start)
    return "".join(rest)


def _free(more: list[Mention], found: list[Mention]) -> list[Mention]:
    """Those that take nothing of what was found before."""
    taken = {place for one in found for place in range(one.start, one.end)}
    return [one for one in more if taken.isdisjoint(range(one.start, one.end))]
