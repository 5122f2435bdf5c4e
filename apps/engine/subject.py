"""What a request to the team is about: the words beside a wish for a person, the lines that say
nothing by themselves, and what of a line is not for everyone who reads a ticket."""

import re
from collections.abc import Iterable

from apps.engine.book import Book, PhraseKind
from apps.engine.courtesies import HAN_GAPS, bare, courtesy, spelt, wants_human
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.in_flow import is_bare
from apps.engine.reading import phrases
from apps.engine.recognise.line import read
from apps.engine.recognise.numbers import numbers
from apps.engine.recognise.prepared import prepare
from apps.engine.return_wish import wants_bot
from apps.engine.text import FUNCTION_WORDS, normalise, stem
from apps.engine.wordless import is_wordless

# What stands for what is not shown.
HIDDEN = "••••"
ANSWERS = (PhraseKind.AFFIRM, PhraseKind.DENY, PhraseKind.CANCEL, PhraseKind.LACK)
# With these a wish for a person names nothing that it is about.
_WISHING_ENGLISH = (
    "talk speak chat transfer connect put through hand reach contact call ring phone mail email "
    "number address human being person people agent operator representative rep someone somebody "
    "anyone anybody supervisor manager customer service support staff team desk real actual live "
    "another other proper give want prefer find please now here right instead asap immediately "
    "quickly help helping helpful bot robot machine ai assistant useless stupid understand answer "
    "answering not don't doesn't isn't can't i'd i'm i've you're wait waiting tired enough stop "
    "seriously possible pass over back wish directly"
)
_WISHING = frozenset(map(stem, _WISHING_ENGLISH.split()))
_HAN_WISHING = re.compile(
    "人工|真人|活人|主管|经理|客服|人员|服务|坐席|座席|机器人|智能|助手|转接|接通|联系|呼叫|需要|可以|能不能|可不可以|有没有|是不是"
    "|说话|聊聊|沟通|对话|处理|解决|帮忙|帮助|快点|赶紧|赶快|马上|立刻|立即|现在|直接|听不懂|没用|别答|电话|手机|号码|邮箱|谢谢|您好|你好|一下|一个"
    "|[转接找叫联换要想和跟与我你您们给帮个位名来到成的了吧呢啊呀吗嘛啦就是能让有没不在人说讲谈聊问请麻烦快点下那这都还再先别答为什么怎算]"
)
_ADDRESS = re.compile(r"\S+@\S+")
_WORD = re.compile(r"[a-z][a-z']*")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
# One may be left of any phrase.
_LEAST_HAN = 2
_TAIL = re.compile(r"(?<!\d)\d{4}(?!\d)")
_SHOWN_APART = frozenset({SlotKind.PHONE, SlotKind.PHONE_TAIL, SlotKind.EMAIL})


def says_more(line: str, book: Book) -> bool:
    """Whether a line that asks for a person says what for: "talk to someone about descaling"."""
    if phrases(book).added(bare(spelt(line))) is PhraseKind.HUMAN:
        return False
    said = _ADDRESS.sub(" ", normalise(line))
    words = (stem(word) for word in _WORD.findall(said))
    if any(word not in FUNCTION_WORDS and word not in _WISHING for word in words):
        return True
    left = _HAN_WISHING.sub("", "".join(_HAN.findall(HAN_GAPS.sub("", said))))
    return len(left) >= _LEAST_HAN


def is_nod(line: str, book: Book) -> bool:
    """Whether a line only answers, greets, proves or asks for somebody, and tells nothing."""
    start = spelt(line)
    plain = bare(start)
    lists = phrases(book)
    if lists.added(plain) or lists.whole(start, ANSWERS) or wants_bot(line):
        return True
    if courtesy(plain) or is_wordless(line) or is_bare(read(line).folded):
        return True
    return wants_human(start, plain) and not says_more(line, book)


def masked(line: str, flow: FlowSpec, book: Book, proofs: Iterable[str]) -> str:
    """A line that was said inside a flow, without phone numbers and without what proves an order;
    `proofs` are the values that stand in the flow. Empty where a wrong try could not be told from
    other words."""
    kinds = {spec.kind for spec in flow.slots if spec.proof}
    if kinds - _SHOWN_APART:
        return ""
    hidden = {SlotKind.PHONE, *kinds}
    found = read(line)
    patterns = prepare(book).patterns_in((flow.key, flow.version))
    mentions = (one for one in numbers(found.folded, patterns) if one.kind in hidden)
    for one in sorted(mentions, key=lambda one: -one.start):
        first, last = found.span(one.start, one.end)
        line = f"{line[:first]}{HIDDEN}{line[last:]}"
    if SlotKind.PHONE_TAIL in kinds:
        line = _TAIL.sub(HIDDEN, line)
    for proof in filter(None, proofs):
        line = line.replace(proof, HIDDEN)
    return line
