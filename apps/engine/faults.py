"""What a line says against a value that stands there, without giving another: it is asked for anew."""

import re
from functools import lru_cache

from apps.engine.commands import Unfit
from apps.engine.filling import WRONG
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.reading import Reading
from apps.engine.recognise.parsing import REASON
from apps.engine.text import normalise
from apps.engine.types import ActiveFlow

LONGEST = 40
# "The order number is wrong" wants to give another. Of an item the same words may say why it goes
# back.
FAULT = r"""
    (?:no\W*|sorry\W*|oh\W*|actually\W*)*(?:(?:the|my|that|this)\ )?{label}(?:\ (?:i\ (?:gave|typed|sent|chose|picked|selected)(?:\ you)?|here|there|above))?(?:\ is|\ was|'s)?\ ?(?:wrong|incorrect|not\ (?:right|correct|true|it|that)|isn'?t\ (?:right|correct|true|it|that))
    |(?:i\ (?:gave|typed|sent|chose|picked|selected|put)(?:\ (?:in|you))?\ )?(?:that'?s\ |that\ is\ |this\ is\ |it'?s\ |it\ is\ )?(?:the\ |a\ )?wrong\ {label}
    |(?:that|this|it)(?:'s\ not|\ is\ not|\ isn'?t|\ was(?:n'?t|\ not))\ (?:the|my)\ (?:right\ |real\ |actual\ |correct\ )?{label}
    |(?:不好意思|抱歉|其实|我的?|这个|那个|刚才的?)*\W*{label}(?:我)?(?:好像|可能|其实|都)?(?:不是(?:这个|这样|那个)|(?:是|给|填|写|选|输入?|弄|搞|报|发|说)?(?:错|不对|有误|不正确|有问题))(?:了|的)?
    |(?:我)?(?:填|写|选|输|弄|搞|报|发|说)错了?{label}了?
    |(?:其实|我)*(?:不是|并不是)(?:因为)?(?:这个|那个){label}
"""
# "Change: Reason" is what the buttons behind a no say.
CHANGE = r"""
    (?:(?:no|please|i|i'd|we|can|could|would|let|me|you|want|need|like|have|to|actually)\W+)*(?:change|correct|edit|fix|modify|update|choose|pick|select|give|use)\W+(?:(?:the|my|that|this|you|an?|another|other|different|new)\W+)*{label}(?:\W+(?:please|thanks|then|instead))?
    |(?:(?:no|please|i|i'd|we|can|could|would|want|need|like|have|there|is|it|was|for|to|actually|it'?s|there'?s)\W+)*(?:another|a\ different|a\ new|some\ other)\ {label}(?:\W+(?:please|thanks|then|instead))?
    |(?:不|我|要|想|需|请|帮|麻烦|您|你|把)*(?:修改|更改|更正|改|换)(?:一?[下个]|另外?一?个|别的|其他的?)?\W*{label}(?:吧|谢谢)?
    |(?:我|要|想|请|帮|把)*{label}(?:要|想|得|需要|可以|能)?(?:改|修改|更改|换)(?:一?[下个])?(?:吧|吗)?
    |(?:我|其实|还)*(?:有|是|选|因为|想选)*(?:别的|其他的?|另外的?|另一个){label}
"""
# A whole line that means another order than the one that stands there.
ANOTHER_ORDER = re.compile(
    r"""
    (?:(?:no|not\ this|not\ that|actually|sorry|please|but|it'?s|it\ is|it\ was|that'?s|for|about|with|i|meant|mean|want|need|take|use)\W+)*
        (?:another|a\ different|(?:the|my)\ other)\ (?:order|one)(?:\ number)?(?:\W+(?:please|then|instead|thanks))*
    |(?:no\W+)?(?:not|wrong)\ (?:this|that|the)\ order
    |(?:不|不对|不好意思|我|是|要|想|说的|指的|其实|应该|换|改|用|成|为)*(?:另外?一?|别的|其[他它]的?)[个张单笔]?的?订单(?:吧|谢谢|的)?
    |(?:我|要|想|请|帮)*(?:换|改)(?:成)?一?[个张]订单(?:吧|谢谢)?|不是这[个张单笔](?:订单)?(?:的)?
    """,
    re.VERBOSE,
)
NAMED = r"(?:(?:the|my)\ )?{label}"
NUMBERED = frozenset(
    {SlotKind.ORDER_ID, SlotKind.PHONE, SlotKind.PHONE_TAIL, SlotKind.EMAIL, SlotKind.DATE}
)
OF_A_REASON = ("reason", "cause", "原因", "理由")


def faulted(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> Unfit | None:
    """The slot whose value the line calls wrong, or wants to change, and says no more."""
    plain = reading.plain
    if len(plain) > LONGEST:
        return None
    # Nothing is open: what shall be changed was asked for.
    was_denied = not (active.pending or active.confirmation)
    for spec in flow.slots:
        if spec.name not in active.slots:
            continue
        labels = _labels(spec)
        ways = [CHANGE, *([FAULT] if _may_be_wrong(spec) else ())]
        if any(_said_of(way, labels).fullmatch(plain) for way in ways):
            return Unfit(spec.name, WRONG)
        if spec.kind is SlotKind.ORDER_ID and ANOTHER_ORDER.fullmatch(plain):
            return Unfit(spec.name, WRONG)
        if was_denied and _said_of(NAMED, labels).fullmatch(plain):
            return Unfit(spec.name, WRONG)
    return None


def _may_be_wrong(spec: SlotSpec) -> bool:
    return spec.kind in NUMBERED or spec.name == REASON


def _labels(spec: SlotSpec) -> tuple[str, ...]:
    return (*spec.labels.values(), *(OF_A_REASON if spec.name == REASON else ()))


@lru_cache(maxsize=1024)
def _said_of(way: str, labels: tuple[str, ...]) -> re.Pattern[str]:
    named = "|".join(re.escape(normalise(label)) for label in labels)
    return re.compile(way.replace("{label}", f"(?:{named})"), re.VERBOSE)
