"""Waiting for a person: the place, another way, and who writes."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PLACE = {"position": 3, "eta_s": 170, "open": True, "attended": True}
FORM = {"slot": "contact", "type": "contact", "label": "Leave a message"}


def test_the_place_moves_and_a_message_may_be_left_instead(widget, script):
    frame, words = widget.frame, widget.words
    line = frame.locator("#queue")
    script.tell("state", state="HANDOFF", mode="queued", queue=PLACE)
    expect(line).to_contain_text("You are number 3 in the queue. About 3 minutes.")
    leave = line.get_by_role("button", name=words["leave"])
    leave.focus()
    script.tell(
        "state", state="HANDOFF", mode="queued", queue={**PLACE, "position": 1, "eta_s": 50}
    )
    expect(line).to_contain_text("You are next. About a minute.")
    expect(frame.locator("#announcer")).to_contain_text("You are next.")
    # What moves in it takes the focus from nobody.
    expect(leave).to_be_focused()
    leave.press("Enter")
    expect(frame.get_by_label(words["form_name"])).to_be_focused()
    message = frame.get_by_role("textbox", name=words["form_text"], exact=True)
    message.fill("My parcel is gone")
    script.say("system", "Nobody can join you now.", meta={"form": {**FORM, "message": "Parcel?"}})
    expect(frame.locator(".contact")).to_have_count(1)
    expect(message).to_have_value("My parcel is gone")
    script.tell("state", state="HANDOFF", mode="queued")
    expect(line).to_have_text(words["queued"])
    # Somebody comes after all: nothing typed is lost.
    script.say("system", "Nora has joined the chat.")
    script.tell("state", state="HANDOFF", mode="human", operator="Nora")
    expect(frame.locator(".contact")).to_have_count(0)
    expect(widget.box).to_have_value("My parcel is gone")
    expect(line).to_be_hidden()
    expect(frame.locator("#person")).to_be_hidden()
    # She goes again: the way out is there without a form.
    script.tell("state", state="COLLECT", mode="queued")
    expect(line).to_contain_text(words["unreachable"])
    expect(leave).to_be_visible()
    assert widget.problems == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"open": True, "attended": False}, "Nobody from our team is here at the moment."),
        ({"open": False, "attended": False}, "Our team is not here at this hour."),
        (
            {"open": False, "attended": True, "opens_at": "2026-11-24T09:00:00Z"},
            "Our team is not here at this hour. It is back on Tuesday",
        ),
    ],
)
def test_a_queue_that_nobody_serves_says_so(widget, script, place, told):
    script.tell("state", state="HANDOFF", mode="queued", queue={"position": 1, **place})
    expect(widget.frame.locator("#queue")).to_contain_text(told)


def test_each_side_sees_the_other_write(widget, script):
    dots = widget.frame.locator(".dots")
    script.say("system", "Nora has joined the chat.")
    widget.say("With the bot nobody looks on")
    expect(widget.state("sent")).to_have_count(2)
    assert not script.of_type("typing")
    script.tell("state", state="HANDOFF", mode="human", operator="Nora")
    expect(widget.frame.locator("#status")).to_contain_text("Nora")
    script.say("operator", "Hello", name="Nora")
    expect(dots).to_be_hidden()
    script.tell("typing", author="operator", name="Nora")
    expect(dots).to_be_visible()
    script.say("operator", "Hello", name="Nora")
    expect(dots).to_be_hidden()
    widget.say("Hello, Nora")
    expect(widget.state("sent")).to_have_count(3)
    kinds = [frame["type"] for frame in script.heard if frame["type"] in {"typing", "send"}]
    assert kinds == ["send", "send", "typing", "send"]


def test_who_is_here_is_looked_for_while_the_chat_is_open(visit, page):
    page.clock.install()
    widget = visit(page=page).open()
    team = widget.frame.locator("#team")
    expect(team).to_have_text(widget.words["nobody"])
    page.route("**/chat/team?**", lambda route: route.fulfill(json={"absent": "Back at nine."}))
    page.clock.run_for(62_000)
    expect(team).to_have_text("Back at nine.")
    expect(widget.frame.locator("#announcer")).to_contain_text("Back at nine.")
    page.unroute("**/chat/team?**")
    page.route("**/chat/team?**", lambda route: route.fulfill(json={"absent": ""}))
    page.clock.run_for(62_000)
    expect(team).to_be_hidden()
    assert widget.problems == []


def test_after_a_person_it_is_looked_for_anew(widget, script):
    team = widget.frame.locator("#team")
    expect(team).to_have_text(widget.words["nobody"])
    script.tell("state", state="HANDOFF", mode="human", operator="Nora")
    expect(team).to_be_hidden()
    widget.page.route("**/chat/team?**", lambda route: route.fulfill(json={"absent": "Gone."}))
    script.tell("state", state="INIT", mode="bot")
    expect(team).to_have_text("Gone.")
    assert widget.problems == []
