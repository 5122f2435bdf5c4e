"""Whether a yes that waits for its proof stands after one more line.

Only a line that was asked for leaves it: the proof alone, a yes, thanks, or that it is not at hand.
Whatever else is said may take the yes back in words that no list has, so the card is shown again.
"""

import re
from collections.abc import Iterator

from apps.engine.book import PhraseKind
from apps.engine.commands import (
    AskFaq,
    CancelFlow,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Lack,
    SetSlot,
    SmallTalk,
    StartFlow,
    TakeBack,
    Unfit,
)
from apps.engine.consent import Span, hands_over
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.reading import Reading, phrases
from apps.engine.types import ActiveFlow
from apps.engine.wishing import DENIERS, HELD_BACK, is_question
from apps.engine.yes_and_no import BUT

DIGITS = re.compile(r"\d(?:[\d -]*\d)?")
# Of what, is not said.
WAVERS = re.compile(r"not sure|不确定")
HELD = (BUT, DENIERS, HELD_BACK)


def taken_back(
    commands: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> Iterator[TakeBack]:
    """The command for a line that says more than it was asked for, after the yes to a card."""
    # A no and a stop end it by themselves.
    ended = any(isinstance(one, Deny) or one == CancelFlow() for one in commands)
    if active.agreed and not ended and not _is_asked_for(commands, flow, active, reading):
        yield TakeBack()


def _is_asked_for(
    commands: list[Command], flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> bool:
    match commands:
        case [SetSlot() | CorrectSlot() as one]:
            return _is_bare(one, flow, active, reading)
        case [Unfit(problem="shape")]:
            return hands_over(flow, active, reading, _digits(reading.text))
        case [Lack()]:
            is_no = phrases(reading.book).whole(reading.spelt, (PhraseKind.DENY,))
            return is_no is None and not WAVERS.search(reading.plain)
        case [SmallTalk(courtesy)]:
            return courtesy is not Courtesy.FAREWELL
        case [StartFlow(flow.key), AskFaq(maybe=True)]:
            # Where the proof is found.
            return True
    return hands_over(flow, active, reading)


def _is_bare(
    one: SetSlot | CorrectSlot, flow: FlowSpec, active: ActiveFlow, reading: Reading
) -> bool:
    """Whether the line is the proof, and nothing that could hold it back."""
    spec = flow.by_name[one.slot]
    if not spec.proof:
        # Another value for what was shown ends the yes by itself.
        return True
    if spec.kind is SlotKind.TEXT:
        # Any words fit it.
        said = reading.line.folded
        return not (is_question(reading) or any(one.search(said) for one in HELD))
    return hands_over(flow, active, reading, [(one.start, one.end)])


def _digits(text: str) -> list[Span]:
    return [found.span() for found in DIGITS.finditer(text)][:1]
