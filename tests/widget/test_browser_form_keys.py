"""Forms and cards by keyboard: what Enter does, and where the focus is afterwards."""

import pytest
from playwright.sync_api import expect

from apps.widget import strings
from tests.widget.asking import CARD, EMAIL, ORDER, REASON, TAIL, ask, confirm, sent

pytestmark = pytest.mark.browser

WORDS = strings.module_strings("forms")["en"]
ANSWER = {"phone_tail": "2567", "confirm": CARD["id"], "answer": "yes"}
# Presses what has the focus as soon as it has it, as a second Enter in a row does.
HASTE = """
() => document.addEventListener("focusin", ({ target }) => {
  if (target.tagName === "BUTTON") target.click();
})
"""


@pytest.fixture
def yes(widget):
    return widget.frame.get_by_role("button", name=WORDS["yes"])


def test_enter_in_a_cards_field_is_its_yes(widget, script):
    confirm(script, TAIL)
    field = widget.frame.get_by_label(TAIL["label"])
    field.fill(" 2567 ")
    field.press("Enter")
    expect(widget.own).to_have_count(2)
    assert sent(script) == [(WORDS["yes"], ANSWER)]
    expect(widget.box).to_be_focused()


def test_enter_goes_from_field_to_field_and_to_the_yes_when_one_is_empty(widget, script, yes):
    confirm(script, TAIL, EMAIL)
    tail, email = (widget.frame.get_by_label(one["label"]) for one in (TAIL, EMAIL))
    tail.fill("2567")
    tail.press("Enter")
    expect(email).to_be_focused()
    email.press("Enter")
    expect(yes).to_be_focused()
    assert sent(script) == []
    email.fill("mei@customer.example")
    email.press("Enter")
    expect(widget.own).to_have_count(2)
    [(_text, fields)] = sent(script)
    assert fields == {**ANSWER, "email": "mei@customer.example"}


@pytest.mark.parametrize("where", ["form", "card"])
def test_enter_of_an_input_method_submits_nothing(widget, script, where):
    label = TAIL["label"] if where == "card" else ORDER["label"]
    if where == "card":
        confirm(script, TAIL)
    else:
        ask(script, ORDER)
    field = widget.frame.get_by_label(label)
    field.fill("2567")
    for name, value in [("isComposing", True), ("keyCode", 229)]:
        enter = {"key": "Enter", "bubbles": True, "cancelable": True, name: value}
        made = "(node, enter) => node.dispatchEvent(new KeyboardEvent('keydown', enter))"
        assert field.evaluate(made, enter) is False
    assert sent(script) == []
    field.press("Enter")
    expect(widget.own).to_have_count(2)


def test_the_focus_goes_on_with_the_flow(widget, script, yes):
    ask(script, ORDER)
    field = widget.frame.get_by_label(ORDER["label"])
    field.fill("5")
    field.press("Enter")
    expect(widget.box).to_be_focused()
    ask(script, {**ORDER, "error": "That is no order number."})
    again = widget.frame.get_by_label(ORDER["label"])
    expect(again).to_be_focused()
    again.fill("202611040017")
    again.press("Enter")
    ask(script, REASON)
    first = widget.frame.get_by_role("button", name="It is damaged")
    expect(first).to_be_focused()
    first.click()
    confirm(script, text="Right?")
    expect(yes).to_be_focused()
    expect(yes).to_have_accessible_description(
        "Order number 202611040017 Reason <b>left ear</b> silent"
    )


def test_the_focus_stays_with_who_writes(widget, script):
    ask(script, ORDER)
    field = widget.frame.get_by_label(ORDER["label"])
    field.fill("202611040017")
    field.press("Enter")
    expect(widget.box).to_be_focused()
    widget.page.keyboard.type("By the way")
    ask(script, TAIL)
    expect(widget.frame.get_by_label(TAIL["label"])).to_be_visible()
    expect(widget.box).to_be_focused()
    widget.page.keyboard.press("Enter")
    confirm(script)
    expect(widget.frame.get_by_role("group", name=CARD["title"])).to_be_visible()
    expect(widget.box).to_be_focused()


def test_who_has_not_answered_a_form_keeps_the_focus_in_the_box(widget, script):
    ask(script, ORDER)
    expect(widget.frame.get_by_label(ORDER["label"])).to_be_visible()
    expect(widget.box).to_be_focused()


def test_an_enter_too_many_is_no_yes(widget, script, yes):
    ask(script, ORDER)
    field = widget.frame.get_by_label(ORDER["label"])
    field.fill("202611040017")
    field.press("Enter")
    widget.frame.locator("html").evaluate(HASTE)
    confirm(script)
    expect(yes).to_be_focused()
    expect(yes).to_be_enabled()
    assert len(sent(script)) == 1


def test_a_key_held_down_is_no_yes(widget, script, yes):
    confirm(script)
    yes.focus()
    held = "node => node.dispatchEvent(new KeyboardEvent('keydown', enter))"
    enter = "{ key: 'Enter', repeat: true, bubbles: true, cancelable: true }"
    assert yes.evaluate(held.replace("enter", enter)) is False


def test_who_does_not_have_what_a_card_asks_for_says_so_with_a_button(widget, script, yes):
    confirm(script, TAIL)
    card = widget.frame.get_by_role("group", name=CARD["title"])
    card.get_by_role("button", name=WORDS["lack"]).click()
    expect(widget.own).to_have_count(2)
    assert sent(script) == [(WORDS["lack"], {"lack": "phone_tail"})]
    expect(yes).to_be_disabled()
    ask(script, TAIL)
    expect(card.get_by_role("button")).to_have_count(0)
    expect(card).to_contain_text("202611040017")


def test_only_what_may_be_lacking_has_that_button(widget, script, yes):
    confirm(script, EMAIL)
    expect(yes).to_be_visible()
    expect(widget.frame.get_by_role("button", name=WORDS["lack"])).to_have_count(0)


def test_what_a_form_or_a_card_holds_is_heard_once_it_is_there(widget, script):
    heard = widget.frame.locator("#announcer p")
    ask(script, REASON)
    expect(heard.last).to_have_text(
        "What is wrong with it?, It is damaged, I do not want it any more"
    )
    expect(heard.first).to_have_text("Please tell me more.")
    confirm(script, TAIL)
    expect(heard.last).to_have_text(
        "Return order 202611040017?, Order number 202611040017, Reason <b>left ear</b> silent, "
        f"{TAIL['label']}, {WORDS['lack']}, {WORDS['yes']}, {WORDS['no']}"
    )
    expect(heard).to_have_count(2)


def test_nothing_is_heard_again_when_the_chat_is_read_again(widget, script):
    confirm(script)
    expect(widget.frame.get_by_role("group", name=CARD["title"])).to_be_visible()
    widget.page.reload()
    expect(widget.frame.get_by_role("group", name=CARD["title"])).to_be_visible()
    expect(widget.frame.locator("#announcer")).not_to_contain_text(CARD["title"])
