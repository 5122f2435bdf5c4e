"""The form of a flow in a browser: slots added, moved and shown as their kind needs, and the chat."""

import os

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import PATIENCE_MS, launched
from tests.stack import stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

FILL = """
from django.contrib.auth.models import User
from apps.sites.models import Site
from tests.dialogue.flow_rows import return_flow
User.objects.create_superuser("olga", "olga@shop.example", "a password for tests")
site = Site.objects.create(key="own", name="Own shop")
print(return_flow(site, action="python:demo.return_order").pk)
"""


@pytest.fixture(scope="module")
def form(chromium):
    """Opens the form of the cast's flow."""
    with stack(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], "flows") as made:
        key = made.manage("shell", "--no-imports", "-c", FILL).split()[-1]
        with made.web() as web, launched(chromium) as browser:
            context = browser.new_context(locale="en-GB", base_url=web.base_url)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.goto("/admin/login/")
            page.fill("[name=username]", "olga")
            page.fill("[name=password]", "a password for tests")
            page.press("[name=password]", "Enter")
            page.wait_for_selector("#nav-sidebar")
            page.close()

            def opened() -> Page:
                page = context.new_page()
                page.goto(f"/admin/dialogue/flow/{key}/change/")
                page.wait_for_selector("html.hd-has-script [data-slot]")
                return page

            yield opened


def test_only_the_fields_of_the_kind_are_shown(form):
    page = form()
    page.locator("[data-slot] summary").nth(1).click()
    expect(page.locator("[name=slots-1-options]")).to_be_visible()
    expect(page.locator("[name=slots-1-patterns]")).to_be_hidden()
    page.select_option("[name=slots-1-kind]", "amount")
    expect(page.locator("[name=slots-1-options]")).to_be_hidden()
    expect(page.locator("[name=slots-1-minimum]")).to_be_visible()


def test_a_slot_is_added_moved_and_stored(form):
    page = form()
    page.locator("[data-add]").click()
    expect(page.locator("[name=slots-2-name]")).to_be_focused()
    page.fill("[name=slots-2-name]", "note")
    page.fill("[name=slots-2-label_en]", "Anything else")
    page.fill("[name=slots-2-prompt_en]", "Anything else?")
    added = page.locator("[data-slot]").nth(2)
    expect(added.locator("[data-title]")).to_have_text("Anything else")
    added.locator("[data-move=up]").click()
    expect(page.locator("[data-slot] [data-name]").nth(1)).to_have_text("note")
    page.locator("[name=_continue]").click()
    page.wait_for_selector("html.hd-has-script [name=slots-2-name]", state="attached")
    expect(page.locator("[data-slot] [data-name]")).to_have_text(["order_id", "note", "reason"])
    page.locator("[name=slots-1-DELETE]").check()
    page.locator("[name=_continue]").click()
    expect(page.locator("[data-slot] [data-name]")).to_have_text(["order_id", "reason"])


def test_the_chat_follows_what_is_typed_into_the_form(form):
    page = form()
    page.locator("[data-slot] summary").first.click()
    page.fill("[name=slots-0-prompt_en]", "Tell me the number, please")
    log, text = page.locator("#try_log"), page.locator("#try_text")
    text.fill("I want to return it")
    text.press("Enter")
    expect(log).to_contain_text("Tell me the number, please")
    expect(text).to_have_value("")
    expect(text).to_be_focused()
    # Enter sends what is written, not the first button that stands in the log.
    text.fill("202580668968")
    text.press("Enter")
    expect(log).to_contain_text("Why?")
    log.get_by_role("button", name="Broken").click()
    expect(log).to_contain_text("Return 202580668968?")
    log.get_by_role("button", name="Yes").click()
    expect(log).to_contain_text("Here the action would run")
    expect(log.get_by_role("button", name="Yes")).to_have_count(0)
    log.get_by_role("button", name="done").click()
    expect(log).to_contain_text("It is on its way.")
    page.locator("[data-restart]").click()
    expect(log).to_be_empty()


def test_an_empty_line_is_not_sent(form):
    page = form()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#try_text").press("Enter")
    page.fill("#try_text", "hello")
    page.press("#try_text", "Enter")
    expect(page.locator("#try_log")).to_contain_text("hello")
    assert len([url for url in asked if url.endswith("/try/")]) == 1


def test_what_cannot_be_tried_is_told_at_its_field(form):
    page = form()
    page.locator("[data-slot] summary").first.click()
    page.fill("[name=slots-0-patterns]", "[0-9")
    page.locator("[data-slot] summary").first.click()
    expect(page.locator("[name=slots-0-patterns]")).to_be_hidden()
    page.fill("#try_text", "I want to return it")
    page.press("#try_text", "Enter")
    patterns = page.locator("[name=slots-0-patterns]")
    expect(patterns).to_be_focused()
    expect(patterns).to_be_in_viewport()
    told = page.locator(".hd-slot-field", has=patterns).locator(".hd-error")
    expect(told).to_contain_text("no regular expression")
    expect(page.locator("#try_text")).to_have_value("I want to return it")
    # The way back, and the same once more: nothing is told twice.
    page.press("#try_text", "Enter")
    expect(page.locator("#try_log .hd-fault")).to_have_count(2)
    expect(told).to_have_count(1)
    patterns.fill("")
    page.press("#try_text", "Enter")
    expect(page.locator("#try_log")).to_contain_text("Which order?")
    expect(told).to_have_count(0)
    expect(patterns).not_to_have_attribute("aria-invalid", "true")


def test_a_form_that_is_refused_leads_to_the_first_wrong_field(form):
    page = form()
    page.locator("[data-slot] summary").first.click()
    page.locator("[data-slot] summary").nth(1).click()
    page.fill("[name=slots-0-name]", "Order Id")
    page.fill("[name=slots-1-name]", "start again")
    page.locator("[name=_continue]").click()
    page.wait_for_selector(".hd-faults")
    expect(page.locator("[name=slots-0-name]")).to_be_focused()
    expect(page.locator("[name=slots-0-name]")).to_be_in_viewport()
    page.locator(".hd-faults a").nth(1).click()
    expect(page.locator("[name=slots-1-name]")).to_be_focused()
    expect(page.locator("[name=slots-1-name]")).to_be_in_viewport()


def test_the_chat_stays_in_sight_on_a_wide_screen(form):
    page = form()
    page.set_viewport_size({"width": 1440, "height": 800})
    page.locator("[data-add]").scroll_into_view_if_needed()
    expect(page.locator("#try_text")).to_be_in_viewport(ratio=1)
    for _turn in range(5):
        page.fill("#try_text", "hello")
        page.press("#try_text", "Enter")
        expect(page.locator("#try_text")).to_have_value("")
    # Nor does a long talk push the line to write on below the buttons.
    row = page.locator("#submit-row").bounding_box()
    text = page.locator("#try_text").bounding_box()
    assert text["y"] + text["height"] <= row["y"]


def test_a_button_leads_to_the_chat_on_a_phone(form):
    page = form()
    page.set_viewport_size({"width": 390, "height": 800})
    way = page.get_by_role("link", name="To the preview")
    expect(way).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 900)")
    expect(way).to_be_in_viewport(ratio=1)
    way.click()
    expect(page.locator("#try_text")).to_be_in_viewport(ratio=1)
    expect(way).to_be_hidden()
