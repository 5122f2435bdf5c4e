"""The console on a phone, in Chinese, and by keys alone."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.console.browsing import ask_for_a_person

pytestmark = pytest.mark.browser


def test_a_phone_shows_one_pane_at_a_time(visit, sit):
    widget, about = visit(language="zh-Hans"), f"火星移民船票 {uuid4()}"
    ask_for_a_person(widget, about)
    lin = sit(language="zh-Hans", width=390, has_touch=True)
    expect(lin.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(lin.page.locator("#thread")).to_be_hidden()
    lin.open(about)
    expect(lin.page.locator("#queue")).to_be_hidden()
    expect(lin.page.locator("#brief .packet")).to_be_hidden()
    lin.page.locator("#brief > summary").click()
    expect(lin.page.locator("#brief .packet")).to_be_visible()
    lin.page.locator("#brief > summary").click()
    lin.act("claim")
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    lin.note("先查一下付款记录")
    lin.reply("您好，我来帮您。")
    expect(widget.frame.locator(".line.person")).to_contain_text("您好，我来帮您。")
    lin.page.locator("#show-context").click()
    expect(lin.page.locator("#context")).to_be_visible()
    lin.page.locator("#hide-context").click()
    expect(lin.page.locator("#context")).to_be_hidden()
    assert lin.page.evaluate("document.documentElement.scrollWidth") <= 390
    lin.page.locator("#back").click()
    expect(lin.page.locator("#queue")).to_be_visible()


def test_everything_is_done_without_a_mouse(visit, sit):
    widget, about = visit(), f"zeppelin {uuid4()}"
    ask_for_a_person(widget, about)
    lin = sit()
    keys, page = lin.page.keyboard, lin.page
    keys.press("s")
    expect(page.locator("#search")).to_be_focused()
    keys.type(about)
    expect(page.locator("#tabs [aria-pressed=true]")).to_have_count(0)
    expect(lin.rows).to_have_count(1)
    page.locator("#tab-waiting").focus()
    keys.press("j")
    expect(lin.lines.filter(has_text=about)).to_have_count(1)
    expect(lin.rows.locator(".open")).to_be_focused()
    keys.press("c")
    expect(page.locator("#as-reply")).to_be_enabled()
    keys.press("r")
    expect(lin.box).to_be_focused()
    # An input method's Enter belongs to it, and single keys are letters here.
    lin.box.dispatch_event("keydown", {"key": "Enter", "ctrlKey": True, "isComposing": True})
    keys.type("jkc?")
    keys.press("Control+Enter")
    expect(lin.lines.filter(has_text="jkc?")).to_have_count(1)
    keys.press("Escape")
    keys.press("x")
    expect(page.locator("#bulk")).to_be_visible()
    keys.press("Control+k")
    # The palette knows what things are called in the other language as well.
    keys.type("优先级")
    expect(page.get_by_role("option", name=lin.say("do_priority"))).to_be_visible()
    keys.press("Enter")
    expect(page.get_by_role("dialog", name=lin.say("priority"))).to_be_visible()
    keys.press("Escape")
    keys.press("?")
    expect(page.get_by_role("dialog", name=lin.say("shortcuts"))).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
