"""What a line said inside a flow wants: this flow, another one after it, another one instead."""

import re
from collections.abc import Iterator
from functools import lru_cache

from apps.engine.commands import CancelFlow, Command, SetSlot, StartFlow, Unfit
from apps.engine.filling import WRONG
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.matching import Wish
from apps.engine.reading import START_AT, SURE_AT, Reading, details, matcher
from apps.engine.recognise.hearing import without
from apps.engine.recognise.parsing import REASON
from apps.engine.text import normalise
from apps.engine.types import ActiveFlow

QUESTION = re.compile(
    r"""
    [?]|[吗么]\W*$|^\W*\w{1,6}呢\W*$|怎么|怎样|如何|什么|为何|多少|多久|多长|几[天点个时]|哪|谁|啥|咋|是否|能不能|可不可以|有没有|是不是|要不要
    |^\W*(?:how|what|when|where|why|who|which|can|could|do|does|did|is|are|will|would|should|may)\b
    |\b(?:how\ (?:much|long|many|do|can)|do\ you|can\ (?:i|you)|what\ (?:is|if|about))\b
    """,
    re.VERBOSE,
)
# What is said of the flow, and is no wish for it: "forget the return", 放弃退货.
HELD_BACK = re.compile(
    r"停|算了|放弃|保留|留着|等|想|晚点|以后|回头|再说|别|没|错"
    r"|\b(?:forget|abort|stop|keep|leave|hold|hang|drop|scrap|quit|exit|abandon|undo|skip|never|no"
    r"|later|think|maybe|instead|wrong)\b"
)
DENIERS = re.compile(r"\b(?:don't|dont|do not|not|no longer|never|no)\b|不是|不再|不|别|没")
# A change of mind: what was wanted gives way to what is wanted now. 还是 between two things leaves
# the choice open, and only at the head of a clause makes it.
RATHER = re.compile(
    r"""
    \b(?:instead\ of|rather\ than)\ (?:(?:an?|the|my|this)\ )?\w+
    |\b(?:instead|rather|on\ second\ thoughts?|changed\ my\ mind|better\ (?:to|just|if)|actually|make\ (?:it|that)\ an?|switch\ (?:it\ )?to|change\ (?:it\ |this\ )?to)\b
    |(?:^|[,.;!…，。；！、\s]|算了|[那我要就]|要不|我们)(?:还是|不如|干脆|索性|倒不如|直接)(?!.*(?:呢|吗|还是))
    |(?:改|变|换|转)(?:成|为|做)|改(?=退|换|取消)|而是|改(?:了)?主意了?
    """,
    re.VERBOSE,
)
BESIDE = re.compile(
    r"\b(?:also|as\ well|another|besides|afterwards?|later)\b|\btoo(?=\W*$|\s*[,.;!?])|(?:\band|,|;|^)\ ?then\b|也|再(?!说|想|考虑)|另外|还[要想有得]|顺便|同时|之后|以后|然后|一起",
    re.VERBOSE,
)
# Which of them it shall be is still open.
UNDECIDED = re.compile(
    r"\bor\b|\b(?:should|shall)\ i\b|\bis\ it\b|呢\W*$|哪|好不好|[^\W_]还是.*[?]"
)
# "The order number is wrong" wants to give another. Of an item or a reason the same words may say
# why it goes back.
FAULT = r"""
    (?:no\W*|sorry\W*|oh\W*)*(?:(?:the|my|that|this)\ )?{label}(?:\ (?:i\ (?:gave|typed|sent)(?:\ you)?))?(?:\ is|\ was|'s)?\ (?:wrong|incorrect|not\ (?:right|correct))
    |(?:i\ (?:gave|typed|sent)(?:\ you)?\ )?(?:the\ |a\ )?wrong\ {label}
    |(?:不好意思|抱歉|我的?|这个|刚才的?)*\W*{label}(?:我)?(?:好像|可能)?(?:是|给|填|写|输入?|弄|报|发)?(?:错|不对|有误|不正确)(?:了|的)?
    |(?:我)?(?:填|写|输|弄|报|发)错了?{label}了?
"""
# "Change: Reason" is what the buttons behind a no say.
CHANGE = r"""
    (?:(?:no|please|i|i'd|we|can|could|would|let|me|you|want|need|like|have|to)\W+)*(?:change|correct|edit|fix|modify|update)\W+(?:(?:the|my|that|this)\ )?{label}(?:\W+(?:please|thanks))?
    |(?:不|我|要|想|需|请|帮|麻烦|您|你|把)*(?:修改|更改|更正|改)(?:一?下)?\W*{label}(?:吧|谢谢)?
    |(?:我|要|想|请|帮|把)*{label}(?:要|想|得|需要)?(?:改|修改|更改)(?:一?下)?(?:吧)?
"""
NAMED = r"(?:(?:the|my)\ )?{label}"
NUMBERED = frozenset(
    {SlotKind.ORDER_ID, SlotKind.PHONE, SlotKind.PHONE_TAIL, SlotKind.EMAIL, SlotKind.DATE}
)
LONGEST_DENIAL = 40


def wants(key: str, said: str, least: float, reading: Reading) -> bool:
    """Whether words ask for the flow, with at least this confidence."""
    wishes = matcher(reading.book).rank(said)
    return any(wish.flow == key and wish.confidence >= least for wish in wishes)


def wish_of(reading: Reading) -> str:
    """The flow that the line asks for; "" for none."""
    wishes = reading.wishes
    if not wishes or wishes[0].confidence < START_AT:
        return ""
    flow = wishes[0].flow
    return "" if reading.asks_about and not reading.book.by_key[flow].lookup else flow


def restates(clause: str, flow: FlowSpec, reading: Reading) -> bool:
    """Whether the clause asks for the flow once more."""
    least = START_AT if RATHER.search(clause) else SURE_AT
    return not HELD_BACK.search(clause) and wants(flow.key, clause, least, reading)


def is_question(reading: Reading) -> bool:
    return reading.asks_about or QUESTION.search(reading.prose) is not None


def is_denied(flow: FlowSpec, reading: Reading) -> bool:
    """Whether the flow is what the line no longer wants: 不退了, "I don't want to return it"."""
    line = reading.line.folded
    if len(line) > LONGEST_DENIAL or wish_of(reading) == flow.key or not DENIERS.search(line):
        return False
    return wants(flow.key, DENIERS.sub(" ", line), START_AT, reading)


def faulted(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> Unfit | None:
    """The slot whose value the line calls wrong, or wants to change, and says no more."""
    plain = reading.plain
    if len(plain) > LONGEST_DENIAL:
        return None
    # Nothing is open: what shall be changed was asked for.
    was_denied = not (active.pending or active.confirmation)
    for spec in flow.slots:
        if spec.name not in active.slots:
            continue
        labels = "|".join(re.escape(normalise(label)) for label in spec.labels.values())
        ways = (CHANGE, FAULT) if spec.kind in NUMBERED else (CHANGE,)
        if any(_said_of(way, labels).fullmatch(plain) for way in ways):
            return Unfit(spec.name, WRONG)
        if was_denied and _said_of(NAMED, labels).fullmatch(plain):
            return Unfit(spec.name, WRONG)
    return None


@lru_cache(maxsize=1024)
def _said_of(way: str, labels: str) -> re.Pattern[str]:
    return re.compile(way.replace("{label}", f"(?:{labels})"), re.VERBOSE)


def switched(flow: FlowSpec, reading: Reading) -> Iterator[Command]:
    """The commands of a line that wants another flow instead of this one. A lookup is no stead: it
    changes nothing."""
    line = reading.line.folded
    if not RATHER.search(line) or BESIDE.search(line):
        return
    if reading.asks_about or UNDECIDED.search(line):
        return
    wish = _other(flow, reading)
    if wish and not (instead := reading.book.by_key[wish.flow]).lookup:
        yield CancelFlow()
        yield StartFlow(wish.flow, wish.confidence)
        # 改主意了 says why there is another flow, and not why the thing goes back.
        given = details(instead, reading, reading.mentions)
        yield from (one for one in given if not (one.slot == REASON and _is_turn(one)))


def _is_turn(one: SetSlot | Unfit) -> bool:
    return isinstance(one, SetSlot) and RATHER.search(one.said.lower()) is not None


def afterwards(flow: FlowSpec, reading: Reading) -> StartFlow | None:
    """The other flow that a line asks for beside this one."""
    wish = wish_of(reading)
    if wish in ("", flow.key) or not BESIDE.search(reading.line.folded):
        return None
    return StartFlow(wish, reading.wishes[0].confidence)


def _other(flow: FlowSpec, reading: Reading) -> Wish | None:
    """The other flow that is wished for, this one being named only to be left. The words for the
    change are no part of the wish: the 不 of 不如 denies nothing."""
    said = RATHER.sub(" ", without(reading.line.folded, reading.mentions))
    wishes = (*matcher(reading.book).rank(said), *reading.wishes)
    likely = (wish for wish in wishes if wish.confidence >= START_AT)
    return next((wish for wish in likely if wish.flow != flow.key), None)
