"""Waiting for a person, as a visitor meets it: the form, what the bot still says, the way back."""

import re

import pytest
from playwright.sync_api import Locator, expect

from apps.dialogue import phrases
from apps.engine.events import Say
from tests.widget.test_browser_chat import QUESTIONS

pytestmark = pytest.mark.browser

# Nothing in the demo shop comes near to these.
UNKNOWN = {
    "en": ["xylophone zeppelin quark", "marzipan glacier"],
    "zh-Hans": ["量子纠缠薛定谔", "火星移民船票"],
}
HELLO = {"en": "hello", "zh-Hans": "有人吗"}
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-Hans"])


IN_VIEW = """(node) => {
  const log = document.getElementById("log").getBoundingClientRect();
  const { top } = node.getBoundingClientRect();
  return top >= log.top - 1 && top < log.bottom;
}"""


def wait_until_in_view(part: Locator) -> None:
    """Until the top of it stands inside the transcript."""
    part.wait_for()
    node = part.element_handle()
    frame = node.owner_frame()
    assert frame
    frame.wait_for_function(IN_VIEW, arg=node)


@pytest.mark.parametrize(("height", "before"), [(600, 0), (600, 2), (1000, 0), (1000, 2)])
def test_what_the_bot_asks_for_stays_in_view_above_its_form(visit, context, height, before):
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": height})
    widget = visit(page=page).open()
    for number in range(before):
        widget.say(QUESTIONS["en"])
        expect(widget.answers).to_have_count(number + 1)
    widget.say("I want to speak to a human")
    expect(widget.frame.locator("#queue")).to_be_visible()
    # Two frames are painted: the one in which the bar takes its room, and the one that follows it.
    widget.frame.locator("#log").evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    assert widget.answers.last.locator(".bubble").evaluate(IN_VIEW)


@LANGUAGES
def test_a_visitor_who_leaves_no_address_is_never_stuck(visit, servers, language):
    widget = visit(language=language).open()
    words, frame = widget.words, widget.frame
    bar, form = frame.locator("#queue"), frame.get_by_role("form")
    back = frame.locator("#replies").get_by_role(
        "button", name=phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)
    )
    widget.say(UNKNOWN[language][0])
    expect(widget.answers).to_have_count(1)
    frame.locator("#person").click()
    expect(form.get_by_label(words["form_text"])).to_have_value(UNKNOWN[language][0])
    expect(bar).to_have_text(words["unreachable"])
    wait_until_in_view(widget.answers.last.locator(".bubble"))
    # It goes on talking, ...
    for line, answer in (
        (HELLO[language], phrases.say(Say.NOBODY_YET, language)),
        (QUESTIONS[language], "2-4"),
    ):
        widget.say(line)
        expect(widget.answers.last).to_contain_text(answer)
    # ... brings the form again, with what was typed into it, ...
    form.get_by_label(words["form_name"]).fill("Jo")
    widget.say(UNKNOWN[language][1])
    expect(widget.answers.last).to_contain_text(phrases.say(Say.NOTED_UNREACHABLE, language))
    expect(widget.answers.last.get_by_role("form")).to_be_visible()
    expect(form).to_have_count(1)
    expect(form.get_by_label(words["form_name"])).to_have_value("Jo")
    # ... keeps the way back where nothing is said to a line, ...
    answered = widget.answers.count()
    widget.say(UNKNOWN[language][0])
    sent = re.compile(f"{re.escape(UNKNOWN[language][0])}.*{words['sent']}", re.DOTALL)
    expect(widget.own.last).to_have_text(sent)
    expect(back).to_be_visible()
    expect(widget.answers).to_have_count(answered)
    frame.locator("#person").click()
    expect(widget.answers.last).to_contain_text(phrases.say(Say.UNREACHABLE, language))
    expect(widget.answers.last.get_by_role("form")).to_be_visible()
    # ... tells the truth after a reload, and lets go.
    widget.page.reload()
    expect(bar).to_have_text(words["unreachable"])
    expect(form).to_have_count(1)
    back.click()
    expect(frame.locator(".notice").last).to_have_text(phrases.say(Say.WITHDRAWN, language))
    expect(bar).to_be_hidden()
    expect(form).to_have_count(0)
    expect(frame.locator("#status")).to_have_text(words["at_once"])
    [[status]] = servers.query("SELECT status FROM handoff_ticket ORDER BY id DESC LIMIT 1")
    assert status == "withdrawn"
    widget.say(UNKNOWN[language][0])
    expect(widget.answers.last).to_contain_text(phrases.say(Say.UNKNOWN, language))
    assert not widget.problems


@LANGUAGES
def test_with_an_address_left_the_request_stays_while_the_bot_answers(visit, servers, language):
    widget = visit(language=language).open()
    words, frame = widget.words, widget.frame
    bar, form = frame.locator("#queue"), frame.get_by_role("form")
    back = frame.locator("#replies").get_by_role(
        "button", name=phrases.in_language(phrases.GO_ON_WITH_THE_BOT, language)
    )
    for text in (QUESTIONS[language], UNKNOWN[language][0]):
        widget.say(text)
        expect(widget.own.last).to_contain_text(text)
    expect(widget.answers).to_have_count(2)
    frame.locator("#person").click()
    form.get_by_label(words["form_phone"]).fill("12")
    form.get_by_role("button", name=words["form_send"]).click()
    phone = form.get_by_label(words["form_phone"])
    expect(phone).to_be_focused()
    expect(phone).to_have_accessible_description(phrases.in_language(phrases.BAD_PHONE, language))
    phone.fill("")
    form.get_by_label(words["form_email"]).fill("no@address")
    form.get_by_role("button", name=words["form_send"]).click()
    email = form.get_by_label(words["form_email"])
    expect(email).to_have_accessible_description(phrases.in_language(phrases.BAD_EMAIL, language))
    email.fill("jo@shop.example")
    form.get_by_role("button", name=words["form_send"]).click()
    notice = frame.locator(".notice").last
    expect(notice).to_contain_text("jo@shop.example")
    wait_until_in_view(notice)
    expect(bar).to_have_text(words["queued"])
    widget.page.reload()
    expect(bar).to_have_text(words["queued"])
    expect(form).to_have_count(0)
    widget.say(UNKNOWN[language][1])
    expect(widget.answers.last).to_contain_text(phrases.say(Say.NOTED, language))
    back.click()
    expect(notice).to_have_text(phrases.say(Say.KEPT, language))
    expect(bar).to_be_hidden()
    frame.locator("#person").click()
    expect(widget.answers.last).to_contain_text(phrases.say(Say.WAITING, language))
    expect(form).to_have_count(0)
    rows = servers.query("SELECT status, email FROM handoff_ticket ORDER BY id DESC LIMIT 1")
    assert [tuple(row) for row in rows] == [("open", "jo@shop.example")]
    assert not widget.problems


@LANGUAGES
def test_a_typed_address_closes_the_form_and_is_told_as_noted(visit, language):
    widget = visit(language=language).open()
    widget.frame.get_by_role("button", name=widget.words["talk_to_person"]).click()
    email = widget.frame.get_by_role("textbox", name=widget.words["form_email"])
    email.wait_for()
    widget.say("１３８ 0000 2567")
    expect(widget.frame.locator("#queue")).to_have_text(widget.words["queued"])
    expect(widget.frame.locator("#log")).to_contain_text(" 13800002567 ")
    expect(email).to_have_count(0)
