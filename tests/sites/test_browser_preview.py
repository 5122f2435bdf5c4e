"""The site form shows the widget itself, and the widget follows what is typed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import PATIENCE_MS, launched
from tests.stack import Stack, Web

pytestmark = [pytest.mark.browser, pytest.mark.stack]

NAME, PASSWORD = "painter", "a password for tests"
MAKE = (
    "from django.contrib.auth.models import User; "
    f"User.objects.create_superuser({NAME!r}, password={PASSWORD!r})"
)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with launched(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def path(servers: Stack) -> str:
    """Of the demo site's form, once there is somebody who may open it."""
    servers.manage("shell", "--no-imports", "-c", MAKE)
    [[key]] = servers.query("SELECT id FROM sites_site WHERE key = 'demo'")
    return f"/admin/sites/site/{key}/change/"


@pytest.fixture
def form(browser: Browser, stack: Web, path: str):
    """Opens the form of the demo site at a width and in a language."""
    contexts = []

    def make(locale: str = "en-GB", width: int = 1440) -> Page:
        context = browser.new_context(
            locale=locale, base_url=stack.base_url, viewport={"width": width, "height": 900}
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/login/")
        page.fill("[name=username]", NAME)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/admin/")
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()


def shown(page: Page):
    return page.frame_locator("#site-preview iframe")


@pytest.mark.parametrize(
    ("locale", "width", "greeting"),
    [("en-GB", 1440, "Hello! I am the AI assistant"), ("zh-CN", 390, "我是北雀音频的 AI 助手")],
)
def test_the_widget_itself_is_shown_in_the_language_of_the_page(form, locale, width, greeting):
    page = form(locale, width)
    expect(shown(page).get_by_text(greeting)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_follows_colour_ink_corners_font_scheme_and_side(form):
    page = form()
    root = shown(page).locator("html")
    expect(root).to_have_attribute("data-scheme", "light")
    page.fill("#id_accent", "#ffd54a")
    expect(root).to_have_css("--accent", "#ffd54a")
    expect(root).to_have_css("--ink", "#000000")
    page.fill("#id_radius", "3")
    expect(root).to_have_css("--radius", "3px")
    page.select_option("#id_scheme", "dark")
    expect(root).to_have_attribute("data-scheme", "dark")
    page.select_option("#id_font", "serif")
    expect(root).to_have_attribute("data-font", "serif")
    launcher = page.locator("#site-preview .hd-launcher")
    expect(launcher).to_have_css("background-color", "rgb(255, 213, 74)")
    before = launcher.bounding_box()
    page.select_option("#id_side", "start")
    expect(page.locator("#site-preview")).to_have_attribute("data-side", "start")
    assert launcher.bounding_box()["x"] < before["x"]


def test_it_closes_and_opens_as_on_a_page(form):
    page = form()
    close = shown(page).get_by_role("button", name="Close the chat")
    launcher = page.get_by_role("button", name="Preview of the widget")
    expect(launcher).to_have_attribute("aria-expanded", "true")
    close.click()
    expect(close).to_be_hidden()
    expect(launcher).to_have_attribute("aria-expanded", "false")
    expect(launcher).to_be_focused()
    launcher.click()
    expect(close).to_be_visible()
    expect(launcher).to_have_attribute("aria-expanded", "true")


def test_it_stands_beside_the_fields_that_it_follows_and_below_on_a_phone(form):
    page = form()
    colour, preview = page.locator("#id_accent"), page.locator("#site-preview")
    preview.scroll_into_view_if_needed()
    one, other = colour.bounding_box(), preview.bounding_box()
    assert one["x"] + one["width"] <= other["x"]
    assert abs(one["y"] - other["y"]) < 200
    narrow = form(width=390)
    last = narrow.locator("#id_offset_block").bounding_box()
    assert last["y"] < narrow.locator("#site-preview").bounding_box()["y"]


def test_the_line_for_the_pages_can_be_copied(form):
    page = form()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#embed-code").locator("xpath=../following-sibling::button").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert 'data-key="demo"' in page.evaluate("navigator.clipboard.readText()")
