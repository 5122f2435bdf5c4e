"""What the widget shows for every word the server may say: answers that grow, people, refusals."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.widget.scripted import begin, configure

pytestmark = pytest.mark.browser


# ---- answers that grow


def test_an_answer_grows_and_is_replaced_by_the_stored_line(widget, script):
    script.delta("Two **or", 0)
    growing = widget.frame.locator(".streaming .bubble")
    expect(growing).to_have_text("Two **or")
    # The part that came before is not said twice.
    script.delta("or** four", 6)
    expect(growing).to_have_text("Two **or** four")
    expect(widget.frame.locator("#announcer p").last).to_have_text(widget.words["answering"])
    script.answer("Two **or** four days.")
    expect(widget.answers.locator(".bubble")).to_have_text("Two or four days.")
    expect(widget.answers.locator("strong")).to_have_text("or")
    expect(widget.frame.locator(".streaming")).to_have_count(0)
    expect(widget.frame.get_by_role("button", name=widget.words["stop"])).to_be_hidden()
    expect(widget.frame.locator("#announcer")).to_contain_text("four days")


def test_a_later_attempt_begins_again_and_an_earlier_one_is_dropped(widget, script):
    script.delta("Wrong", 0)
    growing = widget.frame.locator(".streaming .bubble")
    expect(growing).to_have_text("Wrong")
    script.delta("Right", 0, attempt=1)
    script.delta(" or wrong", 5, attempt=0)
    script.delta(" 😀 it", 5, attempt=1)
    script.delta(" is", 10, attempt=1)
    expect(growing).to_have_text("Right 😀 it is")


def test_what_is_taken_back_leaves_the_dots_until_more_comes(widget, script):
    dots, growing = widget.frame.locator(".dots"), widget.frame.locator(".streaming")
    stop = widget.frame.get_by_role("button", name=widget.words["stop"])
    script.delta("Wrong", 0)
    expect(growing).to_have_text(re.compile("Wrong"))
    script.delta("", 0, attempt=1)
    expect(dots).to_be_visible()
    expect(growing).to_be_hidden()
    expect(stop).to_be_hidden()
    script.delta(" late", 5)
    script.delta("Right", 0, attempt=1)
    expect(growing.locator(".bubble")).to_have_text("Right")
    expect(dots).to_be_hidden()
    expect(stop).to_be_visible()
    script.delta("", 0, attempt=2)
    script.answer("Four days.")
    expect(widget.answers.locator(".bubble")).to_have_text("Four days.")
    expect(dots).to_be_hidden()
    expect(growing).to_have_count(0)


def test_only_hosts_that_cannot_be_mistaken_become_links(widget, script):
    script.answer(
        "https://shop.example/退货?a=1#b, https://xn--80aaa.example https://[::1]:8/ "
        "https://магазин.рф/refund https://shop.example@evil.example https://shop.example请看"
    )
    links = widget.answers.locator(".bubble a")
    expect(links).to_have_count(3)
    addresses = links.evaluate_all("nodes => nodes.map((node) => node.getAttribute('href'))")
    assert addresses == [
        "https://shop.example/退货?a=1#b",
        "https://xn--80aaa.example",
        "https://[::1]:8/",
    ]


def test_who_is_asked_for_patience_may_stop_and_reads_the_answer_in_its_place(widget, script):
    stop = widget.frame.get_by_role("button", name=widget.words["stop"])
    growing = widget.frame.locator(".streaming .bubble")
    script.delta("One moment", 0, attempt=999)
    expect(growing).to_have_text("One moment")
    expect(stop).to_be_visible()
    script.delta("Two days", 0, attempt=1_001)
    script.delta("One moment", 0, attempt=999)
    expect(growing).to_have_text("Two days")
    script.answer("Two days.")
    expect(widget.answers.locator(".bubble")).to_have_text("Two days.")
    expect(widget.frame.get_by_text("One moment")).to_have_count(0)
    expect(stop).to_be_hidden()


def test_an_answer_can_be_stopped(widget, script):
    script.delta("One day", 0)
    widget.frame.get_by_role("button", name=widget.words["stop"]).click()
    stopped = widget.frame.locator(".plain")
    expect(stopped).to_contain_text(widget.words["stopped"])
    script.delta(" or two", 7)
    script.say("system", "still here")
    expect(widget.frame.get_by_role("log").get_by_text("still here")).to_be_visible()
    assert [frame["turn"] for frame in script.of_type("stop")] == ["t"]
    expect(widget.frame.get_by_text("or two")).to_have_count(0)


def test_two_thousand_words_all_arrive(widget, script):
    offset = 0
    for number in range(2000):
        text = f"word{number} "
        script.delta(text, offset)
        offset += len(text)
    expect(widget.frame.locator(".streaming")).to_contain_text("word0 word1 word2")
    expect(widget.frame.locator(".streaming")).to_contain_text("word1999")


def test_the_view_stays_with_a_reader_who_went_up(widget, script):
    log = widget.frame.get_by_role("log")
    for number in range(12):
        script.answer(f"Answer {number}\n\nwith a second paragraph")
    expect(widget.answers).to_have_count(12)
    log.evaluate("node => node.scrollTo(0, 0)")
    latest = widget.frame.get_by_role("button", name=widget.words["new_messages"])
    expect(latest).to_be_hidden()
    script.delta("More", 0)
    expect(latest).to_be_visible()
    assert log.evaluate("node => node.scrollTop") == 0
    latest.click()
    expect(latest).to_be_hidden()
    expect(widget.frame.locator(".streaming")).to_be_in_viewport()


# ---- verdicts


def test_a_thumb_down_counts_at_once_asks_why_and_offers_a_person(widget, script):
    words = widget.words
    script.answer("No idea.")
    down = widget.answers.get_by_role("button", name=words["not_helpful"])
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    why = widget.answers.get_by_role("group", name=words["why"])
    why.get_by_text(words["why_beside"]).click()
    widget.answers.get_by_label(words["why_more"]).fill("I asked for a lamp.")
    widget.answers.get_by_role("button", name=words["why_send"]).click()
    expect(widget.answers.get_by_role("status")).to_have_text(words["rated"])
    expect(why).to_be_hidden()
    widget.answers.get_by_role("button", name=words["talk_to_person"]).click()
    expect(widget.own.last).to_contain_text(words["talk_to_person"])
    reason = "beside – I asked for a lamp."
    verdicts = [(frame["value"], frame.get("reason")) for frame in script.of_type("rate")]
    assert verdicts == [(-1, None), (-1, reason)]
    assert script.of_type("handoff")


def test_a_verdict_can_be_changed_and_is_shown_when_the_server_tells_it(widget, script):
    script.say("bot", "Well.", meta={"sources": [{"id": "1", "title": "A"}], "rating": -1})
    up = widget.answers.get_by_role("button", name=widget.words["helpful"], exact=True)
    down = widget.answers.get_by_role("button", name=widget.words["not_helpful"])
    expect(down).to_have_attribute("aria-pressed", "true")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-pressed", "false")
    down.click()
    expect(widget.answers.locator("form")).to_be_visible()
    up.click()
    expect(widget.answers.locator("form")).to_be_hidden()
    assert [frame["value"] for frame in script.of_type("rate")] == [1, -1, 1]


# ---- lines


def test_a_refused_line_can_be_sent_again(widget, script):
    script.acks = False
    widget.say("Once more")
    expect(widget.state("sending")).to_have_count(1)
    first = script.of_type("send")[-1]["cmid"]
    script.tell("refused", cmid=first, code="cmid_conflict", detail="Already sent.")
    expect(widget.state("failed")).to_contain_text("Already sent.")
    script.acks = True
    widget.state("failed").get_by_role("button", name=widget.words["retry"]).click()
    expect(widget.state("sent").last).to_contain_text("Once more")
    expect(widget.state("failed")).to_have_count(0)
    assert script.of_type("send")[-1]["cmid"] != first


def test_a_broken_line_hides_no_other(widget, script):
    script.say("bot", "Broken", meta={"sources": [None], "quick_replies": "none"})
    script.answer("Whole")
    expect(widget.answers.last).to_contain_text("Whole")
    expect(widget.frame.locator(".notice")).to_have_text("Broken")
    widget.problems.clear()


def test_a_long_text_is_folded(widget, script):
    script.answer("A sentence that goes on. " * 90)
    bubble = widget.answers.locator(".bubble")
    more = widget.answers.get_by_role("button", name=widget.words["more"])
    expect(more).to_be_visible()
    assert bubble.bounding_box()["height"] < 330
    more.click()
    less = widget.answers.get_by_role("button", name=widget.words["less"])
    expect(less).to_have_attribute("aria-expanded", "true")
    expect(less).to_be_focused()
    assert bubble.bounding_box()["height"] > 600


def test_days_are_told_apart_and_times_in_full_on_focus(visit, page, script):
    now = datetime.now(UTC)
    opened = visit(page=page).open()
    script.add("visitor", "Then", at=now - timedelta(days=2))
    script.add("bot", "Then too", at=now - timedelta(days=2))
    begin(opened, script, "Now")
    # What was there before comes when the socket is made anew.
    page.reload()
    expect(opened.own).to_have_count(2)
    expect(opened.frame.locator(".day")).to_have_count(2)
    clock = opened.own.last.locator("time")
    assert "20" in (clock.get_attribute("title") or "")
    shown = "node => getComputedStyle(node, '::before').content"
    assert clock.evaluate(shown) == "none"
    opened.frame.get_by_role("log").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert "20" in clock.evaluate(shown)


# ---- people


def test_a_person_who_joins_is_named(widget, script):
    script.tell("state", state="HANDOFF", mode="queued")
    expect(widget.frame.locator("#queue")).to_have_text(widget.words["queued"])
    script.tell("state", state="HANDOFF", mode="human", operator="Mia")
    expect(widget.frame.locator("#status")).to_have_text(
        widget.words["human_named"].format(name="Mia")
    )
    expect(widget.frame.locator("#queue")).to_be_hidden()
    script.say("operator", "Hi!", name="Mia")
    expect(widget.frame.locator(".person")).to_contain_text("Mia")
    expect(widget.frame.locator("#person")).to_be_hidden()


# ---- privacy and looks


def test_nothing_is_sent_or_kept_before_the_visitor_agrees(visit, page, script):
    text = "We keep what you write for 90 days."
    configure(page, privacy={"text": text, "url": "https://a.example/privacy", "consent": True})
    widget = visit(page=page)
    widget.launcher.click()
    gate = widget.frame.get_by_role("group", name=widget.words["privacy"])
    expect(gate).to_contain_text(text)
    expect(gate).to_be_focused()
    expect(widget.box).to_be_hidden()
    expect(widget.frame.locator("#replies")).to_be_hidden()
    widget.frame.get_by_role("button", name=widget.words["talk_to_person"]).click()
    assert page.evaluate("Object.keys(localStorage).length") == 0
    assert not script.heard
    gate.get_by_role("button", name=widget.words["agree"]).click()
    # What was asked for before is done now.
    expect(widget.state("sent")).to_contain_text(widget.words["talk_to_person"])
    expect(widget.box).to_be_focused()
    page.reload()
    expect(widget.box).to_be_visible()
    expect(gate).to_be_hidden()
    # The next person has agreed to nothing.
    page.evaluate("Helpdesk.logout()")
    expect(gate).to_be_visible()
    expect(widget.own).to_have_count(0)


def test_a_notice_without_consent_is_only_shown(visit, page):
    configure(page, privacy={"text": "We keep it.", "url": "", "consent": False})
    widget = visit(page=page).open()
    expect(widget.frame.get_by_text("We keep it.")).to_be_visible()


def test_the_theme_can_be_changed_while_it_runs(visit, page):
    widget = visit(page=page).open()
    root = widget.frame.locator("html")
    look = "(node, name) => getComputedStyle(node).getPropertyValue(name).trim()"
    page.evaluate(
        "Helpdesk.setTheme({accent: '#ffe14d', radius: 4, scheme: 'dark', font: 'serif'})"
    )
    expect(root).to_have_attribute("data-scheme", "dark")
    assert root.evaluate(look, "--accent") == "#ffe14d"
    assert root.evaluate(look, "--ink") == "#000000"
    assert root.evaluate(look, "--radius") == "4px"
    assert "Georgia" in root.evaluate("node => getComputedStyle(node).fontFamily")
    page.evaluate("Helpdesk.setTheme({scheme: 'light'})")
    expect(root).to_have_attribute("data-scheme", "light")
    assert root.evaluate(look, "--tint") != "#ffe14d"


@pytest.mark.parametrize("width", [320, 400])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_nothing_sticks_out(visit, page, script, width, direction):
    page.set_viewport_size({"width": width, "height": 640})
    widget = visit(page=page).open()
    root = widget.frame.locator("html")
    root.evaluate("(node, value) => (node.dir = value)", direction)
    begin(widget, script, "x" * 300)
    script.answer("See https://a.example/" + "y" * 200)
    widget.answers.get_by_role("button", name=widget.words["not_helpful"]).click()
    form = {"slot": "contact", "type": "contact", "label": "How can we reach you?"}
    script.say("bot", "Leave a message", meta={"ai": True, "form": form})
    expect(widget.answers).to_have_count(2)
    sizes = "node => [node.scrollWidth - node.clientWidth, node.clientWidth]"
    for part in (root, widget.frame.get_by_role("log"), widget.frame.locator("header")):
        assert part.evaluate(sizes)[0] == 0
