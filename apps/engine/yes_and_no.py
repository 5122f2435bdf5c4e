"""Yes, no and stop among the clauses of a line said inside a flow."""

import re
from collections.abc import Iterator
from itertools import islice

from apps.engine.book import PhraseKind
from apps.engine.clauses import CLAUSE
from apps.engine.commands import Affirm, CancelFlow, Command, Deny
from apps.engine.consent import ABOUT_TALK, LONGEST_YES, ORDERLY
from apps.engine.courtesies import spelt
from apps.engine.flows import FlowSpec, SlotSpec
from apps.engine.reading import SURE_AT, Reading, phrases
from apps.engine.recognise.hearing import without
from apps.engine.wishing import is_question, restates, wants, wish_of

YES_AND_NO = (PhraseKind.AFFIRM, PhraseKind.DENY, PhraseKind.CANCEL)
BUT = re.compile(
    r"但|不过|可是|只是|除了|先|\b(?:but|except|only|if|unless|wait|first|however|not)\b|n't|[?]|不"
)
# A yes that goes on without a mark: "yes cancel it", 确认退货.
YES_HEAD = re.compile(
    r"(?:(?:yes|yeah|yep|yup|sure|ok|okay|right)\b|确认|确定|同意|是的|对的|好的|可以|嗯+)"
)
# Of a longer line the first ones say whether it is a yes, a no or a stop.
MOST_CLAUSES = 24
# A clause, and which list it is in.
Clause = tuple[str, PhraseKind | None]


def kinds(flow: FlowSpec, reading: Reading) -> list[Clause]:
    """The clauses of the line in their order."""
    return [(clause, _kind(clause, flow, reading)) for clause in _clauses(reading)]


def begins(clauses: list[Clause]) -> bool:
    """Whether a line begins with a yes, a no or a stop."""
    return bool(clauses) and clauses[0][1] is not None


def answered(
    clauses: list[Clause], flow: FlowSpec, pending: SlotSpec | None, reading: Reading
) -> Command | None:
    """The yes, no or stop that a line begins with. A stop or a no in the rest wins; and where no
    slot is pending, a yes with more in it agrees to nothing."""
    if not begins(clauses):
        return None
    heard = {kind for _, kind in clauses}
    again = any(restates(clause, flow, reading) for clause, kind in clauses if kind is None)
    if PhraseKind.CANCEL in heard:
        return None if again else CancelFlow()
    if wish_of(reading) not in ("", flow.key) or is_question(reading):
        return None
    if PhraseKind.DENY in heard:
        return CancelFlow(unsure=True) if again else Deny()
    if not pending:
        return Affirm(unsure=True)
    return None if len(reading.spelt) > LONGEST_YES or BUT.search(reading.spelt) else Affirm()


def may_be_meant(cancel: str, flow: FlowSpec, reading: Reading) -> bool:
    """Whether "cancel" may be what the flow does: to one that cancels orders it may mean either."""
    is_plain = ORDERLY.search(cancel) and not ABOUT_TALK.search(cancel)
    return bool(is_plain) and wants(flow.key, cancel, SURE_AT, reading)


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


def _kind(clause: str, flow: FlowSpec, reading: Reading) -> PhraseKind | None:
    kind = phrases(reading.book).whole(clause, YES_AND_NO)
    if kind is PhraseKind.CANCEL and may_be_meant(clause, flow, reading):
        return None
    return kind if kind in YES_AND_NO else None
