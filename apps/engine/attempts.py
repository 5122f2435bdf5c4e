"""Short lines to which no value was found: one that missed its shape, or none that was meant for it."""

import re
from collections.abc import Iterator
from functools import lru_cache

from apps.engine.commands import AskFaq, Command, StartFlow, Unfit
from apps.engine.courtesies import courtesy
from apps.engine.faults import NUMBERED
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.reading import Reading, phrases
from apps.engine.text import normalise
from apps.engine.wishing import is_question

# A short line that is no question was meant for what was asked.
SHORT = 16
SHORT_WORDS = 4
LONGEST = 60
# Wonder and disbelief, which answer nothing.
EXCLAIMS = re.compile(
    r"""
    (?:oh\ |wow\ |no\ )*(?:wow|really|seriously|for\ real|no\ way|you(?:'re|\ are)\ (?:kidding|joking)|are\ you\ (?:kidding|joking|serious)(?:\ me)?|unbelievable|ridiculous|wtf|omg|lol|haha+|hmm+|ugh+)
    |(?:这|你|都|不会)?(?:是)?(?:真的假的|假的吧|真的吗?|不会吧|不是吧|开玩笑吧?|逗我呢?|搞笑呢?吧?|骗人的?吧?)|(?:我去|我靠|天[哪啊呐]|哈+|呵+|无语|晕)(?:了)?
    """,
    re.VERBOSE,
)
# Where what is asked for can be found, which its prompt says.
_WHERE = r"""
    (?:(?:sorry|but|and|so|ok|hi|please)\W+)*(?:(?:can|could|would)\ you\ tell\ me\ |i\ don'?t\ know\ |tell\ me\ |do\ you\ know\ )?(?:where|how)\b
        (?:\ (?:do|does|can|could|would|should|will|might|to|am|i|we|you|is|are|exactly|supposed))*(?:\ (?:find|see|get|look|locate|check|know|have))?
        (?:\ (?:for|up|the|my|our|that|this|an?))*\ {noun}(?:\ (?:is|be|stands?|written|found|in|at|on|the|my|e?mail|app|up))*
    |what(?:\ is|'s)?(?:\ (?:an?|the|my|that))*\ {noun}
    |{ask}*{at}*{how}(?:才)?(?:能|可以|去)?{see}?(?:我的|到|这个)?(?:{noun}|它)
    |{ask}*{noun}(?:是|我)?{at}*(?:{how}|什么)(?:才)?(?:能|可以|去)?(?:{see}|来的)?
    |{ask}*{at}+{how}{see}
    |(?:什么|哪个|啥)(?:是)?{noun}
"""
_PARTS = {
    "{ask}": "(?:请问|那|可是|但|我的?|这个|那个|你说的)",
    "{at}": "(?:在|去|到|要|能|可以|应该)",
    "{how}": "(?:哪里?儿?|什么地方|何处|怎么|如何|咋)",
    "{see}": "(?:找到?|看到?|查到?|知道|获取|得到|有)",
}
_NOUN = r"order\ ?(?:number|no|id|code)|number|it|that|this|订单号码?|单号|号码|编号"


def attempted(flow: FlowSpec, pending: SlotSpec, reading: Reading) -> Iterator[Command]:
    """What a line without a value was to be: the value that was asked for, a word for where it
    stands, or a question, if one is found that it asks."""
    if _asks_where(pending, reading):
        yield StartFlow(flow.key)
        yield AskFaq(reading.text, maybe=True)
    elif _is_attempt(pending, reading):
        yield unfit(pending)
        if pending.kind in NUMBERED and not any(map(str.isdigit, reading.plain)):
            yield AskFaq(reading.text, maybe=True)


def unfit(pending: SlotSpec) -> Unfit:
    is_unknown = pending.kind in (SlotKind.PRODUCT, SlotKind.CHOICE)
    return Unfit(pending.name, "unknown" if is_unknown else "shape")


def exclaims(reading: Reading) -> bool:
    return EXCLAIMS.fullmatch(reading.plain) is not None


def _is_attempt(pending: SlotSpec, reading: Reading) -> bool:
    """Whether the line was meant for the slot, and missed its shape."""
    if pending.kind is SlotKind.TEXT or is_question(reading) or courtesy(reading.plain):
        return False
    plain = reading.plain
    if exclaims(reading) or phrases(reading.book).added(plain):
        return False
    if any(char.isdigit() for char in plain):
        return True
    return 0 < len(plain) <= SHORT and len(plain.split()) <= SHORT_WORDS


def _asks_where(pending: SlotSpec, reading: Reading) -> bool:
    if pending.kind not in NUMBERED or len(reading.plain) > LONGEST:
        return False
    return _where(tuple(pending.labels.values())).fullmatch(reading.plain) is not None


@lru_cache(maxsize=256)
def _where(labels: tuple[str, ...]) -> re.Pattern[str]:
    pattern = _WHERE
    for name, part in _PARTS.items():
        pattern = pattern.replace(name, part)
    noun = "|".join([*(re.escape(normalise(label)) for label in labels), _NOUN])
    return re.compile(pattern.replace("{noun}", f"(?:{noun})"), re.VERBOSE)
