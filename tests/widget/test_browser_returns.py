"""A visitor sends something back in the demo shop, with buttons and by typing only."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

OPENINGS = {
    "en": ("I want to return order 202611060233, it does not work", "4831"),
    "zh-Hans": ("我昨天买的耳机想退，订单 202611040017，左耳没声音", "2567"),
}
ARRANGED = {"en": "is arranged", "zh-Hans": "的退货已安排"}
ALREADY = {"en": "already under way", "zh-Hans": "已在处理中"}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_all_at_once_with_buttons_and_once_only(visit, language):
    widget = visit(language=language).open()
    opening, tail = OPENINGS[language]
    widget.say(opening)
    card = widget.answers.last.get_by_role("group")
    expect(card).to_contain_text("2026110")
    card.get_by_role("textbox").fill(tail)
    card.get_by_role("button", name=widget.words["yes"]).dblclick()
    expect(widget.answers.last).to_contain_text(ARRANGED[language])
    expect(widget.answers.filter(has_text=ARRANGED[language])).to_have_count(1)
    # What was done once is refused, not done again; the same order is not to be proved twice.
    widget.say(opening)
    card = widget.answers.last.get_by_role("group")
    expect(card).to_contain_text("2026110")
    expect(card.get_by_role("textbox")).to_have_count(0)
    card.get_by_role("button", name=widget.words["yes"]).click()
    expect(widget.answers.last).to_contain_text(ALREADY[language])


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_piece_by_piece_by_typing_only(visit, language):
    widget = visit(language=language).open()
    lines = {
        "en": ["where is my order", "202611150108", "1", "2567"],
        "zh-Hans": ["我的订单到哪了", "202611150108", "不知道啊", "2567"],
    }[language]
    for count, line in enumerate(lines, 1):
        widget.say(line)
        expect(widget.answers.nth(count - 1)).to_be_visible()
    expect(widget.answers.last).to_contain_text("SF Express")
