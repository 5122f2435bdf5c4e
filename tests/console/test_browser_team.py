"""Two operators and one visitor: who has the conversation, and what each knows of the other."""

import json
import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.console.browsing import ask_for_a_person

pytestmark = pytest.mark.browser


class Wire:
    """Stands in the way of a console's socket: holds rows back, and puts frames of its own in."""

    def __init__(self) -> None:
        self.holds = False
        self._page: WebSocketRoute | None = None

    def tap(self, page: Page) -> None:
        page.route_web_socket(re.compile("/ws/console/"), self._join)

    def put(self, kind: str, **frame: object) -> None:
        self._page.send(json.dumps({"type": kind, **frame}))

    def _join(self, socket: WebSocketRoute) -> None:
        self._page = socket
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if not (self.holds and json.loads(message)["type"] == "rows"):
                socket.send(message)

        server.on_message(pass_on)


def test_one_has_it_and_the_other_is_told(visit, sit):
    widget, about = visit(), f"marzipan {uuid4()}"
    ask_for_a_person(widget, about)
    wire = Wire()
    lin, chen = sit(), sit("chen", tap=wire.tap)
    lin.open(about)
    chen.open(about)
    expect(lin.page.locator("#others")).to_have_text(lin.say("is_viewing", name="Chen"))
    # The news has not reached Chen, whose click comes too late.
    wire.holds = True
    lin.act("claim")
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    chen.act("claim")
    expect(chen.toast).to_contain_text("Lin")
    lin.box.fill("Half a sentence")
    wire.holds = False
    # Changes were lost: the next one shows the gap, and a fresh snapshot closes it.
    expect(chen.page.locator("#acts")).to_contain_text(chen.say("do_take_over"))
    expect(chen.page.locator("#others")).to_contain_text("Lin")
    chen.act("take_over")
    expect(lin.page.locator("#as-reply")).to_be_disabled()
    chen.reply("Chen has answered")
    lin.act("take_over")
    # What was typed before it is neither lost nor sent beside the other answer.
    expect(lin.box).to_have_value("Half a sentence")
    expect(lin.page.locator("#clash")).to_contain_text("Chen has answered")
    lin.box.press("Control+Enter")
    expect(lin.box).to_have_value("Half a sentence")
    expect(lin.page.locator("#clash")).to_be_visible()
    lin.page.get_by_role("button", name=lin.say("send_anyway")).click()
    expect(lin.lines.filter(has_text="Half a sentence")).to_have_count(1)
    expect(widget.frame.locator(".line.person")).to_have_text(
        [re.compile("Chen has answered"), re.compile("Half a sentence")]
    )


def test_a_cut_loses_nothing_and_sends_nothing_twice(visit, sit):
    widget, about = visit(), f"glacier {uuid4()}"
    ask_for_a_person(widget, about)
    lin = sit()
    lin.open(about)
    lin.act("claim")
    lin.box.fill("A draft")
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    lin.page.context.set_offline(True)
    expect(lin.page.locator("#strip")).to_be_visible()
    lin.write("Said without a network")
    expect(lin.page.locator(".line.sending")).to_have_count(1)
    lin.box.fill("Said after it")
    widget.say("Are you there?")
    expect(widget.state("sent").filter(has_text="Are you there?")).to_have_count(1)
    lin.page.context.set_offline(False)
    expect(lin.lines.filter(has_text="Are you there?")).to_have_count(1)
    expect(lin.lines.filter(has_text="Said without a network")).to_have_count(1)
    expect(lin.page.locator(".line.sending, .line.sent")).to_have_count(0)
    expect(lin.box).to_have_value("Said after it")
    expect(lin.box).to_be_focused()
    expect(widget.frame.locator(".line.person")).to_have_count(1)
    # What is typed at the last moment is kept by the server, whatever happens to the socket.
    lin.page.locator("#as-note").click()
    lin.box.fill("A regular")
    lin.page.locator("#as-reply").click()
    lin.box.fill("Said at last")
    with lin.page.expect_response("**/admin/console/drafts") as kept:
        lin.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert kept.value.status == 204
    lin.page.goto("about:blank")
    elsewhere = sit()
    elsewhere.open(about)
    expect(elsewhere.box).to_have_value("Said at last")
    elsewhere.page.locator("#as-note").click()
    expect(elsewhere.box).to_have_value("A regular")
    # The address names the conversation.
    elsewhere.page.reload()
    expect(elsewhere.box).to_have_value("Said at last")


def test_what_the_assistant_was_writing_is_void_once_it_is_taken_over(visit, sit):
    widget, about = visit(), f"quark {uuid4()}"
    widget.open()
    widget.say(about)
    expect(widget.answers).to_have_count(1)
    wire = Wire()
    lin = sit(tap=wire.tap)
    lin.open(about)
    session = lin.rows.get_attribute("data-id")
    turn = {"session": session, "turn": str(uuid4()), "attempt": 1}
    wire.put("delta", **turn, offset=0, text="I am going to")
    streaming = lin.page.locator(".line.streaming")
    expect(streaming).to_contain_text("I am going to")
    lin.act("take_over")
    expect(lin.page.locator("#as-reply")).to_be_enabled()
    expect(streaming).to_have_count(0)
    wire.put("delta", **turn, offset=13, text=" promise you the moon")
    lin.reply("I am a person.")
    expect(streaming).to_have_count(0)
    lin.choose("return")
    # Rules read no instruction: without a model none is asked for.
    expect(lin.page.locator("dialog[open] textarea")).to_have_count(0)
    lin.page.locator("dialog").get_by_role("button", name=lin.say("do_return")).click()
    expect(lin.page.locator("#as-reply")).to_be_disabled()
    widget.say("How long does delivery take?")
    expect(widget.answers.last).to_contain_text("days")
    expect(lin.page.locator("#acts")).to_contain_text(lin.say("do_take_over"))
    expect(lin.page.locator("#why-note")).to_have_text(lin.say("why_note_bot"))
