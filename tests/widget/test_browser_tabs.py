"""What tabs of one site share: what was read, what waits, drafts, and that somebody has left."""

import pytest
from playwright.sync_api import expect

from tests.widget.scripted import Script, begin

pytestmark = pytest.mark.browser

QUESTION = "How long does delivery take?"
# Behind another tab there are no animation frames to poll by.
POLL_MS = 50
HEARD_OF_TWO = "() => window.heard.some(([, {count}]) => count === 2)"
LISTEN = """() => {
  window.heard = [];
  for (const name of ["unread", "message", "handoff", "joined"])
    Helpdesk.on(name, (detail) => window.heard.push([name, detail]));
}"""


def counts(page):
    return [detail["count"] for name, detail in page.evaluate("window.heard") if name == "unread"]


def test_replies_while_closed_are_counted_until_any_tab_reads_them(context, visit):
    pages = [context.new_page(), context.new_page()]
    first, second = [Script(page, session="s") for page in pages]
    widget = visit(page=pages[0]).open()
    begin(widget, first)
    first.answer("Seen at once")
    expect(widget.answers).to_have_count(1)
    second.lines.extend(first.lines)
    other = visit(page=pages[1])
    expect(other.frame.locator(".line.bot[data-seq]")).to_have_count(1)
    for page in pages:
        page.evaluate(LISTEN)
    # Not by a click, which does not always reach a tab that is behind another.
    pages[0].evaluate("Helpdesk.close()")
    expect(widget.box).to_be_hidden()
    for script in (first, second):
        script.answer("Unseen")
        script.answer("Unseen as well")
    for page in pages:
        page.wait_for_function(HEARD_OF_TWO, polling=POLL_MS)
    other.open()
    for page in pages:
        page.wait_for_function("() => window.heard.at(-1)[1].count === 0", polling=POLL_MS)
    assert counts(pages[0])[-1] == counts(pages[1])[-1] == 0
    assert second.of_type("read")[-1]["seq"] == 4


def test_a_line_that_waits_is_seen_in_every_tab_and_sent_by_one_that_stays(context, visit):
    pages = [context.new_page(), context.new_page()]
    first, second = [Script(page, session="s") for page in pages]
    widget = visit(page=pages[0]).open()
    begin(widget, first)
    second.lines.extend(first.lines)
    other = visit(page=pages[1]).open()
    expect(other.own).to_have_count(1)
    first.leave()
    expect(widget.strip).to_be_visible()
    widget.say("Written in the first tab")
    expect(other.state("sending")).to_contain_text("Written in the first tab")
    assert len(second.of_type("send")) == 0
    pages[0].close()
    expect(other.state("sent")).to_have_count(2)
    assert [frame["text"] for frame in second.of_type("send")] == ["Written in the first tab"]


def test_what_was_sent_in_one_tab_is_seen_once_in_the_other(context, visit, stored):
    widget, other = visit().open(), visit().open()
    widget.say(QUESTION)
    for tab in (widget, other):
        expect(tab.answers).to_have_count(1)
        expect(tab.state("sent")).to_have_count(1)


def test_after_a_logout_no_tab_shows_anything_and_the_server_has_ended_it(context, visit, servers):
    widget, other = visit().open(), visit().open()
    widget.say(QUESTION)
    for tab in (widget, other):
        expect(tab.answers).to_have_count(1)
    widget.box.fill("half a sent")
    open_sessions = "SELECT count(*) FROM chat_session WHERE closed_at IS NULL"
    [[before]] = servers.query(open_sessions)
    widget.page.evaluate("Helpdesk.logout()")
    for tab in (widget, other):
        expect(tab.own).to_have_count(0)
        expect(tab.answers).to_have_count(0)
        expect(tab.frame.locator("#replies button").first).to_be_visible()
    expect(widget.box).to_have_value("")
    expect(widget.frame.locator(".line.notice")).to_have_count(0)
    assert widget.page.evaluate("localStorage.getItem('helpdesk:demo:token')") is None
    widget.page.reload()
    expect(widget.box).to_be_visible()
    expect(widget.own).to_have_count(0)
    [[after]] = servers.query(open_sessions)
    assert after == before - 1
    widget.say(QUESTION)
    expect(widget.answers).to_have_count(1)
    expect(widget.own).to_have_count(1)


def test_a_draft_outlives_a_change_of_language_and_comes_back_once(visit):
    widget = visit().open()
    widget.box.fill("half a sentence")
    widget.page.wait_for_function("() => localStorage.getItem('helpdesk:demo:draft')")
    widget.page.evaluate("Helpdesk.setLocale('zh-Hans')")
    expect(widget.frame.locator("html")).to_have_attribute("lang", "zh-Hans")
    box = widget.frame.locator("#text")
    expect(box).to_have_value("half a sentence")
    box.press("Enter")
    expect(widget.own).to_have_count(1)
    widget.page.wait_for_function("() => localStorage.getItem('helpdesk:demo:draft') === null")


def test_a_page_may_put_words_in_the_box_and_never_sends_them(visit):
    widget = visit().open()
    widget.box.fill("typed")
    widget.page.evaluate("Helpdesk.prefill('Order 1001')")
    expect(widget.box).to_have_value("Order 1001\ntyped")
    expect(widget.own).to_have_count(0)


def test_a_sound_can_be_switched_on_and_is_remembered(visit):
    widget = visit().open()
    menu = widget.frame.get_by_label(widget.words["menu"])
    menu.focus()
    widget.page.keyboard.press("Enter")
    sound = widget.frame.get_by_role("switch", name=widget.words["sound"])
    expect(sound).to_have_attribute("aria-checked", "false")
    sound.press("Space")
    expect(sound).to_have_attribute("aria-checked", "true")
    widget.page.keyboard.press("Escape")
    expect(sound).to_be_hidden()
    expect(menu).to_be_focused()
    widget.page.reload()
    menu.click()
    expect(sound).to_have_attribute("aria-checked", "true")
    assert not widget.problems
