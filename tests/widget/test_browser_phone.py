"""On a phone: what is asked and what answers it stand together, whatever room the keyboard takes, and
whoever comes back to the page waits for no timer."""

import pytest
from playwright.sync_api import expect

from apps.sites.models import CHINESE
from tests.widget.asking import CARD, EMAIL, ORDER, REASON, TAIL, ask, confirm
from tests.widget.scripted import begin
from tests.widget.test_browser_waiting import IN_VIEW

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WITH_KEYBOARD = {"width": 390, "height": 470}
MANY = {**REASON, "options": [{"label": f"Reason no. {n}", "value": f"v{n}"} for n in range(12)]}
WHOLE = """(node) => {
  const log = document.getElementById("log").getBoundingClientRect();
  const { top, bottom } = node.getBoundingClientRect();
  return top >= log.top && bottom <= log.bottom;
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture
def phone(page):
    page.set_viewport_size(PHONE)


def resize(widget, size):
    """Until the transcript has been laid out and settled."""
    widget.page.set_viewport_size(size)
    log = widget.frame.get_by_role("log")
    log.evaluate(
        "(_, height) => new Promise((done) => {"
        "  const look = () => innerHeight === height ? done() : requestAnimationFrame(look); look();"
        "})",
        size["height"],
    )
    log.evaluate(SETTLED)


@pytest.fixture
def talk(phone, visit, page, script):
    def start(language="en"):
        widget = visit(page=page, language=language).open()
        begin(widget, script, "退货" if language == CHINESE else "I want to return it")
        return widget

    return start


@pytest.mark.parametrize("language", ["en", CHINESE])
def test_the_question_stays_above_its_options_when_the_keyboard_comes_and_goes(
    talk, script, language
):
    widget = talk(language)
    ask(script, MANY)
    expect(widget.frame.get_by_role("group", name=REASON["label"])).to_be_visible()
    question = widget.answers.last.locator(".bubble")
    for size in (WITH_KEYBOARD, PHONE, WITH_KEYBOARD):
        resize(widget, size)
        assert question.evaluate(IN_VIEW)


def test_a_field_that_is_being_filled_in_stays_above_the_keyboard(talk, script):
    widget = talk()
    confirm(script, TAIL, EMAIL)
    field = widget.frame.get_by_label(TAIL["label"])
    field.click()
    resize(widget, WITH_KEYBOARD)
    expect(field).to_be_in_viewport(ratio=1)
    assert field.evaluate(WHOLE)


def test_a_reader_half_way_through_an_answer_is_not_thrown_back(talk, script):
    widget = talk()
    resize(widget, {**WITH_KEYBOARD, "height": 380})
    script.answer("\n\n".join(f"Paragraph {number}" for number in range(12)))
    expect(widget.answers).to_have_count(1)
    log = widget.frame.get_by_role("log")
    log.evaluate(SETTLED)
    log.evaluate("node => node.scrollBy(0, 90)")
    log.evaluate(SETTLED)
    top = log.evaluate("node => node.scrollTop")
    widget.box.fill("One\nTwo\nThree")
    log.evaluate(SETTLED)
    assert log.evaluate("node => node.scrollTop") == top
    script.answer("There is more")
    expect(widget.frame.get_by_role("button", name=widget.words["new_messages"])).to_be_visible()
    assert log.evaluate("node => node.scrollTop") == top


def test_the_end_is_followed_again_by_who_went_back_to_it(talk, script):
    widget = talk()
    script.answer("\n\n".join(f"Paragraph {number}" for number in range(30)))
    expect(widget.answers).to_have_count(1)
    log = widget.frame.get_by_role("log")
    for top in (0, 100_000, 0, 100_000):
        log.evaluate("(node, top) => node.scrollTo(0, top)", top)
        log.evaluate(SETTLED)
    ask(script, ORDER)
    expect(widget.frame.get_by_label(ORDER["label"])).to_be_in_viewport()


@pytest.mark.parametrize("size", [WITH_KEYBOARD, {"width": 844, "height": 390}])
def test_a_low_screen_is_all_for_the_chat(browser, visit, size):
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    widget = visit(page=context.new_page()).open()
    expect(widget.frame.locator("#replies")).to_be_visible()
    expect(widget.box).to_be_in_viewport(ratio=1)
    expect(widget.frame.locator("header")).to_be_in_viewport(ratio=1)
    head = widget.frame.locator("header").bounding_box()
    assert head
    assert (head["width"], head["height"] < 72) == (size["width"], True)
    expect(widget.frame.get_by_role("button", name=widget.words["talk_to_person"])).to_be_visible()
    context.close()


def test_a_form_that_follows_a_card_at_once_is_seen_whole(talk, script):
    widget = talk()
    for _ in range(2):
        script.answer("An answer\n\nof two paragraphs")
    confirm(script, TAIL)
    yes = widget.frame.get_by_role("button", name=widget.words["yes"])
    yes.click()
    expect(widget.own).to_have_count(2)
    running = {"id": CARD["id"], "status": "running"}
    script.say("bot", "One moment.", meta={"ai": True, "action": running})
    expect(yes).to_have_count(0)
    change = [{"label": "Change: Order number", "text": "Change", "fields": {"change": "order_id"}}]
    failed = {**running, "status": "failed"}
    meta = {"ai": True, "form": TAIL, "action": failed, "quick_replies": change}
    script.say("bot", "I cannot find an order with these details. What are the digits?", meta=meta)
    lack = widget.frame.get_by_role("button", name=widget.words["lack"])
    expect(lack).to_be_visible()
    widget.frame.get_by_role("log").evaluate(SETTLED)
    assert lack.evaluate(WHOLE)


def test_the_transcript_stands_still_under_who_writes_a_long_line(talk, script):
    widget = talk()
    for _ in range(8):
        script.answer("An answer\n\nof two paragraphs")
    expect(widget.answers).to_have_count(8)
    log = widget.frame.get_by_role("log")
    widget.box.fill("A line\n" * 8)
    log.evaluate(SETTLED)
    top = log.evaluate("node => node.scrollTop")
    widget.box.press("End")
    widget.box.type("ab")
    log.evaluate(SETTLED)
    assert log.evaluate("node => node.scrollTop") == top


# The way is lost, and no timer looks for another.
LOSE = """() => {
  const { setTimeout } = window;
  window.setTimeout = () => 1;
  dispatchEvent(new Event("offline"));
  window.setTimeout = setTimeout;
}"""
LOOK = "() => document.dispatchEvent(new Event('visibilitychange'))"


@pytest.mark.parametrize("comes_back", ["to write", "to look"])
def test_who_comes_back_waits_for_no_timer(widget, script, comes_back):
    page = widget.frame.locator("html")
    page.evaluate(LOSE)
    script.add("bot", "I am back.")
    if comes_back == "to write":
        widget.say("Are you there?")
    else:
        page.evaluate(LOOK)
    expect(widget.answers.last).to_contain_text("I am back.")
    expect(widget.state("sending")).to_have_count(0)
    assert len(script.of_type("hello")) == 2
