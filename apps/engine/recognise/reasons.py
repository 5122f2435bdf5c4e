"""Why somebody sends something back, in their own words: the clause that says it, and its kind.

A choice whose slot is called "reason" is read so, because nobody answers "why" with the label of an
option. The words below are of the two languages, not of any shop.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from apps.engine.clauses import between
from apps.engine.recognise.links import unlinked
from apps.engine.text import HAN

# In this order: what says more about the thing itself comes first.
CHINESE = {
    "wrong_item": (
        r"(发|寄|送|拿|装|配)错"
        r"|(颜色|款式?|型号|版本|商品|货|东西|口味|花色|图案)(都|也|完全|好像|就)?(发|寄|送)?(不对|错|不是)"
        r"|不是我(买|要|订|拍|选|下单)|(发|寄|送|拿)成了?(别的|另)"
    ),
    "wrong_size": (
        r"(太|偏|有点|有些|稍微?|过于?|实在)(大|小|长|短|紧|松|宽|窄|肥|瘦)"
        r"|(大|小|长|短|紧|松|宽|窄)了(一|点|些|$)"
        r"|(尺码|尺寸|码数|大小|号码|鞋码|码子?|尺码数)(都|也|完全|好像|有点)?(不|偏|太|错|选错|买错|有误|有?问题|大|小)"
        r"|不合(身|脚|体|适)|穿不(了|下|上|进)|戴不(上|下|了)|装不(下|上|进)|塞不(下|进)|挤脚"
        r"|勒|卡裆"
    ),
    "not_working": (
        r"(没|无)(有)?(声音?|反应|信号|画面|图像|电|热|冷|风)"
        r"|不(工作|能用|响|亮|转|动|制冷|制热|出水|通电|充电|启动|显示|灵|加热|发热)"
        r"|声音(都|也)?(没|出不)|不出声|出不了声|用不(了|成)"
        r"|(开|关|充|启|点|打|连|蓝牙|配对|连接|读|扫)(不|没)(了|上|到|开|亮|着|成功|机|进|动|起来)"
        r"|(充|开)不(进|了)(电|机)|失灵|故障|卡顿|死机|黑屏|花屏|闪退|失效|漏电|短路|杂音|异响"
        r"|接触不良|没法用|坏的|报废|续航|不耐用"
    ),
    "damaged": (
        r"坏|破|裂|碎|断(了|裂|开|成)|摔|压(扁|坏|变形)|漏(液|水|油|气|了)|划(痕|伤|花)"
        r"|刮(花|痕|伤|坏)|磕(碰|坏|了)|瘪|凹|变形|掉漆|损|污(渍|垢)"
        r"|(脏|湿|皱|发霉|生锈|锈|变质|过期|腐)|有(个)?洞|缺(口|角)|掉了(个|一)|豁口|松脱|脱落"
    ),
    "missing": (
        r"(少|漏|缺)(发|了|装|寄|件|配件|一|个|零件|货)|没(有)?(配|附|送)"
        r"|(配件|零件|赠品|说明书)(没|不全|少|缺)|不(齐|全|完整)|空(盒|包裹)"
    ),
    "quality": (
        r"质量|做工|品质|掉色|褪色|脱色|染色|起球|起毛|开线|脱线|跑线|线头|开胶|脱胶|掉毛"
        r"|掉(皮|钻|扣|渣)|缩水|异味|(味道|气味|味)(太|很|好|特别|有点|比较|大|重|难闻|刺鼻)"
        r"|有(一?股)?味|刺鼻|难闻|臭|粗糙|劣质"
        r"|(材质|面料|料子|布料|手感|用料)(太|很|好|特别|有点|比较)?(差|薄|硬|不好|一般|廉价)"
        r"|太(差|薄|硬|厚|透|次|劣|假|廉价|粗糙|烂)|很差|不结实|不牢|廉价|扎(人|肉|皮肤)|过敏"
        r"|透(光|肉)"
    ),
    "not_as_described": (
        r"不(相)?(符|一样|一致|像)|(和|跟|与).{1,8}不同|色差|货不对板"
        r"|(和|跟|与)(图片?|照片|描述|介绍|详情|页面|宣传|想象|说的|网上|直播).{0,6}(不|差|两样)"
        r"|(实物|图片|描述|宣传|材质|颜色|款式|尺寸)(和|跟|与).{0,8}(不|差|两样)|虚假|假(货|冒|的(?!吧))|不是正品|盗版"
        r"|仿(品|冒)|翻新|二手|有人用过|用过的|图文|骗"
    ),
    "by_mistake": (
        r"买(错|重|多|岔)|拍(错|重|多|下?重复)|下(错|重|多)(了|单)|(买|拍|下|点|订)重复?"
        r"|重复(了|购买|下单|付款|拍)|多(买|拍|下|订)了|点(错|多)|误(拍|点|买|下)|手滑|不小心"
        r"|选错|填错"
    ),
    "late": (
        r"(太|很|好|这么|那么|实在|物流|发货|送货|到货|快递)慢|太(久|晚|迟)|迟迟"
        r"|(等|拖)(了)?(太久|很久|好久|不及|不了|半个?月|好几天|这么久)|一直(没|不)(发|到|送)"
        r"|还(没|不)(到|送到|收到)|超时|延(误|迟|期)|晚(了|到)|来不及|赶不(上|及)"
        r"|过了(时间|日子)|(不|没)(能)?(按时|及时|准时)"
    ),
    "no_longer_needed": (
        r"不想要|不(再|太|怎么)?需要|用不(着|上|到)|不(太|怎么|是很|是特别)?喜欢"
        r"|不(好看|适合|合适|满意这)|难看|太丑|丑|后悔|冲动|(改|变)(了)?主意"
        r"|(别人|朋友|家人|老公|老婆).{0,3}(送|买)|已经有|买贵"
        r"|(别家|别处|其他地方|别的店).{0,4}(便宜|买)|降价|更便宜|不划算|没(什么)?用"
        r"|没用(上|了)|太贵"
    ),
}  # fmt: skip
ENGLISH = {
    "wrong_item": (
        r"wrong (item|one|product|colou?r|model|thing|style|version|order|part|pair|flavou?r|shade|article|pattern)"
        r"|colou?r (is|was|being|isn'?t|wasn'?t) (just )?(wrong|not|different|right)"
        r"|not what i (ordered|bought|asked|wanted|expected to)"
        r"|(sent|got|received|delivered) (me )?(the |a )?(wrong|different|another)"
        r"|isn'?t what i ordered|thought it was"
    ),
    "wrong_size": (
        r"wrong size|too (big|small|large|tight|loose|long|short|wide|narrow|baggy|high|low)\b"
        r"|(does|do|did) ?n[o']t fit|(doesnt|dont|didnt|not) fit"
        r"|size (is|was|isn'?t|wasn'?t|just isn'?t|just)\b.{0,12}(wrong|not|off|right)"
        r"|(runs|fits) (big|small|large|tight|loose)|(un|ill-?)fitting"
    ),
    "not_working": (
        r"(does|do|did|is|was|are|has|have) ?n[o']t (work|turn|charge|power|start|switch|connect|function|open|close|heat|cool|pair|ring)\w*"
        r"|(doesnt|dont|didnt|isnt|wont|can'?t|cannot|won'?t) (work|turn|charge|power|start|switch|connect|function|pair|use)\w*"
        r"|stopped (working|charging)|not (working|charging|turning|functioning|connecting)"
        r"|(no|any|without|makes? no) (sound|audio|noise|power|picture|signal)|silent\b|muted?\b|(gone|goes|went|is|too|so|very) quiet\b"
        r"|(can'?t|cannot|can not|couldn'?t|don'?t) hear\b|only (the )?(one|left|right)( side| ear| \w*bud| speaker)? (works|is working|plays)|died\b|stays? (black|off|dark|blank)\b|nothing happens|(wo|does|do|did)n'?t (hold|stay|respond|play)\b"
        r"|defect(ive|s)?\b|fault[ys]?\b|malfunction\w*|dead\b"
        r"|buggy\b|broke down|out of order|keeps (crashing|freezing|disconnecting)"
    ),
    "damaged": (
        r"(damaged?|broken|broke|crack(ed|s)?|shattered|smashed|torn|ripped|dent(ed|s)?|scratch(ed|es)?|leak(s|ed|ing|y)?|bent|chipped|stain(ed|s)?|dirty|mou?ld[y]?|expired|rusty|wet|crushed|hole\b)"
    ),
    "missing": (
        r"missing\b|incomplete|(was|were|is|are) ?n[o']t (in|included|inside)"
        r"|(part|piece)s? (is|are|were) (not|missing)|empty box|only (got|received)"
    ),
    "quality": (
        r"(poor|bad|low|cheap|terrible|awful|inferior|disappointing) (quality|material|build|workmanship|fabric)"
        r"|quality (is|was|isn'?t|not)|flims[ye]|fell apart|falling apart"
        r"|(fad(es|ed|ing)|smell(s|y)?|stinks?|shrank|shrunk|scratchy|itchy|pilling)\b"
        r"|cheap(ly)? made|too (thin|stiff|rough|hard|thick|noisy|heavy|cheap)\b"
    ),
    "not_as_described": (
        r"not as (described|advertised|pictured|shown|expected|promised)"
        r"|(does|do|did|is|was) ?n[o']t (match|look like|what was described|as described|like the)"
        r"|(look|is|was)s? (very |so |completely |nothing )?(different|like (in )?the (picture|photo))"
        r"|different (from|than)|mislead(ing)?|fake\b|counterfeit"
        r"|not (genuine|authentic|original)|used (one|item)\b|description (is|was)"
    ),
    "by_mistake": (
        r"by (mistake|accident|accidentally)|accident(al(ly)?)?\b|mistakenly"
        r"|ordered (it |them )?(twice|double|the wrong|too many)|bought (it |them )?twice"
        r"|twice\b|duplicate\w*|double (order|purchase)|too many|misclick\w*|wrong address"
    ),
    "late": (
        r"(too|so|very) (late|slow|long)\b|(late|delay(ed|s)?|overdue)\b"
        r"|tak(es|en|ing) (too |so |very )?(long|forever)|took (too |so |very )?(long|forever)"
        r"|(has|have|did) ?n[o']t (arrive|ship|come)\w*|not (arrived|shipped)"
        r"|never (arrived|came|shipped)|won'?t (arrive|come|make it)|no longer in time"
    ),
    "no_longer_needed": (
        r"changed? (of )?(my|our|his|her)? ?mind"
        r"|(do|does|did) ?n[o']?t (need|want|like|love|suit)(?! (an? |the |my |any |to )*(refund|return|replac|exchang|cancel|money|pay|human|bot|wait|credit))"
        r"|no longer (need|want|require|interested)\w*|not (need|want|like)(ed)?\b|regret\b"
        r"|(any ?more|anymore)\b|found (it |one )?(cheaper|elsewhere|a better)"
        r"|cheaper (elsewhere|somewhere)|better (price|deal)|already have|unwanted\b"
        r"|was a gift|too expensive|ugly\b|does ?n[o']t suit"
    ),
}  # fmt: skip
# An option that a shop does not have, and those that say the same more roughly.
ROUGHLY = {
    "not_working": ("defective", "faulty", "broken", "damaged", "quality"),
    "damaged": ("broken", "defective", "not_working", "quality"),
    "missing": ("incomplete", "wrong_item"),
    "quality": ("poor_quality", "not_as_described", "damaged"),
    "not_as_described": ("quality", "wrong_item"),
    "wrong_size": ("size", "does_not_fit", "wrong_item"),
    "by_mistake": ("ordered_by_mistake", "duplicate", "no_longer_needed"),
    "no_longer_needed": ("unwanted", "changed_mind", "not_needed"),
    "late": ("too_late", "too_slow", "no_longer_needed"),
}
OTHER = "other"
LONGEST = 200
# "It is not broken": what stands right behind such a word is no reason.
_DENIED = re.compile(
    r"(?:(?<!是)不是|并非|没有?|不怎么)(?:因为|说|真的?|很|太|有)*$|(?:\bnot|\bnever|n't)\ (?:because\ |really\ |actually\ |that\ |the\ |a\ |any\ |been\ |being\ |it\ |is\ |was\ |it's\ )*$"
)
_CHINESE = re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in CHINESE.items()))
# All begin with a word, so its edge is tried once.
_ENGLISH = re.compile(
    r"(?<![a-z'])(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in ENGLISH.items()) + ")"
)
_DENIED_REACH = 24
_HAN_CHAR = re.compile(f"[{HAN}]")
_BETWEEN = between(
    rf"[()]|(?<=[{HAN}])\s+|\s+(?=[{HAN}])|因为|由于|原因是?|理由是?|所以|但是?|而且"
    r"|\b(?:because(?:\ of)?|since|cause|cuz|coz|due\ to|reason\ is|but|so|and\ (?=i\b|would|want|please))\b"
)
# What stands around a reason in its clause: whose it is, what is asked for because of it, a sigh.
_HEAD = re.compile(
    r"""
    (?:我们?|你们?|它|这(?:个|件|款|双|台|条|只|单)?|那(?:个|件|款|双|台|条|只)?|收到(?:的|后|之后|以后|了)|(?:购?买|拍|订)(?:的|来的|到的|回来的)
        |刚才?|昨天|今天|前天|上周|东西|商品|宝贝|产品|主要|就是|可是|结果|发现|感觉|觉得|的|里|中|说|都|[\W_])*
    (?:(?:我|想|要求?|需要|申请|麻烦|帮|给我|请)*(?:退货|退款|退掉|退|换货|换|取消)(?:了|吧|一下)?[\W_]*)?
    """,
    re.VERBOSE,
)
# A row of its first words is read from its beginning, not from each of them.
_TAIL = re.compile(
    r"""
    (?<![我就还也是那只])(?<!现在)(?:我|就|现在|还|也|是|那|只)*(?:想|要|需要|希望|打算|准备|申请|要求|麻烦|帮我?|给我|能不能|可不可以|可以|能否|能|怎么|求|请|应该|该)
        (?:把|给|它|我|帮|办|理|一下|怎么|个|你们?|直接)*(?:退|换|取消|处理|撤|补|赔|解决).*
    |(?:退货|换货|退款|取消)(?:吧|了|处理)?
    |[呢哈吧呀啊哦嘛啦哎诶喔噢\W_]+
    """,
    re.VERBOSE,
)
_ENGLISH_HEAD = re.compile(
    r"""
    [\W_]*(?:(?:well|and|it\ (?:turns\ out|seems)(?:\ that)?|reason)\b[\W_]*)*
    (?:(?:it|they|this|that|these|those|which|the\ (?:item|product|order|one|thing)s?)(?:\ i\ (?:received|got|bought|ordered))?\b
        (?:'s|'re|\ (?:is|are|was|were|has\ been|came|arrived))?\ )?(?:just\ |really\ |actually\ |a\ bit\ )*
    """,
    re.VERBOSE,
)
_ENGLISH_WISH = re.compile(
    r"\b(?:return|refund|exchang|cancel|swap|replac|send|give)\w*|\bmoney\ back\b|\bcan\ (?:i|you)\b"
)


class Reason(NamedTuple):
    """folded[start:end] says why; `kind` is one of KINDS."""

    kind: str
    start: int
    end: int


def reason(folded: str, taken: Iterable[tuple[int, int]] = ()) -> Reason | None:
    """The first clause that gives a reason. `taken` are the places of numbers and products."""
    cut = folded = unlinked(folded)
    for start, end in taken:
        if _HAN_CHAR.search(folded, max(start - 1, 0), end + 1):
            cut = f"{cut[:start]}{',' * (end - start)}{cut[end:]}"
    start = 0
    for found in [*_BETWEEN.finditer(cut), None]:
        end = found.start() if found else len(cut)
        if given := _within(cut, start, end):
            return given
        start = found.end() if found else end
    return None


def option_of(kind: str, values: Collection[str]) -> str:
    """The option that stands for a kind of reason; "" when there is none."""
    for value in (kind, *ROUGHLY.get(kind, ()), OTHER):
        if value in values:
            return value
    return ""


def _within(folded: str, start: int, end: int) -> Reason | None:
    is_chinese = _HAN_CHAR.search(folded, start, end) is not None
    cues = (_CHINESE if is_chinese else _ENGLISH).finditer(folded, start, end)
    cue = next((cue for cue in cues if not _is_denied(folded, start, cue.start())), None)
    if cue is None or cue.lastgroup is None:
        return None
    first, last = (_trimmed if is_chinese else _english)(folded, start, end)
    if not first <= cue.start() or not cue.end() <= last or last - first > LONGEST:
        first, last = cue.span()
    return Reason(cue.lastgroup, first, last)


def _is_denied(folded: str, start: int, cue: int) -> bool:
    return _DENIED.search(folded[max(start, cue - _DENIED_REACH) : cue]) is not None


def _trimmed(folded: str, start: int, end: int) -> tuple[int, int]:
    head = _HEAD.match(folded, start, end)
    first = head.end() if head else start
    for tail in _TAIL.finditer(folded, first, end):
        if tail.end() == end and tail.start() > first:
            return first, tail.start()
    return first, end


def _english(folded: str, start: int, end: int) -> tuple[int, int]:
    if _ENGLISH_WISH.search(folded, start, end):
        return end, end
    head = _ENGLISH_HEAD.match(folded, start, end)
    first = head.end() if head else start
    return first, start + len(folded[start:end].rstrip())
