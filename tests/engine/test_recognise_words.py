"""Days, amounts, names, reasons and what is wanted instead, in the words of two languages."""

from datetime import date

import pytest

from apps.engine.flows import Option, SlotKind, SlotSpec
from apps.engine.recognise import names
from apps.engine.recognise.amounts import amounts, chinese_number, spelt_amounts
from apps.engine.recognise.choices import choice
from apps.engine.recognise.dates import numeric_dates, spoken_dates
from apps.engine.recognise.line import read
from apps.engine.recognise.names import words_of
from apps.engine.recognise.reasons import CHINESE, ENGLISH, option_of, reason
from apps.engine.recognise.wanted import wanted

MONDAY = date(2026, 11, 23)

DAYS = {
    "2026-08-05": "2026-08-05",
    "2026/8/5": "2026-08-05",
    "2026.08.05": "2026-08-05",
    "8/5/2026": "2026-08-05",
    "25/8/2026": "2026-08-25",
    "2026年8月5日": "2026-08-05",
    "26年8月5号": "2026-08-05",
    "8月5号": "2026-08-05",
    "12月5日": "2026-12-05",
    "Aug 5": "2026-08-05",
    "August 5th, 2025": "2025-08-05",
    "the 5th of August": "2026-08-05",
    "5 Jan": "2027-01-05",
    "today": "2026-11-23",
    "last night": "2026-11-22",
    "the day before yesterday": "2026-11-21",
    "day after tomorrow": "2026-11-25",
    "3 days ago": "2026-11-20",
    "two weeks ago": "2026-11-09",
    "a week ago": "2026-11-16",
    "last Friday": "2026-11-20",
    "on Monday": "2026-11-16",
    "next Monday": "2026-11-30",
    "this sun": "2026-11-29",
    "昨天": "2026-11-22",
    "大前天": "2026-11-20",
    "明晚": "2026-11-24",
    "后天": "2026-11-25",
    "三天前": "2026-11-20",
    "十二天之前": "2026-11-11",
    "2周后": "2026-12-07",
    "上周三": "2026-11-18",
    "上上个星期天": "2026-11-15",
    "下周日": "2026-12-06",
    "周一": "2026-11-23",
    "星期五": "2026-11-20",
    "本周六": "2026-11-28",
    "上个月5号": "2026-10-05",
    "下个月1日": "2026-12-01",
}
NO_DAYS = {
    "next Blursday": "shape",
    "2月30号": "shape",
    "2026-02-30": "shape",
    "2026年13月1日": "shape",
    "Feb 30": "shape",
    "上个月40号": "",
    "next birthday": "",
    "next week": "",
    "今后": "",
    "后天台": "",
    "may I ask": "",
    "昨": "",
}


def days(text, today=MONDAY):
    folded = read(text).folded
    return [*numeric_dates(folded, today), *spoken_dates(folded, today)]


@pytest.mark.parametrize(("text", "day"), DAYS.items())
def test_days(text, day):
    (mention,) = days(f"I bought it {text}")
    assert (mention.value, mention.problem) == (day, "")


@pytest.mark.parametrize(("text", "problem"), NO_DAYS.items())
def test_what_is_no_day(text, problem):
    assert [mention.problem for mention in days(text)] == [problem][: bool(problem)]


def test_words_need_to_know_what_day_it_is():
    assert days("yesterday, 昨天", today=None) == []
    assert [mention.problem for mention in days("8月5号", today=None)] == ["shape"]
    assert [mention.value for mention in days("2026-08-05", today=None)] == ["2026-08-05"]


def test_the_29th_of_february_is_looked_for_in_the_years_around():
    assert [mention.problem for mention in days("2月29号")] == ["shape"]
    leap = days("2月29号", date(2028, 3, 1))
    assert [mention.value for mention in leap] == ["2028-02-29"]


AMOUNTS = {
    "¥3万": "30000",
    "$1,299.50": "1299.5",
    "US$ 20": "20",
    "94 dollars": "94",
    "2万块": "20000",
    "1.2万": "12000",
    "3百元": "300",
    "€5k": "5000",
    "¥1,000,000元": "1000000",
    "１２００元": "1200",
    "12.00元": "12",
    "三百块": "300",
    "一千二元": "1200",
    "两万三千块钱": "23000",
}


@pytest.mark.parametrize(("text", "value"), AMOUNTS.items())
def test_amounts(text, value):
    folded = read(f"付了{text}").folded
    assert [one.value for one in [*amounts(folded), *spelt_amounts(folded)]] == [value]


@pytest.mark.parametrize(
    "text", ["3 items", "三个", "第三元素", "1.2.3元", "x3元", "零元", "一二三块"]
)
def test_what_is_no_amount(text):
    folded = read(text).folded
    assert [*amounts(folded), *spelt_amounts(folded)] == []


def test_a_bare_number_is_an_amount_when_one_was_asked_for():
    assert [one.value for one in amounts("about 200", bare=True)] == ["200"]
    assert [one.value for one in amounts("200元 or 300", bare=True)] == ["200"]
    assert [one.value for one in spelt_amounts(" 三百 ", bare=True)] == ["300"]
    assert spelt_amounts("三百个", bare=True) == []
    assert spelt_amounts("", bare=True) == []


NUMERALS = {
    "一千零五": 1005,
    "一千二": 1200,
    "三百五": 350,
    "三百五十": 350,
    "十五": 15,
    "二十五": 25,
    "两万三千": 23000,
    "五": 5,
    "零": 0,
    "": None,
    "万": None,
    "一二": None,
    "x": None,
}


@pytest.mark.parametrize(("said", "value"), NUMERALS.items())
def test_chinese_numerals(said, value):
    assert chinese_number(said) == value


def test_names_are_found_longest_first_in_any_number():
    index = names.index(
        [
            ("desk lamp", "lamp"),
            ("Lamp", "any"),
            ("蓝牙耳机", "buds"),
            ("耳机", "phones"),
            ("T恤", "shirt"),
            ("锅", "pot"),
            ("lamp desk", "odd"),
            ("lamp", "second"),
            ("!", "none"),
        ]
    )

    def found(text):
        return [one.value for one in index.find(text, words_of(text))]

    assert found("two desk lamps and a lamp") == ["lamp", "any"]
    assert found("无线蓝牙耳机和耳机") == ["buds", "phones"]
    assert found("蓝t恤, 锅") == ["shirt"]
    assert found("desk") == []
    assert bool(index)
    assert not names.index([])


COLOUR = SlotSpec(
    name="colour",
    kind=SlotKind.CHOICE,
    labels={"en": "Colour"},
    prompts={"en": "Which?"},
    options=(
        Option(value="black", labels={"en": "Black", "zh-Hans": "黑色"}, synonyms=("dark", "")),
        Option(value="navy", labels={"en": "Navy blue"}, synonyms=("dark blue",)),
    ),
)


def test_options_by_name_inside_a_line_and_with_a_typo():
    colour = choice(COLOUR)
    assert colour.exactly(" Black! ".lower()) == "black"
    assert colour.exactly("navy  blue") == "navy"
    assert colour.exactly("") == ""
    assert [one.value for one in colour.inside("the dark blue one")] == ["navy"]
    assert colour.nearly("navvy blue") == "navy"
    assert colour.nearly("blak") == ""
    assert colour.nearly("green") == ""


REASONS = {
    "左耳没声音": ("not_working", "左耳没声音"),
    "太大了穿不了，想换小一号": ("wrong_size", "太大了穿不了"),
    "我要退货因为不喜欢": ("no_longer_needed", "不喜欢"),
    "收到的杯子碎了呢": ("damaged", "杯子碎了"),
    "我想退，材质和描述不符": ("not_as_described", "材质和描述不符"),
    "退货，质量太差了吧": ("quality", "质量太差了"),
    "拍错了想取消": ("by_mistake", "拍错了"),
    "少发了一件": ("missing", "少发了一件"),
    "发错货了 给我换一个": ("wrong_item", "发错货了"),
    "一直没发货，取消": ("late", "一直没发货"),
    "It's the wrong size": ("wrong_size", "the wrong size"),
    "I want to return this damaged lamp": ("damaged", "damaged"),
    "send it back because it stopped working": ("not_working", "stopped working"),
    "I changed my mind": ("no_longer_needed", "I changed my mind"),
    "the colour is wrong and I want my money": ("wrong_item", "the colour is wrong"),
    "it took too long": ("late", "took too long"),
    "broken " + "very " * 40: ("damaged", "broken"),
    "裂了退货了好慢": ("damaged", "裂了退货了好慢"),
    "想退掉坏的": ("not_working", "坏的"),
}


@pytest.mark.parametrize(("text", "given"), REASONS.items())
def test_reasons(text, given):
    line = read(text)
    found = reason(line.folded)
    assert found
    assert (found.kind, text[slice(*line.span(found.start, found.end))]) == given


@pytest.mark.parametrize(
    "text",
    [
        "",
        "我要退货",
        "我不满意",
        "where is it",
        "I don't want a refund",
        "换一个",
        "不想买了",
        "刚下的单不要了",
    ],
)
def test_no_reason(text):
    assert reason(read(text).folded) is None


def test_a_reason_does_not_hold_the_product_or_the_number():
    text = "收到的台灯不亮,订单w1234567坏"
    found = reason(text, [(3, 5)])
    assert text[found.start : found.end] == "不亮"
    assert reason("the lamp is broken", [(4, 8)]).end == 18


def test_every_kind_of_reason_finds_an_option():
    assert set(CHINESE) == set(ENGLISH)
    for kind in CHINESE:
        assert option_of(kind, ("other",)) == "other"
        assert option_of(kind, (kind, "other")) == kind
    assert option_of("by_mistake", ("duplicate",)) == "duplicate"
    assert option_of("late", ("red",)) == ""


WANTED = {
    "帮我把大衣换成小一号的呢": "小一号的",
    "换大一码": "大一码",
    "换个黑色的可以吗": "黑色的",
    "换一个新的吧": "新的",
    "改成L码": "L码",
    "exchange my board for a shorter one, please": "a shorter one",
    "can I get the blue one instead?": "the blue one",
    "Please send me a new charger": "a new charger",
    "can I have one size up": "size up",
    "swap it for size 8 please": "size 8",
}


@pytest.mark.parametrize(("text", "value"), WANTED.items())
def test_what_is_wanted_instead(text, value):
    line = read(text)
    found = wanted(line.folded)
    assert found
    assert text[slice(*line.span(found.start, found.end))] == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "换货",
        "可以换个颜色吗",
        "给我换一个吧",
        "换个别的",
        "swap it for another one",
        "exchange it",
    ],
)
def test_nothing_vague_is_wanted(text):
    assert wanted(read(text).folded) is None
