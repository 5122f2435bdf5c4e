"""Two wishes in one line: "return the earbuds, and where is my other order?"."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from apps.engine.about import asks_about
from apps.engine.another import names_another
from apps.engine.clauses import MARKS
from apps.engine.flows import SlotKind
from apps.engine.matching import Wish
from apps.engine.reading import SURE_AT, Reading, matcher
from apps.engine.recognise.hearing import without
from apps.engine.recognise.mention import Mention
from apps.engine.text import is_han
from apps.engine.wishing import LOOKS, QUESTION, RATHER, names_slots

# Marks alone part what is told as well as what is wished for.
JOINED = re.compile(
    rf"[{MARKS}]?\s{{0,2}}(?:\b(?P<en>and|also|plus|besides|then)\b|(?P<zh>另外|顺便|顺带|还有|还[要想得]|再(?!说|想|考虑)|同时|然后|以及|并且))|[{MARKS}]+"
)
EITHER = re.compile(r"\b(?:or|should i|shall i)\b|[^\W_]还是")
WHERE = re.compile(
    r"\W*(?:where(?:'s|s|\ is|\ are)?|when(?:'s|\ is)?)\W*|\W*(?:现在|在|到|去|走|看看|查一?下|帮我|知道)*哪里?儿?[了呀啊呢]*\W*"
)
NAMING = (SlotKind.ORDER_ID, SlotKind.PRODUCT)
# Parts of one line that are looked at.
MOST_PARTS = 12


class Twofold(NamedTuple):
    """The wishes of a line before and after folded[cut]."""

    first: Wish
    second: Wish
    cut: int


class Part(NamedTuple):
    """`said` is folded[first:end] without what it names; `start`: where what joins it to the part
    before begins. `is_joined`: by a word."""

    said: str
    start: int
    first: int
    end: int
    is_joined: bool


def twofold(reading: Reading) -> Twofold | None:
    """The two wishes of a line; None when it has one, or none, or leaves open which. Somebody who
    tells a story around one wish names the same thing in other words ("cancel it and refund me"),
    so two flows that change something are two wishes only of two things."""
    if not _may_be_two(reading):
        return None
    first: Wish | None = None
    for part in parts(reading):
        wish = surest(in_words(part, reading), reading)
        if first is None or wish is None or wish.flow == first.flow:
            first = first or wish
        elif _are_two(found := Twofold(first, wish, part.start), part, reading):
            return found
    return None


def third(both: Twofold, reading: Reading) -> tuple[Wish, int] | None:
    """A wish behind the second, and where what joins it begins."""
    for part in parts(reading):
        wish = surest(in_words(part, reading), reading) if part.start > both.cut else None
        if wish and wish.flow != both.second.flow:
            return wish, part.start
    return None


def _may_be_two(reading: Reading) -> bool:
    """What a few looks tell: to judge the parts costs as much as the whole line did."""
    line = reading.prose
    if not JOINED.search(line):
        return False
    is_of_two = _names_two(reading.mentions) or names_another(line)
    if not is_of_two and not (any(map(_word, JOINED.finditer(line))) and LOOKS.search(line)):
        return False
    return not (EITHER.search(line) or RATHER.search(line))


def _names_two(mentions: list[Mention]) -> bool:
    kinds = [one.kind for one in mentions]
    return any(kinds.count(kind) > 1 for kind in NAMING)


def _word(joined: re.Match[str]) -> bool:
    """Whether a word joins the parts, and not a mark alone."""
    return joined.lastgroup is not None


def parts(reading: Reading) -> Iterator[Part]:
    """The line part by part; whatever is left behind the last one that is looked at."""
    said = without(reading.prose, reading.mentions)
    # In the place of a name there is neither a mark nor a word that joins.
    solid = without(reading.prose, reading.mentions, "x")
    start, is_joined, cut = 0, False, 0
    for found in [*islice(JOINED.finditer(solid), MOST_PARTS), None]:
        end = found.start() if found else len(said)
        yield Part(said[start:end], cut, start, end, is_joined)
        if found:
            start, cut, is_joined = found.end(), found.start(), _word(found)


def asks(part: Part, reading: Reading) -> bool:
    """Whether a part is a question, its mark included. A name at its head is no blank there: "W123 is
    my order"."""
    return QUESTION.search(reading.prose[part.first : part.end + 1]) is not None


def in_words(part: Part, reading: Reading) -> str:
    """What a part says. Of "where is W123?" too little is left, so the order has a word put in."""
    if not WHERE.fullmatch(part.said):
        return part.said
    orders = (one.start for one in reading.mentions if one.kind is SlotKind.ORDER_ID)
    at = next((start for start in orders if part.first <= start < part.end), None)
    if at is None:
        return part.said
    said = part.said.strip()
    return f"我的订单{said}" if any(map(is_han, said)) else f"{said} my order"


def surest(said: str, reading: Reading) -> Wish | None:
    """What a part asks for in so many words: "from my last order" asks for no look at it."""
    wishes = matcher(reading.book).rank(said)
    if not wishes or wishes[0].confidence < SURE_AT:
        return None
    flow = reading.book.by_key[wishes[0].flow]
    if asks_about(said) and not flow.lookup:
        return None
    return wishes[0] if LOOKS.search(said) or not names_slots(flow, said) else None


def _are_two(found: Twofold, part: Part, reading: Reading) -> bool:
    if names_another(reading.prose):
        return True
    for kind in NAMING:
        named = [one for one in reading.mentions if one.kind is kind]
        before = {one.value for one in named if one.start < found.cut}
        after = {one.value for one in named if one.start >= found.cut}
        if before and after:
            return before.isdisjoint(after)
    flows = reading.book.by_key
    return part.is_joined and flows[found.first.flow].lookup is not flows[found.second.flow].lookup
