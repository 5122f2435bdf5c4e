"""The rules of axe, all but the triple-A ones, in the main states of the console."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.console.browsing import Desktop, ask_for_a_person
from tests.widget.test_axe import SCHEMES, axe_in

pytestmark = pytest.mark.browser


def states(desktop: Desktop, about: str) -> Iterator[str]:
    page = desktop.page
    page.locator("#presence summary").click()
    yield "queue and presence"
    page.keyboard.press("Escape")
    desktop.open(about)
    yield "waiting"
    desktop.act("claim")
    expect(page.locator("#as-reply")).to_be_enabled()
    desktop.box.fill("Order {order_id}")
    yield "to be filled in"
    desktop.note("Look at the payment")
    yield "note"
    yield from dialogs(desktop)
    desktop.act("resolve")
    page.locator("dialog").get_by_role("button", name=desktop.say("do_resolve")).click()
    expect(desktop.toast).to_be_visible()
    yield "settled"


def dialogs(desktop: Desktop) -> Iterator[str]:
    page = desktop.page
    for keys in ("Control+k", "Control+Shift+Enter"):
        page.keyboard.press(keys)
        expect(page.locator("dialog")).to_be_visible()
        yield keys
        page.keyboard.press("Escape")
    desktop.choose("transfer")
    yield "transfer"
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('open-preferences').click()")
    yield "preferences"
    page.keyboard.press("Escape")


def look(desktop: Desktop, state: str) -> list[str]:
    found = []
    for scheme in SCHEMES:
        desktop.page.emulate_media(color_scheme=scheme)
        problems = axe_in(desktop.page.main_frame)
        found += [f"{state}, {scheme}: {problem}" for problem in problems]
    return found


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh-Hans", 390)])
def test_axe_finds_nothing(visit, sit, language, width):
    widget, about = visit(language=language), f"tulip {uuid4()}"
    ask_for_a_person(widget, about)
    desktop = sit(language=language, width=width, reduced_motion="reduce")
    problems = []
    for state in states(desktop, about):
        problems += look(desktop, state)
    assert not problems
