"""A conversation in the widget: asking, answers, choices, the contact form, languages."""

import uuid

import pytest
from playwright.sync_api import expect

from apps.dialogue import phrases
from tests.widget.conftest import Widget
from tests.widget.visitor import call, new_cmid

pytestmark = pytest.mark.browser

QUESTIONS = {"en": "How long does delivery take?", "zh-Hans": "下单后多久能收到货？"}
# Vague on purpose. Which of them the bot offers a question for may change with its knowledge.
VAGUE = ["delivery", "delivery address", "returns and money", "Feathers"]


@pytest.fixture
def vague(stack) -> str:
    """A question that the bot answers with others."""
    for text in VAGUE:
        token = call(f"{stack.base_url}/api/v1/chat/sessions", {"site": "demo"})[1]["token"]
        messages = f"{stack.base_url}/api/v1/chat/messages"
        call(messages, {"type": "send", "cmid": new_cmid(), "text": text}, token)
        reply = call(f"{messages}?since=1", None, token)[1]["messages"][0]
        meta = reply["meta"]
        if len(meta.get("quick_replies", [])) > 1 and "form" not in meta:
            return text
    raise AssertionError("no question is offered for any of these")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_question_is_answered_with_its_source(visit, language):
    widget = visit(language=language).open()
    expect(widget.frame.locator("html")).to_have_attribute("lang", language)
    widget.say(QUESTIONS[language])
    expect(widget.state("sent")).to_have_count(1)
    expect(widget.answers).to_have_count(1)
    expect(widget.answers).to_contain_text(widget.words["assistant"])
    expect(widget.answers).to_contain_text("2-4")
    widget.answers.get_by_text(widget.words["sources"].format(count=1)).click()
    expect(widget.answers.locator("details li")).to_have_text(QUESTIONS[language])
    expect(widget.frame.locator("#announcer")).to_contain_text("2-4")
    assert not widget.problems


def test_the_first_questions_are_offered_and_sent_by_a_click(visit):
    widget = visit().open()
    starters = widget.frame.get_by_role("group", name=widget.words["suggestions"])
    expect(starters.get_by_role("button")).to_have_count(3)
    starters.get_by_role("button").first.click()
    expect(widget.answers).to_have_count(1)
    expect(starters).to_be_hidden()
    expect(widget.box).to_be_focused()


def test_near_questions_are_buttons_right_before_the_text_box(visit, vague):
    widget = visit().open()
    widget.say(vague)
    expect(widget.answers).to_have_count(1)
    offered = widget.frame.locator("#replies button")
    expect(offered.last).to_have_text(widget.words["talk_to_person"])
    expect(widget.box).to_be_focused()
    widget.page.keyboard.press("Shift+Tab")
    expect(offered.last).to_be_focused()
    widget.page.keyboard.press("Shift+Tab")
    nearest = widget.frame.locator("#replies button:focus")
    question = nearest.text_content()
    widget.page.keyboard.press("Enter")
    expect(widget.own.last).to_contain_text(question)
    expect(widget.answers.nth(1).locator("summary")).to_be_visible()


def test_enter_of_an_input_method_sends_nothing(visit):
    widget = visit().open()
    widget.box.fill("ni hao")
    for name, value in [("isComposing", True), ("keyCode", 229)]:
        widget.box.dispatch_event("keydown", {"key": "Enter", "bubbles": True, name: value})
    widget.box.press("Shift+Enter")
    expect(widget.box).to_have_value("ni hao\n")
    expect(widget.own).to_have_count(0)
    widget.box.press("Enter")
    expect(widget.own).to_have_count(1)


def test_what_anyone_writes_is_shown_as_text_only(visit):
    widget = visit().open()
    widget.say("<img src=x onerror=alert(1)> **no** http://a.example")
    expect(widget.own.locator(".bubble")).to_have_text(
        "<img src=x onerror=alert(1)> **no** http://a.example"
    )
    expect(widget.own.locator("img, strong, a")).to_have_count(0)
    made = widget.frame.locator("html").evaluate(
        """async () => {
          const { rich } = await import("/static/widget/page.js");
          const box = document.createElement("div");
          box.append(rich("One **two** `three`\\nfour\\n\\n- five\\n- <b>six</b>\\n" +
            "see https://a.example/b. and javascript:alert(1)"));
          return box.innerHTML;
        }"""
    )
    assert made.startswith("<p>One <strong>two</strong> <code>three</code><br>four</p>")
    assert "<ul><li>five</li><li>&lt;b&gt;six&lt;/b&gt;</li></ul>" in made
    assert '<a href="https://a.example/b" target="_blank" rel="noopener noreferrer">' in made
    assert made.endswith("</a>. and javascript:alert(1)</p>")


def test_too_long_a_text_is_counted_and_kept(visit):
    widget = visit().open()
    widget.box.fill("好" * 3900)
    expect(widget.frame.locator("#count")).to_have_text("100 characters left")
    widget.say("😀" * 4001)
    expect(widget.frame.locator("#count")).to_have_text("1 characters too many")
    expect(widget.box).to_have_value("😀" * 4001)
    expect(widget.own).to_have_count(0)


def test_a_refused_line_says_why_and_comes_back_for_editing(visit):
    widget = visit().open()
    widget.say("a byte that is none: \x00")
    failed = widget.state("failed")
    expect(failed).to_be_visible()
    failed.get_by_role("button", name=widget.words["edit"]).click()
    expect(widget.own).to_have_count(0)
    expect(widget.box).to_be_focused()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_message_for_the_team_can_be_left(visit, language):
    widget = visit(language=language).open()
    words = widget.words
    widget.frame.get_by_role("button", name=words["talk_to_person"]).click()
    form = widget.frame.get_by_role("form")
    expect(form).to_be_visible()
    expect(widget.frame.get_by_text(words["unreachable"]).first).to_be_visible()
    form.get_by_role("button", name=words["form_send"]).click()
    email = form.get_by_label(words["form_email"])
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description(words["form_either"])
    phone = form.get_by_label(words["form_phone"])
    message = form.get_by_label(words["form_text"])
    phone.fill("call me")
    form.get_by_role("button", name=words["form_send"]).click()
    expect(phone).to_have_accessible_description(words["form_wrong"])
    expect(message).to_have_accessible_description(words["form_text_missing"])
    phone.fill("12")
    message.fill("The left ear is silent.")
    form.get_by_role("button", name=words["form_send"]).click()
    expect(phone).to_have_accessible_description(phrases.in_language(phrases.BAD_PHONE, language))
    expect(form.get_by_label(words["form_text"])).to_have_value("The left ear is silent.")
    email.fill("alice@example.com")
    form.get_by_label(words["form_phone"]).fill("")
    form.get_by_role("button", name=words["form_send"]).click()
    expect(widget.frame.locator(".notice")).to_contain_text("alice@example.com")
    expect(widget.own.last).to_contain_text("The left ear is silent.")
    expect(form).to_be_hidden()
    widget.page.reload()
    expect(widget.frame.locator(".notice")).to_be_visible()
    expect(form).to_be_hidden()


def test_an_answer_can_be_rated(visit, servers):
    widget = visit().open()
    widget.say(QUESTIONS["en"])
    thumb = widget.answers.get_by_role("button", name=widget.words["helpful"], exact=True)
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    expect(widget.answers).to_contain_text(widget.words["rated"])


@pytest.mark.parametrize("language", QUESTIONS)
def test_why_an_answer_was_bad_is_told_by_a_code(visit, servers, language):
    widget = visit(language=language).open()
    own = f"Which days? {uuid.uuid4().hex}"
    widget.say(QUESTIONS[language])
    widget.answers.get_by_role("button", name=widget.words["not_helpful"], exact=True).click()
    widget.answers.get_by_text(widget.words["why_unclear"]).click()
    widget.answers.get_by_label(widget.words["why_more"]).fill(own)
    widget.answers.get_by_role("button", name=widget.words["why_send"]).click()
    expect(widget.answers).to_contain_text(widget.words["rated"])
    widget.page.reload()
    expect(widget.answers.get_by_role("button", pressed=True)).to_have_count(1)
    told = "SELECT rating_reason FROM chat_message WHERE rating_reason LIKE '%%' || %s"
    assert servers.query(told, own) == [(f"unclear – {own}",)]


def test_the_language_can_be_changed_and_stays(visit):
    widget = visit().open()
    widget.say(QUESTIONS["en"])
    expect(widget.answers).to_have_count(1)
    widget.frame.get_by_label(widget.words["menu"]).click()
    widget.frame.get_by_role("button", name="简体中文").click()
    chinese = Widget(widget.page, "zh-Hans")
    expect(chinese.box).to_be_visible()
    expect(chinese.answers).to_have_count(1)
    expect(chinese.frame.locator("html")).to_have_attribute("lang", "zh-Hans")
    chinese.page.reload()
    expect(chinese.box).to_be_visible()
    expect(chinese.launcher).to_be_visible()
