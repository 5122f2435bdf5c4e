"""A typed yes to a card, and the proof that is handed over behind it: lines of nothing else.

The lists are closed, and their words come in one order: a yes, what shall be done, the order's number.
A row of harmless words in any order may say the opposite ("continue with my order", where it would be
cancelled), so such a line agrees to nothing, however much like a yes it begins; how likely it is meant
so is not asked.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from apps.engine.book import PhraseKind
from apps.engine.consent_words import (
    BEHIND_A_YES,
    DOING,
    NO_YES,
    NUMBER,
    ORDER,
    PARTICLE,
    POLITE,
    PROOF,
    STATES,
    THINKS,
    YES,
)
from apps.engine.courtesies import bare, spelt
from apps.engine.flow_words import FlowWords, words_of
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.phrases import Phrases
from apps.engine.reading import Reading, phrases
from apps.engine.recognise.parsing import fits, value_for
from apps.engine.text import HAN, normalise
from apps.engine.types import ActiveFlow

LONGEST_YES = 80
MOST_TOKENS = 40
# Of one phrase, in tokens: "the last four digits of my phone number are 2567", 我的手机号码后四位就是2567.
LONGEST_PHRASE = 13
ORDERLY = re.compile(r"\bcancel|取消")
# "Cancel this request" means the talk, not the order.
ABOUT_TALK = re.compile(r"request|process|form|application|申请|流程|操作|办理")
# A question behind what is handed over: "2567, right".
TAGS = frozenset(("right", "correct", "ok", "okay", "k", "y", "对", "是", "行", "好", "可以"))
# A mark stands behind what it belongs to; no other sign is harmless: ¬yes, [ ] yes, y̶e̶s̶.
SIGNS = re.compile(
    "(?P<yes>[👍👌✅🆗✔])?(?(yes)|[🙏😊🙂❤💯🎉👏🙆])[\ufe0f🏻-🏿]*(?:\u200d[♀♂]\ufe0f?)?"
)
PLAIN = re.compile(r"\s*(?:[^\W_][,.;:!~…、。，．；：！～·\-–—'’\s]*)+")
TOKEN = re.compile(rf"是?{PROOF}|[{HAN}{ORDER}]|[^\s{HAN}{ORDER}{PROOF}]+")
Span = tuple[int, int]


class Kind(Enum):
    YES = auto()
    POLITE = auto()
    DOING = auto()
    BEHIND = auto()
    PARTICLE = auto()
    NUMBER = auto()
    PROOF = auto()
    WHOLE = auto()


BESIDE = {
    Kind.POLITE: POLITE,
    Kind.DOING: DOING,
    Kind.NUMBER: NUMBER,
    Kind.BEHIND: BEHIND_A_YES,
    Kind.PARTICLE: PARTICLE,
}


@dataclass(frozen=True, slots=True)
class Consent:
    """What a line has said so far. `stage`: 1 from what shall be done on, 2 from the number on."""

    yes: bool = False
    proof: bool = False
    stage: int = 0

    def then(self, kind: Kind, phrase: str) -> "Consent | None":
        """With one phrase more; None where it has no place."""
        match kind:
            case Kind.POLITE:
                return self
            case Kind.YES if self.stage == 0 and not (self.proof and phrase in TAGS):
                return self if self.yes else replace(self, yes=True)
            case Kind.DOING if self.yes and self.stage == 0:
                return replace(self, stage=1)
            case Kind.BEHIND | Kind.PARTICLE if self.yes or (kind is Kind.PARTICLE and self.proof):
                return self
            case Kind.WHOLE if self.stage == 0:
                return replace(self, yes=True, stage=2)
            case Kind.NUMBER if self.stage < 2 and (self.yes or self.proof):
                return replace(self, stage=2)
            case Kind.PROOF if not self.proof:
                return replace(self, proof=True)
        return None


def consents(
    flow: FlowSpec, active: ActiveFlow, reading: Reading, given: Iterable[Span] = ()
) -> bool:
    """Whether the line is a yes and nothing else. `given`: where it gives the proof."""
    return any(said.yes for said in _said(flow, active, reading, given))


def hands_over(
    flow: FlowSpec, active: ActiveFlow, reading: Reading, given: Iterable[Span] = ()
) -> bool:
    """Whether the line is a yes, or the proof at the places `given`, and nothing else."""
    return any(said.yes or said.proof for said in _said(flow, active, reading, given))


def _said(
    flow: FlowSpec, active: ActiveFlow, reading: Reading, given: Iterable[Span]
) -> Iterable[Consent]:
    """What the whole line may say; nothing when there is anything else in it."""
    text = reading.text
    if len(text.strip()) > LONGEST_YES or ORDER in text or PROOF in text:
        return ()
    places = dict.fromkeys(given, PROOF)
    places = {**_known(flow, active, reading), **places}
    if THINKS.fullmatch(text.strip()):
        return ()
    signs = list(SIGNS.finditer(text))
    signed = [sign.span() for sign in signs]
    if not PLAIN.fullmatch(_filled(text, dict.fromkeys([*places, *signed], "0"))):
        return ()
    words = _filled(text, {**dict.fromkeys(signed, ""), **places})
    start = Consent(yes=any(sign["yes"] for sign in signs))
    # A gap between two words of Chinese may be a comma, or nothing.
    for plain in dict.fromkeys((bare(normalise(words)), bare(spelt(words)))):
        if NO_YES.search(plain) or (ORDERLY.search(plain) and ABOUT_TALK.search(plain)):
            return ()
        if said := _read(plain, start, words_of(flow), phrases(reading.book)):
            return said
    return ()


def _read(plain: str, start: Consent, words: FlowWords, lists: Phrases) -> Iterable[Consent]:
    """What phrases of the lists say that fill the line one after the other."""
    tokens = [found.span() for found in TOKEN.finditer(plain)]
    if len(tokens) > MOST_TOKENS:
        return ()
    # Of a row of one word each phrase is looked up once.
    kinds = cache(lambda phrase: tuple(_kinds(phrase, words, lists)))
    filled: list[set[Consent]] = [{start}, *(set() for _ in tokens)]
    for first, (at, _) in enumerate(tokens):
        if not filled[first]:
            continue
        for last in range(first, min(first + LONGEST_PHRASE, len(tokens))):
            phrase = plain[at : tokens[last][1]]
            for kind in kinds(phrase):
                more = (said.then(kind, phrase) for said in filled[first])
                filled[last + 1].update(filter(None, more))
    return filled[-1]


def _kinds(phrase: str, words: FlowWords, lists: Phrases) -> Iterator[Kind]:
    """What a phrase may be."""
    if own := lists.added(phrase):
        if own is PhraseKind.AFFIRM:
            yield Kind.YES
        return
    if words.yes.fullmatch(phrase) or (YES.fullmatch(phrase) and not STATES.fullmatch(phrase)):
        yield Kind.YES
    if words.doing.fullmatch(phrase):
        yield Kind.DOING
    if words.proof.fullmatch(phrase):
        yield Kind.PROOF
    if words.whole.fullmatch(phrase):
        yield Kind.WHOLE
    yield from (kind for kind, listed in BESIDE.items() if listed.fullmatch(phrase))


def _known(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> dict[Span, str]:
    """Where the line names the order that stands on the card, or the proof that was given for it."""
    found = {}
    for one in reading.mentions:
        for spec in flow.slots:
            value = active.slots.get(spec.name)
            if (
                value
                and (spec.proof or spec.kind is SlotKind.ORDER_ID)
                and fits(spec, one)
                and value_for(spec, one) == value.value
            ):
                found[reading.line.span(one.start, one.end)] = PROOF if spec.proof else ORDER
    return found


def _filled(text: str, places: dict[Span, str]) -> str:
    """The text with one character, or a space, in each place, which keep their distance."""
    for (start, end), filler in sorted(places.items(), reverse=True):
        text = f"{text[:start]}{filler or ' '}{text[end:]}"
    return text
