"""A question that stands beside a wish: "cancel my order, and what is your warranty?"."""

import re
from typing import NamedTuple

from apps.engine.about import asks_about
from apps.engine.another import names_another
from apps.engine.clauses import CLAUSE
from apps.engine.flows import SlotKind
from apps.engine.matching import Wish, gist
from apps.engine.reading import START_AT, Reading, matcher
from apps.engine.recognise.mention import Mention
from apps.engine.twofold import JOINED, Part, asks, parts, surest
from apps.engine.wishing import names_slots

LONGEST = 120
# What asks for the wish itself to be done, or wonders: "can you help me", 可以吗, "why is this so slow".
ASKS_NOTHING = re.compile(
    r"""
    \W*(?:please\ )?(?:can|could|would|will|are|do)\ you\ (?:please\ |kindly\ |be\ )?(?:able\ to\ )?(?:still\ )?(?:help|assist|do\ (?:it|that|this|so)|confirm|arrange|process|sort|fix|handle|see\ to|look\ into|check|make\ sure|ensure|hurry|mind|guide|support|(?:tell\ me|let\ me\ know|advise)(?!.*\b(?:what|when|where|how|which|who|whether|if)\b))\b.*
    |\W*(?:is|would|will|was)\ (?:that|it|this|there)\ (?:be\ )?(?:possible|ok(?:ay)?|alright|all\ right|fine|doable|a\ problem|any\ way|anything|something|anyone|someone|clear|correct|right)\b.*
    |\W*(?:how|what)\ (?:do|can|should|could|must|would)\ (?:i|we)\ (?:do|proceed|go\ (?:on|about|ahead))\b.*
    |\W*(?:what(?:'s|\ is)\ (?:next|wrong|going\ on|up|the\ (?:next\ step|problem|matter))|what\ (?:now|next|happened|gives)|how\ come|how\ (?:is|are|do)\ you|how\ about\ (?:it|that|this)|how\ (?:does|is)\ (?:it|this|that)\ (?:work|done|possible))\b.*
    |.*\b(?:can|may|could)\ i\ (?:do|get|have)\ (?:it|that|this)\b.*|\W*(?:can|may|could)\ i\W*
    |.*(?:不知道|搞不懂|不明白|没什么|什么都|什么也|怎么[办弄搞做]|怎么操作|怎么这[样么]|怎么回事|什么情况|凭什么|有没有搞错|在[吗么]).*
    |\W*(?:请问|那|这|都|现在|还|就|麻烦|你|您|们|帮我|给我|可以的?话?|能不能|可不可以|能|可以|行|好|方便|办理?|处理|操作|帮忙|一下|下|帮|是不是|是|要|吗|么|呢|吧|不|啊)++\W*
    """,
    re.VERBOSE,
)

# Most lines ask nothing, which one look tells.
_ASKING = (
    "how what when where why who which can could do does did is are will would should may how's what's "
    "when's where's who's whats"
)
ASKING = frozenset(_ASKING.split())
ASKING_HAN = re.compile(
    "[?吗么呢哪谁啥咋怎几]|如何|为何|多[少久长]|是否|[能要]不[能要]|可不可以|有没有|是不是"
)


class Aside(NamedTuple):
    """`question` is folded[start:end] in the visitor's words; `wish` is what another part asks for,
    None when that takes the whole line to tell."""

    question: str
    wish: Wish | None
    start: int
    end: int

    def without(self, mentions: list[Mention]) -> list[Mention]:
        """Those that the question does not name; all, where nothing else says what it is about."""
        rest = [one for one in mentions if one.end <= self.start or self.end <= one.start]
        return rest or mentions


def aside(reading: Reading) -> Aside | None:
    """The first question of a line that is neither what it wishes for nor why."""
    line = reading.prose
    if not (_may_ask(line) and JOINED.search(line)):
        return None
    found = list(parts(reading))
    place = next((at for at, part in enumerate(found) if _is_aside(part, reading)), None)
    if place is None:
        return None
    last = _last(found, place, reading)
    wishes = (_wish_of(part, reading) for part in (*found[:place], *found[last + 1 :]))
    start, end = found[place].first, found[last].end
    end += line.startswith("?", end)
    first, beyond = reading.line.span(start, end)
    question = reading.text[first:beyond].strip()[:LONGEST]
    return Aside(question, next(filter(None, wishes), None), start, end)


def _may_ask(line: str) -> bool:
    if not ASKING.isdisjoint(line.split()):
        return True
    return "?" in line if line.isascii() else ASKING_HAN.search(line) is not None


def _last(found: list[Part], place: int, reading: Reading) -> int:
    """The part with which the question ends: a word that joins may stand inside it."""
    for at in range(place + 1, len(found)):
        is_marked = CLAUSE.match(reading.prose, found[at].start) is None
        if is_marked or _is_wish(found[at].said, reading):
            return at - 1
    return len(found) - 1


def _is_aside(part: Part, reading: Reading) -> bool:
    if not asks(part, reading) or ASKS_NOTHING.fullmatch(part.said) or not gist(part.said):
        return False
    numbers = [(one.start, one.end) for one in reading.mentions if one.kind is not SlotKind.PRODUCT]
    # A reason is told up to the end of its clause.
    why = [(reading.reason.start, reading.reason.start + 1)] if reading.reason else []
    if any(start < part.end and part.first < end for start, end in numbers + why):
        return False
    if names_another(part.said) or _is_wish(part.said, reading):
        return False
    return not any(names_slots(flow, part.said) for flow in reading.book.flows)


def _wish_of(part: Part, reading: Reading) -> Wish | None:
    """What another part asks for, but for what it may only ask about."""
    wish = surest(part.said, reading)
    if wish and asks(part, reading) and not reading.book.by_key[wish.flow].lookup:
        return None
    return wish


def _is_wish(said: str, reading: Reading) -> bool:
    wishes = matcher(reading.book).rank(said)
    if not wishes or wishes[0].confidence < START_AT:
        return False
    flow = reading.book.by_key[wishes[0].flow]
    return flow.lookup or names_slots(flow, said) or not asks_about(said)
