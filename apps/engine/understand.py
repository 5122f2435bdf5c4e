"""The local understander: patterns, lists and examples over one line, no model.

It yields commands and decides nothing: what they do follows from where the dialogue stands.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache

from apps.engine.another import names_another
from apps.engine.asides import aside
from apps.engine.book import Book, PhraseKind, kept
from apps.engine.commands import (
    AskFaq,
    Command,
    Courtesy,
    SetSlot,
    SmallTalk,
    StartFlow,
    Unfit,
    WantHuman,
)
from apps.engine.consent import ORDERLY
from apps.engine.courtesies import WISH_LENGTH, courtesy, wants_human
from apps.engine.filling import awaited
from apps.engine.flows import FlowSpec, SlotKind
from apps.engine.in_flow import in_flow, is_bare
from apps.engine.matching import Wish
from apps.engine.reading import LIKELY_AT, SURE_AT, Reading, details, phrases, word_for_word
from apps.engine.recognise.line import read
from apps.engine.recognise.mention import Mention
from apps.engine.recognise.parsing import TAIL, put
from apps.engine.standing import taken_back
from apps.engine.twofold import Twofold, third, twofold
from apps.engine.types import ActiveFlow, Snapshot

KEPT_LINES = 2048
LONGEST_COMMON = 100
LONGEST_DISMISSAL = 30
WORD_OF_HAN = 2
NO = re.compile(
    r"(?:no|nope|nah|not\ (?:now|yet|really)|no\ (?:worries|problem|need)|不|不是|不要|不必|没有?|没什么)(?:了|的|啊|呀|吧|啦)*",
    re.VERBOSE,
)
# Most lines hold no word that any stop has, which one look tells.
MAY_STOP = re.compile(
    r"\b(?:never|nvm|forget|don'?t|keep|leave|drop|scrap|stop|quit|exit|abort|abandon|start|no|rather|prefer|do not)\b|[算不别停退放结终撤]"
)
HOLDS_DETAILS = re.compile(r"[\d@]")
COURTESIES = {
    PhraseKind.GREETING: Courtesy.GREETING,
    PhraseKind.THANKS: Courtesy.THANKS,
    PhraseKind.FAREWELL: Courtesy.FAREWELL,
}


def understand(text: str, snapshot: Snapshot) -> list[Command]:
    """The commands of one visitor line, which may hold anything; never an empty list."""
    book, active = snapshot.book, snapshot.memory.active
    flow = book.by_version.get((active.flow, active.version)) if active else None
    if active is None or flow is None:
        is_common = len(text) <= LONGEST_COMMON and not HOLDS_DETAILS.search(text)
        if is_common:
            return list(common(book)(text, snapshot.today))
        return list(outside(text, book, snapshot.today))
    asked = _asked(flow, active, text)
    reading = Reading(text, book, snapshot.today, asked, (flow.key, flow.version))
    if _wants_human(reading):
        return [WantHuman()]
    said = in_flow(flow, active, reading) or [courteous(reading) or AskFaq(text)]
    return [*said, *taken_back(said, flow, active, reading)]


def _asked(flow: FlowSpec, active: ActiveFlow, text: str) -> SlotKind | None:
    """The kind of what the visitor was asked for. A card asks for its proof beside other things, so
    there no digits but bare ones are it."""
    spec = awaited(flow, active)
    if spec is None or (spec.name != active.pending and not is_bare(read(text).folded)):
        return None
    return spec.kind


def outside(text: str, book: Book, today: date | None) -> tuple[Command, ...]:
    """The commands of a line outside of flows."""
    reading = Reading(text, book, today)
    if _wants_human(reading):
        return (WantHuman(),)
    if found := courteous(reading) or _dismisses(reading):
        return (found,)
    return tuple(_opening(reading)) if book.flows else (AskFaq(text),)


# Buttons and the questions that everybody asks come again word for word, and to understand one
# costs a third of its turn. What may hold somebody's number or address is not kept.
@kept
def common(book: Book) -> Callable[[str, date | None], tuple[Command, ...]]:
    """`outside` for one book. Gone with it, or the lines of a preview would keep its book alive."""
    return lru_cache(maxsize=KEPT_LINES)(lambda text, today: outside(text, book, today))


def _wants_human(reading: Reading) -> bool:
    if phrases(reading.book).added(reading.plain) is PhraseKind.HUMAN:
        return True
    return len(reading.text) <= WISH_LENGTH and wants_human(reading.spelt, reading.plain)


def courteous(reading: Reading) -> SmallTalk | None:
    own = phrases(reading.book).added(reading.plain)
    found = COURTESIES.get(own) if own else None
    if found := found or courtesy(reading.plain):
        return SmallTalk(found)
    return None


def _dismisses(reading: Reading) -> SmallTalk | None:
    """A stop or a no where nothing is open, which needs no answer."""
    if len(reading.plain) > LONGEST_DISMISSAL or ORDERLY.search(reading.plain):
        return None
    if NO.fullmatch(reading.plain):
        return SmallTalk(Courtesy.ASSENT)
    lists = phrases(reading.book)
    said = lists.added(reading.plain)
    if said is None and MAY_STOP.search(reading.plain):
        said = lists.whole(reading.spelt, (PhraseKind.CANCEL,))
    if said is PhraseKind.CANCEL:
        wish = reading.wishes[0] if reading.wishes else None
        return None if wish and wish.confidence >= LIKELY_AT else SmallTalk(Courtesy.ASSENT)
    return None


def _opening(reading: Reading) -> Iterator[Command]:
    """A line outside of flows."""
    wish = reading.wishes[0] if reading.wishes else Wish("", 0.0)
    if wish.confidence < LIKELY_AT:
        yield from _heard(reading)
        yield AskFaq(reading.text)
        return
    beside = aside(reading)
    # What a lookup tells is asked for by a question.
    is_asked_about = not reading.book.by_key[wish.flow].lookup and reading.asks_about
    if both := twofold(reading):
        yield from _one_after_the_other(both, reading)
    elif beside and (
        said := wish if _is_sure(wish, is_asked_about=is_asked_about) else beside.wish
    ):
        yield from _begun(said, beside.without(reading.mentions), reading)
        if not reading.mentions:
            yield from word_for_word(said.flow, reading)
    else:
        beside = None
        yield from _wished(wish, reading, is_asked_about=is_asked_about)
    if beside:
        yield AskFaq(beside.question, beside=True)


def _is_sure(wish: Wish, *, is_asked_about: bool) -> bool:
    return wish.confidence >= SURE_AT and not is_asked_about


def _wished(wish: Wish, reading: Reading, *, is_asked_about: bool) -> Iterator[Command]:
    """One wish, which the line may only ask about."""
    is_sure = wish.confidence >= SURE_AT
    about = is_asked_about or (not is_sure and is_one_word(reading))
    yield from _begun(wish, reading.mentions, reading, about=about)
    if not is_sure or about:
        yield AskFaq(reading.text)
    elif not reading.mentions:
        yield from word_for_word(wish.flow, reading)


def _begun(
    wish: Wish, mentions: list[Mention], reading: Reading, *, about: bool = False
) -> Iterator[Command]:
    yield StartFlow(wish.flow, wish.confidence, about, names_another(reading.prose))
    yield from details(reading.book.by_key[wish.flow], reading, mentions)


def _one_after_the_other(both: Twofold, reading: Reading) -> Iterator[Command]:
    """Each wish with what is said on its side of the line, the first one also with what the second
    does not ask for. A third can be asked for when the second is over, which is said."""
    cut = reading.line.span(both.cut, both.cut + 1)[0]
    more = third(both, reading)
    end = more[1] if more else len(reading.prose)
    first, second = (reading.book.by_key[wish.flow] for wish in (both.first, both.second))
    earlier = [one for one in reading.mentions if one.start < both.cut]
    later = [one for one in reading.mentions if both.cut <= one.start < end]
    another = names_another(reading.prose[: both.cut])
    yield StartFlow(first.key, both.first.confidence, another=another)
    for one in details(first, reading, earlier):
        if isinstance(one, Unfit) or one.start < cut or one.slot not in second.by_name:
            yield one
    found = details(second, reading, later)
    given = tuple(one for one in found if isinstance(one, Unfit) or one.start >= cut)
    another = names_another(reading.prose[both.cut :])
    yield StartFlow(second.key, both.second.confidence, another=another, given=given)
    if more:
        yield StartFlow(more[0].flow, more[0].confidence)


def is_one_word(reading: Reading) -> bool:
    """Whether the line is a single word, which may name much: "delivery"."""
    plain = reading.plain
    return plain.isalpha() and (plain.isascii() or len(plain) <= WORD_OF_HAN)


def _heard(reading: Reading) -> Iterator[SetSlot]:
    """Details that belong to no flow yet, under the names of their kinds."""
    kinds = reading.prepared.kinds
    for one in reading.mentions:
        if one.problem or one.kind is None:
            continue
        if one.kind in kinds:
            yield put(one.kind, one.value, reading.line, one.start, one.end)
        elif one.kind is SlotKind.PHONE and SlotKind.PHONE_TAIL in kinds:
            yield put(SlotKind.PHONE_TAIL, one.value[-TAIL:], reading.line, one.start, one.end)
