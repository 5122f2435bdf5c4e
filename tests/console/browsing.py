"""Operators in browsers, over the real server: their console as they see it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from apps.console.words import page_words
from tests.chromium import PATIENCE_MS
from tests.stack import Stack, Web
from tests.widget.conftest import ON_VIOLATION, Widget

PASSWORD = "a password for tests"
NAMES = ("Lin", "Chen")
MAKE = f"""
from django.contrib.auth.models import User
for name in {NAMES!r}:
    User.objects.create_superuser(name.lower(), password={PASSWORD!r}, first_name=name)
"""
# What a browser says of a network that was taken away on purpose.
EXPECTED = ("ERR_INTERNET_DISCONNECTED", "WebSocket")


@dataclass
class Desktop:
    """A console in a browser, by what the operator sees of it."""

    page: Page
    language: str = "en"
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    @cached_property
    def words(self) -> dict[str, str]:
        return page_words(self.language)["texts"]

    def say(self, name: str, /, **values: object) -> str:
        return self.words[name].format(**values)

    def tab(self, name: str) -> None:
        self.page.locator(f"#tab-{name}").click()

    def open(self, text: str) -> None:
        """The conversation in which somebody said this."""
        self.page.locator("#search").fill(text)
        expect(self.page.locator("#tabs [aria-pressed=true]")).to_have_count(0)
        expect(self.rows).to_have_count(1)
        self.rows.locator(".open").click()
        expect(self.lines.filter(has_text=text.replace("**", ""))).to_have_count(1)

    @property
    def rows(self) -> Locator:
        return self.page.locator(".row")

    @property
    def lines(self) -> Locator:
        return self.page.locator("#log .line[data-seq]")

    @property
    def notes(self) -> Locator:
        return self.page.locator("#log .line.note")

    @property
    def box(self) -> Locator:
        return self.page.locator("#text")

    @property
    def toast(self) -> Locator:
        return self.page.locator(".toast")

    def act(self, name: str) -> None:
        """Presses one of the buttons above the conversation."""
        self.page.locator("#acts").get_by_role("button", name=self.words[f"do_{name}"]).click()

    def choose(self, name: str) -> None:
        """The same for those in the menu."""
        self.page.locator("#more-acts summary").click()
        self.page.locator("#more-acts").get_by_role("button", name=self.words[f"do_{name}"]).click()

    def claim(self, text: str) -> None:
        self.open(text)
        self.act("claim")
        expect(self.page.locator("#as-reply")).to_be_enabled()

    def write(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Control+Enter")

    def reply(self, text: str) -> None:
        self.page.locator("#as-reply").click()
        self.write(text)
        expect(self.lines.filter(has_text=text.replace("**", ""))).to_have_count(1)

    def note(self, text: str) -> None:
        self.page.locator("#as-note").click()
        self.write(text)
        expect(self.notes.filter(has_text=text)).to_have_count(1)

    def _heard(self, message: Any) -> None:
        is_expected = any(part in message.text for part in EXPECTED)
        if message.type in {"error", "warning"} and not is_expected:
            self.problems.append(message.text)


Sit = Callable[..., Desktop]


@pytest.fixture(scope="session")
def staff(servers: Stack) -> None:
    """Lin and Chen work at this shop."""
    servers.manage("shell", "--no-imports", "-c", MAKE)


@pytest.fixture
def sit(browser: Browser, stack: Web, staff: None) -> Iterator[Sit]:
    """Signs an operator in and opens their console; nothing may have gone wrong in it at the end."""
    made: list[Desktop] = []

    def down(
        name: str = "lin",
        language: str = "en",
        width: int = 1440,
        tap: Callable[[Page], None] = lambda _page: None,
        **options: Any,
    ) -> Desktop:
        locale = {"en": "en-GB", "zh-Hans": "zh-CN"}[language]
        size: ViewportSize = {"width": width, "height": 860}
        context = browser.new_context(
            locale=locale, base_url=stack.base_url, viewport=size, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(ON_VIOLATION)
        page = context.new_page()
        tap(page)
        page.goto("/admin/login/?next=/admin/console/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        desktop = Desktop(page, language)
        made.append(desktop)
        page.press("[name=password]", "Enter")
        expect(page.locator("#connection")).to_have_attribute("data-state", "up")
        return desktop

    yield down
    for desktop in made:
        desktop.page.context.close()
    assert not [problem for desktop in made for problem in desktop.problems]


def ask_for_a_person(widget: Widget, text: str) -> None:
    """The visitor asks for a person, and says something by which the row is found."""
    widget.open()
    widget.frame.locator("#person").click()
    expect(widget.frame.locator("#queue")).to_be_visible()
    widget.say(text)
    expect(widget.own.filter(has_text=text)).to_have_count(1)
    expect(widget.state("sent").filter(has_text=text)).to_have_count(1)
