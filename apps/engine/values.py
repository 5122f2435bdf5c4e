"""The values that a line said inside a flow gives for its slots: of the one that was asked for, and
of any other."""

import re
from collections.abc import Iterator
from dataclasses import replace

from apps.engine.another import names_another
from apps.engine.attempts import exclaims
from apps.engine.clauses import CLAUSE
from apps.engine.commands import CancelFlow, Command, CorrectSlot, SetSlot, Unfit
from apps.engine.courtesies import bare, courtesy
from apps.engine.flows import LONGEST_VALUE, FlowSpec, SlotKind, SlotSpec
from apps.engine.matching import gist
from apps.engine.reading import START_AT, WANTED, Reading, details, instead
from apps.engine.recognise.hearing import without
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.misspelt import misspelt
from apps.engine.recognise.parsing import REASON, chosen, explained, free, picked, put
from apps.engine.recognise.reasons import OTHER
from apps.engine.twofold import EITHER, NAMING, Part, asks, parts
from apps.engine.types import ActiveFlow
from apps.engine.wishing import (
    BESIDE,
    QUESTION,
    RATHER,
    is_about_proof,
    is_denied,
    is_question,
    names_only,
    wants,
    wish_of,
)
from apps.engine.yes_and_no import answered, kinds

# "not this one, the other": what stands behind such a word is not meant.
NEGATED = re.compile(
    r"(?:不是|不要|并非|而不是|别|\bnot|n't|\bno|instead\ of|rather\ than)[^,.;!?，。；！？\d是]{0,12}$"
)
# Another value is meant instead of the one that stands there.
SETS_RIGHT = re.compile(
    rf"""
    {RATHER.pattern}|^\W*(?:no|nope|nah)\b|^\W*不[,，。]|不是(?!吗)|不对|才(?:对|是)|应该|[写输说搞弄打]错|改|换成
    |\b(?:not|wrong|mean|meant|sorry|oops|typo|correct|right\ (?:one|order|number|item)|change|switch|update|replace|swap)\b
    """,
    re.VERBOSE,
)
# Or as well, or it is spoken of for what shall not be done to it.
SPARES = re.compile(
    rf"""
    {BESIDE.pattern}|^\W*and\b|\bboth\b|\bother\b|都|和|跟|呢\W*$
    |\bnot\ (?:to\ )?be\b|\b(?:tell|about|check|track|look)\b|查|看
    |\b(?:keep|keeping|stays?|leave|alone|still|touch|already|twice|duplicate|great|fine|happy)\b
    |留|还要|已经|重复|买重|(?:不要?|不用|别|不能)(?:取消|退|换|动)|没问题|挺好
    """,
    re.VERBOSE,
)
# No denial is longer, with the twelve characters that may follow it.
DENIAL_REACH = 24


def exactly(pending: SlotSpec, reading: Reading) -> SetSlot | None:
    """An option by its very name, which may be "no"."""
    if pending.kind is not SlotKind.CHOICE:
        return None
    exact = reading.prepared.choice_of(pending).exactly(reading.line.folded)
    return chosen(pending, reading.line, reading.prepared) if exact else None


def values_of(
    flow: FlowSpec, active: ActiveFlow, pending: SlotSpec | None, reading: Reading
) -> list[Command]:
    """Values for the flow's slots: of the pending one first, then of any other."""
    if is_about_proof(flow, reading):
        return []
    meant = _meant(reading, active)
    answer = _answer(pending, meant, flow, active, reading) if pending else None
    found: list[Command] = [answer] if answer else []
    for one in details(flow, reading, meant):
        if answer and _takes(answer, one):
            continue
        before = active.slots.get(one.slot)
        if before is None or isinstance(one, Unfit):
            found.append(one)
        elif before.value != one.value:
            found.extend(_changed(before.value, one, flow, reading))
    return found


def _takes(answer: SetSlot | Unfit, one: SetSlot | Unfit) -> bool:
    """Whether a value is the answer itself, or stands inside it."""
    if answer.slot == one.slot:
        return True
    if isinstance(answer, Unfit) or isinstance(one, Unfit):
        return False
    return answer.start < one.end and one.start < answer.end


def _meant(reading: Reading, active: ActiveFlow) -> list[Mention]:
    """The mentions without those that a correction denies: "not 123 but 456"."""
    mentions = reading.mentions
    if len(mentions) < 2:
        return mentions
    known = {slot.value for slot in active.slots.values()}
    # Two that are named without a word of change are two.
    is_change = SETS_RIGHT.search(reading.prose) and not EITHER.search(reading.prose)
    standing = [
        one
        for one in mentions
        if not _is_denied(one, reading)
        and (one.value not in known or (one.kind in NAMING and not is_change))
    ]
    kinds = {one.kind for one in standing}
    return [one for one in mentions if one.kind not in kinds or one in standing]


def _is_denied(one: Mention, reading: Reading) -> bool:
    before = max(one.start - DENIAL_REACH, 0)
    return NEGATED.search(reading.line.folded, before, one.start) is not None


def _answer(
    pending: SlotSpec,
    meant: list[Mention],
    flow: FlowSpec,
    active: ActiveFlow,
    reading: Reading,
) -> SetSlot | Unfit | None:
    """The line as an answer to what was asked."""
    if exclaims(reading):
        return None
    match pending.kind:
        case SlotKind.TEXT:
            return _free(pending, meant, flow, reading)
        case SlotKind.CHOICE:
            return _choice(pending, meant, flow, reading)
        case SlotKind.PRODUCT if not reading.prepared.products:
            return _free(pending, meant, flow, reading)
    if found := picked(pending, meant, reading.line):
        return _unless_spared(found, active, reading)
    return _misspelt(flow, reading) if pending.kind is SlotKind.PRODUCT else None


def _unless_spared(found: SetSlot | Unfit, active: ActiveFlow, reading: Reading) -> SetSlot | Unfit:
    """Asked which of several is meant, who says what shall not be done to one has not answered."""
    if not active.candidates or isinstance(found, Unfit):
        return found
    denied = any(_is_denied(one, reading) for one in reading.mentions)
    if denied or SPARES.search(reading.prose):
        return Unfit(found.slot, "several", active.candidates)
    return found


def _misspelt(flow: FlowSpec, reading: Reading) -> SetSlot | None:
    """The item, where the line is no more than its name with a slip in it."""
    items = (spec for spec in flow.slots if spec.kind is SlotKind.PRODUCT)
    spec = next(items, None)
    value = misspelt(reading.plain, reading.book) if spec else ""
    if spec is None or not value:
        return None
    return replace(put(spec.name, "", reading.line, 0, len(reading.line.folded)), value=value)


def _free(
    pending: SlotSpec, meant: list[Mention], flow: FlowSpec, reading: Reading
) -> SetSlot | Unfit | None:
    """What fits nothing else is the text that was asked for."""
    if pending.name == WANTED and (found := instead(reading)):
        return found
    if _is_elsewhere(flow, reading):
        return None
    numbers = [one for one in meant if one.kind is not SlotKind.PRODUCT]
    if not numbers:
        return free(pending, reading.line)
    rest = without(reading.prose, numbers)
    for clause in CLAUSE.finditer(reading.prose):
        said = clause[0].strip()
        if said and said in rest and not QUESTION.search(said):
            start = clause.start() + clause[0].index(said)
            found = put(pending.name, "", reading.line, start, start + len(said))
            return replace(found, value=found.said[:LONGEST_VALUE])
    return None


def _choice(
    pending: SlotSpec, meant: list[Mention], flow: FlowSpec, reading: Reading
) -> SetSlot | Unfit | None:
    if pending.name == REASON and (
        found := explained(pending, reading.reason, reading.line, reading.prepared)
    ):
        return found
    if _is_elsewhere(flow, reading):
        return None
    if found := chosen(pending, reading.line, reading.prepared):
        return found
    if meant or not reading.line.folded.strip():
        return None
    if found := _misspelt(flow, reading):
        return found
    if not any(option.value == OTHER for option in pending.options):
        return None
    said = free(pending, reading.line)
    return replace(said, value=OTHER) if isinstance(said, SetSlot) else said


def _is_elsewhere(flow: FlowSpec, reading: Reading) -> bool:
    """Whether the line is a question, a courtesy or a wish: no answer in free words."""
    return (
        is_question(reading)
        or courtesy(reading.plain) is not None
        or wish_of(reading) != ""
        or is_denied(flow, reading)
        or is_about_proof(flow, reading)
        or isinstance(answered(kinds(flow, reading), flow, None, reading), CancelFlow)
    )


def _changed(before: str, one: SetSlot, flow: FlowSpec, reading: Reading) -> Iterator[Command]:
    """What another value than the one that stands there comes to. Many a line names one for what
    shall not be done to it, or to tell a story: such a line is asked what it means. "Do you have the
    blue one too?" and other questions change nothing."""
    kind = flow.by_name[one.slot].kind
    if kind not in NAMING or _is_instead(one, kind, flow, reading):
        yield CorrectSlot(one.slot, one.value, one.said, one.start, one.end)
    elif not _is_asked_about(one, reading) or _may_be_meant(kind, flow, reading):
        yield Unfit(one.slot, "several", (before, one.value))


def _may_be_meant(kind: SlotKind, flow: FlowSpec, reading: Reading) -> bool:
    """Whether a question with another order may be about this flow."""
    if kind is not SlotKind.ORDER_ID:
        return False
    wish = wish_of(reading)
    if wish:
        return wish == flow.key
    return not gist(bare(QUESTION.sub(" ", without(reading.line.folded, reading.mentions))))


def _is_instead(one: SetSlot, kind: SlotKind, flow: FlowSpec, reading: Reading) -> bool:
    """Whether a line gives an order or an item in the place of the one that stands there: it sets
    right, asks for the same flow, or says nothing else."""
    alike = [mention for mention in reading.mentions if mention.kind is kind]
    denied = {mention.value for mention in alike if _is_denied(mention, reading)}
    if one.value in denied:
        return False
    if denied:
        return True
    if SPARES.search(reading.prose) or names_another(reading.prose):
        return False
    if SETS_RIGHT.search(reading.prose):
        return kind is SlotKind.ORDER_ID or reading.reason is None
    if _is_asked_about(one, reading):
        return False
    held = (part.said for part in parts(reading) if _holds(part, one, reading))
    said = next(held, without(reading.line.folded, reading.mentions))
    is_own = wants(flow.key, said, START_AT, reading) or names_only(flow, said)
    return is_own or not gist(bare(said))


def _is_asked_about(one: SetSlot, reading: Reading) -> bool:
    """Whether the value stands in a question."""
    held = (part for part in parts(reading) if _holds(part, one, reading))
    return any(asks(part, reading) for part in held)


def _holds(part: Part, one: SetSlot, reading: Reading) -> bool:
    if part.first >= part.end:
        return False
    start, end = reading.line.span(part.first, part.end)
    return start <= one.start < end
