"""What strangers write stays text, in the console as in the widget."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.console.browsing import ask_for_a_person

pytestmark = pytest.mark.browser
CORPUS = [
    "<script>window.hit = 1</script>",
    '<img src="/hit" onerror="window.hit = 1">',
    '<svg onload="window.hit = 1">',
    '"><iframe src="javascript:parent.hit = 1">',
    "[click](javascript:window.hit=1)",
    "![picture](/hit)",
    "</script></style></textarea><b onmouseover=alert(1)>bold</b>",
]


def test_markup_is_shown_and_never_carried_out(visit, sit):
    widget, about = visit(), f"hostile {uuid4()}"
    ask_for_a_person(widget, about)
    lin = sit()
    asked: list[str] = []
    for page in (lin.page, widget.page):
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: asked.append(dialog.message))
    lin.claim(about)
    for text in CORPUS:
        widget.say(text)
        expect(widget.own.filter(has_text=text)).to_have_count(1)
        expect(lin.lines.filter(has_text=text)).to_have_count(1)
    lin.page.locator("#search").fill("")
    lin.tab("mine")
    expect(lin.rows.filter(has_text=CORPUS[-1]).first).to_be_visible()
    for text in CORPUS[:4]:
        lin.write(text)
        expect(widget.frame.locator(".line.person").filter(has_text=text)).to_have_count(1)
    lin.note(CORPUS[1])
    assert not [url for url in asked if "hit" in url]
    assert lin.page.evaluate(
        "[window.hit, document.querySelectorAll('#log img, #log iframe').length]"
    ) == [None, 0]
    inside = next(frame for frame in widget.page.frames if "/w/1/frame/" in frame.url)
    assert inside.evaluate(
        "[window.hit, document.querySelectorAll('#log a[href^=javascript]').length]"
    ) == [None, 0]
    assert lin.page.locator('[href^="javascript:"]').count() == 0
