"""Whole lines that answer the bot: yes, no, cancel, "I don't have it"; and what staff add to them.

A yes lets something happen, so it is strict: a question, a "not yet" or a "yes, but" is none. Every
list is of whole clauses in their bare spelling (see courtesies.bare), tried one after the other, so
that "yes, that is right" is one yes.
"""

import re
from collections.abc import Iterable

from apps.engine.book import PhraseKind
from apps.engine.courtesies import bare, spelt

LISTS = {
    PhraseKind.AFFIRM: r"""
        y|yes|yeah|yep|yup|yea|ya|ye?s\ please|sure(\ thing)?|ok(ay)?|okey|k|alright|all\ right|fine|right|correct|exactly|perfect|great
        |(yes\ )?(it|that|this)(\ i?s|'s)\ (right|correct|fine|ok(ay)?|good|it|the\ one)|thats\ (right|correct|fine|ok(ay)?|good|it|the\ one)
        |(everything|all|it|that|this)\ ?(is|looks|sounds)?\ (correct|right|good|fine|great|perfect)
        |(looks|sounds)\ (good|right|fine|great|correct)(\ to\ me)?|absolutely|definitely|certainly|of\ course|affirmative|agreed|i\ agree
        |(i\ )?(can\ )?confirm(ed)?(\ (it|that|this))?|(yes\ )?(please\ )?(go\ ahead|proceed|continue|go\ on|carry\ on|do\ (it|so|that|this)|submit(\ it)?)(\ (then|now|please|with\ (it|that|this)))?
        |please\ do|let'?s\ do\ (it|that|this)|i\ do|i\ am\ sure|i'?m\ sure
        |是|是(的|啊|呀|滴|哒)|对|对(的|啊|呀|滴|对+)|没错|没问题|木问题|无误|正确|确认(无误|了|提交|办理)?|确定(了|无误|提交)?|我?同意|我?(确认|确定)
        |好|好(的|吧|滴|嘞|哒|呀|啊|呢)|可以(的|啊|呀)?|行(的|啊|吧)?|成|中|嗯+|嗯嗯?(好的?|对的?|是的?)|恩+|ok的|就是(这个|它|这样)?|就这样(吧)?|就这个|是这个|继续(吧|办理)?
        |(那就)?(提交|办理?|办|处理|执行)(吧|了)|信息(正确|无误|没错|没问题)|没有?(错|误|问题)
    """,
    PhraseKind.DENY: r"""
        n|no|nope|nah|no\ way|not\ (yet|now|really|correct|right|sure(\ yet)?|ok(ay)?|quite|this(\ one)?|that(\ one)?)|no\ (thanks|thank\ you)
        |(that|this|it)('?s|\ is)\ (wrong|incorrect|not\ (right|correct|it|what\ i\ (want|meant)))|(that|this|it)\ (isn'?t|is\ not)\ (right|correct|it|what\ i\ (want|meant))
        |wrong|incorrect|don'?t|do\ not|please\ don'?t|don'?t\ (do|submit|confirm|send)\ (it|that|this)(\ yet)?|wait|hold\ on|one\ moment|hang\ on|let\ me\ (think|see|check)(\ about\ (it|that|this))?|i(\ will|'ll)\ think\ about\ (it|that|this)|i\ disagree|negative|never
        |不|不(是|对|行|要|可以|好|同意|确认|确定|正确|用|用了|是的|对的|是这个|是这样)|否|错了?|错误|有误|有错|有问题|没有|没|还没(有|好)?|等等|等(一)?下(下)?|(让)?我?(再)?(想(一)?想|考虑(一下|考虑)?)(吧)?|稍等|先(别|不|不要|等等|等一下)
        |别|别(办|提交|确认)(了)?|不(要|用)?提交|信息(有误|不对|错了|有错)|写错了|填错了|弄错了|搞错了
    """,
    PhraseKind.CANCEL: r"""
        (please\ )?keep\ (it|this|that|them|everything)(\ as\ (it\ is|is))?|(please\ )?(cancel|stop|quit|exit|abort|abandon)(\ (it|this|that|everything|all|here|please|now|(this|the|my)\ (request|process|form|application)))*
        |never\ ?mind|nvm|forget\ (it|about\ it|that|this)|leave\ it|drop\ it|scrap\ (that|it)|start\ over|no\ longer|i\ (don'?t|do\ not)\ want\ (to\ )?(do\ )?(this|it|that)?\ ?(any\ ?more|anymore)
        |(我)?(要|想)?取消(了|吧|掉|一下|操作|流程|办理|申请|这个申请)?|算了(吧)?|还是算了(吧)?|(我)?不(办|弄|搞|申请|操作|填)了|(我)?(先)?不(办|弄)(了|吧)|(先)?不用了|不需要了|停(止|下(来)?)?(了|吧)?|退出|放弃(了|吧)?|结束|终止
        |(我)?不想(办|弄|填)了|撤回申请
    """,
    PhraseKind.LACK: r"""
        (sorry\ )?i\ ?(really\ |honestly\ )?(don'?t|do\ not|dont|can'?t|cannot|cant|can\ not|couldn'?t|no\ longer)\ (have|know|remember|recall|find|see)(\ (it|one|that|this|them|any|which|what\ it\ is|the\ (number|id|code|phone)))?(\ (with\ me|on\ me|at\ hand|handy|right\ now|now|anymore|any\ more))*
        |(sorry\ )?i\ ?(don'?t|do\ not|dont|can'?t|cannot|cant|can\ not|couldn'?t)\ (have|know|remember|recall|find|see)\ (the|my|an|any|its|that)\ (\w+\ ){0,2}(number|id|no|code|phone|e?mail|date|details?)(\ (with\ me|on\ me|at\ hand|handy|right\ now|now|anymore|here))*
        |(i\ )?(have\ )?(no\ (idea|clue)|forgot(ten)?|lost)(\ (it|that|the\ number|my\ (order\ )?(number|id)))?|not\ sure|i'?m\ not\ sure|i\ am\ not\ sure|idk|dunno|n\ a|none|don'?t\ (know|have\ (it|one|any)|remember)|dont\ (know|have\ (it|one)|remember)|unknown|skip|can'?t\ find\ it
        |(我)?(这边|现在|手头|手边|身边)?(都|也)?(没有?|不)(这个|那个|订单号?|单号|编号|号码|记录|邮箱|手机号?)(了|啊|呀|呢)?|(我)?没有(了|啊|呀|呢|哦)?|(我)?(也|真的?)?(不知道|不记得|不清楚|不晓得|不太清楚|不确定|记不(得|清|住)(了)?|想不起来(了)?|找不到|查不到|忘(记)?(了|掉了)|弄丢了|丢了|说不清)(了|啊|呀|呢)?(订单号?|单号|编号|号码|这个)?(了|是多少)?
        |(我)?(的)?(订单号?|单号|编号|号码)(我)?(不知道|不记得|忘(记)?了|找不到|丢了|没有|没了|记不得|记不清)(了)?|跳过|无
    """,
}
_WHOLE = {kind: re.compile(rf"(?:{pattern})", re.VERBOSE) for kind, pattern in LISTS.items()}
# What may stand beside a phrase and changes nothing.
_BESIDE = re.compile(
    r"please|thanks?|thank\ you|thx|then|now|hi|hello|well|um|oh|and|so|sorry|actually"
    r"|谢谢(你|您|了)?|麻烦(你|您|了)?|请|拜托|那|那就|哦|噢|啊|吧|呀|呢|哈|额|呃|不好意思|抱歉|你好|您好|亲"
)
_SIGNS = re.compile("(?P<yes>[👍👌✅🆗🙆✔])[🏻-🏿]*|[👎❌🙅✖][🏻-🏿]*")
_ASKS = re.compile(r"[?]|[吗么嘛]\W*$")
_PARTS = re.compile(r"[,.;:!~…、。\n]+")
# No phrase is longer.
LONGEST = 100
MOST_WORDS = 8


class Phrases:
    """The lists of a site: those that ship, and whole lines that staff added."""

    def __init__(self, added: Iterable[tuple[PhraseKind, Iterable[str]]] = ()) -> None:
        self._added = {bare(spelt(phrase)): kind for kind, phrases in added for phrase in phrases}

    def added(self, plain: str) -> PhraseKind | None:
        """The list of the site's own that holds the whole bare line."""
        return self._added.get(plain) if self._added else None

    def whole(self, line: str, order: Iterable[PhraseKind]) -> PhraseKind | None:
        """What the whole line says, `order` deciding where a phrase is in two lists; None when
        there is anything else in it. `line` is as `spelt` leaves it."""
        plain = bare(line)
        if not plain and (sign := _SIGNS.fullmatch(line.strip())):
            return PhraseKind.AFFIRM if sign["yes"] else PhraseKind.DENY
        if own := self.added(plain):
            return own
        if len(line) > LONGEST or _ASKS.search(line):
            return None
        parts = [found for part in _PARTS.split(line) if (found := bare(part))]
        return next((kind for kind in order if _fills(kind, plain, parts)), None)


def _fills(kind: PhraseKind, plain: str, parts: list[str]) -> bool:
    if _is(kind, plain):
        return True
    said = [part for part in parts if not _BESIDE.fullmatch(part)]
    return bool(said) and all(_is(kind, part) or _runs(kind, part.split(" ")) for part in said)


def _is(kind: PhraseKind, plain: str) -> bool:
    return _WHOLE[kind].fullmatch(plain) is not None


def _runs(kind: PhraseKind, words: list[str]) -> bool:
    """Whether words without marks between them are one or two phrases among words that say
    nothing: "ok thanks", "yes please do"."""
    if not 1 < len(words) <= MOST_WORDS:
        return False
    while words and _BESIDE.fullmatch(words[-1]):
        words = words[:-1]
    while words and _BESIDE.fullmatch(words[0]):
        words = words[1:]
    # Most lines begin like no phrase at all, which one look tells.
    if not words or not _WHOLE[kind].match(" ".join(words)):
        return False
    cuts = range(1, len(words) + 1)
    return any(
        _is(kind, " ".join(words[:cut])) and (cut == len(words) or _is(kind, " ".join(words[cut:])))
        for cut in cuts
    )
