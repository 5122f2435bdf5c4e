"""The admin in a browser: nothing that axe finds, no violation of its policy, nothing too wide."""

import json
import os
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import PATIENCE_MS, launched
from tests.helpdesk.admin_live import NAME, PASSWORD
from tests.stack import Web, stack

pytestmark = [pytest.mark.browser, pytest.mark.stack]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = 1440, 390
LIGHT, DARK = "light", "dark"
FIRST = "en-GB"
# Each language with both widths and both themes.
STATES = {
    FIRST: [(WIDE, LIGHT), (NARROW, DARK)],
    "zh-CN": [(WIDE, DARK), (NARROW, LIGHT)],
}
NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
RUN_AXE = """async (tags) => (await axe.run({ runOnly: tags, resultTypes: ["violations"] }))
  .violations.map((one) =>
    `${one.id}: ` + one.nodes.map((node) => node.html.slice(0, 160)).join(" | "))"""
# Neither a refusal nor another page than was asked for.
IS_OPEN = """() => performance.getEntriesByType("navigation")
  .every(({ responseStatus, redirectCount }) => responseStatus === 200 && !redirectCount)"""


@pytest.fixture(scope="module")
def admin() -> Iterator[tuple[Web, list[str]]]:
    """A Helpdesk with one row of each kind, and the paths of its admin; some lead elsewhere."""
    with stack(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], "admin") as made:
        code = "from tests.helpdesk import admin_live; admin_live.main()"
        said = made.manage("shell", "--no-imports", "-c", code)
        with made.web() as web:
            yield web, json.loads(said.splitlines()[-1])


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def open_page(browser, admin):
    """Opens a page in a language, signed in unless told otherwise."""
    web, _paths = admin
    contexts: list[BrowserContext] = []

    def make(locale: str = "en-GB", *, signed_in: bool = True) -> Page:
        context = browser.new_context(locale=locale, base_url=web.base_url)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        context.add_init_script(NOTE_VIOLATIONS)
        page: Page = context.new_page()
        if signed_in:
            page.goto("/admin/login/")
            page.fill("[name=username]", NAME)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/admin/")
        return page

    yield make
    for context in contexts:
        context.close()


def looked_at(page: Page, width: int, theme: str) -> list[str]:
    """What is wrong with the page as it stands."""
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(
        f"document.documentElement.classList.toggle('dark', {str(theme == DARK).lower()})"
    )
    wrong: list[str] = page.evaluate(RUN_AXE, TAGS)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("wider than the window")
    return [f"{width} {theme} {one}" for one in wrong]


def visit(page: Page, path: str) -> list[str]:
    """Opens the path; returns what its policy or its scripts complained about."""
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda line: told.append(line.text) if line.type == "error" else None)
    page.goto(path)
    page.wait_for_function("!document.documentElement.hasAttribute('x-cloak')")
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; }")
    page.evaluate(str((files("axe_playwright_python") / "axe.min.js").read_text()))
    told += page.evaluate("window.violations")
    for event in ("pageerror", "console"):
        page._impl_obj.remove_all_listeners(event)
    return told


@pytest.mark.parametrize("locale", STATES)
def test_every_page_for_staff(open_page, admin, locale):
    page = open_page(locale)
    # A page in two languages is one page in other words: of the second, every other one is walked.
    paths = admin[1] if locale == FIRST else admin[1][::2]
    found: dict[str, list[str]] = {}
    for path in paths:
        wrong = visit(page, path)
        if not page.evaluate(IS_OPEN):
            continue
        for width, theme in STATES[locale]:
            wrong += looked_at(page, width, theme)
        found[path] = wrong
    assert {path: wrong for path, wrong in found.items() if wrong} == {}
    assert len(found) > 0.8 * len(paths)


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/password_reset/", "/admin/join/"])
def test_every_page_before_the_login(open_page, path):
    for locale, states in STATES.items():
        page = open_page(locale, signed_in=False)
        wrong = visit(page, path)
        for width, theme in states:
            wrong += looked_at(page, width, theme)
        assert wrong == [], locale


class TestOpened:
    """What a click brings up."""

    def test_the_menu_of_the_person(self, open_page):
        page = open_page()
        told = visit(page, "/admin/")
        page.click(".hd-user-button")
        page.wait_for_selector("#user-links button[aria-pressed]")
        assert told + looked_at(page, WIDE, LIGHT) + looked_at(page, WIDE, DARK) == []

    def test_the_sidebar_on_a_phone(self, open_page):
        page = open_page("zh-CN")
        page.set_viewport_size({"width": NARROW, "height": 900})
        told = visit(page, "/admin/")
        page.click("main .hd-small-only")
        page.wait_for_selector("#nav-sidebar-apps a")
        assert told + looked_at(page, NARROW, DARK) == []
        page.click("nav .hd-small-only")
        page.wait_for_selector("#nav-sidebar-apps a", state="hidden")

    def test_the_palette(self, open_page):
        page = open_page()
        told = visit(page, "/admin/")
        page.keyboard.press("Control+k")
        page.fill("#search-input-command", "ticket")
        page.wait_for_selector("#command-results-list a")
        assert told + looked_at(page, WIDE, LIGHT) + looked_at(page, NARROW, DARK) == []

    def test_the_filters(self, open_page):
        page = open_page()
        told = visit(page, "/admin/auth/user/")
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.get_by_role("button", name="Filters").click()
        page.wait_for_selector("#changelist-filter a")
        assert told + looked_at(page, WIDE, LIGHT) + looked_at(page, NARROW, DARK) == []

    def test_a_week_that_is_filled_in_with_a_few_clicks(self, open_page):
        page = open_page()
        told = visit(page, "/admin/handoff/hours/add/")
        page.fill("[name=week-mon-0-to]", "17:30")
        page.click("[data-week=copy]")
        assert page.input_value("[name=week-fri-0-to]") == "17:30"
        page.click("[data-day=fri] [data-week=clear]")
        assert page.input_value("[name=week-fri-0-from]") == ""
        assert page.is_visible("[data-day=fri] .hd-week-closed")
        assert told + looked_at(page, NARROW, DARK) == []

    def test_pasted_words_are_searched_for(self, open_page):
        """From the clipboard or an input method they come without a key."""
        page = open_page()
        visit(page, "/admin/")
        page.focus("#nav-filter")
        page.keyboard.insert_text("ticket")
        page.wait_for_selector("#search-results a")


def test_the_embed_code_is_copied(open_page, admin):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, "/admin/")
    page.locator("summary").first.click()
    page.locator(".hd-copy").first.click()
    page.wait_for_function("document.querySelector('.hd-copy').textContent === 'Copied'")
    assert "/w/1/loader.js" in page.evaluate("navigator.clipboard.readText()")


def test_a_page_begins_with_a_way_past_the_sidebar(open_page):
    page = open_page()
    visit(page, "/admin/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "hd-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
