"""Each line says what was on the screen when it was written: a yes counts for no card after it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def seen(script):
    return [(frame["text"], frame["seen"]) for frame in script.of_type("send")[1:]]


def test_a_line_has_seen_what_came_before_it(widget, script):
    assert script.of_type("send")[0]["seen"] == 0
    script.answer("Go on?")
    expect(widget.answers).to_have_count(1)
    widget.say("yes")
    expect(widget.state("sent")).to_have_count(2)
    assert seen(script) == [("yes", 2)]


def test_a_line_that_waits_has_seen_nothing_more_when_it_is_sent(widget, script, page):
    script.acks = False
    widget.say("first")
    widget.say("yes")
    expect(widget.state("sending")).to_have_count(2)
    script.answer("Go on?")
    expect(widget.answers).to_have_count(1)
    script.acks = True
    page.reload()
    expect(widget.state("sent")).to_have_count(3)
    assert seen(script)[-2:] == [("first", 1), ("yes", 1)]


def test_a_button_sends_its_id(widget, script):
    fields = {"confirm": "q", "answer": "yes"}
    script.say(
        "bot", "Go on?", meta={"quick_replies": [{"label": "Yes", "text": "Yes", "fields": fields}]}
    )
    widget.frame.get_by_role("button", name="Yes").click()
    expect(widget.state("sent")).to_have_count(2)
    assert script.of_type("send")[-1]["fields"] == fields
