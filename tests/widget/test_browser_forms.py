"""Forms and cards under a line: what they look like to a visitor, and what they send."""

import re

import pytest
from playwright.sync_api import expect

from apps.sites.models import CHINESE
from tests.widget.asking import CARD, ORDER, REASON, ask, confirm, sent
from tests.widget.scripted import begin

pytestmark = pytest.mark.browser

MARK = "node => getComputedStyle(node, '::before').content"


@pytest.fixture
def words(widget):
    return widget.words


def test_nothing_of_it_is_fetched_before_it_is_needed(visit, page, script):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    widget = visit(page=page).open()
    begin(widget, script)
    assert not [url for url in fetched if "/forms." in url or "/more." in url]
    ask(script, ORDER)
    expect(widget.frame.get_by_label("Order number")).to_be_visible()
    assert [url.rsplit("/")[-1] for url in fetched if "/forms." in url] == ["forms.js"]
    assert [url.rsplit("/")[-1] for url in fetched if "/more." in url] == ["more.css"]


def test_a_detail_is_typed_into_its_field(widget, script, words):
    ask(script, ORDER)
    field = widget.frame.get_by_label("Order number")
    expect(field).to_have_accessible_description("For example: 202611040017")
    field.press("Enter")
    assert sent(script) == []
    field.fill(" 202611040017 ")
    field.press("Enter")
    expect(widget.own.last).to_contain_text("202611040017")
    assert sent(script) == [("202611040017", {"order_id": "202611040017"})]
    expect(field).to_be_disabled()


def test_words_do_as_well_and_the_next_question_takes_the_forms_place(widget, script):
    ask(script, ORDER)
    expect(widget.frame.get_by_label("Order number")).to_be_visible()
    widget.say("it is 202611040017")
    expect(widget.own).to_have_count(2)
    assert sent(script) == [("it is 202611040017", None)]
    ask(script, REASON)
    expect(widget.frame.get_by_label("Order number")).to_have_count(0)
    expect(widget.frame.get_by_role("group", name=REASON["label"])).to_be_visible()


def test_what_is_wrong_is_said_at_the_field(widget, script):
    ask(script, {**ORDER, "error": "This does not look like an order number."})
    field = widget.frame.get_by_label("Order number")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "This does not look like an order number. For example: 202611040017"
    )


def test_who_does_not_have_it_says_so_with_a_button(widget, script, words):
    ask(script, ORDER)
    widget.frame.get_by_role("button", name=words["lack"]).click()
    expect(widget.own).to_have_count(2)
    assert sent(script) == [(words["lack"], {"lack": "order_id"})]


def test_a_few_options_are_buttons_and_many_a_list(widget, script, words):
    ask(script, REASON)
    widget.frame.get_by_role("button", name="It is damaged").click()
    expect(widget.own).to_have_count(2)
    assert sent(script) == [("It is damaged", {"reason": "damaged"})]
    many = [{"label": f"Option {n}", "value": f"v{n}"} for n in range(20)]
    ask(script, {**REASON, "options": many})
    submit = widget.frame.get_by_role("button", name=words["give"], exact=True)
    submit.click()
    assert len(sent(script)) == 1
    widget.frame.get_by_label(REASON["label"]).select_option("v3")
    submit.click()
    expect(widget.own).to_have_count(3)
    assert sent(script)[1] == ("Option 3", {"reason": "v3"})


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_card_shows_all_that_will_be_done_and_is_answered_once(widget, script, words, answer):
    confirm(script)
    card = widget.frame.get_by_role("group", name=CARD["title"])
    expect(card.locator("dd")).to_have_text(["202611040017", "<b>left ear</b> silent"])
    card.get_by_role("button", name=words[answer]).dblclick()
    expect(widget.own).to_have_count(2)
    assert sent(script) == [(words[answer], {"confirm": CARD["id"], "answer": answer})]
    script.say("bot", "Done.", meta={"ai": True})
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card).to_contain_text("202611040017")


def test_after_a_reload_only_the_newest_can_be_answered(widget, script, page, words):
    confirm(script)
    ask(script, ORDER, "Which order is it then?")
    expect(widget.frame.get_by_label("Order number")).to_be_visible()
    page.reload()
    expect(widget.frame.get_by_label("Order number")).to_be_visible()
    expect(widget.frame.get_by_role("group", name=CARD["title"])).to_be_visible()
    expect(widget.frame.get_by_role("button", name=words["yes"])).to_have_count(0)


def test_progress_is_shown_where_it_was_announced(widget, script):
    running = {"id": CARD["id"], "status": "running"}
    script.say("bot", "One moment, I am arranging it.", meta={"ai": True, "action": running})
    line = widget.frame.locator("[data-action]")
    expect(line).to_have_attribute("data-state", "running")
    script.tell("action", id=CARD["id"], status="done", text="")
    expect(line).to_have_attribute("data-state", "done")
    # What it ended with is marked in its sentence, and nothing above the name.
    assert line.locator(".bubble p").evaluate(MARK) == "none"
    script.say("bot", "It is arranged.", meta={"ai": True, "action": {**running, "status": "done"}})
    expect(line).to_have_count(2)
    assert "✓" in line.last.locator(".bubble p").evaluate(MARK)
    assert line.last.evaluate(MARK) == "none"


@pytest.mark.parametrize(
    ("kind", "attribute", "value"),
    [
        ("tel", "type", "tel"),
        ("email", "type", "email"),
        ("date", "type", "date"),
        ("number", "inputmode", "decimal"),
        ("phone_tail", "inputmode", "numeric"),
        ("order_id", "autocapitalize", "characters"),
    ],
)
def test_each_kind_of_detail_has_its_keyboard(widget, script, kind, attribute, value):
    ask(script, {"slot": "detail", "type": kind, "label": "Detail"})
    expect(widget.frame.get_by_label("Detail")).to_have_attribute(attribute, value)


def test_an_ended_chat_leaves_nothing_to_press(widget, script, words):
    confirm(script)
    yes = widget.frame.get_by_role("button", name=words["yes"])
    expect(yes).to_be_visible()
    script.tell("error", code="token_unknown", detail="It has ended.")
    expect(widget.frame.get_by_text(words["ended"])).to_be_visible()
    expect(yes).to_have_count(0)


def test_a_quick_reply_may_carry_fields(widget, script):
    offer = {"label": "Return something", "text": "Return something", "fields": {"flow": "return"}}
    script.say("bot", "What shall I do with it?", meta={"ai": True, "quick_replies": [offer]})
    widget.frame.get_by_role("button", name="Return something").click()
    expect(widget.own).to_have_count(2)
    assert sent(script) == [("Return something", {"flow": "return"})]


def test_a_refused_detail_can_be_given_again(widget, script, page):
    script.acks = False
    ask(script, ORDER)
    field = widget.frame.get_by_label("Order number")
    field.fill("5")
    field.press("Enter")
    expect(field).to_be_disabled()
    expect(widget.own).to_have_count(2)
    page.wait_for_function("true")
    cmid = script.of_type("send")[-1]["cmid"]
    script.tell("refused", cmid=cmid, code="too_long", detail="Too long.")
    expect(field).to_be_enabled()


def test_without_the_file_words_do_it_and_it_comes_when_the_network_is_back(visit, page, script):
    page.route(re.compile(r"/forms\.js"), lambda route: route.abort())
    widget = visit(page=page).open()
    begin(widget, script)
    ask(script, ORDER)
    expect(widget.answers.last).to_contain_text("Please tell me more.")
    expect(widget.frame.get_by_label("Order number")).to_have_count(0)
    widget.say("202611040017")
    expect(widget.own).to_have_count(2)


@pytest.mark.parametrize("width", [320, 400])
def test_nothing_sticks_out(widget, script, page, width):
    page.set_viewport_size({"width": width, "height": 700})
    rows = [{"slot": "order_id", "label": "L" * 40, "value": "v" * 200}]
    script.say("bot", "Right?", meta={"ai": True, "confirm": {**CARD, "rows": rows}})
    expect(widget.frame.locator(".card dd")).to_be_visible()
    ask(script, {**ORDER, "example": "e" * 200})
    expect(widget.frame.get_by_label("Order number")).to_be_visible()
    sizes = "node => node.scrollWidth - node.clientWidth"
    parts = [widget.frame.locator("html"), widget.frame.get_by_role("log")]
    assert [part.evaluate(sizes) for part in parts] == [0, 0]
    many = [{"label": f"{'long ' * 20}{n}", "value": str(n)} for n in range(20)]
    ask(script, {**REASON, "options": many})
    expect(widget.frame.get_by_label(REASON["label"])).to_be_visible()
    assert [part.evaluate(sizes) for part in parts] == [0, 0]


def test_all_of_it_speaks_chinese(visit, page, script):
    widget = visit(page=page, language=CHINESE).open()
    begin(widget, script, "我要退货")
    script.say("bot", "请确认", meta={"ai": True, "confirm": {**CARD, "title": "退货？"}})
    group = widget.frame.get_by_role("group", name="退货？")
    expect(group.get_by_role("button", name="确认办理")).to_be_visible()
    ask(script, {**ORDER, "label": "订单号"})
    expect(widget.frame.get_by_role("button", name="我没有")).to_be_visible()
