"""A visitor and an operator, each in a browser: from the handoff to the end of the conversation."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.console.browsing import Desktop, ask_for_a_person

pytestmark = pytest.mark.browser
TALL = "#log .line { min-block-size: 300px; }"


def _scroll_up(lin: Desktop) -> None:
    """To the first line of a long talk."""
    lin.page.evaluate("document.adoptedStyleSheets = [new CSSStyleSheet()]")
    lin.page.evaluate(f"document.adoptedStyleSheets[0].replaceSync('{TALL}')")
    lin.page.locator("#log").evaluate("log => log.scrollTop = 60")
    expect(lin.lines.last).not_to_be_in_viewport()


def test_claim_reply_note_and_end(visit, sit):
    widget, about = visit(), f"xylophone {uuid4()}"
    ask_for_a_person(widget, about)
    lin = sit()
    lin.open(about)
    expect(lin.page.locator("#as-reply")).to_be_disabled()
    expect(lin.page.locator("#why-note")).to_have_text(lin.say("why_note_waiting"))
    expect(lin.page.locator("#facts .packet")).to_be_visible()
    lin.tab("waiting")
    lin.rows.filter(has_text=about).locator(".open").click()
    lin.act("claim")
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    expect(lin.page.locator("#tab-mine b")).not_to_be_empty()
    # It stays in the list under the operator's eyes.
    expect(lin.rows.locator("[aria-current]")).to_contain_text("Visitor")
    expect(widget.frame.locator(".notice").filter(has_text="Lin")).to_be_visible()
    lin.note("Paid twice: look before you refund")
    _scroll_up(lin)
    lin.reply("Good morning, let me look.")
    expect(lin.lines.last).to_be_in_viewport()
    expect(lin.page.locator("#latest")).to_be_hidden()
    expect(widget.frame.locator(".line.person")).to_contain_text("let me look")
    widget.say("Thank you!")
    expect(lin.lines.last).to_contain_text("Thank you!")
    last = lin.lines.filter(has_text="let me look")
    last.get_by_role("button", name=lin.say("correct")).click()
    lin.page.locator("dialog textarea").fill("Good morning, I have looked.")
    lin.page.locator("dialog").get_by_role("button", name=lin.say("save")).click()
    corrected = lin.page.locator("#log .line.operator").filter(has_text="I have looked")
    expect(corrected).to_contain_text(lin.say("edited"))
    lin.page.keyboard.press("Control+Shift+Enter")
    lin.page.locator("dialog textarea").fill("Good bye.")
    lin.page.locator("dialog").get_by_role("button", name=lin.say("do_resolve")).click()
    lin.toast.get_by_role("button", name=lin.say("undo")).click()
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    lin.act("resolve")
    lin.page.locator("dialog").get_by_role("button", name=lin.say("do_resolve")).click()
    expect(lin.page.locator("#acts")).to_contain_text(lin.say("do_reopen"))
    widget.page.reload()
    expect(widget.frame.locator(".line.person").last).to_be_visible()
    assert "Paid twice" not in widget.frame.locator("body").inner_html()
    assert not widget.problems
