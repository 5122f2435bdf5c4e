"""Another flow that a line asks for inside one, and what the line says for it: "also, where is W123?"
at a card for W456."""

from collections.abc import Iterator

from apps.engine.commands import Command, CorrectSlot, SetSlot, Unfit
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.matching import Wish
from apps.engine.reading import LIKELY_AT, START_AT, SURE_AT, Reading, details, matcher
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.parsing import REASON
from apps.engine.twofold import Part, asks, in_words, parts
from apps.engine.types import ActiveFlow
from apps.engine.wishing import BESIDE, LOOKS, begun, wants, wish_of, without_names

Told = list[tuple[Part, Wish | None]]


def afterwards(
    values: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> list[Command]:
    """The values of a line that are for this flow, and the other flow that it asks for beside it; an
    empty list where it asks for none, or for one that takes the stead of this."""
    told = [(part, _likeliest(part, reading)) for part in parts(reading)]
    is_named = any(likely and likely.flow == flow.key for _part, likely in told)
    wish = _wish(told, flow, reading, is_begun=bool(active.slots) or is_named)
    if wish is None:
        return []
    start, end = _reach(wish, told, flow, reading)
    theirs: list[Mention] = []
    rest: list[Mention] = []
    for one in reading.mentions:
        (theirs if start <= one.start < end else rest).append(one)
    given = tuple(details(reading.book.by_key[wish.flow], reading, theirs))
    kept = (SetSlot, Unfit, CorrectSlot) if is_named else (SetSlot, Unfit)
    reach = reading.line.span(start, end) if start < end else (0, 0)
    in_words_only = (
        one
        for one in values
        if isinstance(one, kept) and _is_in_words(one, flow) and not _stands_in(one, reach)
    )
    own = _own(rest, flow, active, reading, is_named=is_named)
    return [*in_words_only, *own, begun(wish, reading, given)]


def _wish(told: Told, flow: FlowSpec, reading: Reading, *, is_begun: bool) -> Wish | None:
    if wish_of(reading) not in ("", flow.key) and BESIDE.search(reading.line.folded):
        return reading.wishes[0]
    if not is_begun:
        return None
    looks = (wish for part, wish in told if wish and _looks(part, wish, flow, reading))
    return next(looks, None)


def _looks(part: Part, wish: Wish, flow: FlowSpec, reading: Reading) -> bool:
    """Whether a part asks for a lookup: it changes nothing, so it is never instead of what has begun.
    "The order ..." may say which one goes back, and "it never came" why."""
    if wish.flow == flow.key or not reading.book.by_key[wish.flow].lookup:
        return False
    if asks(part, reading):
        return True
    if not LOOKS.search(part.said) or (reading.reason and REASON in flow.by_name):
        return False
    return wants(wish.flow, without_names(flow, part.said), SURE_AT, reading)


def _likeliest(part: Part, reading: Reading) -> Wish | None:
    """A question that names an order is likely about it, in few words: "has W123 shipped?"."""
    wishes = matcher(reading.book).rank(in_words(part, reading))
    if not wishes or wishes[0].confidence < LIKELY_AT:
        return None
    is_sure = wishes[0].confidence >= START_AT
    return wishes[0] if is_sure or (asks(part, reading) and _names(part, reading)) else None


def _names(part: Part, reading: Reading) -> bool:
    return any(part.first <= one.start < part.end for one in reading.mentions)


def _reach(wish: Wish, told: Told, flow: FlowSpec, reading: Reading) -> tuple[int, int]:
    """From the words of the other wish up to those of this flow: what is named there is for it."""
    flows = [likely.flow if likely else "" for _part, likely in told]
    at = flows.index(wish.flow) if wish.flow in flows else 0
    ends = (part.start for (part, _), own in zip(told, flows, strict=True) if own == flow.key)
    first = told[at][0].first
    return first, next((end for end in ends if end > first), len(reading.prose))


def _own(
    mentions: list[Mention],
    flow: FlowSpec,
    active: ActiveFlow,
    reading: Reading,
    *,
    is_named: bool,
) -> Iterator[Command]:
    """The values for this flow. What stands there already is only changed where this flow is named
    as well."""
    for one in details(flow, reading, mentions):
        before = active.slots.get(one.slot)
        if _is_in_words(one, flow):
            continue
        if before is None or (isinstance(one, Unfit) and is_named):
            yield one
        elif isinstance(one, SetSlot) and is_named and one.value != before.value:
            yield CorrectSlot(one.slot, one.value, one.said, one.start, one.end)


def _stands_in(one: SetSlot | CorrectSlot | Unfit, reach: tuple[int, int]) -> bool:
    """Whether a value stands in the words of the other wish."""
    return not isinstance(one, Unfit) and reach[0] <= one.start < reach[1]


def _is_in_words(one: SetSlot | CorrectSlot | Unfit, flow: FlowSpec) -> bool:
    """Whether it is a value that no number and no name gives."""
    return flow.by_name[one.slot].kind in (SlotKind.TEXT, SlotKind.CHOICE)
