"""What a flow's own name, and the labels of what proves an order, add to the words of a yes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from apps.engine.consent_words import ASKED, END, ORDER, PROOF
from apps.engine.courtesies import bare
from apps.engine.flows import FlowSpec
from apps.engine.text import is_han, normalise, pieces

# Of a flow's own name. What else may stand in one, such as "order", may be said for the opposite.
VERBS = re.compile("cancel|return|exchange|refund|replace|repair|swap|change|renew|extend|resend")
HAN_VERBS = re.compile("取消|退货退款|退货|退款|退换|换货|更换|维修|补发|更改|修改|改期|续订")
# May stop the talk as well, so it says what it is about, or confirms in the same word.
STOP, HAN_STOP = "cancel", "取消"
WISH = "(?:i want to|i would like to|i'd like to|go ahead and|please)"
BEGUN = "(?:(?:go ahead|proceed|continue) with|arrange|start|process|submit)"
HAN_SHORT = {"退货": "退", "退款": "退", "退货退款": "退", "换货": "换"}
ARTICLES = {"a", "an", "the", "my", "your"}
_HANDED = rf"""
    (?:(?:here\ (?:it\ is|you\ (?:go|are))|it'?s|it\ is|with|(?:(?:it|that)\ )?(?:ends?|ending)\ (?:in|with)
        |(?:(?:the|my)\ )?NOUN(?:\ of\ (?:the|my)\ NOUN)?(?:\ (?:is|are|(?:ends?|ending)\ (?:in|with)))?)\ )?{PROOF}(?:\ here)?
    |(?:我的?)?(?:HAN的?){{0,3}}(?:就?是|为)?\ ?{PROOF}
"""
_NOUN = r"last\ (?:four|4)(?:\ digits)?|(?:four\ )?digits|(?:phone|mobile|cell)(?:\ number)?|number|e\ ?mail(?:\ address)?"
_HAN_NOUN = r"手机号?码?|电话号?码?|尾号|[后末][四4]位(?:数字?)?|号码|邮箱"
# Fits nothing.
NEVER = "(?!)"


@dataclass(frozen=True, slots=True)
class FlowWords:
    """`whole`: a wish that is a yes by itself, since it names what it is about."""

    yes: re.Pattern[str]
    doing: re.Pattern[str]
    proof: re.Pattern[str]
    whole: re.Pattern[str]


def words_of(flow: FlowSpec) -> FlowWords:
    labels = [name for spec in flow.slots if spec.proof for name in spec.labels.values()]
    return _made(tuple(flow.names.values()), tuple(labels))


@lru_cache(maxsize=256)
def _made(names: tuple[str, ...], labels: tuple[str, ...]) -> FlowWords:
    named = [pieces(normalise(name)) for name in names]
    ways = [way for name in named for way in _ways(name)]
    whole = [way for name in named for way in _whole_wishes(name)]
    verbs = {found[0] for name in names if (found := HAN_VERBS.search(name))}
    said = [
        f"(?:那?就)?(?:申请)?{short}货?了?吧" for verb, short in HAN_SHORT.items() if verb in verbs
    ]
    if HAN_STOP in verbs:
        said.append(f"确[认定]{HAN_STOP}")
    own = [re.escape(bare(normalise(label))) for label in labels]
    handed = _HANDED.replace("HAN", f"(?:{'|'.join([*own, _HAN_NOUN])})")
    handed = handed.replace("NOUN", f"(?:{'|'.join([*own, _NOUN])})")
    return FlowWords(
        re.compile("|".join(said) or NEVER),
        re.compile("|".join(ways) or NEVER),
        re.compile(handed, re.VERBOSE),
        re.compile("|".join(whole) or NEVER),
    )


def _ways(name: list[str]) -> Iterator[str]:
    """Patterns of what may be said to be done under a name: all of it, or its verb."""
    if any(map(is_han, name)):
        yield from _han_ways("".join(name))
        return
    words = _said_words(name)
    if words:
        yield rf"(?:{BEGUN} )?(?:(?:the|this|my) )?{_spaced(words)}(?: now)?"
    if verb := next((found[0] for word in words if (found := VERBS.match(word))), ""):
        named = "" if verb == STOP else "?"
        yield rf"(?:{WISH} )?(?:{_spaced(words)}|{verb}(?: (?:it|this|that|them)){named})(?: now)?"


def _han_ways(name: str) -> Iterator[str]:
    verb = HAN_VERBS.search(name)
    asked = r"(?:我(?:要|想要?|需要))?" + ASKED
    if not verb:
        yield f"{asked}{re.escape(name)}{END}"
        return
    short = HAN_SHORT.get(verb[0], verb[0])
    short = f"{verb[0]}(?:它|掉|这个|这一?单)" if verb[0] == HAN_STOP else f"{verb[0]}|{short}"
    yield f"{asked}(?:申请)?(?:{_han_whole(name, verb)}|{short}){END}"


def _whole_wishes(name: list[str]) -> Iterator[str]:
    """Patterns of a wish that stops no talk, although its verb may: it names what is stopped."""
    joined = "".join(name)
    words = _said_words(name)
    verb = HAN_VERBS.match(joined)
    if verb and verb[0] == HAN_STOP:
        yield f"(?:我(?:要|想要?|需要))?{ASKED}{_han_whole(joined, verb)}号?(?:是|为)?{ORDER}吧?"
    elif words[:1] == [STOP]:
        yield rf"(?:{WISH} )?{_spaced(words)}(?: (?:number|no|id))? {ORDER}"


def _said_words(name: list[str]) -> list[str]:
    return [re.escape(word) for word in name if word not in ARTICLES]


def _spaced(words: list[str]) -> str:
    return " (?:(?:the|this|my|an?) )?".join(words)


def _han_whole(name: str, verb: re.Match[str]) -> str:
    rest = name[verb.end() :] if verb.start() == 0 else ""
    return f"{verb[0]}(?:这个|这笔|我的|该)?{re.escape(rest)}" if rest else re.escape(name)
