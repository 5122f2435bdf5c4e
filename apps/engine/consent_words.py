"""The words that a typed yes to a card is read with: all of them as `courtesies.bare` leaves a line,
in which a space may stand for a mark.
"""

import re

from apps.engine.book import PhraseKind
from apps.engine.phrases import LISTS

# What stands for the order's number and for the proof while the words are read.
ORDER, PROOF = "ꙮ", "ꀕ"
_PLEASE = r"(?:please|pls|plz|kindly)"
_THANKS = r"(?:(?:many\ )?thanks|thank\ (?:you|u)|thx|ty|cheers)"
# A yes to a card, and to nothing else.
_TO_A_CARD = rf"""
    (?:(?:all|the|my|all\ (?:the|my))\ )?(?:details|info(?:rmation)?)\ (?:(?:is|are|looks?)\ )?(?:all\ )?(?:correct|right)
    |(?:it|that)(?:'s|\ is)\ all\ correct|(?:it|that|this)\ looks\ correct
    |(?:yes\ )?you\ (?:can|may)\ (?:now\ )?(?:proceed|go\ ahead|do\ (?:it|so|that|this)|submit(?:\ it)?)|yes\ you\ can
    |(?:hi|hello|hey)(?:\ there)?\ (?:yes|yeah|yep|yup|ok|okay|sure)|yes\ {_THANKS}\ for\ (?:(?:all\ )?your|the)\ help
    |yes\ (?:that|this|it)(?:'s|\ i?s)\ (?:my\ order|the\ (?:(?:right|correct)\ )?(?:order|one))
    |那(?:好[的吧]?|行吧?|成)|那就(?:确[认定]|同意)吧|(?:收到|明白|知道|了解|清楚)了?\ (?:确[认定]|同意|好的|可以)
    |(?:请|麻烦[你您]?)尽快(?:办理?|处理)(?:一下|吧)?|[你您](?:来)?(?:办理?|处理|安排|提交)吧|安排吧?
    |(?:那?就)?按这个(?:办|来|处理)吧?|就按这个吧?|(?:对|是的|没错)\ ?就是
"""
YES = re.compile(rf"(?:{LISTS[PhraseKind.AFFIRM]}|{_TO_A_CARD})", re.VERBOSE)
_GO_ON = (
    r"(?:please\ )?(?:continue|carry\ on|go\ on)(?:\ (?:then|now|please|with\ (?:it|that|this)))?"
)
_HAN_THIS = "就?是这[个样]|就这个|继续吧?|核对过了"
# May say that the goods are fine, which ones they are, that this was all, or what was done; or that
# the talk, or the order, shall go on.
STATES = re.compile(
    rf"""
    (?:yes\ )?(?:it|that|this)(?:\ i?s|'s)\ (?:it|fine|ok(?:ay)?|good)|thats\ (?:it|fine|ok(?:ay)?|good)
    |(?:it|that|this)(?:\ i?s|'s)\ the\ one|thats\ the\ one|(?:it|that|this)\ looks\ (?!correct)\w+
    |(?:everything|all|it|that|this)\ ?(?:is\ ?)?(?:good|fine|great|perfect)|(?:everything|all|it|that|this)\ ?sounds\ \w+
    |(?:i\ )?can\ confirm(?:ed)?(?:\ (?:it|that|this))?|confirm\ (?:that|this)
    |{_GO_ON}|就这样吧?|就是|{_HAN_THIS}|(?:提交|办理?|处理|执行)了
    """,
    re.VERBOSE,
)
_ASKS_THE_SHOP = rf"""
    \b(?:{_PLEASE}|you)\ confirm|\bconfirm(?:\ (?:it|this|that))?\ (?:{_PLEASE}|for\ me)
    |\b{_THANKS}(?:\ (?:a\ lot|(?:so|very)\ much|for\ me))?\ confirm|(?:谢谢|多谢|感谢)(?:[你您]的?|客服|亲)?(?:确[认定]|同意|提交|安排|办|处理)
    |(?:请|麻烦|拜托)[您你我]?\ ?再?(?:确[认定]|同意|核对)|(?:帮|给|辛苦|[您你])[您你我]?了?再?(?:确[认定]|同意|核对)|亲\ ?(?:确[认定]|同意)|亲好(?![的吧])
    |\b{_PLEASE}\ (?:correct|right|perfect|fine|great|ok(?:ay)?)\b|麻烦[你您]\ ?(?:可以|[是对好行正])
    |\bcorrect\ {_PLEASE}\b(?!\ (?:go|do|proceed|submit|process|arrange)\b)
    |\b(?:correct|right|perfect|fine|great)\ (?:(?:for|order|number|no|id)\ )*(?:(?:the|my|this)\b|{ORDER})
    |\b(?:it|this|that|so|ahead|submit|proceed|process|arrange)\ (?:right|correct|perfect|great|fine|exactly)\b
"""
_BY_THE_WAY = r"""
    (?<=\w)(?<!\byes)(?<!\byep)(?<!\byup)(?<!\by)(?<!\bthe)(?<!\bthats)(?<!\bis)(?<!'s)(?<!\bare)(?<!\ball)(?<!ly)(?<!looks)(?<!sounds)\ right\b
    |\bright\ then\b|\b(?:ye?a|yeah+)\ (?:ok(?:ay)?\ )?sure\b(?!\ thing)|(?:[好行对成]|可以|没错|同意)是(?![的啊呀])
    |是(?:我(?:要|想要?|需要)?|帮我?)?[退换取]|[是对][哦哈喔]|好啦\ ?好啦
"""
_GOODS_OR_NOTHING = rf"""
    \bsure\ looks\b|\btotally\ (?:fine|ok(?:ay)?|great|good|perfect|al(?:l\ )?right)\b|\b(?:perfect|great|good|right|correct)\ for\ me
    |\b(?:fine|al(?:l\ )?right)\ {_THANKS}|\bworks\ for\ me\ (?:fine|great|perfect|ok(?:ay)?|exactly)\b|是(?:可以|没问题|没有?错|[好行成])
"""
_UNDER_WAY = ".中|中.|(?:提交|办理?|处理|确[认定])好"
_NAMES_THE_ORDER = rf"""
    (?:\bconfirm(?:ed)?|确[认定])\ ?(?:(?:for|the|my|this)\ )*(?:order|订单|单号|编号|{ORDER})
    |\b(?:continue|proceed|carry\ on|go\ on|process|submit|arrange)(?:\ (?:now|then|please|with|for|the|my|this|order|number|no|id))*\ {ORDER}
    |(?:办理?|提交|申请|处理|执行|继续|安排)(?:一下|掉)?\ ?(?:我的|这个|订单号?|单号|编号)*{ORDER}
    |^就?是\ ?(?:我的|这个|订单号?|单号|编号)*[是为]?{ORDER}|对(?:我的|这个|订单号?|单号|编号)*{ORDER}
"""
_MAY_BE_DONE = "可以了?我?(?:要|想)?[退换取改办提申处尽麻帮给请安您你]"
# What makes a line of the words below none: it asks the shop to confirm or to correct; is said in
# bitterness or by the way; may be about goods that are fine, or say that nothing is needed; says that
# something is under way; names the order that a yes would be to; or says what is possible.
NO_YES = re.compile(
    "|".join(
        (_ASKS_THE_SHOP, _BY_THE_WAY, _GOODS_OR_NOTHING, _UNDER_WAY, _NAMES_THE_ORDER, _MAY_BE_DONE)
    ),
    re.VERBOSE,
)
# Looked for in the line with its marks: "嗯……".
THINKS = re.compile(r"[嗯恩]+(?:…|[.。,，、]{2})\W*")
POLITE = re.compile(
    r"""
    please|pls|plz|kindly|(?:and\ )?(?:thanks|thank\ you)(?:\ (?:a\ lot|so\ much|very\ much))?|thank\ u|thx|ty|cheers|many\ thanks|for\ me
    |(?:谢谢|多谢|感谢)(?:[你您了啦]|客服|亲)?|谢了|辛苦[你您]?了?|麻烦[你您]?了|拜托了?|亲
    """,
    re.VERBOSE,
)
# Some say something else by themselves, or before a yes.
BEHIND_A_YES = re.compile(
    rf"then|sir|ma'?am|madam|indeed|let'?s\ go|{_GO_ON}|{_HAN_THIS}|麻烦[你您]|(?:请|麻烦[你您]?)?尽快(?:办理?|处理|安排)?(?:一下|吧)?",
    re.VERBOSE,
)
PARTICLE = re.compile("[啊呀哈哦喔]")
ASKED = r"(?:请|麻烦[你您]?|帮我?|给我|那|就|尽快){0,3}"
END = r"(?:了吧|吧|一下吧?|掉吧?)?"
DOING = re.compile(
    rf"""
    (?:(?:submit|process|arrange|proceed\ with|continue\ with|go\ ahead\ with)\ (?:it|this|that)|submit|process|arrange)(?:\ now)?
    |go\ ahead\ and\ (?:do|submit|process|arrange)\ (?:it|this|that)
    |{ASKED}(?:办理?|提交|申请|处理|执行|继续){END}|那?就这样吧?
    """,
    re.VERBOSE,
)
NUMBER = re.compile(
    rf"(?:for\ )?(?:(?:the|my|this)\ )?{ORDER}|for\ (?:(?:the|my|this)\ )?order\ (?:(?:number|no|id)\ )?{ORDER}"
    rf"|(?:就?是)?(?:我的|这个)?(?:订单号?|单号|编号)?(?:就?是|为)?{ORDER}",
    re.VERBOSE,
)
