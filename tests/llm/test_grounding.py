"""Every figure of a reply stands in what it was given, however the two write it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.llm import written
from apps.llm.grounding import CITE, Evidence, Fault, check
from apps.llm.prompts import Passage
from apps.llm.written import Kind, read

SAME = [
    ("Within 30 days.", "You have 30 days."),
    ("Within 30 days.", "You have thirty days."),
    ("within thirty days", "You have 30 days."),
    ("7天内可退", "七天内可以退货。"),
    ("七天无理由", "7 天内都可以。"),
    ("七天无理由", "支持７天无理由退货。"),
    ("满1299元包邮", "满 1,299 元包邮。"),
    ("满1，299元包邮", "满1299元。"),
    ("a fee of $12.50", "It costs $12.5."),
    ("costs 12.50 USD", "It costs $12.50."),
    ("1.5万元", "15000元"),
    ("3k points", "3000 points"),
    ("on 2026-11-23", "by November 23, 2026"),
    ("on 2026-11-23", "在2026年11月23日"),
    ("on 2026-11-23", "在11月23日"),
    ("on 2026-11-23", "until 23 Nov"),
    ("Nov 23", "November 23rd"),
    ("open 9:00-18:00", "from 9am to 6pm"),
    ("营业到18:00", "营业到下午6点"),
    ("call 400-800-1234", "call 4008001234"),
    ("call 4008001234", "call 400-800-1234"),
    ("3-5 business days", "3 to 5 days"),
    ("3至5个工作日", "3-5天"),
    ("order A-1001", "Your order A1001"),
    ("运单SF1234567", "运单号 sf1234567"),
    ("see https://shop.example/returns/", "see shop.example/returns."),
    ("see www.shop.example", "https://shop.example"),
    ("mail help@shop.example", "mail Help@shop.example."),
    ("打8折", "可享 8 折"),
    ("8.5%", "8.5 %"),
    ("第二年半价，满三百元", "满300元"),
    ("Bring the card.", "1. Open the page.\n2. Bring the card."),
    ("Bring the card.", "第一步，带卡。第2步，带人。"),
    ("Bring the card.", "Bring the card [1]."),
    ("order 00123", "order 00123"),
    ("pays 500 dollars", "It pays five hundred dollars."),
    ("pays 10,000 yuan", "It pays ten thousand yuan."),
    ("pays $1,250", "one thousand two hundred and fifty dollars"),
    ("24 days", "two dozen days"),
    ("within six months", "within half a year"),
    ("within 30 minutes", "in half an hour"),
    ("半小时内", "30分钟内"),
    ("15天内", "半个月内"),
    ("赔一万元", "赔壹万元。"),
    ("赔 500 元", "赔伍佰圆"),
    ("45天内", "四 十 五 天内"),
    ("假一赔双倍", "两倍赔付"),
    ("半价优惠", "It is half price."),
    ("50% off", "That is half the price."),
    ("打5折", "打五折，也就是半价"),
    ("95588 热线", "call nine five five eight eight"),
    ("二〇二六年", "2026年"),
    ("满一亿元", "满100000000元"),
    ("请访问shop.example/a", "可以看shop.example/a。"),
    ("see https://магазин.example/refund", "https://магазин.example/refund."),
    ("写信给help@shop.example", "请发到help@shop.example，谢谢"),
    ("It comes tomorrow.", "You get it tomorrow."),
    ("It comes tomorrow.", "明天送到。"),
    ("明日达", "明天能到。"),
    ("Orders before noon arrive the next day.", "It arrives tomorrow."),
    ("下单后次日送达", "明天就能送到"),
    ("中午前下单当天发货", "今天就发货。"),
    ("the day after tomorrow", "后天送到"),
    ("in 7 days", "How may I help you today?"),
    ("7天内", "请问今天有什么可以帮您？以前天天有人问。"),
    ("7天内", "明显不行；前提是这周边没有；下周围的地方。"),
    ("下载App。iOS", "请下载App。iPhone用户也一样。订单。ok"),
    ("all", "That is one of a hundred reasons, a thousand thanks; please double-check it."),
    ("全", "下半年双方各一份，队伍陆续登陆，请收拾好。"),
]
OTHER = [
    ("Within 30 days.", "You have 60 days.", Kind.NUMBER),
    ("Within 30 days.", "You have 30 minutes.", Kind.NUMBER),
    ("Within 30 days.", "You have sixty days.", Kind.NUMBER),
    ("七天无理由", "十五天无理由", Kind.NUMBER),
    ("满1299元包邮", "满1299美元包邮", Kind.AMOUNT),
    ("满1299元包邮", "满129元包邮", Kind.AMOUNT),
    ("a fee of $12.50", "a fee of $12", Kind.AMOUNT),
    ("a fee of 12%", "a fee of $12", Kind.AMOUNT),
    ("on 2026-11-23", "on 2026-11-24", Kind.DATE),
    ("on 2026-11-23", "on November 23, 2025", Kind.DATE),
    ("on 2026-11-23", "12月23日", Kind.DATE),
    ("on Nov 23", "on November 23, 2025", Kind.DATE),
    ("open until 18:00", "open until 8pm", Kind.TIME),
    ("call 400-800-1234", "call 400-800-1235", Kind.CODE),
    ("order A1001", "order B1001", Kind.CODE),
    ("order A1001", "order 1001", Kind.NUMBER),
    ("see shop.example/returns", "see shop.example/refunds", Kind.URL),
    ("see shop.example/returns", "see shop.example", Kind.URL),
    ("nothing here", "see https://evil.example/x?q=1", Kind.URL),
    ("nothing here", "mail me@evil.example", Kind.URL),
    ("order 00123", "order 123", Kind.NUMBER),
    ("free", "It costs 5 元", Kind.AMOUNT),
    ("in 7 days", "You get five hundred dollars.", Kind.AMOUNT),
    ("in 7 days", "You get five hundred back.", Kind.NUMBER),
    ("in 7 days", "a five-hundred-dollar gift", Kind.AMOUNT),
    ("in 7 days", "You get a hundred dollars.", Kind.AMOUNT),
    ("10 days", "You get ten thousand dollars.", Kind.AMOUNT),
    ("7 days", "You get 7 million dollars.", Kind.AMOUNT),
    ("7 days", "You get 7 hundred dollars.", Kind.AMOUNT),
    ("2 days", "It takes two dozen days.", Kind.NUMBER),
    ("2 days", "It takes a fortnight.", Kind.NUMBER),
    ("in 7 days", "We pay double the price.", Kind.NUMBER),
    ("in 7 days", "We refund half the price.", Kind.NUMBER),
    ("in 7 days", "Within half a year.", Kind.NUMBER),
    ("in 7 days", "call nine five five eight eight", Kind.CODE),
    ("7天内", "退您壹万元", Kind.AMOUNT),
    ("7天内", "退您伍佰元", Kind.AMOUNT),
    ("7天内", "肆拾伍天内", Kind.NUMBER),
    ("7天内", "一亿元", Kind.AMOUNT),
    ("7天内", "双倍退款", Kind.NUMBER),
    ("7天内", "加倍赔付", Kind.NUMBER),
    ("7天内", "退回后半年内到账", Kind.NUMBER),
    ("7天内", "半个月内到账", Kind.NUMBER),
    ("7天内", "四五天内", Kind.NUMBER),
    ("7天内", "三十多天内", Kind.NUMBER),
    ("7天内", "请拨打九五五八八", Kind.NUMBER),
    ("7天内", "退一半", Kind.NUMBER),
    ("7 days", "https://магазин.рф/refund", Kind.URL),
    ("7 days", "see магазин.рф", Kind.URL),
    ("7 days", "see evil。com for it", Kind.URL),
    ("7 days", "see evil[.]com", Kind.URL),
    ("7 days", "see evil dot com", Kind.URL),
    ("7 days", "see 淘宝.com", Kind.URL),
    ("7 days", "see 例子.中国", Kind.URL),
    ("7 days", "see http://例え.jp", Kind.URL),
    ("7 days", "write to boss@пример.рф", Kind.URL),
    ("7 days", "write to 张三@shop.example", Kind.URL),
    ("see shop.example", "see shop.example.рф", Kind.URL),
    ("7 days", "99) dollars", Kind.NUMBER),
    ("Delivery takes 3 days.", "It arrives tomorrow.", Kind.DATE),
    ("Delivery takes 3 days.", "It went out yesterday.", Kind.DATE),
    ("It comes tomorrow.", "It comes the day after tomorrow.", Kind.DATE),
    ("It comes today.", "It comes tomorrow.", Kind.DATE),
    ("in 7 days", "You get your money next week.", Kind.DATE),
    ("7天内送达", "明天就能送到", Kind.DATE),
    ("7天内送达", "大后天送到", Kind.DATE),
    ("后天送到", "大后天送到", Kind.DATE),
    ("7天内送达", "下周一定到账", Kind.DATE),
]


@pytest.mark.parametrize(("given", "reply"), SAME)
def test_the_same_said_otherwise(given, reply):
    assert check(reply, (), [Passage("", given)]).faults == ()


@pytest.mark.parametrize(("given", "reply", "kind"), OTHER)
def test_what_stands_nowhere(given, reply, kind):
    (fault,) = check(reply, (), [Passage("", given)]).faults
    assert fault.kind == kind


def test_slots_results_and_titles_count():
    reply = "Order A1001 arrives on 2026-05-03, 20 points, 3 days."
    known = ["A1001", "2026-05-03", "points: 20"]
    assert check(reply, (), [Passage("In 3 days", "")], known).holds
    assert len(check(reply, (), [], known).faults) == 1


@pytest.mark.parametrize(
    ("today", "holds"), [(date(2026, 5, 2), True), (date(2026, 5, 3), False), (None, False)]
)
def test_tomorrow_is_the_date_that_a_result_names(today, holds):
    known = ["2026-05-03"]
    for reply in ("It arrives tomorrow.", "明天送到。"):
        assert Evidence([], known, today).check(reply, ()).holds is holds


@pytest.mark.parametrize("cite", ["0", "3", "-1", "x", "", "٣", "1e1", "99999999999999999999"])
def test_a_cite_of_nothing(cite):
    found = check("", ["1", cite], [Passage("", ""), Passage("", "")])
    assert found.cited == (0,)
    assert found.faults == (Fault(CITE, cite),)


def test_cites_are_places_each_once():
    passages = [Passage("", "")] * 3
    assert check("", ["3", "[1]", "3", " 1 "], passages).cited == (2, 0)


def test_words_that_only_look_like_figures():
    reply = "一般来说，您可以一起申请，一定没有问题。Anyone can do it, tense as it may be."
    assert check(reply, (), []).holds


@given(st.text(max_size=300))
def test_any_text_is_grounded_in_itself(text):
    assert check(text, (), [Passage("", text)]).holds


@given(st.text(alphabet="0123456789.,-:/年月日元$% kam万一十", max_size=80))
def test_figures_are_grounded_in_themselves(text):
    assert check(text, (), [Passage("", text)]).holds
    assert all(statement.said for statement in read(text))


FRAGMENTS = (
    *(
        "30",
        "9",
        "2026",
        "1,299",
        "A-1001",
        "three",
        "三",
        "两百",
        "half",
        "双倍",
        "半",
        "half price",
    ),
    *(
        ":",
        "-",
        "/",
        ".",
        ",",
        " ",
        "@",
        "://",
        "[.]",
        "(dot)",
        " dot ",
        "。",
        "\n",
        "$",
        "元",
        "%",
    ),
    *(
        "am",
        "p.m.",
        "点",
        "时",
        "分",
        "年",
        "月",
        "日",
        "jan",
        "Sept.",
        "天",
        "days",
        "小时",
        "day",
    ),
    *("shop", "example", "com", "https", "公司", "ru", "b", "x-", "order"),
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_what_is_not_looked_for_is_not_there(fragments):
    text = "".join(fragments)
    readers = written._READERS
    found = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(written, "_READERS", [(None, *rest) for _, *rest in readers])
        assert read(text) == found
