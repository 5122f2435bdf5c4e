"""Whether a line leaves the topic of the talk: lexical, for when nothing knows meanings.

Similarity alone does not tell: a bare "2567" or "ok" shares no word with anything and is the true
next line. So a line that only nods is passed first, and what is left is judged by a logistic of a
few signals, among them how much of what the line names the talk has named.

The weights were fitted on customer lines of two languages and four trades, true next lines against
lines taken from other talks (`manage.py evaluate drift` measures them). Fitted on one half of the
talks, the other half differed by two points of AUROC at most. They hold for this measure only: a
cut for an embedder has to be fitted with that embedder.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from operator import mul

from apps.engine.flows import FlowSpec, in_language
from apps.engine.text import FUNCTION_WORDS, WONDERING, is_han, normalise, pieces, stem, word_terms
from apps.engine.types import ActiveFlow

# At this score fewer than 1 in 100 nods and slot answers of the labelled talks were taken for drift,
# and 79 (English) to 96 (Chinese) of 100 lines from other trades were found.
CUT = 0.6
# Longer lines are judged by their beginning, longer talks by their newest lines.
LONGEST_LINE = 400
NEWEST_LINES = 40

REQUEST = re.compile(
    r"""
    \b(i|we|you)\ (really\ |just\ |also\ )?(want|wants|wanted|need|needs|wish|would\ like|wanna|like\ to|have\ to|lost)
    |\bi\ ?'?d\ like|\b(can|could|would|will|may|should)\ (you|i|we|u)\b|\bhelp\b|\b(how|what|where|when|why|which|who|whose)\b
    |\b(is|are|was|were|do|does|did|has|have)\ (there|it|the|this|that|these|you|your|any|my)\b|\b(tell|show|send|give|check|find|let)\ me\b
    |\b(problem|issue|error|trouble)s?\b|\?
    |我(还|也|就)?(想|要)|想(要|找|问|知道|了解)|需要|请(问|给|帮|把)|怎么|怎样|如何|吗|呢|什么|啥|哪|多(少|大|久|长|高)|[第是有]几|几(点|天|个|年|次)|是?谁|为何|何时
    |推荐|帮我|帮(忙)?[查看找订取退换改处]|麻烦(您|你)?[帮查看找订取退换改处把给]|能不能|可不可以|有没有|是不是|是否
    """,
    re.VERBOSE,
)
ONGOING = re.compile(
    r"""
    ^(yes|yeah|yep|yup|no|nope|nah|not|ok|okay|sure|alright|right|fine|good|great|thanks|thank|and|but|so|also|then|it|its|that|this|they|he|she|like\ i\ said)\b
    |^(好|嗯|行|可以|没|不|是|对|那|这|它|他|她|该|谢|太|哦|噢|收到|明白|知道|记下|挺|真|也|还|就|但|而且|对了|另外|不错)
    """,
    re.VERBOSE,
)
POINTS_BACK = re.compile(
    r"\b(it|its|this|that|these|those|they|them|there|same|above|one)\b|它|这|该|那|其|上面|刚才|周边|附近"
)
CLOSING = re.compile(
    r"""
    thank|\bthx\b|\bbye|appreciat|\b(have|has)\ an?\ (nice|good|great|wonderful|lovely)|nothing\ else|no\ more\ help|\bsatisfied\b
    |all\ (set|good|done)|\b(see|talk\ to)\ you\b|\bgood\ ?(night|day)\b|that\ i?'?s\ all|\bwelcome\b
    |谢|感激|再见|拜拜|没(有)?(别的|其他)?(什么)?问题了|没事了|辛苦|清楚了|麻烦(您|你)?了|祝(您|你)|满意
    """,
    re.VERBOSE,
)
GIVING = re.compile(
    r"""
    \bmy\ (\w+\ ){1,5}(is|was|are)\b|\b(name|number|no|id|code|password|address|mail|date|amount)\ (is|was|:)|\bi\ am\ (?!\w+ing\b|not\b)
    |(姓名|名字|号码?|地址|电话|邮箱|尾号|密码|金额|日期)(就)?(是|为|:)|我(叫|姓|住)
    """,
    re.VERBOSE,
)
ACKNOWLEDGING = frozenset(
    stem(word)
    for word in [
        "yes",
        "yeah",
        "yep",
        "yup",
        "no",
        "nope",
        "nah",
        "not",
        "ok",
        "okay",
        "k",
        "sure",
        "alright",
        "right",
        "fine",
        "good",
        "great",
        "nice",
        "cool",
        "perfect",
        "thanks",
        "thank",
        "thankyou",
        "thx",
        "ty",
        "welcome",
        "hello",
        "hi",
        "hey",
        "hai",
        "bye",
        "goodbye",
        "night",
        "day",
        "done",
        "correct",
        "exactly",
        "agreed",
        "understood",
        "see",
        "got",
        "it",
        "that's",
        "all",
        "nothing",
        "else",
        "problem",
        "solved",
        "wait",
        "moment",
        "second",
        "minute",
        "much",
        "very",
        "so",
        "take",
        "time",
        "own",
        "your",
        "problem",
        "no",
        "worries",
        "sorry",
        "mam",
        "sir",
        "madam",
        "dear",
    ]
)
_HAN_ACK = re.compile(
    r"好|嗯|行|可以|没|有|问题|了|的|是|对|谢|您|你|太|感|哦|噢|收|到|明|白|知|道|记|下|不|错|极|真|啊|吧|呢|哈|再|见|拜|ok|非常|贴心|满意|麻烦|辛苦|多|那|先|这样|就|我|啦|呀|客气|很|帮|忙|晚安|稍等|等|一"
)


_BIAS = -1.84
_WEIGHTS = (-2.42, -3.99, -1.54, -1.84, -2.17, -6.90, -2.02, -3.21, 2.84)
_ASKS_ANEW, _ASKS_ON, _ASKS_LEAVING = 4.23, -1.27, 0.85


@dataclass(frozen=True, slots=True)
class Signals:
    """What is measured of a line against a talk."""

    asks: float  # 1 when it wishes or asks
    closes: float  # 1 when it thanks, praises or takes leave
    gives: float  # 1 when it tells a detail
    ongoing: float  # 1 when it begins like a reply
    points_back: float  # 1 when it names something only by pointing at it
    covered: float  # share in 0..1 of what it names that the talk names
    new: float  # how much it names that the talk does not, ln(1 + count)
    figures: float  # share in 0..1 of its words that hold digits
    length: float  # ln(1 + words and characters)


def score(text: str, talk: Sequence[str]) -> float:
    """How surely `text` leaves what `talk`, the visitor's earlier lines, is about: 0..1, for
    comparing with CUT."""
    found = signals(text, talk)
    if found is None:
        return 0.0
    total = _BIAS + sum(map(mul, _WEIGHTS, astuple(found)))
    total += _ASKS_ANEW * found.asks * (1 - found.covered)
    total += _ASKS_ON * found.asks * found.ongoing + _ASKS_LEAVING * found.asks * found.closes
    return 1 / (1 + math.exp(-total))


def strayed(text: str, active: ActiveFlow, flow: FlowSpec, language: str) -> bool:
    """Whether a line that fitted nothing in `flow` is about something else than the flow."""
    return score(text, (*_topic(flow, language), *active.said)) >= CUT


def _topic(flow: FlowSpec, language: str) -> tuple[str, ...]:
    """What the flow itself names, its words being as good as the visitor's."""
    texts = [flow.names, flow.descriptions]
    for slot in flow.slots:
        texts += [slot.labels, slot.prompts, *(option.labels for option in slot.options)]
    return (*flow.examples.get(language, ()), *(in_language(text, language) for text in texts))


@lru_cache(maxsize=1024)
def _named(text: str) -> frozenset[str]:
    """What a line names: folded words and runs of two Chinese characters, without empty words."""
    found: set[str] = set()
    for piece in pieces(normalise(text[:LONGEST_LINE])):
        if is_han(piece):
            found.update(
                pair
                for pair in (piece[i : i + 2] for i in range(len(piece) - 1))
                if not (
                    pair in FUNCTION_WORDS
                    or pair in WONDERING
                    or all(c in FUNCTION_WORDS for c in pair)
                )
            )
        else:
            found.update(
                term
                for term in word_terms(piece)
                if term not in FUNCTION_WORDS and term not in WONDERING
            )
    return frozenset(found)


def signals(text: str, talk: Sequence[str]) -> Signals | None:
    """None for a line that asks for nothing and names nothing: a courtesy, a nod, a bare figure."""
    plain = normalise(text[:LONGEST_LINE])
    words = pieces(plain)
    if not words or _only_nods(words):
        return None
    named = _named(text)
    known: set[str] = set().union(*map(_named, talk[-NEWEST_LINES:]))
    new = named - known
    figures = sum(any(c.isdigit() for c in word) for word in words) / len(words)
    size = sum(len(word) if is_han(word) else 1 for word in words)
    return Signals(
        asks=float(REQUEST.search(plain) is not None),
        closes=float(CLOSING.search(plain) is not None),
        gives=float(GIVING.search(plain) is not None),
        ongoing=float(ONGOING.search(plain) is not None),
        points_back=float(POINTS_BACK.search(plain) is not None),
        covered=1 - len(new) / len(named) if named else 1.0,
        new=math.log1p(len(new)),
        figures=figures,
        length=math.log1p(size),
    )


def _only_nods(words: Iterable[str]) -> bool:
    return all(
        not _HAN_ACK.sub("", word)
        if is_han(word)
        else all(t in ACKNOWLEDGING or t in FUNCTION_WORDS for t in word_terms(word))
        for word in words
    )
