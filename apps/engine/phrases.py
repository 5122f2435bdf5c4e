"""Whole lines that answer the bot: yes, no, cancel, "I don't have it"; and what staff add to them.

A yes lets something happen, so it is strict: a question, a "not yet" or a "yes, but" is none. Every
list is of whole clauses in their bare spelling (see courtesies.bare), tried one after the other, so
that "yes, that is right" is one yes.
"""

import re
from collections.abc import Iterable

from apps.engine.book import PhraseKind
from apps.engine.clauses import between
from apps.engine.courtesies import bare, spelt
from apps.engine.flows import SlotKind

# What is asked for is somewhere else: "umm I have not got the order number here", 订单号不在手边.
_THE_NUMBER = r"(?:(?:the|my|an?|any|its|that|this)\ )?(?:\w+\ ){0,2}(?:number|id|code|e?mail|receipt|confirmation|details?)(?:\ (?:with|that\ has)\ (?:the|my)\ (?:order\ )?(?:number|order|id))?"
_PLACE = r"(?:with\ me|on\ me|(?:at|on|to)\ hand|off\ ?hand|handy|here|there|right\ now|now|at\ the\ moment|at\ home|in\ front\ of\ me|any\ ?more|either|today)"
_NUMBER_HAN = "(?:订单号码?|单号|编号|号码|短信|邮件|尾号)"
_LOST_HAN = "(?:没有|没带|没存|没记|没留|没找|没了|找不|查不|不在|忘|丢|不见|记不|想不起|不记得|不知道|不清楚|删)(?:了|到|着|带|掉|记|得|清|住|起|来)*"
_WHERE_HAN = "(?:嗯|呃|额|啊|哎呀?|那个|这个|不好意思|抱歉|可是|但是?|我|这边|这里|这儿|那边|现在|目前|暂时|这会儿?|手头|手边|手上|身边|身上|家里?|刚好|正好|都|也|真|已经|好像|的|一时|确实|可能)*"
_NOT_AT_HAND = rf"""
    (?:(?:sorry|um+|uh+|er+m?|hm+|mm+|well|oh|ah|but|no|so|actually|unfortunately)\ )*(?:
        (?:i\ )?(?:have\ not|haven'?t)\ got\ (?:{_THE_NUMBER}|(?:it|that|one|any)(?=\ {_PLACE}))
        |(?:i\ )?(?:do\ not|don'?t|can\ not|cannot|can'?t|couldn'?t|did\ not|didn'?t)\ (?:really\ )?(?:have|know|find|see|remember|recall|keep|save)\ (?:it|that|one|any|{_THE_NUMBER})
        |(?:i\ )?(?:have\ )?no\ {_THE_NUMBER}
        |i(?:\ have|'ve)?\ (?:lost|deleted|misplaced|forgot(?:ten)?|left|threw\ away)\ (?:it|that|{_THE_NUMBER})
        |{_THE_NUMBER}\ (?:is\ not|isn'?t|is(?=\ at\ home))(?=\ )
    )(?:\ {_PLACE})*
    |{_WHERE_HAN}{_LOST_HAN}{_NUMBER_HAN}(?:了|啊|呀|呢|哦|诶)*
    |{_WHERE_HAN}{_NUMBER_HAN}{_WHERE_HAN}(?:{_LOST_HAN}|在家里?|落家里?)(?:我?手[边头上]|我?身[边上]|我?这[里边儿]?)?(?:了|啊|呀|呢|哦)*
"""
LISTS = {
    PhraseKind.AFFIRM: r"""
        y|(ye+s+|ye+p+|yeah+|yup+|ok+)+|yea|ya|ye?s\ (please|indeed)|sure(\ thing)?|okay|okey(\ dokey)?|okie(\ dokie)?|k|alright|all\ right|fine|right|correct|exactly|perfect|great
        |(yes\ )?(it|that|this)(\ i?s|'s)\ (right|correct|fine|ok(ay)?|good|it|the\ one)|thats\ (right|correct|fine|ok(ay)?|good|it|the\ one)
        |(everything|all|it|that|this)\ ?(is|looks|sounds)?\ (correct|right|good|fine|great|perfect)
        |(looks|sounds)\ (good|right|fine|great|correct)(\ to\ me)?|absolutely|definitely|certainly|of\ course|affirmative|agreed|i\ agree|totally|(i\ )?totally\ agree
        |aye|roger(\ that)?|for\ sure|by\ all\ means|go\ for\ it|(works|fine)\ for\ me|fine\ (by|with)\ me
        |(i\ )?(can\ )?confirm(ed)?(\ (it|that|this))?|(yes\ )?(please\ )?(go\ ahead|proceed|continue|go\ on|carry\ on|do\ (it|so|that|this)|submit(\ it)?)(\ (then|now|please|with\ (it|that|this)))?
        |please\ do|let'?s\ do\ (it|that|this)|i\ do|i\ am\ sure|i'?m\ sure
        |是|是(的|啊|呀|滴|哒|的呢)|对|对(的|啊|呀|滴|头|对+)|(都|全)对的?|没错|没问题的?|木问题|我?没意见|当然(可以|了)?|必须的|无误|正确|确认(无误|了|提交|办理)?|确定(了|的|无误|提交)?|我?同意的?|我?(确认|确定)
        |好|好(的呢?|吧|滴|嘞|哒|呀|啊|呢|咧|啦|喔)|可以(的|啊|呀|了|哦|喔)?|嗯呢|行(的|啊|吧)?|成|中|嗯+|嗯嗯?(好的?|对的?|是的?)|恩+|ok的|就是(这个|它|这样)?|就这样(吧)?|就这个|是这个|继续(吧|办理)?
        |提交|(那就)?(提交|办理?|办|处理|执行)(吧|了)|(那)?就(这么|这样)办(吧)?|照办(吧)?|核对(无误|过了)|信息(正确|无误|没错|都?没问题|没有问题|都?对的?)|没有?(错|误|问题)
    """,
    PhraseKind.DENY: r"""
        n|no|nope|nah|no\ way|not\ (yet|now|really|correct|right|sure(\ yet)?|ok(ay)?|quite|this(\ one)?|that(\ one)?)|no\ (thanks|thank\ you)
        |(that|this|it)('?s|\ is)\ (wrong|incorrect|not\ (right|correct|it|what\ i\ (want|meant)))|(that|this|it)\ (isn'?t|is\ not)\ (right|correct|it|what\ i\ (want|meant))
        |wrong|incorrect|don'?t|do\ not|please\ don'?t|don'?t\ (do|submit|confirm|send)\ (it|that|this)(\ yet)?|wait|hold\ on|one\ moment|hang\ on|let\ me\ (think|see|check)(\ about\ (it|that|this))?|i(\ will|'ll)\ think\ about\ (it|that|this)|i\ disagree|negative|never
        |不|不(是|对|行|要|可以|好|同意|确认|确定|正确|用|是的|对的|是这个|是这样)|否|错了?|错误|有误|有错|有问题|没有|没|还没(有|好)?|等等|等(一)?下(下)?|(让)?我?(再)?(想(一)?想|考虑(一下|考虑)?)(吧)?|稍等|先(别|不|不要|等等|等一下)
        |别|别(办|提交|确认)(了)?|不(要|用)?提交|信息(有误|不对|错了|有错)|写错了|填错了|弄错了|搞错了
    """,
    PhraseKind.CANCEL: r"""
        (please\ )?keep\ (it|this|that|them|everything)(\ as\ (it\ is|is))?|(please\ )?(cancel|stop|quit|exit|abort|abandon)(\ (it|this|that|everything|all|here|please|now|(this|the|my)\ (request|process|form|application)))*
        |never\ ?mind|nvm|(please\ )?don'?t\ bother(\ with\ (it|that))?|(there'?s\ )?no\ need(\ any\ ?more)?|i('d|\ would)\ (rather|prefer)\ not(\ to)?|forget\ (it|about\ it|that|this)|leave\ it|drop\ it|scrap\ (that|it)|start\ over|no\ longer|i\ (don'?t|do\ not)\ want\ (to\ )?(do\ )?(this|it|that)?\ ?(any\ ?more|anymore)
        |(我)?(要|想)?取消(了|吧|掉|一下|操作|流程|办理|申请|这个申请)?|算了(吧)?|还是算了(吧)?|(我)?[不别](办|弄|搞|申请|操作|填)了|(我)?(先)?不(办|弄)(了|吧)|(先)?不用[了啦]|不需要了|不必了?|停(止|下(来)?)?(了|吧)?|退出|放弃(了|吧)?|结束|终止
        |(我)?不想(办|弄|填)了|撤回申请
    """,
    PhraseKind.LACK: rf"""
        (sorry\ )?i\ ?(really\ |honestly\ )?(don'?t|do\ not|dont|can'?t|cannot|cant|can\ not|couldn'?t|no\ longer)\ (have|know|remember|recall|find|see)(\ (it|one|that|this|them|any|which|what\ it\ is|the\ (number|id|code|phone)))?(\ (with\ me|on\ me|at\ hand|handy|right\ now|now|anymore|any\ more))*
        |(sorry\ )?(i\ )?(don'?t|do\ not|dont|can'?t|cannot|cant|can\ not|couldn'?t)\ (have|know|remember|recall|find|see)\ (the|my|an|any|its|that)\ (\w+\ ){{0,2}}(number|id|no|code|phone|e?mail|date|details?)(\ (with\ me|on\ me|at\ hand|handy|right\ now|now|anymore|here))*
        |(i\ )?(have\ )?(no\ (idea|clue)|forgot(ten)?|lost)(\ (it|that|the\ number|my\ (order\ )?(number|id)))?|not\ sure|i'?m\ not\ sure|i\ am\ not\ sure|idk|dunno|n\ a|none|don'?t\ (know|have\ (it|one|any)|remember)|dont\ (know|have\ (it|one)|remember)|unknown|skip|can'?t\ find\ it
        |(我)?(这边|现在|手头|手边|身边)?(都|也)?(没有?|不)(这个|那个|订单号?|单号|编号|号码|记录|邮箱|手机号?)(了|啊|呀|呢)?|(我)?没有(了|啊|呀|呢|哦)?|(我)?(也|真的?)?(不知道|不记得|不清楚|不晓得|不太清楚|不确定|记不(得|清|住)(了)?|想不起来(了)?|找不到|查不到|忘(记)?(了|掉了)|弄丢了|丢了|说不清|没(记住?|存|留)(下来)?)(了|啊|呀|呢)?(订单号?|单号|编号|号码|这个)?(了|是多少)?
        |(我)?(的)?(订单号?|单号|编号|号码)(我)?(不知道|不记得|忘(记)?了|找不到|丢了|没有|没了|记不得|记不清)(了)?|跳过|无
        |{_NOT_AT_HAND}
    """,
}
# What may be said kindly with a stop, and is none by itself: "never mind, it's fine".
_SOOTHING = re.compile(
    r"""
    (?:it|that)(?:'?s|\ is)\ (?:fine|ok(?:ay)?|all\ ?right|good|no\ problem|nothing|not\ (?:that\ )?important|all)
    |(?:i'?m|i\ am|all|we'?re)\ (?:good|fine|ok(?:ay)?|set)|(?:no|don'?t)\ (?:worries|worry|problem|bother)(?:\ about\ it)?|no\ need
    |(?:thanks|thank\ you|thx|cheers)(?:\ (?:anyway|though|a\ lot|very\ much|so\ much|for\ your\ help))?|bye|for\ now|fine|ok(?:ay)?
    |(?:i'?m\ )?sorry(?:\ (?:for|about)\ (?:the\ )?(?:trouble|bother|that))?
    |没事[了儿的]?|没关系|不要紧|不客气|不麻烦(?:你|您)?(?:们)?了|麻烦(?:你|您)?(?:们)?了|打扰了|辛苦了|谢谢(?:你|您|了|啦)?|多谢|不好意思|就这样吧?|好的?|先这样|再见|拜拜
    """,
    re.VERBOSE,
)
# Particles that end a Chinese sentence, and what is said several times over.
_PARTICLES = re.compile(r"(?<=.)[吧啊呀啦哈哦噢]+$")
_AGAIN = re.compile(r"(.{1,20}?)(?:\ ?\1)+")
# How one turns to a stop: "no no, forget it", 算了别弄了.
_SOOTHING_START = re.compile(
    r"(?:(?:no|nah|oh|ah|um|hmm+|ok|okay|well|actually)\ )+(?=.)|(?:算了|不了|不用了|没事了?|哎呀?|唉|那就?)吧?(?=.)"
)
_SOOTHING_END = re.compile(
    r"(?<=.)(?:没事[了儿]?|没关系|不要紧|不麻烦(?:你|您)?了|麻烦(?:你|您)?了|打扰了|谢谢(?:你|您|了|啦)?|不好意思)$"
)
# What proves an order, gone: whoever says so does not have it.
_ENGLISH_GONE = r"""
    (?:sorry\ )?(?:but\ )?(?:
        i(?:'ve|\ have)?\ (?:really\ |just\ )?(?:(?:don'?t|do\ not|no\ longer|can'?t|cannot|can\ not|couldn'?t|didn'?t)\ (?:have|own|use|know|remember|recall|find|access|get\ (?:in|at|into))|no\ longer\ (?:have|own|use)|have\ no|lost|changed|replaced|forgot(?:ten)?|sold|got\ rid\ of|(?:have|got)\ (?:got\ )?a\ new)
            \ (?:(?:my|the|that|this|an?|any|to|old|previous|new|mobile|cell)\ )*{noun}
        |(?:i\ )?(?:don'?t|do\ not|can'?t|no\ longer)\ (?:know|remember|recall)\ (?:which|what)\ {noun}(?:\ (?:it\ was|i\ (?:used|gave|had)))?
        |(?:my|the|that|this)\ (?:(?:old|previous)\ )?{noun}(?:\ (?:that\ )?i\ (?:ordered|bought|used|had|gave)(?:\ (?:it|this|with|for|then))*)?\ (?:is|was|has\ been|got|does(?:n'?t|\ not)|is(?:n'?t|\ not))\ (?:gone|lost|stolen|cancell?ed|closed|disconnected|no\ longer\ (?:mine|active|in\ use)|mine|active|exist|in\ use)
        |(?:my|the|that|this)\ (?:(?:old|previous|mobile|phone)\ )?(?:number|sim|address)\ (?:doesn'?t|does\ not|no\ longer)\ works?
    )(?:\ (?:i|we)\ (?:ordered|bought|used|had)(?:\ \w+){{0,3}})?(?:\ (?:any\ ?more|any\ longer|now|with\ me|already))*
"""
_CHINESE_GONE = r"""
    (?:我|我的|那个|这个|原来的?|之前的?|以前的?|老|旧|下单的?|当时的?)*{noun}(?:我)?(?:已经|早就|早|都|现在|也)*
        (?:不用|没用|没在用|没有|没|不在|丢|丢失|换|注销|停机|停用|作废|销号|忘|忘记|不记得|记不得|记不清|找不到|不知道|登不上)(?:掉)?了?
    |我?(?:的)?(?:已经|早就|早|都|现在)*(?:换|丢|没有|没|注销|停|不用|不记得|忘|忘记|不知道)了?(?:那个|这个|原来的?|之前的?|新的?)?{noun}(?:了|是多少)*
"""
_NOUNS = {
    SlotKind.PHONE: (
        r"(?:phone|mobile|cell)?\ ?(?:phone|mobile|number|sim|cell|digits)(?:\ number)?s?",
        r"(?:手机|电话)?(?:手机|电话|号码?|卡|尾号)",
    ),
    SlotKind.EMAIL: (
        r"e\ ?mail(?:\ (?:address|account))?|mailbox|address",
        r"(?:邮箱|邮件)(?:地址)?",
    ),
}
_GONE = {
    kind: re.compile(
        f"{_ENGLISH_GONE.format(noun=f'(?:{english})')}|{_CHINESE_GONE.format(noun=f'(?:{chinese})')}",
        re.VERBOSE,
    )
    for kind, (english, chinese) in _NOUNS.items()
}
_GONE[SlotKind.PHONE_TAIL] = _GONE[SlotKind.PHONE]
_WHOLE = {kind: re.compile(rf"(?:{pattern})", re.VERBOSE) for kind, pattern in LISTS.items()}
# What may stand beside a phrase and changes nothing.
_BESIDE = re.compile(
    r"please|thanks?|thank\ you|thx|then|now|hi|hello|well|um|oh|and|so|sorry|actually"
    r"|谢谢(你|您|了)?|麻烦(你|您|了)?|请|拜托|那|那就|哦|噢|啊|吧|呀|呢|哈|额|呃|不好意思|抱歉|你好|您好|亲"
)
_SIGNS = re.compile("(?P<yes>[👍👌✅🆗🙆✔])[🏻-🏿]*|[👎❌🙅✖][🏻-🏿]*")
_ASKS = re.compile(r"[?]|[吗么嘛]\W*$")
_BETWEEN = between()
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
        parts = [found for part in _BETWEEN.split(line) if (found := bare(part))]
        return next((kind for kind in order if _fills(kind, plain, parts)), None)


def is_gone(kind: SlotKind, plain: str) -> bool:
    """Whether a whole bare line says that what proves an order is not there any more."""
    gone = _GONE.get(kind)
    if gone is None or len(plain) > LONGEST:
        return False
    return gone.fullmatch(_PARTICLES.sub("", plain)) is not None


def _fills(kind: PhraseKind, plain: str, parts: list[str]) -> bool:
    if _is(kind, plain):
        return True
    said = [part for part in parts if not _BESIDE.fullmatch(part)]
    meant = [part for part in said if _is(kind, part) or _runs(kind, part.split(" "))]
    if kind is PhraseKind.CANCEL:
        said = [part for part in said if part in meant or not _SOOTHING.fullmatch(part)]
    return bool(meant) and meant == said


def _is(kind: PhraseKind, plain: str) -> bool:
    """Whether a phrase of the list, once or several times over, is all that is said."""
    if _WHOLE[kind].fullmatch(plain):
        return True
    if again := _AGAIN.fullmatch(_PARTICLES.sub("", plain)):
        return _is(kind, again[1].strip())
    if kind is not PhraseKind.CANCEL:
        return False
    ended = _SOOTHING_END.sub("", _PARTICLES.sub("", plain))
    begun = _SOOTHING_START.match(plain)
    rests = {ended, plain[begun.end() :] if begun else plain} - {plain}
    return any(_is(kind, rest) for rest in rests)


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
        _is(kind, " ".join(words[:cut]))
        and (cut == len(words) or _follows(kind, " ".join(words[cut:])))
        for cut in cuts
    )


def _follows(kind: PhraseKind, rest: str) -> bool:
    if kind is PhraseKind.CANCEL and _SOOTHING.fullmatch(rest):
        return True
    return _is(kind, rest)
