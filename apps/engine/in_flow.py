"""A line of a visitor who is inside a flow: an answer, a change of mind, or something else.

What was asked for gets first try on the whole line; a question is answered and what is asked stays
asked.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from apps.engine.book import PhraseKind
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Command,
    CorrectSlot,
    Deny,
    Lack,
    SetSlot,
    StartFlow,
    Unfit,
)
from apps.engine.courtesies import courtesy
from apps.engine.flows import LONGEST_VALUE, FlowSpec, SlotKind, SlotSpec
from apps.engine.reading import START_AT, WANTED, Reading, details, instead, matcher, phrases
from apps.engine.recognise.hearing import without
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.parsing import REASON, chosen, explained, free, picked, put
from apps.engine.recognise.reasons import OTHER
from apps.engine.types import ActiveFlow

YES_AND_NO = (PhraseKind.AFFIRM, PhraseKind.DENY, PhraseKind.CANCEL)
ASKED_FOR = (PhraseKind.LACK, PhraseKind.CANCEL, PhraseKind.AFFIRM, PhraseKind.DENY)
QUESTION = re.compile(
    r"""
    [?]|[吗么]\W*$|^\W*\w{1,6}呢\W*$|怎么|怎样|如何|什么|为何|多少|多久|多长|几[天点个时]|哪|谁|啥|咋|是否|能不能|可不可以|有没有|是不是|要不要
    |^\W*(?:how|what|when|where|why|who|which|can|could|do|does|did|is|are|will|would|should|may)\b
    |\b(?:how\ (?:much|long|many|do|can)|do\ you|can\ (?:i|you)|what\ (?:is|if|about))\b
    """,
    re.VERBOSE,
)
# "not this one, the other": what stands behind such a word is not meant.
NEGATED = re.compile(
    r"(?:不是|不要|并非|而不是|别|\bnot|n't|\bno|instead\ of|rather\ than)[^,.;!?，。；！？]{0,12}$"
)
BUT = re.compile(
    r"但|不过|可是|只是|除了|先|\b(?:but|except|only|if|unless|wait|first|however|not)\b|n't|[?]|不"
)
# A yes that goes on without a mark: "yes cancel it", 确认退货.
YES_HEAD = re.compile(
    r"(?:(?:yes|yeah|yep|yup|sure|ok|okay)\b|确认|确定|同意|是的|对的|好的|好,|可以|嗯)"
)
# "Cancel this request" means the talk, not the order.
ABOUT_TALK = re.compile(r"request|process|form|application|申请|流程|操作|办理")
DENIERS = re.compile(r"\b(?:don't|dont|do not|not|no longer|never|no)\b|不是|不再|不|别|没")
CLAUSE = re.compile(r"[^,.;!?…~，。；！？、\n]+")
# A short line that is no question was meant for what was asked.
SHORT = 16
SHORT_WORDS = 4
LONGEST_YES = 80
LONGEST_DENIAL = 40


def in_flow(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> list[Command]:
    """The commands of the line, which is read with what is pending as asked for; an empty list when
    it is small talk or a question."""
    pending = flow.by_name.get(active.pending)
    if pending and (found := _exactly(pending, reading)):
        return [found]
    if said := _said(pending, flow, reading):
        return [said]
    values = _values(flow, active, pending, reading)
    if values:
        return [*values, *_question_beside(reading)]
    return list(_other(flow, pending, reading))


def _exactly(pending: SlotSpec, reading: Reading) -> SetSlot | None:
    """An option by its very name, which may be "no"."""
    if pending.kind is not SlotKind.CHOICE:
        return None
    exact = reading.prepared.choice_of(pending).exactly(reading.line.folded)
    return chosen(pending, reading.line, reading.prepared) if exact else None


def _said(pending: SlotSpec | None, flow: FlowSpec, reading: Reading) -> Command | None:
    """What the whole line says of the lists of phrases."""
    lists = phrases(reading.book)
    match lists.whole(reading.spelt, ASKED_FOR if pending else YES_AND_NO):
        case PhraseKind.AFFIRM:
            return Affirm()
        case PhraseKind.DENY:
            return Deny()
        case PhraseKind.LACK:
            return Lack()
        case PhraseKind.CANCEL:
            # To a flow that cancels orders "cancel" may mean either, so it is asked again.
            is_order = not ABOUT_TALK.search(reading.spelt) and _wish(reading) == flow.key
            return StartFlow(flow.key) if is_order else CancelFlow()
    return None


def _wish(reading: Reading) -> str:
    """The flow that the line asks for; "" for none."""
    wishes = reading.wishes
    return wishes[0].flow if wishes and wishes[0].confidence >= START_AT else ""


def _values(
    flow: FlowSpec, active: ActiveFlow, pending: SlotSpec | None, reading: Reading
) -> list[Command]:
    """Values for the flow's slots: of the pending one first, then of any other."""
    meant = _meant(reading, active)
    answer = _answer(pending, meant, flow, reading) if pending else None
    found: list[Command] = [answer] if answer else []
    for one in details(flow, reading, meant):
        if answer and _takes(answer, one):
            continue
        before = active.slots.get(one.slot)
        if before is None or isinstance(one, Unfit):
            found.append(one)
        elif before.value != one.value and not _is_only_asked_about(one, flow, reading):
            found.append(CorrectSlot(one.slot, one.value, one.said, one.start, one.end))
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
    denied = [
        one
        for one in mentions
        if one.value in known or NEGATED.search(reading.line.folded[: one.start])
    ]
    return [
        one
        for one in mentions
        if one not in denied
        or not any(one.kind is other.kind and other not in denied for other in mentions)
    ]


def _answer(
    pending: SlotSpec, meant: list[Mention], flow: FlowSpec, reading: Reading
) -> SetSlot | Unfit | None:
    """The line as an answer to what was asked."""
    match pending.kind:
        case SlotKind.TEXT:
            return _free(pending, meant, flow, reading)
        case SlotKind.CHOICE:
            return _choice(pending, meant, flow, reading)
        case SlotKind.PRODUCT if not reading.prepared.products:
            return _free(pending, meant, flow, reading)
    if found := picked(pending, meant, reading.line):
        return found
    return None


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
    rest = without(reading.line.folded, numbers)
    for clause in CLAUSE.finditer(reading.line.folded):
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
    has_other = any(option.value == OTHER for option in pending.options)
    if meant or not has_other or not reading.line.folded.strip():
        return None
    said = free(pending, reading.line)
    return replace(said, value=OTHER) if isinstance(said, SetSlot) else said


def _is_elsewhere(flow: FlowSpec, reading: Reading) -> bool:
    """Whether the line is a question, a courtesy or a wish: no answer in free words."""
    return (
        _is_question(reading)
        or courtesy(reading.plain) is not None
        or _wish(reading) != ""
        or _is_denied(flow, reading)
    )


def _is_denied(flow: FlowSpec, reading: Reading) -> bool:
    """Whether the flow is what the line no longer wants: 不退了, "I don't want to return it"."""
    line = reading.line.folded
    if len(line) > LONGEST_DENIAL or _wish(reading) == flow.key or not DENIERS.search(line):
        return False
    wishes = matcher(reading.book).rank(DENIERS.sub(" ", line))
    return any(wish.flow == flow.key and wish.confidence >= START_AT for wish in wishes)


def _is_question(reading: Reading) -> bool:
    return QUESTION.search(reading.line.folded) is not None


def _is_only_asked_about(one: SetSlot, flow: FlowSpec, reading: Reading) -> bool:
    """ "Do you have the blue one too?" changes no item."""
    return flow.by_name[one.slot].kind is SlotKind.PRODUCT and _is_question(reading)


def _question_beside(reading: Reading) -> Iterator[AskFaq]:
    """The question that stands beside values, as a clause of its own."""
    if not _is_question(reading):
        return
    rest = without(reading.line.folded, reading.mentions)
    for clause in CLAUSE.finditer(reading.line.folded):
        mark = reading.line.folded[clause.end() : clause.end() + 1]
        said = clause[0].strip()
        if said in rest and QUESTION.search(said + mark):
            first, last = reading.line.span(clause.start(), clause.end())
            end = last + (mark == "?")
            yield AskFaq(reading.text[first:end].strip())
            return


def _other(flow: FlowSpec, pending: SlotSpec | None, reading: Reading) -> Iterator[Command]:
    """A line without a value for any slot."""
    wish = _wish(reading)
    first = phrases(reading.book).first(reading.spelt, YES_AND_NO)
    if _is_denied(flow, reading) or (first is PhraseKind.CANCEL and wish != flow.key):
        yield CancelFlow()
    elif wish in ("", flow.key) and _is_yes(first, wish, reading):
        yield Affirm()
        return
    elif first is PhraseKind.DENY and not wish and not _is_question(reading):
        yield Deny()
        return
    if wish:
        yield StartFlow(wish, reading.wishes[0].confidence)
    elif (
        pending
        and first is None
        and not _is_denied(flow, reading)
        and _is_attempt(pending, reading)
    ):
        unknown = pending.kind in (SlotKind.PRODUCT, SlotKind.CHOICE)
        yield Unfit(pending.name, "unknown" if unknown else "shape")


def _is_yes(first: PhraseKind | None, wish: str, reading: Reading) -> bool:
    """Whether the line begins with a yes, and nothing in the rest takes it back."""
    if len(reading.spelt) > LONGEST_YES or BUT.search(reading.spelt) or _is_question(reading):
        return False
    return first is PhraseKind.AFFIRM or bool(wish and YES_HEAD.match(reading.spelt))


def _is_attempt(pending: SlotSpec, reading: Reading) -> bool:
    """Whether the line was meant for the slot, and missed its shape."""
    if pending.kind is SlotKind.TEXT or _is_question(reading) or courtesy(reading.plain):
        return False
    plain = reading.plain
    if any(char.isdigit() for char in plain):
        return True
    return 0 < len(plain) <= SHORT and len(plain.split()) <= SHORT_WORDS
