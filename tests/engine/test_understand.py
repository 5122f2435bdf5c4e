"""What a line asks for: a person, a courtesy, or an answer. Everything that is not surely one of
the first two is a question, so the look-alikes matter most."""

import random

import pytest

from apps.engine import understand as understanding
from apps.engine.commands import AskFaq, Command, Courtesy, SmallTalk, WantHuman
from apps.engine.courtesies import COURTESY_LENGTH, NAMES_SOMEBODY, WISH, WISH_LENGTH
from apps.engine.text import normalise
from apps.engine.types import Policy, Snapshot


def understand(line: str) -> list[Command]:
    """The line in a shop without flows."""
    return understanding.understand(line, Snapshot(Policy(0.7, 0.3)))


WISHES = """
talk to a human
Talk to a person
TALK TO A PERSON!!!
i wanna talk to a person
I want to talk to a real human please
I'd like to chat with a real person
I’d like to speak with someone
Can I speak with someone?
can i speak to a manager
get me an agent
need human
want agent
Speak to agent
human
 Human.
agent?
representative please
real person
customer service
live chat
transfer me please
please transfer me to an agent
put me through to someone
This is not working, let me talk to a human
No! I want an agent
let me speak to somebody real
I don't want a bot, please give me a human
I want to talk to a human about a wireless mouse
人工
转人工
轉人工
转人工。
转人工！！
【转人工】
轉接人工客服
帮我转接人工客服谢谢
請幫我轉人工
可以转人工吗
能不能轉人工？
能帮我转一下人工吗
我要人工
我要找人工客服
人工客服
人工服務
我要真人
找客服
我想和真人聊
我想跟人工说话
我不想跟机器人聊，转人工
叫你们经理来
找你们主管
""".strip().split("\n")

# What angry people write holds a "not", an "hours" or a 没 that does not refuse the person.
IMPATIENT_WISHES = [
    "not helpful, i want a human",
    "I don't want a bot, get a human",
    "I've been waiting for hours, get me a human",
    "let me talk to your supervisor",
    "customer service please",
    "转 人工",
    "没用转人工",
    "等了这么长时间了，转人工",
    "I don't want a bot get me a human",
    "this bot does not help me get me an agent",
    "I want a person not a machine",
    "I need a human to look at my order",
    "connect me with a customer service representative",
    "talk to customer service",
    "I want live support",
    "我要和人工客服沟通",
    "还不转人工",
    "怎么不给我转人工",
]

COURTESIES = {
    Courtesy.GREETING: """
        hello|HELLO!!|Hi there|hey 👋|Good morning.|您好|你好啊|你好呀~|哈囉|在嗎？|客服在吗|有人嗎|早上好
    """,
    Courtesy.THANKS: """
        thanks|Thank you so much!|THX|ok thanks|many thanks for your help|thank you!!!! 😊
        |謝謝|谢谢啦|好的，谢谢|感謝您的幫助|辛苦了|非常感谢
    """,
    Courtesy.FAREWELL: """
        bye|Goodbye!|See you later|that's all|that’s all, thanks|再見|拜拜～|没事了|沒有別的問題了，謝謝|晚安
    """,
    Courtesy.ASSENT: "ok|OK.|okay|Got it!|I see|好的|嗯嗯|收到|明白了。|知道了|可以|行",
    Courtesy.IDENTITY: """
        who are you|are you a bot?|Are you human?|am I talking to a real person?|你是機器人嗎
        |你是机器人吗？|你是谁|你是真人还是机器人
    """,
}
# Several courtesies make one line; a filler before a question is one of them.
COMBINED = {
    Courtesy.GREETING: """
        hello there, quick question|hi, I have a question|Hi! Can you help me?|hi there 你好|hello hello
        |你好，请问一下|您好，我想咨询一下|在吗，有个问题想问一下|你好，请问
    """,
    Courtesy.THANKS: "ok, got it, thanks|okay thank you|好的，知道了，谢谢|好了谢谢|thanks, ok",
    Courtesy.FAREWELL: """
        thanks, bye|thank you, goodbye|Thanks for your help, have a great day!|ok thanks bye then
        |no thanks, bye|that's all, thank you, bye|hi, thanks and bye
        |谢谢，再见|谢谢再见|好的，谢谢，拜拜|谢谢你的帮助，再见|谢谢，不用了
    """,
    Courtesy.ASSENT: "ok, good|好的好的|好的，明白了",
    Courtesy.IDENTITY: "hello, are you a bot?|你好，你是机器人吗",
}
SPOKEN = [
    (line.strip(), courtesy)
    for said in (COURTESIES, COMBINED)
    for courtesy, lines in said.items()
    for line in lines.split("|")
]

QUESTIONS = """
how many people fit in the tent
do you sell human hair wigs
human hair wig
transfer fee
how do I get a travel agent discount
do you have a real estate agent discount
I need a cleaning agent
I want to send a gift to another person
when can I talk to a human
is a human available on weekends
what are your opening hours
I don't need a human
no need for an agent
do not transfer me to an agent
hello, where is my parcel
thanks but where is my refund
ok so how do I return it
good morning coffee beans
are you a bot friendly shop
are you open today
perfect fit guide
hi-fi speaker
nice jacket size
88折
行李箱多大
可以退货吗
好的怎么退
thanks, bye the way where is my parcel
hi goodbye kit
bye bye baby poster
hello thanks giving card
quick question where is my refund
谢谢再见表情包
你好请问怎么退货
请问发票
你好我想退货
谢谢，还有一个问题，怎么开发票
知道了怎么退吗
人工智能手表怎么用
人工草坪多少钱
人工泪液能退吗
人工费多少
真人尺寸
经理套装
人工客服几点上班
人工客服什么時候上班
周末有人工吗
我不要转人工
不用轉人工
先别转人工
不需要人工
yes
？
👍
🚲🚲🚲
。。。
""".strip().split("\n")

# Wares and favours that only look like a wish: a shop sells the first, and answers the second.
WARES_AND_FAVOURS = [
    "我要人工智能手表",
    "想要人工智能音箱",
    "我要人工草坪",
    "找人工钻石",
    "can I give someone a gift card",
    "how to give someone a gift",
    "Do I need a person to sign for the parcel",
    "can i get the human anatomy poster",
    "Do I have to talk to someone at the store to return it",
]


@pytest.mark.parametrize("line", WISHES)
def test_a_wish_for_a_person_is_heard(line):
    assert understand(line) == [WantHuman()]


@pytest.mark.parametrize("line", IMPATIENT_WISHES)
def test_an_impatient_wish_for_a_person_is_heard(line):
    assert understand(line) == [WantHuman()]


@pytest.mark.parametrize(("line", "courtesy"), SPOKEN)
def test_a_courtesy_is_no_question(line, courtesy):
    assert understand(line) == [SmallTalk(courtesy)]


@pytest.mark.parametrize("line", QUESTIONS)
def test_what_only_looks_like_one_stays_a_question(line):
    assert understand(line) == [AskFaq(line)]


@pytest.mark.parametrize("line", WARES_AND_FAVOURS)
def test_wares_and_favours_stay_questions(line):
    assert understand(line) == [AskFaq(line)]


@pytest.mark.parametrize(("line", "courtesy"), SPOKEN)
def test_case_and_punctuation_change_nothing(line, courtesy):
    for typed in (line.upper(), line.title(), f" {line} ", f"{line}!!", f"“{line}”…", f"{line}～"):
        assert understand(typed) == [SmallTalk(courtesy)], typed


def test_a_long_complaint_is_a_question_whatever_it_mentions():
    wish = "get me a human, "
    just = wish + "x" * (WISH_LENGTH - len(wish))
    assert understand(just) == [WantHuman()]
    assert understand(just + "x") == [AskFaq(just + "x")]


def test_a_courtesy_ends_where_its_longest_form_does():
    line = "嗯" * COURTESY_LENGTH
    assert understand(line) == [SmallTalk(Courtesy.ASSENT)]
    assert understand(line + "嗯") == [AskFaq(line + "嗯")]


def test_a_row_of_courtesies_ends_where_the_longest_line_does():
    line = "好的 " * (COURTESY_LENGTH // 3)
    assert understand(line) == [SmallTalk(Courtesy.ASSENT)]
    assert understand(line + "退货") == [AskFaq(line + "退货")]


@pytest.mark.parametrize("line", ["", " ", "\0", "half \ud83d", "\u202e", "a\u0301" * 3000])
def test_any_text_at_all_is_understood_as_something(line):
    assert understand(line) == [AskFaq(line)]


def test_a_question_keeps_the_visitors_own_words():
    assert understand("  WHERE is 我的包裹 ?! ") == [AskFaq("  WHERE is 我的包裹 ?! ")]


def test_random_lines_always_give_one_command():
    chance = random.Random(11)
    pieces = [*WISHES, *QUESTIONS, "\u200b", "…", "\n", "ﷺ", "İ", "'", "don't", " not ", "人", "转"]
    for _ in range(2000):
        line = "".join(chance.choices(pieces, k=chance.randint(1, 6)))
        assert len(understand(line)) == 1, line


@pytest.mark.parametrize(
    "wish",
    [
        *("talk to a {}", "get me the {}", "connect with customer {}", "i want live {}"),
        *("转{}客服", "找{}谢谢", "{}来处理"),
    ],
)
def test_no_wish_names_nobody(wish):
    """A line without a name of somebody is not searched for a wish: the two must agree."""
    words = {word for line in (*WISHES, *QUESTIONS) for word in normalise(line).split()}
    pairs = {line[i : i + 2] for line in (*WISHES, *QUESTIONS) for i in range(len(line))}
    rare = ("operator", "representative", "people", "supervisor", "主管", "经理", "活人", "真人")
    lines = [wish.format(word) for word in (*words, *pairs, *rare)]
    heard = [line for line in lines if WISH.search(line)]
    assert heard
    assert [line for line in heard if not NAMES_SOMEBODY.search(line)] == []
