"""A line of a visitor who is inside a flow: an answer, a change of mind, or something else.

What was asked for gets first try on the whole line; a question is answered and what is asked stays
asked.
"""

import re
from collections.abc import Iterator

from apps.engine.another import names_another
from apps.engine.asides import aside
from apps.engine.attempts import attempted, unfit
from apps.engine.book import PhraseKind
from apps.engine.clauses import CLAUSE
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
from apps.engine.consent import consents
from apps.engine.courtesies import bare, courtesy
from apps.engine.faults import faulted
from apps.engine.filling import awaited
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.known import order_slot
from apps.engine.later import afterwards
from apps.engine.matching import gist
from apps.engine.phrases import is_gone
from apps.engine.reading import (
    START_AT,
    Reading,
    details,
    phrases,
    word_for_word,
)
from apps.engine.recognise.hearing import without
from apps.engine.recognise.parsing import REASON
from apps.engine.types import ActiveFlow
from apps.engine.values import exactly, values_of
from apps.engine.which_one import of_several
from apps.engine.wishing import (
    QUESTION,
    begun,
    is_denied,
    is_question,
    is_said_again,
    names_only,
    only_says_why,
    outspoken,
    says_why,
    switched,
    wants,
    wish_of,
)
from apps.engine.yes_and_no import YES_AND_NO, answered, begins, kinds, may_be_meant

# 没有 answers what the card asks in words, and not its field.
ON_A_CARD = (*YES_AND_NO, PhraseKind.LACK)
ASKED_FOR = (PhraseKind.LACK, PhraseKind.CANCEL, PhraseKind.AFFIRM, PhraseKind.DENY)
# Digits alone, as they are handed over: "it's 2567", 尾号2567. Possessive: 好的 is one word, and a
# long row of them must not be read in every other way too.
_HANDING = r"""(?:(?:yes|yeah|yep|okay|ok|sure|no|it'?s|it|is|are|ends?|ending|in|with|my|the|phone|mobile|number|last|four|digits?|here
    |please|thanks|thank\ you|尾号|后四位|手机|电话|号码?|是|为|好的?|对的?|嗯|的|确认|我|吧|谢谢)\W*)*+"""
BARE_DIGITS = re.compile(rf"\W*{_HANDING}\d[\d\ -]*\W*{_HANDING}", re.VERBOSE)
LONGEST_BARE = 40


def in_flow(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> list[Command]:
    """The commands of the line, which is read with what is pending as asked for; an empty list when
    it is small talk or a question."""
    pending = flow.by_name.get(active.pending)
    if pending and (found := exactly(pending, reading) or _of_several(flow, active, reading)):
        return [found]
    if said := _said(pending, flow, active, reading) or faulted(flow, active, reading):
        return [said]
    if instead := list(switched(flow, reading)):
        return instead
    values = values_of(flow, active, pending, reading)
    if (values or reading.mentions) and (both := afterwards(values, flow, active, reading)):
        return both
    if values:
        return _given(values, flow, active, reading)
    if _stands_there(active, reading):
        return [StartFlow(flow.key)]
    proof = awaited(flow, active)
    if proof and proof is not pending and is_bare(reading.line.folded):
        return [Unfit(proof.name, "shape")]
    return list(_other(flow, active, pending, reading))


def _of_several(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> SetSlot | None:
    is_open = bool(active.candidates) and is_bare(reading.line.folded)
    return of_several(flow, active, reading) if is_open else None


def _given(
    values: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> list[Command]:
    """The commands of a line with values for the flow's slots."""
    if instead := list(outspoken(flow, active, reading)):
        return instead
    if all(is_said_again(one, flow, active) for one in values):
        return [StartFlow(flow.key)]
    return [*values, *_yes_beside(values, flow, active, reading), *_question_beside(reading)]


def _stands_there(active: ActiveFlow, reading: Reading) -> bool:
    """Whether the line is no more than a value that was given before."""
    known = {slot.value for slot in active.slots.values()}
    named = bool(reading.mentions) and all(one.value in known for one in reading.mentions)
    return named and not gist(bare(without(reading.line.folded, reading.mentions)))


def is_bare(folded: str) -> bool:
    """Whether a line is nothing but digits, and words that hand them over."""
    return len(folded) <= LONGEST_BARE and BARE_DIGITS.fullmatch(folded) is not None


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
            return CancelFlow(unsure=is_wish or may_be_meant(reading.spelt, flow, reading))
    return None


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
    """The question that stands beside values. One that a word alone parts from them may be none."""
    whole, beside = _asking_clause(reading), aside(reading)
    if beside:
        yield AskFaq(beside.question, beside=not whole)
    elif whole:
        yield AskFaq(whole)


def _asking_clause(reading: Reading) -> str:
    if not is_question(reading):
        return ""
    rest = without(reading.prose, reading.mentions)
    for clause in CLAUSE.finditer(reading.prose):
        mark = reading.prose[clause.end() : clause.end() + 1]
        said = clause[0].strip()
        if said in rest and QUESTION.search(said + mark):
            first, last = reading.line.span(clause.start(), clause.end())
            end = last + (mark == "?")
            return reading.text[first:end].strip()
    return ""


def _other(
    flow: FlowSpec, active: ActiveFlow, pending: SlotSpec | None, reading: Reading
) -> Iterator[Command]:
    """A line without a value for any slot."""
    is_own = names_only(flow, reading.plain) or only_says_why(flow, active, reading)
    wish = flow.key if is_own else wish_of(reading)
    clauses = kinds(flow, reading)
    answer = answered(clauses, flow, pending, reading)
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
    elif not wish and not begins(clauses) and pending:
        yield from attempted(flow, pending, reading)
    if wish:
        yield from _wished(wish, flow, active, reading)


def _wished(wish: str, flow: FlowSpec, active: ActiveFlow, reading: Reading) -> Iterator[Command]:
    """The flow that a line asks for, unless the shop knows the line as a question."""
    order = order_slot(flow)
    if wish == flow.key and order and order.name in active.slots and names_another(reading.prose):
        yield Unfit(order.name, "wrong")
    elif wish == flow.key:
        yield StartFlow(wish)
    else:
        given = tuple(details(reading.book.by_key[wish], reading, reading.mentions))
        yield begun(reading.wishes[0], reading, given)
        yield from word_for_word(wish, reading)
