"""A line of a visitor who is inside a flow: an answer, a change of mind, or something else.

What was asked for gets first try on the whole line; a question is answered and what is asked stays
asked.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from apps.engine.attempts import attempted, exclaims, unfit
from apps.engine.book import PhraseKind
from apps.engine.commands import (
    Affirm,
    AskFaq,
    CancelFlow,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Lack,
    SetSlot,
    StartFlow,
    Unfit,
)
from apps.engine.consent import ABOUT_TALK, LONGEST_YES, ORDERLY, consents
from apps.engine.courtesies import courtesy, spelt
from apps.engine.faults import faulted
from apps.engine.filling import awaited
from apps.engine.flows import LONGEST_VALUE, FlowSpec, SlotKind, SlotSpec
from apps.engine.phrases import is_gone
from apps.engine.reading import (
    START_AT,
    SURE_AT,
    WANTED,
    Reading,
    details,
    instead,
    phrases,
    word_for_word,
)
from apps.engine.recognise.hearing import without
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.parsing import REASON, chosen, explained, free, picked, put
from apps.engine.recognise.reasons import OTHER
from apps.engine.types import ActiveFlow
from apps.engine.wishing import (
    QUESTION,
    afterwards,
    is_about_proof,
    is_denied,
    is_question,
    is_said_again,
    names_only,
    only_says_why,
    outspoken,
    restates,
    says_why,
    switched,
    wants,
    wish_of,
)

YES_AND_NO = (PhraseKind.AFFIRM, PhraseKind.DENY, PhraseKind.CANCEL)
# 没有 answers what the card asks in words, and not its field.
ON_A_CARD = (*YES_AND_NO, PhraseKind.LACK)
ASKED_FOR = (PhraseKind.LACK, PhraseKind.CANCEL, PhraseKind.AFFIRM, PhraseKind.DENY)
# "not this one, the other": what stands behind such a word is not meant.
NEGATED = re.compile(
    r"(?:不是|不要|并非|而不是|别|\bnot|n't|\bno|instead\ of|rather\ than)[^,.;!?，。；！？]{0,12}$"
)
# No denial is longer, with the twelve characters that may follow it.
DENIAL_REACH = 24
BUT = re.compile(
    r"但|不过|可是|只是|除了|先|\b(?:but|except|only|if|unless|wait|first|however|not)\b|n't|[?]|不"
)
# A yes that goes on without a mark: "yes cancel it", 确认退货.
YES_HEAD = re.compile(
    r"(?:(?:yes|yeah|yep|yup|sure|ok|okay|right)\b|确认|确定|同意|是的|对的|好的|可以|嗯+)"
)
# Of a longer line the first ones say whether it is a yes, a no or a stop.
MOST_CLAUSES = 24
CLAUSE = re.compile(r"[^,.;!?…~，。；！？、\n]+")
# Digits alone, as they are handed over: "it's 2567", 尾号2567. Possessive: 好的 is one word, and a
# long row of them must not be read in every other way too.
_HANDING = r"""(?:(?:yes|yeah|yep|okay|ok|sure|no|it'?s|it|is|are|ends?|ending|in|with|my|the|phone|mobile|number|last|four|digits?|here
    |please|thanks|thank\ you|尾号|后四位|手机|电话|号码?|是|为|好的?|对的?|嗯|的|确认|我|吧|谢谢)\W*)*+"""
BARE_DIGITS = re.compile(rf"\W*{_HANDING}\d[\d\ -]*\W*{_HANDING}", re.VERBOSE)
LONGEST_BARE = 40
# A clause, and which list it is in.
Clause = tuple[str, PhraseKind | None]


def in_flow(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> list[Command]:
    """The commands of the line, which is read with what is pending as asked for; an empty list when
    it is small talk or a question."""
    pending = flow.by_name.get(active.pending)
    if pending and (found := _exactly(pending, reading)):
        return [found]
    if said := _said(pending, flow, active, reading) or faulted(flow, active, reading):
        return [said]
    if instead := list(switched(flow, reading)):
        return instead
    values = _values(flow, active, pending, reading)
    if values:
        return _given(values, flow, active, reading)
    proof = awaited(flow, active)
    if proof and proof is not pending and is_bare(reading.line.folded):
        return [Unfit(proof.name, "shape")]
    return list(_other(flow, active, pending, reading))


def _given(
    values: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> list[Command]:
    """The commands of a line with values for the flow's slots."""
    if later := afterwards(flow, reading):
        # What stands there already is not what the other flow is about.
        return [*(one for one in values if not isinstance(one, CorrectSlot)), later]
    if instead := list(outspoken(flow, active, reading)):
        return instead
    if all(is_said_again(one, flow, active) for one in values):
        return [StartFlow(flow.key)]
    return [*values, *_yes_beside(values, flow, active, reading), *_question_beside(reading)]


def is_bare(folded: str) -> bool:
    """Whether a line is nothing but digits, and words that hand them over."""
    return len(folded) <= LONGEST_BARE and BARE_DIGITS.fullmatch(folded) is not None


def _exactly(pending: SlotSpec, reading: Reading) -> SetSlot | None:
    """An option by its very name, which may be "no"."""
    if pending.kind is not SlotKind.CHOICE:
        return None
    exact = reading.prepared.choice_of(pending).exactly(reading.line.folded)
    return chosen(pending, reading.line, reading.prepared) if exact else None


def _said(
    pending: SlotSpec | None, flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> Command | None:
    """What the whole line says of the lists of phrases."""
    lists = phrases(reading.book)
    proof = awaited(flow, active)
    if proof and is_gone(proof.kind, reading.plain):
        return Lack()
    if not pending and consents(flow, active, reading):
        return Affirm()
    match lists.whole(reading.spelt, ASKED_FOR if pending else ON_A_CARD if proof else YES_AND_NO):
        case PhraseKind.AFFIRM if pending and not (active.paused or active.running):
            # A nod says that the question was heard; a yes answers none that is open.
            is_nod = courtesy(reading.plain) is Courtesy.ASSENT
            return Affirm() if is_nod else unfit(pending)
        case PhraseKind.AFFIRM:
            return Affirm(unsure=not pending)
        case PhraseKind.DENY:
            return Deny()
        case PhraseKind.LACK:
            return Lack()
        case PhraseKind.CANCEL if not says_why(pending, flow, reading):
            is_wish = reading.reason is not None and REASON in flow.by_name
            return CancelFlow(unsure=is_wish or _may_be_meant(reading.spelt, flow, reading))
    return None


def _may_be_meant(cancel: str, flow: FlowSpec, reading: Reading) -> bool:
    """Whether "cancel" may be what the flow does: to one that cancels orders it may mean either."""
    is_plain = ORDERLY.search(cancel) and not ABOUT_TALK.search(cancel)
    return bool(is_plain) and wants(flow.key, cancel, SURE_AT, reading)


def _values(
    flow: FlowSpec, active: ActiveFlow, pending: SlotSpec | None, reading: Reading
) -> list[Command]:
    """Values for the flow's slots: of the pending one first, then of any other."""
    if is_about_proof(flow, reading):
        return []
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
    standing = [one for one in mentions if one.value not in known and not _is_denied(one, reading)]
    kinds = {one.kind for one in standing}
    return [one for one in mentions if one.kind not in kinds or one in standing]


def _is_denied(one: Mention, reading: Reading) -> bool:
    before = max(one.start - DENIAL_REACH, 0)
    return NEGATED.search(reading.line.folded, before, one.start) is not None


def _answer(
    pending: SlotSpec, meant: list[Mention], flow: FlowSpec, reading: Reading
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
    has_other = any(option.value == OTHER for option in pending.options)
    if meant or not has_other or not reading.line.folded.strip():
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
        or isinstance(_answered(_kinds(flow, reading), flow, None, reading), CancelFlow)
    )


def _is_only_asked_about(one: SetSlot, flow: FlowSpec, reading: Reading) -> bool:
    """ "Do you have the blue one too?" changes no item."""
    return flow.by_name[one.slot].kind is SlotKind.PRODUCT and is_question(reading)


def _yes_beside(
    values: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> Iterator[Affirm]:
    """The yes that stands beside the proof which the card asks for, and nothing else."""
    proof = awaited(flow, active)
    if not proof or active.pending or len(values) > 1:
        return
    match values[0]:
        case SetSlot(proof.name) | CorrectSlot(proof.name) as given:
            if consents(flow, active, reading, [(given.start, given.end)]):
                yield Affirm()


def _question_beside(reading: Reading) -> Iterator[AskFaq]:
    """The question that stands beside values, as a clause of its own."""
    if not is_question(reading):
        return
    rest = without(reading.prose, reading.mentions)
    for clause in CLAUSE.finditer(reading.prose):
        mark = reading.prose[clause.end() : clause.end() + 1]
        said = clause[0].strip()
        if said in rest and QUESTION.search(said + mark):
            first, last = reading.line.span(clause.start(), clause.end())
            end = last + (mark == "?")
            yield AskFaq(reading.text[first:end].strip())
            return


def _other(
    flow: FlowSpec, active: ActiveFlow, pending: SlotSpec | None, reading: Reading
) -> Iterator[Command]:
    """A line without a value for any slot."""
    is_own = names_only(flow, reading.plain) or only_says_why(flow, active, reading)
    wish = flow.key if is_own else wish_of(reading)
    clauses = _kinds(flow, reading)
    answer = _answered(clauses, flow, pending, reading)
    if answer == Affirm(unsure=True) and not (active.confirmation or active.paused):
        # Nothing is open that it could be a yes to.
        answer = None
    if is_denied(flow, reading):
        yield CancelFlow()
    elif answer:
        yield answer
        rest = (clause for clause, kind in clauses if kind is None)
        if wish == flow.key or not any(wants(wish, clause, START_AT, reading) for clause in rest):
            return
    elif not wish and not _begins(clauses) and pending:
        yield from attempted(flow, pending, reading)
    if wish:
        yield from _wished(wish, flow, reading)


def _wished(wish: str, flow: FlowSpec, reading: Reading) -> Iterator[Command]:
    """The flow that a line asks for, unless the shop knows the line as a question."""
    if wish == flow.key:
        yield StartFlow(wish)
    else:
        yield StartFlow(wish, reading.wishes[0].confidence)
        yield from word_for_word(wish, reading)


def _begins(clauses: list[Clause]) -> bool:
    """Whether a line begins with a yes, a no or a stop."""
    return bool(clauses) and clauses[0][1] is not None


def _answered(
    clauses: list[Clause], flow: FlowSpec, pending: SlotSpec | None, reading: Reading
) -> Command | None:
    """The yes, no or stop that a line begins with. A stop or a no in the rest wins; and where no
    slot is pending, a yes with more in it agrees to nothing."""
    if not _begins(clauses):
        return None
    kinds = {kind for _, kind in clauses}
    again = any(restates(clause, flow, reading) for clause, kind in clauses if kind is None)
    if PhraseKind.CANCEL in kinds:
        return None if again else CancelFlow()
    if wish_of(reading) not in ("", flow.key) or is_question(reading):
        return None
    if PhraseKind.DENY in kinds:
        return CancelFlow(unsure=True) if again else Deny()
    if not pending:
        return Affirm(unsure=True)
    return None if len(reading.spelt) > LONGEST_YES or BUT.search(reading.spelt) else Affirm()


def _clauses(reading: Reading) -> Iterator[str]:
    """The clauses of a line without what it names; a yes without a mark behind it is one too."""
    lists = phrases(reading.book)
    found = CLAUSE.finditer(without(reading.prose, reading.mentions))
    for match in islice(found, MOST_CLAUSES):
        clause = spelt(match[0]).strip()
        head = YES_HEAD.match(clause)
        if head and lists.whole(clause, YES_AND_NO) is None:
            yield head[0]
            clause = clause[head.end() :].strip()
        yield clause


def _kinds(flow: FlowSpec, reading: Reading) -> list[Clause]:
    return [(clause, _kind(clause, flow, reading)) for clause in _clauses(reading)]


def _kind(clause: str, flow: FlowSpec, reading: Reading) -> PhraseKind | None:
    kind = phrases(reading.book).whole(clause, YES_AND_NO)
    if kind is PhraseKind.CANCEL and _may_be_meant(clause, flow, reading):
        return None
    return kind if kind in YES_AND_NO else None
