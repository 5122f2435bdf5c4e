"""A typed yes to a card: a line of which every word says yes, is polite, or stands on the card.

The lists are closed. What is on none of them may change, put off or take back what would be done, so
such a line agrees to nothing, however much like a yes it begins; how likely it is meant so is not
asked.
"""

import re
from collections.abc import Iterable, Iterator

from apps.engine.book import PhraseKind
from apps.engine.courtesies import bare, spelt
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.phrases import LISTS, Phrases
from apps.engine.reading import Reading, phrases
from apps.engine.recognise.parsing import fits, value_for
from apps.engine.text import HAN, is_han, normalise, pieces
from apps.engine.types import ActiveFlow
from apps.engine.wishing import DENIERS, HELD_BACK

LONGEST_YES = 80
MOST_TOKENS = 40
# Of one phrase, in tokens: 信息没有问题.
LONGEST_PHRASE = 8
YES = re.compile(rf"(?:{LISTS[PhraseKind.AFFIRM]})", re.VERBOSE)
# What is said in bitterness, or breaks off before it says what.
NO_YES = re.compile(
    r"(?:ye?a|yeah|sure|oh) right|(?:.*\ )?(?:i|the|an?|my|with|for|to|and)|.*[把我想要那]"
)


def _listed(words: str) -> frozenset[str]:
    return frozenset(word.strip() for word in words.split("|"))


POLITE = _listed(
    """please|pls|plz|kindly|thanks|thank you|thank u|thx|ty|cheers|many thanks|thanks a lot
    |thanks so much|thank you very much|thank you so much|and thanks|and thank you|now|then|for me
    |谢谢|谢谢你|谢谢您|谢谢了|谢谢啦|谢了|多谢|感谢|辛苦|辛苦了|请|麻烦|麻烦你|麻烦您|麻烦了|麻烦你了
    |麻烦您了|拜托|拜托了|亲|那|那就|就|帮|帮我|帮忙|啊|呀"""
)
POINTING = _listed("i|it|this|that|these|those|the|a|an|my|我|您|它|的|把|这|那|这个|那个")
GOING_AHEAD = _listed(
    """go ahead|go ahead with|go ahead and|do it|do this|do that|do so|submit|proceed|proceed with
    |continue|continue with|process|apply|apply for|arrange|i want to|i would like to|i'd like to
    |我要|我想|我想要|我需要"""
)
HAN_DOING = _listed("办|办理|提交|申请|处理|执行|继续")
HAN_ENDS = ("", "了", "吧", "了吧", "一下", "一下吧", "掉", "掉吧")
# Beside a number or a product that stands on the card, or the proof.
AROUND_VALUE = _listed(
    """is|it's|its|for|with|number|order|order number|item|product|phone|phone number|mobile|digits
    |last four|last four digits|ending in|尾号|后四位|末四位|手机|手机号|手机尾号|电话|订单|订单号|单号
    |号码|编号|商品|为|就是"""
)
BESIDE = POLITE | POINTING | GOING_AHEAD | {verb + end for verb in HAN_DOING for end in HAN_ENDS}
ORDERLY = re.compile(r"\bcancel|取消")
# "Cancel this request" means the talk, not the order.
ABOUT_TALK = re.compile(r"request|process|form|application|申请|流程|操作|办理")
# A mark stands behind what it belongs to; no other sign is harmless: ¬yes, [ ] yes, y̶e̶s̶.
SIGNS = re.compile("(?P<yes>[👍👌✅🆗✔])?(?(yes)|[🙏😊🙂❤💯])[\ufe0f🏻-🏿]*")
PLAIN = re.compile(r"\s*(?:[^\W_][,.;:!~…、。，．；：！～·\-–—'’\s]*)+")
TOKEN = re.compile(rf"[{HAN}]|[^\s{HAN}]+")
Span = tuple[int, int]


def consents(
    flow: FlowSpec, active: ActiveFlow, reading: Reading, given: Iterable[Span] = ()
) -> bool:
    """Whether the line is a yes and nothing else. `given`: where it gives the proof."""
    if len(reading.text.strip()) > LONGEST_YES:
        return False
    places = [*given, *_known(flow, active, reading)]
    signs = list(SIGNS.finditer(reading.text))
    is_signed = any(sign["yes"] for sign in signs)
    signed = [sign.span() for sign in signs]
    if not PLAIN.fullmatch(_filled(reading.text, [*places, *signed], "0")):
        return False
    words = _filled(reading.text, signed, " ")
    plain = bare(spelt(_filled(words, places, " ")))
    if NO_YES.fullmatch(bare(spelt(_filled(words, places, "0")))):
        return False
    if ORDERLY.search(plain) and ABOUT_TALK.search(plain):
        return False
    named = set(_names(flow))
    if any(plain.count(name) > 1 for name in named - POINTING):
        # "cancel the cancel"
        return False
    beside = BESIDE | {name + end for name in named for end in HAN_ENDS}
    beside |= set(_shown(flow, active, plain, has_value=bool(places)))
    return _agrees(plain, beside, phrases(reading.book), is_signed=is_signed)


def _agrees(
    plain: str, beside: set[str] | frozenset[str], lists: Phrases, *, is_signed: bool
) -> bool:
    """Whether phrases that say yes or stand beside it fill the line, one of them a yes."""
    tokens = [found.span() for found in TOKEN.finditer(plain)]
    if len(tokens) > MOST_TOKENS:
        return False
    # Up to each token: how many yeses can fill it, 0 or 1 or both; empty when nothing can.
    filled: list[set[int]] = [{int(is_signed)}, *(set() for _ in tokens)]
    for first, (start, _) in enumerate(tokens):
        for last in range(first, min(first + LONGEST_PHRASE, len(tokens))):
            phrase = plain[start : tokens[last][1]]
            if filled[first] and _is_yes(phrase, lists):
                filled[last + 1].add(1)
            elif phrase in beside:
                filled[last + 1] |= filled[first]
    return 1 in filled[-1]


def _is_yes(phrase: str, lists: Phrases) -> bool:
    own = lists.added(phrase)
    return own is PhraseKind.AFFIRM if own else YES.fullmatch(phrase) is not None


def _known(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> Iterator[Span]:
    """Where the line names what stands on the card."""
    values = [(spec, active.slots.get(spec.name)) for spec in flow.slots]
    for one in reading.mentions:
        if any(
            given and fits(spec, one) and value_for(spec, one) == given.value
            for spec, given in values
        ):
            yield reading.line.span(one.start, one.end)


def _filled(text: str, places: Iterable[Span], filler: str) -> str:
    for start, end in places:
        text = f"{text[:start]}{filler * (end - start)}{text[end:]}"
    return text


def _names(flow: FlowSpec) -> Iterator[str]:
    """The words of the flow's own name; of a Chinese one its pairs, and 退 of 退货."""
    for name in flow.names.values():
        for piece in pieces(normalise(name)):
            yield piece
            if is_han(piece):
                yield from (piece[at : at + 2] for at in range(0, len(piece) - 1, 2))
                yield from piece[:1] if len(piece) == 2 else ()


def _shown(flow: FlowSpec, active: ActiveFlow, plain: str, *, has_value: bool) -> Iterator[str]:
    """The options on the card, and beside a value the labels. What somebody wrote in free words may
    say anything, and so may a name that holds something back."""
    options = {
        normalise(name)
        for spec in flow.slots
        if spec.kind is SlotKind.CHOICE and (given := active.slots.get(spec.name))
        for option in spec.options
        if option.value == given.value
        for name in (*option.labels.values(), *option.synonyms)
    }
    names = {
        name for name in map(bare, options) if not (HELD_BACK.search(name) or DENIERS.search(name))
    }
    yield from names
    if has_value or any(name in plain for name in names):
        yield from AROUND_VALUE
        yield from (bare(normalise(label)) for spec in flow.slots for label in spec.labels.values())
