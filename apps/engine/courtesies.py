"""Courtesies, and the wish for a person.

Courtesies must fill the whole line, one or several of them: "thanks, bye" is a farewell, "hello,
where is my parcel" a question. A wish for a person
may stand in a longer line, but not in a question about people ("when is a human available?").
"""

import re

from apps.engine.clauses import between
from apps.engine.commands import Courtesy
from apps.engine.text import normalise

WHOLE_LINES = {
    Courtesy.GREETING: r"""
        (hi|hello|hey|hiya|howdy|greetings)(\ (there|all|team|everyone))?
        |good\ ?(morning|afternoon|evening|day)
        |(您|你|大家)好+[呀啊哈]?|嗨+|哈[喽啰罗]|(请问)?((现在|还)?(有人|客服|亲|老板)还?)?在(吗|么|不|嘛)
        |(现在|还)?有人(吗|么)|(现在|还)?有没有人在?|(is\ )?(there\ )?any(one|body)\ (still\ )?(t?here|around)
        |(早上|上午|中午|下午|晚上)好|早安|亲(亲)?
        |(i\ )?(just\ )?((have|had|got)\ )?(a\ |one\ |another\ |one\ more\ )?(quick\ |small\ |short\ |simple\ )?question(\ for\ you)?
        |(just\ )?(a\ )?(quick\ |few\ |some\ )questions?|(can|could|may)\ i\ ask\ (you\ )?(a\ (quick\ )?question|something)
        |(can|could)\ you\ help(\ me)?(\ out)?|i\ need\ (some\ )?help
        |(我)?(想)?(请问|咨询|打听|问)(你们|您)?(一下|个事儿?|个问题|点事)(儿)?|(我)?(还)?有(一)?(个|点|些)(小)?(问题|事)(想)?(问|咨询)?(一下)?
        |打扰(一下|了)|麻烦(一下|了|问一下)|请问$
    """,
    Courtesy.THANKS: r"""
        (ok\ |okay\ |great\ |perfect\ )?(thanks|thank\ (you|u)|thx|ty|cheers|many\ thanks|much\ appreciated)
        (\ (so|very)\ much|\ a\ lot|\ again|\ for\ (your|the)\ help)?
        |(好(的|了)?|嗯+|行)?(非常|太|十分|多)?(感谢|谢谢|谢了|多谢|谢)((你|您)(的(帮助|帮忙|回复|解答))?|啦|了|哈|啊)?
        |(非常|太|十分)(感谢|谢谢)(你|您)?(了|啦)?|辛苦(你|您)?(了|啦)?|3q
    """,
    Courtesy.FAREWELL: r"""
        (good\ ?)?bye(\ bye)?(\ (then|now))?|see\ (you|ya)(\ later)?|good\ night|that(\ i|'?)s\ all(\ (thanks|thank\ you))?
        |no\ (thanks|thank\ you)|(have\ a\ )?(nice|good|great)\ day|nothing\ else
        |再见|拜拜|拜|88|晚安|回头见|(没有|没)(别的|其他的?)?(问题|事)?(了|啦)(谢谢)?|没事(了|啦)(谢谢)?|(暂时)?(不用|没有|没)(了|啦)(谢谢)?
    """,
    Courtesy.ASSENT: r"""
        ok|okay|k|alright|fine|cool|great|perfect|got\ it|i\ see|understood|sure|nice|good
        |好(的|吧|滴|嘞|哒)?(呢|呀)?|嗯+(嗯)*(好的)?|行(吧)?|可以|明白(了)?|知道(了)?|了解(了)?|收到|懂了|哦+|噢+|okk+
    """,
    Courtesy.IDENTITY: r"""
        (who|what)\ are\ you|are\ you\ (a\ |an\ )?(bot|robot|human|person|machine|ai|real|real\ person)
        |(is\ this|am\ i\ (talking|speaking|chatting)\ (to|with))\ (a\ |an\ )?(bot|robot|human|real\ person|person|ai)
        |你是(谁|什么|机器人|人工|真人|人|ai)(吗|么|呢|啊)?|(你)?是(机器人|人工|真人)(还是(真人|人工|机器人|人))?(吗|么|呢)?
    """,
}
HUMAN_WHOLE_LINE = r"""
    (a\ )?(real\ |live\ )?(human|person|agent|operator|representative|rep|someone)
    |(human|agent)\ (support|help|agent|service)|transfer(\ me)?
    |customer\ (service|support)|live\ (chat|support|agent|person)
    |(请|帮我|给我|麻烦|我)?(转|接|要|找|叫|切换?|换)?(到|个|一下)?(人工|真人)(客服|服务|坐席|座席)?
    |(请|帮我|给我|麻烦|我)?(转|接|要|找|叫|换)(到|个|一下)?客服(人员)?
"""
WITH_PLEASE = r"(please\ )?({})(\ please)?(吧|谢谢|呢|啊|呀)?"
# Wishes are looked for clause by clause: "not helpful, get me a human" refuses no human.
# What one talks to is a person whatever follows; what one gets may be a poster or a cleaning agent,
# so there the clause has to end, or say what the person is for.
HUMAN_WISH = r"""
    \b(talk|speak|chat|transfer|connect|through|hand|reach|contact)\b
        (\ (me|us|over|with|to|an?|the|your|some|any|real|actual|live|another|customer|service|support))*
        \ (human|person|people|agent|operator|representative|rep|someone|somebody|supervisor|manager
           |customer\ service|customer\ support|support)\b
    |\b(get|give|want|need|prefer|find)\b
        (\ (me|us|to|have|an?|the|your|some|any|real|actual|live|another))*
        \ (human|person|agent|operator|representative|rep|supervisor|manager|live\ (support|chat)|support)
        (\ (please|now|here|instead|asap|right\ now|not\ .*|to\ (?!sign|wear|use|fit)\w+.*))*+$
    |(转接?|接通?|找|叫|联系|呼叫|换|要|想|给我|帮我)(你们|一下|一个|个|到|成|的|和|跟|与|我)*
        (人工|真人|活人|主管|经理)(客服|服务|坐席|座席)?
        (?=$|吧|呢|啊|呀|吗|谢谢|来|处理|聊|说|讲|谈|帮|解决|接|跟|好|行|可以|沟通|对话)
    |(人工|真人)(客服|服务|坐席)?(来|帮我|处理|接待|跟我)
"""
# Whom a wish asks for. A line that names nobody holds no wish: finding that out first saves 4 of
# the 10 us of understanding an English question.
SOMEBODY = r"""
    human|person|people|agent|operator|rep|someone|somebody|supervisor|manager|service|support|chat
    |人工|真人|活人|主管|经理
"""
# A refusal stands right before what it refuses; "why do you not transfer me" is no refusal.
REFUSED = r"""
    (?<!还)(?<!怎么)(?<!为什么)(不|别|无需|没必要)(要|想|用|需要|给我|帮我)*(转接?|接|找|叫|联系|换)?(到)?(人工|真人)
    |\b(don['’]?t|do\ not|no)\ (want|need|have|transfer|connect|talk|speak|put|get)\b
        (\ (me|us|for|to|talk|speak|with|an?|the|any|through|real|live))*
        \ (human|person|agent|operator|representative|someone|manager)
    |\bno\ (need|human|agent|person)\b
"""
ABOUT_PEOPLE = r"""
    几点|什么时候|时间|上班|下班|多久|周末|营业
    |\b(when|hours?|open|opening|how\ long|what\ time)\b
    |^(do|should|must|would)\ i\ (have|need|get|want|talk|speak)\b
"""


def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})", re.VERBOSE)


HUMAN_ALONE = _whole(WITH_PLEASE.format(HUMAN_WHOLE_LINE))
WISH = _whole(HUMAN_WISH)
NAMES_SOMEBODY = _whole(SOMEBODY)
NO_WISH = _whole(f"{REFUSED}|{ABOUT_PEOPLE}")
ANY_COURTESY = "|".join(f"(?P<{name}>{pattern})" for name, pattern in WHOLE_LINES.items())
COURTESY = re.compile(ANY_COURTESY, re.VERBOSE)
# A courtesy and what parts it from the next. The end of an English one is the end of a word.
COURTESY_NEXT = re.compile(rf"(?:{ANY_COURTESY})(?![a-z0-9'])\ ?(?:(?:and|n)\ )?", re.VERBOSE)
# Of several courtesies the first counts, but leaving and asking who is there are why they are said,
# and assent is only how a line begins.
LOUDEST = (Courtesy.FAREWELL, Courtesy.IDENTITY)
BETWEEN = between(r"\b(?:but|and)\b")
HAN_GAPS = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
EDGES = re.compile(r"^[\W_]+|[\W_]+$")
BREAKS = re.compile(r"[^\w']+|_")
# No courtesy and no plain wish is longer; a long complaint is a question whatever it mentions.
COURTESY_LENGTH = 40
WISH_LENGTH = 200


def spelt(text: str) -> str:
    """The start of a line in one spelling, without the gaps that people leave in Chinese."""
    line = normalise(text[: WISH_LENGTH + 1])
    return line if line.isascii() else HAN_GAPS.sub("", line)


def bare(line: str) -> str:
    """The words of a line, single spaces for whatever stood between them."""
    return BREAKS.sub(" ", EDGES.sub("", line))


def wants_human(line: str, plain: str) -> bool:
    """`line` is spelt and no longer than WISH_LENGTH, `plain` the same, bare."""
    if HUMAN_ALONE.fullmatch(plain):
        return True
    if not NAMES_SOMEBODY.search(line):
        return False
    clauses = (clause.strip() for clause in BETWEEN.split(line))
    return any(WISH.search(clause) and not NO_WISH.search(clause) for clause in clauses)


def courtesy(plain: str) -> Courtesy | None:
    """The courtesy that fills a bare line; None if anything else stands in it."""
    if len(plain) > COURTESY_LENGTH or not COURTESY_NEXT.match(plain):
        return None
    squeezed = plain if plain.isascii() else plain.replace(" ", "")
    whole = COURTESY.fullmatch(squeezed)
    return Courtesy(whole.lastgroup) if whole and whole.lastgroup else _loudest(plain)


def _loudest(plain: str) -> Courtesy | None:
    """What a row of courtesies says as a whole; None if anything else stands among them."""
    said: list[Courtesy] = []
    at = 0
    while at < len(plain):
        # What one courtesy took is not tried otherwise: backtracking over a row of them would take
        # time exponential in its length.
        found = COURTESY_NEXT.match(plain, at)
        if not found or not found.lastgroup:
            return None
        said.append(Courtesy(found.lastgroup))
        at = found.end()
    return min(said, key=lambda courtesy: (courtesy not in LOUDEST, courtesy is Courtesy.ASSENT))
