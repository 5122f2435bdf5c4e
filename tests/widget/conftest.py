"""A browser, pages that embed the widget, and the widget as a visitor meets it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FrameLocator,
    Locator,
    Page,
)

from apps.widget import strings
from tests.chromium import PATIENCE_MS, launched
from tests.stack import Stack, Web
from tests.widget.scripted import Script, begin

ON_VIOLATION = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
LAUNCHER = {"en": "Open support chat", "zh-Hans": "打开客服对话"}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Ends with its module: while it runs, the thread has a loop, and async tests cannot."""
    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(ON_VIOLATION)
    yield context
    context.close()


@dataclass
class Host:
    """A page on another origin that embeds the widget; its headers can be set."""

    server: ThreadingHTTPServer
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server.server_port}"


@pytest.fixture
def host(stack: Web) -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204 if self.path == "/favicon.ico" else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.path != "/favicon.ico":
                self.wfile.write(made.body.encode())

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    made = Host(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    loader = f'<script async src="{stack.base_url}/w/1/loader.js" data-key="demo"></script>'
    made.body = f'<!doctype html><html lang="en"><title>Host</title>{loader}<body><h1>Host</h1>'
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def embedding(request: pytest.FixtureRequest) -> None:
    """The demo site may be embedded by the pages of the test."""
    if not request.node.get_closest_marker("browser"):
        return
    servers: Stack = request.getfixturevalue("servers")
    pages = [request.getfixturevalue("stack").demo_url]
    if "host" in request.fixturenames:
        pages.append(request.getfixturevalue("host").origin)
    servers.query("UPDATE sites_site SET allowed_pages = %s WHERE key = 'demo'", pages)


@dataclass
class Widget:
    """The widget on a page, by what a visitor sees of it."""

    page: Page
    language: str = "en"
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    @cached_property
    def words(self) -> dict[str, str]:
        return {
            **strings.page_strings(self.language),
            **strings.script_strings(self.language),
            **{
                name: text
                for module in strings.MODULES
                for name, text in strings.module_strings(module)[self.language].items()
            },
        }

    @property
    def launcher(self) -> Locator:
        return self.page.get_by_role("button", name=LAUNCHER[self.language])

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("helpdesk-chat iframe")

    @property
    def box(self) -> Locator:
        return self.frame.get_by_role("textbox", name=self.words["message"], exact=True)

    @property
    def own(self) -> Locator:
        return self.frame.locator(".line.own")

    @property
    def answers(self) -> Locator:
        return self.frame.locator(".line.bot[data-seq]")

    @property
    def strip(self) -> Locator:
        return self.frame.locator("#strip")

    def open(self) -> "Widget":
        self.launcher.click()
        self.box.wait_for()
        return self

    def say(self, text: str) -> None:
        self.box.fill(text)
        self.box.press("Enter")

    def state(self, name: str) -> Locator:
        """The visitor's lines that are marked so."""
        return self.own.filter(has_text=self.words[name])

    def _heard(self, message: object) -> None:
        if getattr(message, "type", "") in {"error", "warning"}:
            self.problems.append(getattr(message, "text", ""))


Visit = Callable[..., Widget]


@pytest.fixture
def visit(context: BrowserContext, stack: Web) -> Visit:
    """Goes to a page of the demo shop, or another address, in a new tab."""

    def go(path: str = "/demo/", language: str = "en", page: Page | None = None) -> Widget:
        widget = Widget(page or context.new_page(), language)
        address = path if "://" in path else f"{stack.demo_url}{path}?lang={language}"
        widget.page.goto(address)
        widget.launcher.or_(widget.page.locator("helpdesk-chat iframe")).first.wait_for()
        return widget

    return go


@pytest.fixture
def stored(servers: Stack) -> Callable[[str], int]:
    """How often a visitor's line of that text is in the database."""

    def count(text: str) -> int:
        statement = "SELECT count(*) FROM chat_message WHERE author = 'visitor' AND text = %s"
        [[found]] = servers.query(statement, text)
        return int(str(found))

    return count


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def script(page: Page) -> Script:
    return Script(page)


@pytest.fixture
def widget(visit: Visit, page: Page, script: Script) -> Widget:
    """Opened, with one line sent, where the server's words are scripted."""
    opened = visit(page=page).open()
    begin(opened, script)
    return opened
