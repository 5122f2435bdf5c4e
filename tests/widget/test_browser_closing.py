"""What a talk ends with: a rating by keyboard, and the conversation as a file."""

import pytest
from playwright.sync_api import expect

from tests.widget.scripted import Script

pytestmark = pytest.mark.browser
ASKED = {"csat": True}


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_talk_is_rated_by_keyboard_and_told_once(visit, page, script: Script, language):
    widget = visit(page=page, language=language).open()
    page.evaluate("() => { window.told = []; Helpdesk.on('csat', (one) => told.push(one.score)); }")
    words, log = widget.words, widget.frame.get_by_role("log")
    widget.say("Hello?")
    expect(widget.state("sent")).to_have_count(1)
    script.say("system", "Done.", meta=ASKED)
    log.get_by_role("radio", name=f"1 {words['csat_1']}").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(log.get_by_role("radio", name=f"4 {words['csat_4']}")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("Fast <b>and</b> kind")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(log.get_by_text(words["csat_given"].format(score=4))).to_be_visible()
    expect(log.get_by_role("radio")).to_have_count(0)
    expect(widget.box).to_be_focused()
    [sent] = script.of_type("csat")
    assert (sent["score"], sent["comment"]) == (4, "Fast <b>and</b> kind")
    assert page.evaluate("told") == [4]
    # A slip of the finger is put right.
    log.get_by_role("button", name=words["csat_change"]).press("Enter")
    expect(log.get_by_role("radio", name=f"4 {words['csat_4']}")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(log.get_by_text(words["csat_given"].format(score=5))).to_be_visible()
    assert [one["score"] for one in script.of_type("csat")] == [4, 5]
    assert widget.problems == []


def test_a_rating_is_asked_for_once_and_skipped_for_good(widget, script):
    words, log = widget.words, widget.frame.get_by_role("log")
    for _ in range(2):
        asked = script.say("system", "Done.", meta=ASKED)
    send = log.get_by_role("button", name=words["csat_send"])
    expect(send).to_have_count(1)
    send.press("Enter")
    expect(log.get_by_role("radio").first).to_be_focused()
    assert script.of_type("csat") == []
    # While somebody is here nobody is asked.
    script.tell("state", state="HANDOFF", mode="human", operator="Nora")
    expect(send).to_be_hidden()
    script.tell("state", state="INIT", mode="bot")
    log.get_by_role("button", name=words["csat_skip"]).press("Enter")
    expect(send).to_have_count(0)
    expect(widget.box).to_be_focused()
    [sent] = script.of_type("csat")
    assert sent["score"] is None
    asked["meta"] = {"csat": {"score": None}}
    script.lines[-2]["meta"] = {"csat": {"score": 5}}
    widget.page.reload()
    expect(log.get_by_text(words["csat_given"].format(score=5))).to_be_visible()
    expect(log.get_by_role("radio")).to_have_count(0)
    assert widget.problems == []


def test_the_conversation_is_saved_from_the_menu(visit, tmp_path):
    widget = visit().open()
    widget.say("How long does delivery take?")
    expect(widget.answers).to_contain_text("days")
    for kind, begins in (
        ("txt", "Northbird Audio: your conversation"),
        ("html", "<!DOCTYPE html>"),
    ):
        widget.frame.locator("summary").first.press("Enter")
        with widget.page.expect_download() as download:
            widget.frame.get_by_role("button", name=widget.words[f"save_{kind}"]).press("Enter")
        file = tmp_path / kind
        download.value.save_as(file)
        assert file.read_text(encoding="utf-8").startswith(begins)
        assert download.value.suggested_filename.endswith(f".{kind}")
        expect(widget.frame.get_by_role("switch")).to_be_hidden()
    assert widget.problems == []
