"""What a line said inside a flow wants: this flow, another one after it, another one instead."""

import re
from collections.abc import Iterator
from functools import lru_cache

from apps.engine.another import names_another
from apps.engine.commands import CancelFlow, Command, SetSlot, StartFlow, Unfit
from apps.engine.flows import FlowSpec, SlotKind, SlotSpec
from apps.engine.matching import Wish, gist
from apps.engine.phrases import is_gone
from apps.engine.reading import START_AT, SURE_AT, Reading, details, matcher
from apps.engine.recognise.hearing import without
from apps.engine.recognise.parsing import REASON
from apps.engine.text import FUNCTION_WORDS, normalise, stem
from apps.engine.types import ActiveFlow

QUESTION = re.compile(
    r"""
    [?]|[吗么]\W*$|^\W*\w{1,6}呢\W*$|怎么|怎样|如何|什么|为何|多少|多久|多长|几[天点个时]|哪|谁|啥|咋|是否|能不能|可不可以|有没有|是不是|要不要
    |^\W*(?:how|what|when|where|why|who|which|can|could|do|does|did|is|are|will|would|should|may)\b
    |\b(?:how\ (?:much|long|many|do|can)|do\ you|can\ (?:i|you)|what\ (?:is|if|about))\b
    """,
    re.VERBOSE,
)
LOOKS = re.compile(
    rf"{QUESTION.pattern}|\b(?:track|check|look|find\ out|tell|know|see|status|update)\b|[查看问]|知道|物流|进度",
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
    |\b(?:instead|rather|on\ second\ thoughts?|changed\ my\ mind|better\ (?:to|just|if)|actually|in\ fact|make\ (?:it|that)\ an?|switch\ (?:it\ )?to|change\ (?:it\ |this\ )?to)\b
    |(?:^|[,.;!…，。；！、\s]|算了|[那我要就]|要不|我们)(?:还是|不如|干脆|索性|倒不如|直接)(?!.*(?:呢|吗|还是))
    |其实|实际上|说实话|(?:说|搞|弄)错了?(?=[\s,，])|应该是(?=.{0,6}[退换取])|(?:改|变|换|转)(?:成|为|做)|改(?=退|换|取消)|而是|改(?:了)?主意了?
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
LONGEST_DENIAL = 40
LONGEST_NAME = 60
WORD = re.compile(r"[^\W\d_]+")
POINTING = re.compile("[我你您的是这那就为叫个]+")


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


def says_why(pending: SlotSpec | None, flow: FlowSpec, reading: Reading) -> bool:
    """Whether a stop is the reason that was asked for, or the one that the flow itself is for: who
    cancels an order does not want it any more."""
    if reading.reason is None or REASON not in flow.by_name:
        return False
    is_asked = pending is not None and pending.name == REASON
    return is_asked or wants(flow.key, reading.plain, START_AT, reading)


def is_said_again(one: Command, flow: FlowSpec, active: ActiveFlow) -> bool:
    """Whether a value only says why once more, when all is agreed to: it changes nothing that was."""
    if not active.agreed or not isinstance(one, SetSlot) or one.slot != REASON:
        return False
    return not flow.by_name[REASON].required


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
        yield begun(wish, reading)
        # 改主意了 says why there is another flow, and not why the thing goes back.
        given = details(instead, reading, reading.mentions)
        yield from (one for one in given if not (one.slot == REASON and _is_turn(one)))


def outspoken(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> Iterator[Command]:
    """The commands of a line that gives what the flow could take, and asks for another flow with as
    many words: "return 202580668968" is no answer for who cancels. What the words say why is left
    out, as that may sound like many a wish. A lookup takes the stead of a flow that holds nothing
    yet."""
    said = _beyond(flow, reading)
    if active.running or reading.asks_about:
        return
    if names_only(flow, said) and not QUESTION.search(said):
        return
    if _swaps_orders(active, reading):
        return
    wish = next(iter(_wishes_beyond(flow, reading)), None)
    if wish is None or wish.confidence < SURE_AT or wish.flow == flow.key:
        return
    there = reading.book.by_key[wish.flow]
    if there.lookup:
        # "The order ..." may say which order goes back.
        unnamed = without_names(flow, said)
        looks = LOOKS.search(said) and wants(wish.flow, unnamed, SURE_AT, reading)
        is_meant = is_question(reading) or looks
        is_open = bool(active.slots) or not is_meant
    else:
        is_open = UNDECIDED.search(said) is not None
    if not is_open:
        yield CancelFlow()
        yield begun(wish, reading)
        yield from details(there, reading, reading.mentions)


def _swaps_orders(active: ActiveFlow, reading: Reading) -> bool:
    """Whether a line names the order that stands there beside another: "replace W1 with W2"."""
    known = {slot.value for slot in active.slots.values()}
    named = {one.value for one in reading.mentions if one.kind is SlotKind.ORDER_ID}
    return bool(named & known) and bool(named - known)


def names_only(flow: FlowSpec, said: str) -> bool:
    """Whether words only name what the flow is about: "order", "my order number is"."""
    if len(said) > LONGEST_NAME:
        return False
    left = [word for word in WORD.findall(said) if stem(word) not in FUNCTION_WORDS]
    return bool(left) and not WORD.search(without_names(flow, " ".join(left)))


def names_slots(flow: FlowSpec, said: str) -> bool:
    """Whether words say no more than what the flow asks for: "from my last order"."""
    labels = tuple(name for slot in flow.slots for name in slot.labels.values())
    names, stems = _words_of(labels)
    return all(word in stems or (not word.isascii() and word in names) for word in gist(said))


def without_names(flow: FlowSpec, said: str) -> str:
    """Words without those that name what the flow is about."""
    named = [flow.names, *(slot.labels for slot in flow.slots)]
    names, stems = _words_of(tuple(name for texts in named for name in texts.values()))

    def unnamed(found: re.Match[str]) -> str:
        word = found[0]
        is_name = stem(word) in stems or (not word.isascii() and word in names)
        return " " if is_name else word

    return WORD.sub(unnamed, POINTING.sub(" ", said))


@lru_cache(maxsize=256)
def _words_of(names: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    said = " ".join(map(normalise, names))
    return said, frozenset(map(stem, WORD.findall(said)))


def is_about_proof(flow: FlowSpec, reading: Reading) -> bool:
    """Whether the line says that what proves an order is gone, which may come unasked."""
    return any(is_gone(spec.kind, reading.plain) for spec in flow.slots if spec.proof)


def only_says_why(flow: FlowSpec, active: ActiveFlow, reading: Reading) -> bool:
    """Whether the line gives the reason that stands there once more, and no other wish."""
    if reading.reason is None or REASON not in active.slots or is_question(reading):
        return False
    if is_about_proof(flow, reading):
        return False
    wishes = matcher(reading.book).rank(RATHER.sub(" ", _beyond(flow, reading)))
    return not any(wish.confidence >= START_AT for wish in wishes)


def _is_turn(one: SetSlot | Unfit) -> bool:
    return isinstance(one, SetSlot) and RATHER.search(one.said.lower()) is not None


def begun(wish: Wish, reading: Reading, given: tuple[SetSlot | Unfit, ...] = ()) -> StartFlow:
    """The command for a wish of a line that is said inside another flow."""
    return StartFlow(wish.flow, wish.confidence, another=names_another(reading.prose), given=given)


def _other(flow: FlowSpec, reading: Reading) -> Wish | None:
    """The other flow that is wished for, this one being named only to be left. The words for the
    change are no part of the wish: the 不 of 不如 denies nothing."""
    said = _beyond(flow, reading)
    wishes = (*matcher(reading.book).rank(RATHER.sub(" ", said)), *_wishes_beyond(flow, reading))
    likely = (wish for wish in wishes if wish.confidence >= START_AT)
    return next((wish for wish in likely if wish.flow != flow.key), None)


def _wishes_beyond(flow: FlowSpec, reading: Reading) -> list[Wish]:
    """换成 a number means that order instead, and no exchange."""
    if any(one.kind is SlotKind.ORDER_ID for one in reading.mentions):
        return matcher(reading.book).rank(RATHER.sub(" ", _beyond(flow, reading)))
    why = reading.reason if REASON in flow.by_name else None
    return matcher(reading.book).rank(_beyond(flow, reading)) if why else reading.wishes


def _beyond(flow: FlowSpec, reading: Reading) -> str:
    """The folded line without what it names, and without the reason that it gives for the flow."""
    rest = without(reading.line.folded, reading.mentions)
    why = reading.reason if REASON in flow.by_name else None
    return f"{rest[: why.start]},{rest[why.end :]}" if why else rest
